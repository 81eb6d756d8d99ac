"""An evaluation for whoever has to decide: what was found, what it means, and where to look."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from urllib.parse import quote

import cv2
import numpy as np

from ..image.luma import luma
from ..image.warp import FloatArray
from .evaluation import MEASURES, Evaluation
from .page import document, figure, table
from .plots import line_chart
from .temporal import TemporalScore

__all__ = ["evaluation_charts", "evaluation_page"]

# The error that the map shows in its brightest colour.
_BRIGHTEST = 0.25
_KINDS = {"": "result", ".raw": "before stabilising", ".plate": "plate"}


def evaluation_page(evaluation: Evaluation, *, title: str, film: str | None = None) -> str:
    """One page of HTML; ``film`` is the path of a side-by-side video relative to it."""
    return document(title, _body(evaluation, film))


def evaluation_charts(evaluation: Evaluation) -> dict[str, str]:
    """SVG by the measure's name, for each that changes over frames."""
    series = evaluation.series
    charts = {}
    for name, measure in MEASURES.items():
        lines = {_KINDS[kind]: series.values[name + kind] for kind in _KINDS if name + kind in series.values}
        if lines:
            charts[name] = line_chart(f"{measure.title}, {measure.better} is better", series.numbers, lines)
    return charts


def _body(evaluation: Evaluation, film: str | None) -> Iterator[str]:
    report = evaluation.report
    width, height = report.size
    yield f"<p>{report.frames} frames of {width} x {height} pixels. Errors are parts of full scale.</p>"
    yield "<h2>In short</h2>"
    yield table(
        ("measure", "result", "before stabilising", "plate", "better", "what it says", "what it does not"),
        _rows(evaluation),
        numbers=(1, 2, 3),
    )
    if lags := [lag for lag in report.scores if lag > 1]:
        yield "<h2>Over a longer time</h2><p>A stroke that drifts is calm from frame to frame and has moved later.</p>"
        yield table(
            ("frames apart", "flicker (E_cons)", "before stabilising", "plate", "counted"),
            [
                (str(lag), *(_number(scores[lag].e_cons if lag in scores else None) for scores in _scores(evaluation)),
                 f"{report.scores[lag].counted:.0%}")
                for lag in (1, *lags) if lag in report.scores
            ],
            numbers=range(5),
        )  # fmt: skip
    if evaluation.styles:
        yield "<h2>The styles themselves</h2><p>A network that paints a moved picture otherwise than it moves the "
        yield "painting flickers whatever comes after it. Measured on whole plates of this shot; less is better.</p>"
        yield table(
            ("style", "error at a shift of 1 pixel", "noise gain", "plates"),
            [
                (name, f"{score.shift:.4f}", f"{score.noise:.2f}", str(score.plates))
                for name, score in evaluation.styles.items()
            ],
            numbers=(1, 2, 3),
        )
    yield '<h2>Over the frames</h2><div class="charts">' + "".join(evaluation_charts(evaluation).values()) + "</div>"
    if evaluation.worst:
        yield "<h2>Where to look</h2><p>The frames that flicker most: plate, result, and how much each point changed "
        yield f"since the frame before, from black to yellow at {_BRIGHTEST:g} of full scale. What is grey "
        yield "does not count: not styled, not seen in both frames, or in another light.</p>"
        for frame in evaluation.worst:
            pictures = (
                (frame.plate, f"frame {frame.number}, plate"),
                (frame.output, "result"),
                (_heat(frame.error, frame.plate), f"change, E_cons {frame.value:.4f}"),
            )
            yield '<div class="row">' + "".join(figure(*entry) for entry in pictures) + "</div>"
    if film is not None:
        source = escape(quote(film), quote=True)
        yield f'<h2>Side by side</h2><video controls loop src="{source}"></video><p>{escape(film)}</p>'
    if evaluation.missing:
        yield "<h2>Not measured</h2>"
        yield table(("measure", "how to have it"), list(evaluation.missing.items()))


def _rows(evaluation: Evaluation) -> Iterator[tuple[str, ...]]:
    report = evaluation.report
    for name, measure in MEASURES.items():
        if name.startswith("e_"):
            values = [getattr(scores[1], name) if 1 in scores else None for scores in _scores(evaluation)]
        elif name == "sharpness":
            values = [report.sharpness.get(1.0), None, None]
        else:
            values = [evaluation.series.mean(name + kind) for kind in _KINDS]
        if values[0] is not None:
            yield measure.title, *map(_number, values), measure.better, measure.meaning, measure.limits


def _scores(evaluation: Evaluation) -> tuple[dict[int, TemporalScore], ...]:
    """By lag: of the result, before stabilising, of the plate."""
    report = evaluation.report
    return report.scores, report.raw_scores, report.plate_scores


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.3g}"


def _heat(error: FloatArray, plate: FloatArray) -> FloatArray:
    """The error in colours of even steps, the plate in grey where there is none."""
    levels = np.rint(np.clip(np.nan_to_num(error) / _BRIGHTEST, 0, 1) * 255).astype(np.uint8)
    colours = cv2.applyColorMap(levels, cv2.COLORMAP_INFERNO)[..., ::-1].astype(np.float32) / np.float32(255)
    unknown = np.isnan(error)[..., None]
    return np.where(unknown, 0.35 + 0.3 * luma(plate)[..., None], colours).astype(np.float32)
