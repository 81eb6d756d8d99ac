"""Jobs beside one another: who may write what of an output, and what the dead leave behind."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pipeline_shots import Listener, library, moving_plates, recipe

from nst_backend.contract.errors import NstError, UsageError
from nst_backend.contract.frames import FrameRange
from nst_backend.contract.messages import Event, EventKind
from nst_backend.pipeline.job import run_job
from nst_backend.pipeline.lock import claimed
from nst_backend.pipeline.manifest import Manifest, work_folder
from nst_backend.pipeline.states import StateFiles
from nst_backend.temporal.state import History

STYLED = [{"name": "all", "matte": {"everything": {}}, "style": "stripes", "scale": 10.0}]
HOLD = """
import sys
from pathlib import Path
from nst_backend.contract.frames import FrameRange
from nst_backend.pipeline.lock import claimed
frames = None if sys.argv[3] == "all" else FrameRange.parse(sys.argv[3])
with claimed(Path(sys.argv[1]), "x", identity=sys.argv[2], frames=frames):
    print("held", flush=True)
    sys.stdin.read()
"""
APPEND = """
import sys
from pathlib import Path
from nst_backend.pipeline.manifest import Manifest
manifest = Manifest(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for number in range(int(sys.argv[2]), int(sys.argv[2]) + 25):
    manifest.record(number, "k" * 3000, Path(sys.argv[1]) / f"{number}.exr")
"""


KILLED = """
import contextlib, os, sys
from nst_backend.media.atomic import atomic_path
with contextlib.ExitStack() as stack:
    for name in sys.argv[1:]:
        stack.enter_context(atomic_path(name)).write_bytes(b"half")
    os._exit(9)
"""


def started(code: str, *arguments: str) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", code, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    child.stdout.readline()
    return child


@contextmanager
def holder(folder: Path, identity: str, frames: str) -> Iterator[subprocess.Popen[str]]:
    child = started(HOLD, str(folder), identity, frames)
    with child:
        try:
            yield child
        finally:
            child.kill()


def claim(folder: Path, identity: str, frames: str | None) -> None:
    with claimed(folder, "x", identity=identity, frames=None if frames is None else FrameRange.parse(frames)):
        pass


def test_frames_that_nobody_writes_may_be_claimed(tmp_path: Path) -> None:
    with holder(tmp_path, "film", "1-8,20"):
        claim(tmp_path, "film", "9-19")
        for identity, frames in (("film", "8-9"), ("film", "20"), ("film", None), ("other", "9-19")):
            with pytest.raises(UsageError, match="another job is writing x"):
                claim(tmp_path, identity, frames)
        with holder(tmp_path, "film", "9-12"), pytest.raises(UsageError):
            claim(tmp_path, "film", "12-13")
    with holder(tmp_path, "film", "all"), pytest.raises(UsageError):
        claim(tmp_path, "film", "9-19")


def test_what_the_dead_claimed_is_free(tmp_path: Path) -> None:
    with holder(tmp_path, "film", "1-8") as child:
        child.kill()
        child.wait()
        assert len(list((tmp_path / "jobs").iterdir())) == 1
        claim(tmp_path, "other", "5")
    assert not list((tmp_path / "jobs").iterdir())


def test_a_claim_in_one_process_counts_as_well(tmp_path: Path) -> None:
    with claimed(tmp_path, "x", identity="film", frames=FrameRange.parse("1-4")) as mine:
        assert mine.alone()
        with pytest.raises(UsageError):
            claim(tmp_path, "film", "4")
        with claimed(tmp_path, "x", identity="film", frames=FrameRange.parse("5")):
            assert not mine.alone()
        assert mine.alone()


def test_a_claim_that_cannot_be_read_holds_everything(tmp_path: Path) -> None:
    with claimed(tmp_path, "x", identity="film", frames=FrameRange.parse("1-4")) as mine:
        mine.file.write_bytes(b"{")
        with pytest.raises(UsageError):
            claim(tmp_path, "film", "9")


def test_lines_of_many_writers_stay_whole(tmp_path: Path) -> None:
    children = [started(APPEND, str(tmp_path), str(first)) for first in (100, 200, 300)]
    for child in children:
        assert child.stdin is not None
        child.stdin.write("\n")
        child.stdin.flush()
    for child in children:
        child.communicate()
        assert child.returncode == 0
    assert Manifest(tmp_path).frames == tuple(n for first in (100, 200, 300) for n in range(first, first + 25))
    lines = (tmp_path / "manifest.jsonl").read_text().splitlines()
    assert [json.loads(line)["key"] for line in lines] == ["k" * 3000] * 75


def test_a_line_that_another_writer_left_torn_takes_none_along(tmp_path: Path) -> None:
    mine = Manifest(tmp_path)
    mine.record(1, "one", tmp_path / "1.exr")
    with mine.path.open("ab") as other:
        other.write(b'{"frame": 2, "ke')
    mine.record(3, "three", tmp_path / "3.exr")
    assert Manifest(tmp_path).frames == (1, 3)


@pytest.mark.skipif(os.name != "posix", reason="file size limits are of POSIX")
def test_a_line_that_a_full_disk_tore_takes_none_along(tmp_path: Path) -> None:
    import resource

    mine = Manifest(tmp_path)
    mine.record(1, "one", tmp_path / "1.exr")
    before = mine.path.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(before) + 20, hard))
    try:
        with pytest.raises(NstError, match="cannot be written"):
            mine.record(2, "two", tmp_path / "2.exr")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    torn = mine.path.read_bytes()
    assert torn.startswith(before)
    assert len(torn) == len(before) + 20
    assert not mine.finished(2, "two")
    mine.record(3, "three", tmp_path / "3.exr")
    assert mine.path.read_bytes().startswith(torn + b"\n{")
    assert Manifest(tmp_path).frames == (1, 3)


class Meanwhile(Listener):
    """Does something once, when the first frame is done."""

    def __init__(self, action: Any) -> None:
        super().__init__()
        self.action = action

    def emit(self, event: Event) -> None:
        super().emit(event)
        if event.kind is EventKind.PROGRESS and (action := self.action):
            self.action = None
            action()


@pytest.mark.parametrize("temporal", [{"smoothing": 0.5}, {"smoothing": 0.9, "mode": "window"}], ids=str)
def test_chunks_of_a_film_are_written_side_by_side(tmp_path: Path, temporal: dict[str, Any]) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 8)
    film = recipe(regions=STYLED, temporal=temporal)

    def run(shot: Any, frames: str, listener: Listener | None = None) -> None:
        run_job(shot, base=tmp_path, frames=FrameRange.parse(frames), reporter=listener or Listener(), library=styles)

    def meanwhile() -> None:
        run(film, "5-8")
        for shot, frames in (
            (film, "4-6"),
            (recipe(regions=[{**STYLED[0], "strength": 0.5}], temporal=temporal), "5-8"),
            (recipe(regions=STYLED, temporal=temporal, output={"per_frame": "raw/raw.####.exr"}), "5-8"),
        ):
            with pytest.raises(UsageError, match=r"another job is writing styled\.####\.exr: wait"):
                run(shot, frames)

    run(film, "1-4", Meanwhile(meanwhile))
    work = work_folder(tmp_path / "out/styled.####.exr")
    assert Manifest(work).frames == tuple(range(1, 9))
    alone = recipe(regions=STYLED, temporal=temporal, output={"path": "alone/styled.####.exr"})
    for frames in ("1-4", "5-8"):
        run(alone, frames)
    for number in range(1, 9):
        name = f"styled.{number:04d}.exr"
        assert (tmp_path / "out" / name).read_bytes() == (tmp_path / "alone" / name).read_bytes()
    resolved = json.loads((work / "resolved.json").read_text())
    assert sorted(resolved["resolved"]["styles"]["all"]["statistics"]) == ["1", "8"]
    assert len(list(work.glob("state*"))) == (0 if "mode" in temporal else 2)
    assert not list((work / "jobs").iterdir())


def test_what_killed_writers_left_goes_but_for_what_others_write(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 8)
    film = recipe(regions=STYLED, temporal={"smoothing": 0.5})
    out = tmp_path / "out"
    work = work_folder(out / "styled.####.exr")

    def run(frames: str, listener: Listener | None = None) -> None:
        run_job(film, base=tmp_path, frames=FrameRange.parse(frames), reporter=listener or Listener(), library=styles)

    def killed(*finals: Path) -> None:
        subprocess.run([sys.executable, "-c", KILLED, *map(str, finals)])

    def left(folder: Path) -> list[str]:
        return sorted(path.name.rsplit(".", 3)[0] for path in folder.glob(".*.part*"))

    def meanwhile() -> None:
        # As if the other job, of frames 5 to 8, were at these.
        killed(out / "styled.0006.exr", work / "state-of another.npz")
        run("1-4")
        assert left(out) == [".foreign.0001", ".styled.0006"]
        assert left(work) == [".state-of another"]

    work.mkdir(parents=True)
    killed(out / "styled.0002.exr", out / "foreign.0001.exr", work / "state-of nobody.npz")
    run("5-8", Meanwhile(meanwhile))
    run("1-8")
    assert left(out) == [".foreign.0001"]
    assert left(work) == []


def test_tones_that_another_chunk_measured_stay_in_the_resolved_recipe(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 30)
    film = recipe(regions=STYLED, output={"path": "out/styled.####.exr"})
    measured = []
    for frames in ("1", "30", "25"):
        run_job(film, base=tmp_path, frames=FrameRange.parse(frames), reporter=Listener(), library=styles)
        path = work_folder(tmp_path / "out/styled.####.exr") / "resolved.json"
        measured.append(set(json.loads(path.read_text())["resolved"]["styles"]["all"]["statistics"]))
    assert measured == [{"1"}, {"1", "30"}, {"1", "25", "30"}]
    changed = recipe(regions=[{**STYLED[0], "scale": 9.0}])
    run_job(changed, base=tmp_path, frames=FrameRange.parse("30"), reporter=Listener(), library=styles)
    assert set(json.loads(path.read_text())["resolved"]["styles"]["all"]["statistics"]) == {"30"}


def test_one_file_for_all_frames_is_one_jobs(tmp_path: Path) -> None:
    styles = library(tmp_path / "styles")
    moving_plates(tmp_path, 2)
    single = recipe(regions=STYLED, output={"path": "out/one.exr"})

    def second() -> None:
        with pytest.raises(UsageError, match="another job"):
            run_job(single, base=tmp_path, frames=FrameRange.parse("2"), reporter=Listener(), library=styles)

    run_job(single, base=tmp_path, frames=FrameRange.parse("1"), reporter=Meanwhile(second), library=styles)


# ---- states


def history(number: int) -> History:
    picture = np.zeros((2, 3, 3), np.float32)
    return History(number, picture, picture)


def test_the_last_two_states_of_each_job_stay(tmp_path: Path) -> None:
    one, other = StateFiles(tmp_path), StateFiles(tmp_path)
    for number in (1, 3, 5):
        one.save(f"a{number}", history(number))
        other.save(f"b{number}", history(number + 100))
    fresh = StateFiles(tmp_path)
    assert [fresh.load(number, f"a{number}") is not None for number in (1, 3, 5)] == [False, True, True]
    assert fresh.load(5, "a3") is None, "a state of another frame"
    # Gone on from frame 3, whose state must outlive the next.
    resumed = StateFiles(tmp_path)
    resumed.adopt(["a1", "a2", "a3", "a4"])
    resumed.save("a5 anew", history(5))
    assert resumed.load(3, "a3") is not None
    resumed.save("a7", history(7))
    assert resumed.load(3, "a3") is None


def test_a_finished_job_leaves_two_states_in_all(tmp_path: Path) -> None:
    one, other = StateFiles(tmp_path), StateFiles(tmp_path)
    for files, name in ((one, "a"), (other, "b")):
        for number in range(3):
            files.save(f"{name}{number}", history(number))
    one.settle(alone=False)
    assert {path.stem for path in tmp_path.iterdir()} == {"state-b1", "state-b2"}
    one.save("a9", history(9))
    other.settle(alone=True)
    assert {path.stem for path in tmp_path.iterdir()} == {"state-b1", "state-b2"}


@pytest.mark.parametrize("wound", [b"", b"XX", b"descr\0", b"(((((((", b"\x93NUMPY\x01\x00\xff\xff"])
def test_a_damaged_state_is_no_state(tmp_path: Path, wound: bytes) -> None:
    states = StateFiles(tmp_path)
    states.save("key", history(4))
    (state,) = tmp_path.iterdir()
    whole = state.read_bytes()
    at = 0 if wound in (b"", b"XX") else whole.index(b"\x93NUMPY") if wound[0] == 0x93 else whole.index(b"{'descr") + 2
    state.write_bytes(whole[:at] + wound + whole[at + len(wound) :] if wound else b"")
    assert states.load(4, "key") is None
