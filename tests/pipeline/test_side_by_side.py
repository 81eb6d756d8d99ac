"""Frames that are painted two at a time are those painted one by one."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import pytest
import torch
from pipeline_shots import Listener, library, recipe, wild_picture, write_plate

from nst_backend.contract.errors import CancelledByUser
from nst_backend.contract.frames import FrameRange
from nst_backend.pipeline import frame_styler
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.painter import Painter
from nst_backend.regions import statistics
from nst_backend.regions.statistics import ShotStatistics

FRAMES = range(1, 8)


@pytest.fixture(scope="module")
def shot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("shot")
    for number in FRAMES:
        write_plate(folder / f"plate.{number:04d}.exr", *wild_picture(48, 64, number))
    return folder


def painted(
    shot: Path, output: str, listener: Listener | None = None, frames: str | None = None, **changes: Any
) -> dict[str, bytes]:
    made = recipe(
        regions=[{"name": "all", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0}],
        output={"path": f"{output}/styled.####.exr"},
        **changes,
    )
    wanted = None if frames is None else FrameRange.parse(frames)
    run_job(made, base=shot, frames=wanted, reporter=listener or Listener(), library=library(shot / "styles"))
    return {path.name: path.read_bytes() for path in sorted((shot / output).glob("*.exr"))}


@pytest.mark.parametrize("temporal", [{"smoothing": 0.0}, {"mode": "causal"}, {"mode": "window"}])
def test_two_at_a_time_are_the_same_pictures(
    shot: Path, monkeypatch: pytest.MonkeyPatch, temporal: dict[str, Any]
) -> None:
    threads: set[str] = set()
    paint = Painter.paint

    def watched(self: Painter, *arguments: Any) -> Any:
        threads.add(threading.current_thread().name)
        return paint(self, *arguments)

    monkeypatch.setattr(Painter, "paint", watched)
    name = temporal.get("mode", "painted")
    together = painted(shot, f"together_{name}", temporal=temporal)
    assert len(threads) == 2
    monkeypatch.setattr(frame_styler, "_painters", lambda shot, frames: 1)
    assert len(together) == len(FRAMES)
    assert painted(shot, f"apart_{name}", temporal=temporal) == together


def test_a_frame_alone_has_every_core(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cores: list[int] = []
    paint = Painter.paint

    def watched(self: Painter, *arguments: Any) -> Any:
        cores.append(torch.get_num_threads())
        return paint(self, *arguments)

    together = painted(shot, "whole")
    monkeypatch.setattr(Painter, "paint", watched)
    alone = painted(shot, "alone", frames="4")
    assert cores == [torch.get_num_threads()]
    assert alone.items() <= together.items()


def test_an_anchor_is_measured_once(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[int] = []
    start = ShotStatistics.__post_init__

    def watched(self: ShotStatistics) -> None:
        start(self)
        measure = self.measure
        self.measure = lambda number: measured.append(number) or measure(number)  # type: ignore[func-returns-value]

    monkeypatch.setattr(ShotStatistics, "__post_init__", watched)
    painted(shot, "measured")
    assert sorted(measured) == [FRAMES[0], FRAMES[-1]]


def test_a_job_leaves_the_process_its_threads(shot: Path) -> None:
    before = torch.get_num_threads()
    painted(shot, "threads")
    assert torch.get_num_threads() == before
    with pytest.raises(CancelledByUser):
        painted(shot, "cancelled", Listener(stop_after=1))
    assert torch.get_num_threads() == before
    seen: list[int] = []
    thread = threading.Thread(target=lambda: seen.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert seen == [before]


def test_tones_are_measured_before_a_painter_would_wait_for_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else one painter measures, and the other, at the frame after, waits for it with its core idle."""
    for number in FRAMES:
        write_plate(tmp_path / f"plate.{number:04d}.exr", *wild_picture(48, 64, number))
    monkeypatch.setattr(statistics, "ANCHOR_STEP", 3)
    begun: list[tuple[str, int]] = []
    paint, measure = Painter.paint, Painter._measure

    def painting(self: Painter, picture: Any, matte: Any, number: int) -> Any:
        begun.append(("paint", number))
        return paint(self, picture, matte, number)

    def measuring(self: Painter, number: int) -> Any:
        begun.append(("measure", number))
        return measure(self, number)

    monkeypatch.setattr(Painter, "paint", painting)
    monkeypatch.setattr(Painter, "_measure", measuring)
    painted(tmp_path, "ahead")
    assert [number for kind, number in begun if kind == "measure"] == [1, 4, 7]
    for first, anchor in ((2, 4), (5, 7)):
        assert begun.index(("measure", anchor)) < begun.index(("paint", first))


def test_regions_that_do_not_show_are_not_measured(shot: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    measured: list[str] = []
    measure = Painter._measure

    def measuring(self: Painter, number: int) -> Any:
        measured.append(self.region.name)
        return measure(self, number)

    monkeypatch.setattr(Painter, "_measure", measuring)
    hidden = {"name": "hidden", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0, "strength": 0.0}
    shown = {"name": "shown", "matte": {"background": {}}, "style": "stripes", "scale": 10.0}
    made = recipe(regions=[shown, hidden], output={"path": "hidden/styled.####.exr"})
    run_job(made, base=shot, reporter=Listener(), library=library(shot / "styles"))
    assert measured == ["shown", "shown"]
