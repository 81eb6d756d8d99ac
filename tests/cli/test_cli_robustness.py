"""What a long job survives: kills, interrupts, a full disk, folders and plates that change or go while it runs.

After each of them whole frames are there or none, a sentence says what to do,
and the same command goes on to just what an uninterrupted run writes.
"""

from __future__ import annotations

import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from nst_process import Nst, make_nst, sentence, write_pictures

from nst_backend.contract.errors import ExitCode
from nst_backend.media.images import write_image
from nst_backend.media.plate import open_plate
from nst_backend.pipeline.manifest import Manifest, work_folder

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals, limits and mounts")

COUNT = 10
SIZE = (96, 64)
KILLS = int(os.environ.get("BRUSHPASS_KILLS", "5"))

Frames = dict[str, bytes]


def stylise(output: str | Path = "out") -> list[str]:
    """The arguments of a job that smooths, so that each frame depends on all before it."""
    painting = ["--style", "swirl", "--scale", "10", "--smoothing", "0.6", "--depth", "float"]
    return ["stylize", "in/plate.####.png", "-o", f"{output}/a.####.exr", *painting]


def frames(folder: Path) -> Frames:
    """The finished frames, and nothing that only looks like one."""
    found = {path.name: path.read_bytes() for path in folder.glob("*.exr") if not path.name.startswith(".")}
    if found:
        plate = open_plate(folder / "a.####.exr")
        assert [f"a.{number:04d}.exr" for number in plate.numbers] == sorted(found)
        for number in plate.numbers:
            assert plate.read(number).rgb.shape == (SIZE[1], SIZE[0], 3)
    return found


def assert_whole(folder: Path, uninterrupted: Frames) -> Frames:
    """Every frame that is there is just what it is to be, and none is said to be finished that is not there."""
    found = frames(folder)
    assert found == {name: uninterrupted[name] for name in found}
    work = work_folder(folder / "a.####.exr")
    finished = Manifest(work).frames if work.is_dir() else ()
    assert {f"a.{number:04d}.exr" for number in finished} <= set(found)
    return found


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "in", COUNT, SIZE)
    return made


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory: pytest.TempPathFactory) -> Frames:
    made = make_nst(tmp_path_factory.mktemp("uninterrupted"))
    write_pictures(made.folder / "in", COUNT, SIZE)
    result = made(*stylise())
    assert result.returncode == 0, result.stderr
    written = frames(made.folder / "out")
    assert len(written) == COUNT
    return written


def assert_goes_on(nst: Nst, uninterrupted: Frames, output: str | Path = "out") -> None:
    result = nst(*stylise(output))
    assert result.returncode == 0, result.stderr
    assert frames(nst.folder / output) == uninterrupted


def test_killed_at_any_moment_it_leaves_whole_frames_and_goes_on(nst: Nst, uninterrupted: Frames) -> None:
    """``BRUSHPASS_KILLS`` times (5), at moments that the seed draws; a job that gets to its end begins anew."""
    moments, out = random.Random(7), nst.folder / "out"
    killed = 0
    while killed < KILLS:
        with nst.running(*stylise()) as job:
            going = job.until("progress", moments.randrange(1, 4)) if moments.random() < 0.9 else True
            time.sleep(moments.uniform(0, 0.2) if going and job.events else moments.uniform(0, 3))
            job.process.send_signal(signal.SIGKILL)
            code = job.end()
        killed += code == -signal.SIGKILL
        if len(assert_whole(out, uninterrupted)) == COUNT and code == 0:
            shutil.rmtree(out)
    assert_goes_on(nst, uninterrupted)
    assert not list(out.rglob("*.part*"))


def test_ctrl_c_ends_with_4_and_a_second_run_goes_on(nst: Nst, uninterrupted: Frames) -> None:
    with nst.running(*stylise()) as job:
        assert job.until("frame")
        job.process.send_signal(signal.SIGINT)
        assert job.end() == ExitCode.CANCELLED
    assert "Traceback" not in job.errors.read_text()
    assert job.events[-1]["kind"] == "cancelled"
    assert 0 < len(assert_whole(nst.folder / "out", uninterrupted)) < COUNT
    assert not list((nst.folder / "out").rglob("*.part*"))
    with nst.running(*stylise()) as job:
        assert job.end() == 0
    assert job.events[-1]["summary"]["skipped"]
    assert frames(nst.folder / "out") == uninterrupted


def test_ctrl_c_ends_though_the_work_does_not(nst: Nst, uninterrupted: Frames) -> None:
    # The second is read while the first is painted, which takes its tones from frames 1 and 10.
    plate = nst.folder / "in" / "plate.0002.png"
    plate.rename(nst.folder / "plate.png")
    # Nobody ever writes into this pipe: to read it waits for ever, as a dead network disk does.
    os.mkfifo(plate)
    with nst.running(*stylise()) as job:
        assert job.until("frame")
        job.process.send_signal(signal.SIGINT)
        assert job.end() == ExitCode.CANCELLED
    assert "Traceback" not in job.errors.read_text()
    assert job.events[-1]["kind"] == "cancelled"
    assert 0 < len(assert_whole(nst.folder / "out", uninterrupted)) < COUNT
    plate.unlink()
    (nst.folder / "plate.png").rename(plate)
    assert_goes_on(nst, uninterrupted)


# ---- the disk


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of 4 MiB."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "brushpass-test", str(folder)]
    if shutil.which("mount") is None or subprocess.run(mount, capture_output=True).returncode:
        pytest.skip("a file system can be mounted by root alone")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.parametrize("free", [0, 100_000, 350_000, 700_000, 1_000_000])
def test_a_full_disk_is_said_and_the_job_goes_on_when_there_is_room(
    nst: Nst, small_disk: Path, uninterrupted: Frames, free: int
) -> None:
    ballast = small_disk / "ballast"
    room = os.statvfs(small_disk)
    ballast.write_bytes(bytes(room.f_bavail * room.f_frsize - free))
    result = nst(*stylise("disk/out"), "--progress", "none")
    assert result.returncode == ExitCode.USAGE
    assert "the disk is full: free some space and run again" in sentence(result)
    assert len(assert_whole(small_disk / "out", uninterrupted)) < COUNT
    assert not list(small_disk.rglob("*.part*"))
    ballast.unlink()
    assert_goes_on(nst, uninterrupted, "disk/out")


def test_a_file_that_outgrows_the_limit_is_said(nst: Nst, uninterrupted: Frames) -> None:
    """What a quota does, without a file system of its own: the system refuses a write in the middle of a file."""
    result = subprocess.run(
        nst.command(*stylise(), "--progress", "none"),
        cwd=nst.folder,
        env=nst.environment,
        capture_output=True,
        text=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000)),
    )
    assert result.returncode == ExitCode.USAGE
    assert "does not take a file of that size: write to another disk" in sentence(result)
    assert assert_whole(nst.folder / "out", uninterrupted) == {}
    assert not list((nst.folder / "out").rglob("*.part*"))
    assert_goes_on(nst, uninterrupted)


# ---- what goes away, and what changes


def test_an_output_folder_that_vanishes_ends_the_job_with_a_sentence(nst: Nst, uninterrupted: Frames) -> None:
    with nst.running(*stylise()) as job:
        assert job.until("frame", 2)
        (nst.folder / "out").rename(nst.folder / "gone")
        code = job.end()
    assert code == ExitCode.USAGE
    assert "folder does not exist" in job.events[-1]["problem"]
    assert job.events[-1]["remedy"]
    assert "Traceback" not in job.errors.read_text()
    assert_whole(nst.folder / "gone", uninterrupted)
    assert_goes_on(nst, uninterrupted)


def test_a_plate_that_changes_meanwhile_is_said_and_done_again(nst: Nst, uninterrupted: Frames) -> None:
    changed = np.full((SIZE[1], SIZE[0], 3), 0.3, np.float32)
    with nst.running(*stylise()) as job:
        assert job.until("frame")
        write_image(nst.folder / "in" / f"plate.{COUNT - 1:04d}.png", changed)
        assert job.end() == 0
    (warning,) = job.of("warning")
    assert f"frames {COUNT - 1} changed while the job ran" in warning["problem"]
    assert "run it again" in warning["remedy"]
    with nst.running(*stylise()) as again:
        assert again.end() == 0
    assert set(again.events[-1]["summary"]["styled"]) >= {COUNT - 1, COUNT}
    assert again.of("warning") == []
    fresh = nst(*stylise("fresh"))
    assert fresh.returncode == 0
    assert frames(nst.folder / "out") == frames(nst.folder / "fresh") != uninterrupted


def test_a_plate_that_disappears_meanwhile_fails_alone_and_is_made_up_for(nst: Nst, uninterrupted: Frames) -> None:
    lost = nst.folder / "in" / f"plate.{COUNT - 2:04d}.png"
    with nst.running(*stylise()) as job:
        assert job.until("frame")
        lost.rename(nst.folder / "lost.png")
        assert job.end() == ExitCode.FRAMES_FAILED
    (failed,) = [event for event in job.of("error") if "frame" in event]
    assert failed["frame"] == COUNT - 2
    assert failed["remedy"]
    assert set(frames(nst.folder / "out")) == set(uninterrupted) - {f"a.{COUNT - 2:04d}.exr"}
    (nst.folder / "lost.png").rename(lost)
    assert_goes_on(nst, uninterrupted)
