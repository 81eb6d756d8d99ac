"""The window in jobs: any chunks of a shot are the whole shot, bit for bit."""

from __future__ import annotations

import weakref
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline_shots import Listener, library, read_rgb, recipe, write_plate

from nst_backend.contract.errors import CancelledByUser, FramesFailed
from nst_backend.contract.frames import FrameRange
from nst_backend.contract.messages import Event, EventKind
from nst_backend.image.transfer import srgb_encode
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.manifest import work_folder
from nst_backend.pipeline.preview import preview_frame
from nst_backend.pipeline.shot import Shot
from nst_backend.pipeline.summary import JobSummary
from nst_backend.pipeline.working import WorkingFrame
from nst_backend.styles.library import StyleLibrary
from nst_backend.temporal.window import RADIUS

STYLED = [{"name": "all", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0, "statistics": "frame"}]
WINDOW = {"smoothing": 0.9, "mode": "window"}
SIZE = (32, 24)


@pytest.fixture(scope="module")
def styles(tmp_path_factory: pytest.TempPathFactory) -> StyleLibrary:
    return library(tmp_path_factory.mktemp("styles"))


def plates(folder: Path, numbers: range, *, vector: bool = False, cut: int | None = None) -> None:
    """A textured ground that pans by one pixel a frame, with render noise; from frame ``cut`` on another one."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        later = cut is not None and number >= cut
        rng = np.random.default_rng(9 if later else 3)
        wide = rng.random((SIZE[1] // 4 + 1, (SIZE[0] + 40) // 4, 3), dtype=np.float32)
        picture = np.kron(wide, np.ones((4, 4, 1), np.float32))[: SIZE[1], number : number + SIZE[0]] * 0.6
        picture = 0.95 - picture if later else picture
        noise = np.random.default_rng(number).normal(0, 0.01, picture.shape).astype(np.float32)
        more = {}
        if vector:
            # The ground moves left by one pixel a frame: one to the right of here it was, and one to the left will be.
            values = {"X": 1.0, "Y": 0.0, "Z": 1.0, "W": 0.0}
            more = {f"ViewLayer.Vector.{name}": np.full(SIZE[::-1], v, np.float32) for name, v in values.items()}
        write_plate(folder / f"plate.{number:04d}.exr", np.abs(picture + noise), **more)


def run(
    folder: Path, styles: StyleLibrary, frames: str | None = None, listener: Listener | None = None, **parts: Any
) -> JobSummary:
    shot = recipe(**{"regions": STYLED, "temporal": WINDOW, **parts})
    wanted = None if frames is None else FrameRange.parse(frames)
    return run_job(shot, base=folder, frames=wanted, reporter=listener or Listener(), library=styles)


def made(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(folder.glob("*.exr"))}


def painted(folder: Path, styles: StyleLibrary, frames: str | None = None, **parts: Any) -> list[int]:
    """The frames that a job painted, in its own output."""
    listener = Listener()
    run(folder, styles, frames, listener, **parts)
    told = listener.of(EventKind.PROGRESS)
    assert [event["done"] for event in told] == sorted(event["done"] for event in told)
    assert told[-1]["done"] == told[-1]["total"]
    return sorted({event["frame"] for event in told})


@pytest.mark.parametrize("kind", ["dis", "vector", "cut", "missing"])
def test_chunks_are_the_whole_shot_bit_for_bit(tmp_path: Path, styles: StyleLibrary, kind: str) -> None:
    first = 1
    plates(tmp_path, range(1, 13), vector=kind == "vector", cut=6 if kind == "cut" else None)
    parts: dict[str, Any] = {"plate": {"frames": "1-12"}}
    if kind == "missing":
        # The shot begins before the plate does, and has a hole.
        first = 3
        for number in (1, 2, 9):
            (tmp_path / f"plate.{number:04d}.exr").unlink()
        with pytest.raises(FramesFailed, match="1-2,9"):
            run(tmp_path, styles, **parts)
    else:
        summary = run(tmp_path, styles, **parts)
        assert summary.prerolled == 0
    whole = made(tmp_path / "out")
    raw = parts | {"temporal": {"smoothing": 0.0}, "output": {"path": "raw/styled.####.exr"}}
    run(tmp_path, styles, "7-8", **raw)
    assert whole["styled.0007.exr"] != made(tmp_path / "raw")["styled.0007.exr"], "the window does nothing"
    for chunk in (f"{first}", f"{first + 1}-5", "6", "7-8", "10-12"):
        own = parts | {"output": {"path": f"chunk/{chunk}/styled.####.exr"}}
        run(tmp_path, styles, chunk, **own)
        for name, data in made(tmp_path / "chunk" / chunk).items():
            assert data == whole[name], f"{name} of chunk {chunk}"


def test_a_chunk_paints_its_neighbours_and_no_more(tmp_path: Path, styles: StyleLibrary) -> None:
    plates(tmp_path, range(1, 21), cut=13)
    shot: dict[str, Any] = {"plate": {"frames": "3-20"}}

    def of(frames: str) -> list[int]:
        listener = Listener()
        folder = f"of{frames}/styled.####.exr"
        summary = run(tmp_path, styles, frames, listener, **shot, output={"path": folder})
        assert set(made(tmp_path / f"of{frames}")) == {f"styled.{n:04d}.exr" for n in FrameRange.parse(frames)}
        return [summary.prerolled, listener.of(EventKind.PROGRESS)[0]["total"]]

    assert of("8") == [2 * RADIUS, 2 * RADIUS + 1]
    # Not before the shot's first frame, though the plate has some; not behind its last.
    assert of("3") == [RADIUS, RADIUS + 1]
    assert of("19-20") == [RADIUS, RADIUS + 2]
    # Frames across the cut are looked at and not painted.
    assert of("12") == [RADIUS, 2 * RADIUS + 1]
    assert of("13") == [RADIUS, 2 * RADIUS + 1]
    # Frames that two windows hold are painted once.
    assert of("5,7") == [2 * RADIUS - 1, 2 * RADIUS + 1]


def test_frames_behind_a_cut_are_let_go_of_where_no_window_reaches_them(
    tmp_path: Path, styles: StyleLibrary, monkeypatch: pytest.MonkeyPatch
) -> None:
    plates(tmp_path, range(1, 31), cut=11)
    read: dict[int, weakref.ref[WorkingFrame]] = {}
    prepare = Shot.working

    def watched(self: Shot, frame: Any) -> WorkingFrame:
        working = prepare(self, frame)
        read[working.number] = weakref.ref(working)
        return working

    held: set[int] = set()

    class Watch(Listener):
        def emit(self, event: Event) -> None:
            super().emit(event)
            if event.kind is EventKind.PROGRESS and event.data["frame"] == 30:
                held.update(number for number, frame in read.items() if frame() is not None)

    monkeypatch.setattr(Shot, "working", watched)
    run(tmp_path, styles, "10,30", Watch(), plate={"frames": "1-30"})
    assert max(number for number in read if number <= 10 + RADIUS) > 11, "nothing was read ahead"
    assert not [number for number in held if number <= 10 + RADIUS]


def test_a_stopped_job_does_what_is_missing_and_nothing_else(tmp_path: Path, styles: StyleLibrary) -> None:
    plates(tmp_path, range(1, 13))
    run(tmp_path, styles, output={"path": "whole/styled.####.exr"})
    with pytest.raises(CancelledByUser):
        run(tmp_path, styles, listener=Listener(7))
    begun = sorted(made(tmp_path / "out"))
    assert begun == [f"styled.{number:04d}.exr" for number in (1, 2, 3)]
    assert not list(work_folder(tmp_path / "out/styled.####.exr").glob("state*"))
    summary = run(tmp_path, styles)
    assert (summary.skipped, summary.styled) == ([1, 2, 3], list(range(4, 13)))
    assert made(tmp_path / "out") == made(tmp_path / "whole")
    for number in (5, 6):
        (tmp_path / f"out/styled.{number:04d}.exr").unlink()
    summary = run(tmp_path, styles)
    assert (summary.styled, summary.prerolled) == ([5, 6], 2 * RADIUS)
    assert made(tmp_path / "out") == made(tmp_path / "whole")


def test_a_changed_frame_redoes_the_windows_that_hold_it(tmp_path: Path, styles: StyleLibrary) -> None:
    plates(tmp_path, range(1, 15))
    run(tmp_path, styles)
    before = made(tmp_path / "out")
    write_plate(tmp_path / "plate.0007.exr", np.full((*SIZE[::-1], 3), 0.3, np.float32))
    summary = run(tmp_path, styles)
    assert summary.styled == list(range(7 - RADIUS, 7 + RADIUS + 1))
    run(tmp_path, styles, output={"path": "fresh/styled.####.exr"})
    assert made(tmp_path / "out") == made(tmp_path / "fresh")
    assert made(tmp_path / "out")["styled.0007.exr"] != before["styled.0007.exr"]
    # There is no preroll to change anything.
    assert run(tmp_path, styles, temporal={**WINDOW, "preroll": 7}).styled == []


def test_a_frame_that_fails_ends_the_windows_beside_it(tmp_path: Path, styles: StyleLibrary) -> None:
    plates(tmp_path, range(1, 8))
    broken = tmp_path / "plate.0004.exr"
    broken.write_bytes(broken.read_bytes()[:-200])
    listener = Listener()
    with pytest.raises(FramesFailed, match=r"1 of 7 frames failed \(4\)"):
        run(tmp_path, styles, listener=listener)
    assert [event["frame"] for event in listener.of(EventKind.ERROR)] == [4]
    alone = Listener()
    run(tmp_path, styles, "5-7", alone, output={"path": "chunk/styled.####.exr"})
    assert not alone.of(EventKind.ERROR), "the chunk was not asked for that frame"
    assert [event["frame"] for event in alone.of(EventKind.WARNING) if "4" in event["problem"]] == [4]
    whole = made(tmp_path / "out")
    assert all(whole[name] == data for name, data in made(tmp_path / "chunk").items())


def test_a_preview_is_the_frame_of_the_film(tmp_path: Path, styles: StyleLibrary) -> None:
    plates(tmp_path, range(1, 8))
    run(tmp_path, styles)
    shot = recipe(regions=STYLED, temporal=WINDOW)
    found = preview_frame(shot, base=tmp_path, number=3, preroll=True, reporter=Listener(), library=styles)
    assert found.prerolled == 6
    film = np.clip(srgb_encode(read_rgb(tmp_path / "out/styled.0003.exr")), 0, 1)
    np.testing.assert_allclose(found.picture, film, atol=1e-6)
    quick = preview_frame(shot, base=tmp_path, number=3, reporter=Listener(), library=styles)
    assert quick.prerolled == 0
    assert any("not stabilised" in note for note in quick.notes)


def test_it_flickers_far_less_than_the_paintings(tmp_path: Path, styles: StyleLibrary) -> None:
    """Noise that the style amplifies, on a ground whose motion is known: differences along the motion, RMS.

    Independent noise is what a history damps best; a window over nine frames leaves half as much again at most.
    """
    plates(tmp_path, range(1, 15), vector=True)
    flicker = {}
    kinds = {"raw": {"smoothing": 0.0}, "causal": {"smoothing": 0.9}, "window": WINDOW}
    for name, temporal in kinds.items():
        run(tmp_path, styles, temporal=temporal, output={"path": f"{name}/styled.####.exr"})
        shown = [srgb_encode(read_rgb(tmp_path / name / f"styled.{number:04d}.exr")) for number in range(5, 12)]
        inside = (slice(3, -3), slice(3, -3))
        steps = [(later[:, :-1] - earlier[:, 1:])[inside] for earlier, later in pairwise(shown)]
        flicker[name] = float(np.sqrt(np.square(steps).mean()))
    assert flicker["raw"] > 0.002, "the paintings are still: nothing is shown"
    assert flicker["window"] < 0.18 * flicker["raw"], flicker
    assert flicker["window"] < 1.5 * flicker["causal"], flicker


def test_without_motion_a_window_holds_one_frame(tmp_path: Path, styles: StyleLibrary) -> None:
    plates(tmp_path, range(1, 4))
    summary = run(tmp_path, styles, "2", temporal={**WINDOW, "flow": "none"})
    assert (summary.styled, summary.prerolled) == ([2], 0)
