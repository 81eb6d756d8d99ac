"""What is kept of a sequence frame by frame, the frames that are worst, and the page that shows them."""

from __future__ import annotations

import re
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from nst_backend.flow.source import Motion
from nst_backend.metrics.evaluation import Evaluation
from nst_backend.metrics.evaluation_page import evaluation_charts, evaluation_page
from nst_backend.metrics.plots import line_chart
from nst_backend.metrics.report import EvaluatedFrame, evaluate_sequence
from nst_backend.metrics.series import FrameSeries, WorstFrames
from nst_backend.metrics.stills import StyleFlicker

SIZE = (140, 160)
STILL = Motion(np.zeros((*SIZE, 2), np.float32), np.zeros((*SIZE, 2), np.float32), np.ones(SIZE, bool),
               np.ones(SIZE, bool), "exact")  # fmt: skip


def held(steps: Callable[[int], float], frames: int = 12, where: np.ndarray | None = None) -> list[EvaluatedFrame]:
    """A plate that stands still; from frame to frame the painting's brightness changes by ``steps``."""
    plate = np.random.default_rng(0).random((*SIZE, 3), dtype=np.float32)
    made, level = [], np.float32(0)
    for number in range(101, 101 + frames):
        level = level + np.float32(steps(number))
        output = 0.5 * plate + level
        motion = STILL if made else None
        made.append(EvaluatedFrame(output=output, plate=plate, motion=motion, raw=output, where=where, number=number))
    return made


def test_the_series_has_a_row_for_every_frame_and_gaps_where_nothing_was_measured() -> None:
    series = FrameSeries()
    report = evaluate_sequence(held(lambda number: 0.1 * (number == 105)), lags=(1,), observers=(series,))
    assert series.numbers == list(range(101, 113))
    e_cons = series.values["e_cons"]
    assert e_cons[0] is None
    assert e_cons[4] == pytest.approx(0.1, rel=1e-4)
    assert max(value for index, value in enumerate(e_cons) if value is not None and index != 4) == 0
    assert series.values["e_cons.plate"][4] == 0
    assert report.scores[1].e_cons == pytest.approx(0.1 / np.sqrt(11), rel=1e-4)
    assert series.values["sharpness"] == [1.0] * 12
    assert 0 < series.mean("ssim") < 1
    assert series.mean("lpips") is None


def test_a_fault_that_lasts_is_told_once() -> None:
    steps = {103: 0.3, 104: 0.31, 105: 0.32, 109: 0.2, 112: 0.1}
    worst = WorstFrames(3)
    evaluate_sequence(held(lambda number: steps.get(number, 0.0)), lags=(1,), observers=(worst,))
    assert [frame.number for frame in worst.frames] == [105, 109, 112]
    assert worst.frames[0].value == pytest.approx(0.32, rel=1e-3)


def test_the_map_shows_what_counts_and_nothing_else() -> None:
    where = np.zeros(SIZE, bool)
    where[:, 80:] = True
    worst = WorstFrames(1, width=80)
    evaluate_sequence(held(lambda number: 0.1, frames=3, where=where), lags=(1,), observers=(worst,))
    (frame,) = worst.frames
    assert frame.error.shape == (70, 80)
    assert np.isnan(frame.error[:, :40]).all()
    np.testing.assert_allclose(frame.error[2:-2, 42:-2], 0.1, rtol=1e-3)


def test_nothing_is_kept_where_no_frame_is_wanted() -> None:
    worst = WorstFrames(0)
    evaluate_sequence(held(lambda number: 0.1), lags=(1,), observers=(worst,))
    assert worst.frames == ()


class Gain:
    """An engine that multiplies: it moves with the picture, and noise by its factor."""

    margin = 0

    def statistics(self, picture: np.ndarray, matte: np.ndarray | None = None) -> None:
        return None

    def stylise(self, picture: np.ndarray, *, box: object = None, statistics: object = None) -> np.ndarray:
        return 0.5 * picture


def test_styles_are_measured_on_the_plates_that_are_chosen() -> None:
    flicker = StyleFlicker({"half": Gain()}, [101, 104])
    evaluate_sequence(held(lambda number: 0.0), lags=(1,), observers=(flicker,))
    score = flicker.scores["half"]
    assert score.plates == 2
    assert score.shift == pytest.approx(0, abs=1e-7)
    assert score.noise == pytest.approx(0.5, rel=0.01)


# ---- The page


class Elements(HTMLParser):
    """The elements of a page with their attributes; fails on one that is closed without being open."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))
        if tag not in ("meta", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attributes)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def evaluation() -> Evaluation:
    series, worst = FrameSeries(), WorstFrames(2)
    report = evaluate_sequence(held(lambda number: 0.01 * (number % 4)), lags=(1, 5), observers=(series, worst))
    return Evaluation(report=report, series=series, worst=worst.frames, missing={"LPIPS": "run <b>this</b> & that"})


def test_the_page_is_whole_fetches_nothing_and_runs_nothing() -> None:
    text = evaluation_page(evaluation(), title="shot <1> & co", film="../films/a b.mp4")
    page = Elements(text)
    assert page.open == []
    tags = [tag for tag, _ in page.found]
    assert not {"script", "link", "iframe", "object", "b"} & set(tags)
    sources = [entry[key] for _, entry in page.found for key in ("src", "href", "srcset", "data") if key in entry]
    assert sources[-1] == "../films/a%20b.mp4"
    assert all(str(source).startswith("data:image/jpeg;base64,") for source in sources[:-1])
    assert len(sources) == 2 * 3 + 1
    policy = next(entry["content"] for tag, entry in page.found if tag == "meta" and "http-equiv" in entry)
    assert str(policy).startswith("default-src 'none'")
    assert not re.search(r"url\(|@import", text)
    assert "shot &lt;1&gt; &amp; co" in text
    assert "run &lt;b&gt;this&lt;/b&gt; &amp; that" in text


def test_the_page_holds_the_figures_with_their_limits() -> None:
    found = evaluation()
    text = evaluation_page(found, title="shot")
    assert f"{found.report.scores[1].e_cons:.3g}" in text
    assert "A blurred picture flickers less" in text
    assert f"{found.series.mean('ssim'):.3g}" in text
    assert "Perceptual distance" not in text
    assert "<video" not in text


def test_charts_are_drawn_for_what_was_measured() -> None:
    charts = evaluation_charts(evaluation())
    assert set(charts) == {"e_cons", "e_stab", "sharpness", "ssim"}
    for chart in charts.values():
        ElementTree.fromstring(chart)


def points(chart: str) -> list[list[tuple[float, float]]]:
    lines = ElementTree.fromstring(chart).iter("{http://www.w3.org/2000/svg}polyline")
    return [[tuple(map(float, pair.split(","))) for pair in line.attrib["points"].split()] for line in lines]  # type: ignore[misc]


def test_a_chart_keeps_proportions_and_gaps() -> None:
    (line,) = points(line_chart("t", [10, 20, 40], {"a": [0.0, 2.0, 4.0]}))
    (x0, y0), (x1, y1), (x2, y2) = line
    assert (x2 - x0) == pytest.approx(3 * (x1 - x0), abs=0.3)
    assert (y0 - y2) == pytest.approx(2 * (y0 - y1), abs=0.3)
    assert [len(run) for run in points(line_chart("t", [1, 2, 3, 4, 5], {"a": [1.0, 1.0, None, 2.0, 2.0]}))] == [2, 2]
    assert [len(run) for run in points(line_chart("t", [1, 2, 3, 4, 5], {"a": [1.0, None, 3.0, None, 2.0]}))] == [3]
    assert points(line_chart("t", [], {})) == []


def test_a_chart_of_decades() -> None:
    (line,) = points(line_chart("t", [1, 2, 3, 4], {"a": [0.0, 1.0, 10.0, 1000.0]}, decades=True))
    (_, y0), (_, y1), (_, y2) = line
    assert (y0 - y2) == pytest.approx(3 * (y0 - y1), abs=0.3)
    assert [len(run) for run in points(line_chart("t", [1, 2, 3], {"a": [1e-9, 1.0, 10.0]}, decades=True))] == [2]
    assert points(line_chart("t", [], {}, decades=True)) == []
