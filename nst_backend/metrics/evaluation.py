"""All that was measured of a sequence, with the words that explain it; as JSON and as a table."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .report import SequenceReport
from .series import FrameSeries, WorstFrame
from .stills import StyleFlickerScore

__all__ = ["MEASURES", "Evaluation", "Measure", "evaluation_json", "evaluation_table"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure in an artist's words: what it says, and what it does not."""

    title: str
    better: Literal["lower", "higher", "near 1"]
    meaning: str
    limits: str


MEASURES: Mapping[str, Measure] = {
    "e_cons": Measure(
        "Flicker (E_cons)",
        "lower",
        "How much a point of a surface changes from one frame to the next where the plate's light did not change.",
        "A blurred picture flickers less: read it beside sharpness. The plate's own value is the floor.",
    ),
    "e_stab": Measure(
        "Temporal error (e_stab)",
        "lower",
        "The same over all that can be followed, moving light included, as papers report it.",
        "Shadows and reflections count as errors, and what cannot be followed counts as none.",
    ),
    "e_warp": Measure(
        "Warping error (E_warp)",
        "lower",
        "The mean square of the same, looking from a frame to the next.",
        "A square: half the flicker is a quarter here.",
    ),
    "sharpness": Measure(
        "Sharpness kept",
        "near 1",
        "Edge energy of the result over that of the frames before stabilising, for details of 1 pixel.",
        "Grain counts as sharpness. It says nothing without the frames before stabilising (--raw).",
    ),
    "ssim": Measure(
        "Structure (SSIM)",
        "higher",
        "How much of the plate's light and shade is still in place, of 1.",
        "Strong strokes lower it, as they should: it tells two settings of one style apart, not a good style.",
    ),
    "content": Measure(
        "Content loss",
        "lower",
        "How far shapes, as a loss network sees them, are from the plate's; 0 is the plate.",
        "It depends on the loss network: compare only with values of the same file.",
    ),
    "style": Measure(
        "Style loss (Gram)",
        "lower",
        "How far textures and colours are from the painting's; 0 is the painting.",
        "Networks trained with the same loss network please it most. Read it against the plate's own value.",
    ),
    "lpips": Measure(
        "Perceptual distance (LPIPS)",
        "lower",
        "How different the result looks from the plate to people, as a network has learnt it.",
        "Fitted to small distortions of photographs, not to painting: a restyled frame is always far away.",
    ),
}
"""By the names of :class:`~.series.FrameSeries`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """What was measured.

    ``styles``: shift and noise by style. ``missing``: measures that were not made, each with how to have it.
    """

    report: SequenceReport
    series: FrameSeries
    styles: Mapping[str, StyleFlickerScore] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)
    worst: tuple[WorstFrame, ...] = ()


_STILLS = ("ssim", "content", "style", "lpips")


def evaluation_json(evaluation: Evaluation) -> str:
    """As JSON text: the fields of the report, then what single frames and the styles tell; lags and scales as text.

    ``stills`` are means over frames, ``over_frames`` the columns of the series, ``not_measured`` is what is missing.
    """
    series = evaluation.series
    names = [name for name in series.values if name.partition(".")[0] in _STILLS]
    data = {
        **_plain(dataclasses.asdict(evaluation.report)),
        "stills": {name: series.mean(name) for name in sorted(names)},
        "styles": {name: dataclasses.asdict(score) for name, score in evaluation.styles.items()},
        "worst": [{"frame": frame.number, "e_cons": frame.value} for frame in evaluation.worst],
        "over_frames": {"frames": series.numbers, **dict(sorted(series.values.items()))},
        "not_measured": dict(evaluation.missing),
    }
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def evaluation_table(evaluation: Evaluation) -> str:
    """For people: a line a lag and kind, then what single frames and the styles tell."""
    report, series = evaluation.report, evaluation.series
    lines = [f"{report.frames} frames of {report.size[0]} x {report.size[1]}", ""]
    lines.append(f"{'':<10} {'lag':>3}  {'e_stab':>8} {'e_stab_L':>8} {'E_cons':>8} {'E_warp':>8}  counted")
    for name, scores in (("output", report.scores), ("raw", report.raw_scores), ("plate", report.plate_scores)):
        for lag, score in scores.items():
            values = (score.e_stab, score.e_stab_luma, score.e_cons, score.e_warp)
            cells = " ".join("       –" if value is None else f"{value:8.4f}" for value in values)
            lines.append(f"{name:<10} {lag:>3}  {cells}  {score.counted:6.1%}")
    if report.sharpness:
        kept = ", ".join(f"{share:.0%} at {scale:g} px" for scale, share in report.sharpness.items())
        lines += ["", f"sharpness kept: {kept}"]
    if report.distance is not None:
        lines.append(f"distance to the unstabilised frames: {report.distance:.4f} RMS")
    told = []
    for name in _STILLS:
        if (value := series.mean(name)) is not None:
            beside = [(kind, series.mean(f"{name}.{kind}")) for kind in ("plate", "raw")]
            more = ", ".join(f"{kind} {other:.4g}" for kind, other in beside if other is not None)
            told.append(f"{MEASURES[name].title}: {value:.4g}" + (f" ({more})" if more else ""))
    told += [
        f"style {name}: error at a shift of 1 px {score.shift:.4f}, noise gain {score.noise:.2f}"
        for name, score in evaluation.styles.items()
    ]
    if evaluation.worst:
        told.append(
            "worst frames: " + ", ".join(f"{frame.number} (E_cons {frame.value:.4f})" for frame in evaluation.worst)
        )
    told += [f"{name}: not measured, {how}" for name, how in evaluation.missing.items()]
    return "\n".join([*lines, *([""] if told else []), *told]) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {f"{key:g}" if isinstance(key, float) else str(key): _plain(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [_plain(entry) for entry in value]
    return value
