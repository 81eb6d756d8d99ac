"""How the service lives and dies: order of work, rubbish on its input, noisy libraries, stuck disks, lost parents."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from protocol_client import PATIENCE, Client
from service_shots import COMMAND, environment, pixels, recipe, serving, write_plates, write_styles

from nst_backend.contract.errors import ExitCode
from nst_backend.contract.messages import STUCK_EXIT
from nst_backend.contract.wire import LONGEST_LINE
from nst_backend.pipeline.lock import guarded
from nst_backend.pipeline.manifest import work_folder

MANY = 60
POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX processes")


def scratch(folder: Path) -> list[str]:
    return os.listdir(folder / "scratch")


def start_run(client: Client, folder: Path, job: str = "film") -> int:
    """Open a shot of many frames and run it; returns once the first is finished."""
    write_plates(folder, MANY)
    client.done("open", job, recipe=recipe(), base=str(folder))
    number = client.send("run", job)
    client.wait_for(lambda event: event.get("id") == number and event["event"] == "frame")
    return number


# ---- the handshake and what is no message


def test_versions_must_agree_and_hello_comes_first(tmp_path: Path) -> None:
    with serving(tmp_path, greet=False) as client:
        early = client.ask("open", "a", recipe=recipe(), base=str(tmp_path))
        assert (early["kind"], early["problem"]) == ("protocol", "hello comes first")
        other = client.ask("hello", protocol=2)
        assert other["kind"] == "protocol"
        assert "version 2" in other["problem"]
        assert other["remedy"] == "install the add-on and the backend of one release"
        assert client.ask("preview", "a", frame=1)["kind"] == "protocol"
        assert client.done("hello", protocol=1)["protocol"] == 1
        assert client.ask("preview", "a", frame=1)["kind"] == "usage"
        assert client.end() == ExitCode.DONE


@pytest.mark.parametrize("seed", [1, 2])
def test_rubbish_is_answered_and_survived(tmp_path: Path, seed: int) -> None:
    import random

    rng = random.Random(seed)
    lines = [
        b"\xff\xfe\x00 not text",
        b"{",
        b"[1, 2]",
        b"null",
        b'{"request": "fly", "id": 5, "job": "a"}',
        b'{"request": "preview", "id": 6, "job": "a"}',
        b'{"request": "preview", "id": 7, "job": "../../etc", "frame": 1}',
        b'{"request": "preview", "id": 8, "job": "a", "frame": 1e400}',
        b'{"request": "preview", "id": 9, "job": "a", "frame": NaN}',
        b'{"request": "preview", "id": true, "job": "a", "frame": 1}',
        b'{"request": "open", "id": 10, "job": "a", "recipe": {"version": 1}, "base": "relative"}',
        b'{"request": {}, "id": 11}',
        b"[" * 100_000,
        rng.randbytes(5000).replace(b"\n", b" "),
        b'{"request": "open", "id": 12, "job": "a", "recipe": "' + b"x" * (LONGEST_LINE + 1) + b'"}',
    ]
    with serving(tmp_path) as client:
        rng.shuffle(lines)
        for line in lines:
            client.write(line + rng.choice([b"\n", b"\r\n", b"\n\n  \n"]))
        assert client.done("hello", protocol=1)["protocol"] == 1
        errors = [event for event in client.events if event["event"] == "error"]
        assert len(errors) == len(lines)
        assert {event["kind"] for event in errors} == {"protocol"}
        assert all(event["problem"] and event["final"] for event in errors)
        assert {event.get("id") for event in errors} == {None, 5, 6, 7, 8, 10, 11}
        fly = next(event for event in errors if event.get("id") == 5)
        assert "'fly'" in fly["problem"]
        assert client.end() == ExitCode.DONE


@pytest.mark.parametrize("option", ["--stuck-after=0", "--release-after=-1", "--release-after=nan"])
def test_times_that_are_none_are_refused(tmp_path: Path, option: str) -> None:
    result = subprocess.run([*COMMAND, option], env=environment(tmp_path), capture_output=True, text=True, input="")
    assert result.returncode == ExitCode.USAGE
    assert result.stdout == ""
    assert option.partition("=")[0] in result.stderr


# ---- the order of work


def test_a_preview_goes_before_the_frames_of_a_batch(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        run = start_run(client, tmp_path)
        preview = client.send("preview", "film", frame=5, size="50%")
        step = client.send("step", "film", frame=1)
        assert client.answer(preview)["event"] == "done"
        assert client.answer(step)["event"] == "done"
        done_before = len(client.of(run, "progress"))
        assert done_before < MANY
        summary = client.answer(run)["summary"]
        assert len(summary["styled"]) == MANY
        assert client.order()[-3:] == [preview, step, run]
        assert len(client.of(run, "progress")) == MANY


def test_only_the_latest_preview_of_a_job_runs(tmp_path: Path) -> None:
    write_plates(tmp_path / "a", 6)
    write_plates(tmp_path / "b", 2)
    with serving(tmp_path) as client:
        client.done("open", "b", recipe=recipe(), base=str(tmp_path / "b"))
        # While the job is opened all previews come in.
        client.send("open", "a", recipe=recipe(), base=str(tmp_path / "a"))
        other = client.send("preview", "b", frame=1)
        numbers = [client.send("preview", "a", frame=frame) for frame in range(1, 7)]
        answers = [client.answer(number) for number in numbers]
        assert answers[-1]["event"] == "done"
        assert answers[-1]["summary"]["frame"] == 6
        assert {answer.get("kind") for answer in answers[:-1]} == {"superseded"}
        assert not [event for number in numbers[:-1] for event in client.of(number, "frame")]
        assert client.answer(other)["event"] == "done"


def test_cancel_stops_a_batch_and_a_second_run_goes_on(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        run = start_run(client, tmp_path)
        waiting = client.send("run", "film")
        assert client.done("cancel", "film", target=waiting) == {"stopped": [waiting]}
        assert client.answer(waiting)["kind"] == "cancelled"
        assert not [event for event in client.of(run) if event["event"] == "error"]
        assert client.done("cancel", "film") == {"stopped": [run]}
        answer = client.answer(run)
        assert (answer["event"], answer["kind"]) == ("error", "cancelled")
        written = len(client.of(run, "frame"))
        assert 0 < written < MANY
        assert client.done("cancel", "film") == {"stopped": []}
        summary = client.done("run", "film")
        assert len(summary["skipped"]) == written
        assert len(summary["styled"]) == MANY - written
        assert not list((tmp_path / "out").glob("*.part*"))


def test_two_jobs_are_apart(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        first = start_run(client, tmp_path / "one", "one")
        write_plates(tmp_path / "two", 2)
        client.done("open", "two", recipe=recipe(), base=str(tmp_path / "two"))
        second = client.send("run", "two")
        client.done("close", "one")
        assert client.answer(first)["kind"] == "cancelled"
        assert client.answer(second)["summary"]["styled"] == [1, 2]
        assert client.order().index(first) < client.order().index(second)
        assert {event["job"] for event in client.of(second)} == {"two"}
        assert len(list((tmp_path / "two" / "out").glob("*.exr"))) == 2
        assert client.ask("run", "one")["problem"] == "no job 'one' is open"


def test_memory_is_freed_after_a_while(tmp_path: Path) -> None:
    write_plates(tmp_path, 2)
    with serving(tmp_path, "--release-after", "0.2") as client:
        client.done("open", "a", recipe=recipe(), base=str(tmp_path))
        client.done("preview", "a", frame=1)
        time.sleep(2.0)
        assert client.done("release")["networks"] == 0
        assert client.done("preview", "a", frame=2)["frame"] == 2


# ---- what goes wrong inside

NOISY = """
import ctypes, os, sys
from nst_backend.cli.main import run
from nst_backend.pipeline import shot
before = shot.Shot.read_frame
def read_frame(self, number):
    print("a chatty library", flush=True)
    os.write(1, b"and one that knows descriptors\\n")
    ctypes.CDLL(None).puts(b"and one in C")
    ctypes.CDLL(None).fflush(None)
    assert sys.stdin.read() == ""
    return before(self, number)
shot.Shot.read_frame = read_frame
sys.exit(run(["serve", *sys.argv[1:]]))
"""


@POSIX
def test_nothing_else_speaks_on_standard_output(tmp_path: Path) -> None:
    write_plates(tmp_path, 2)
    with serving(tmp_path, command=(sys.executable, "-c", NOISY)) as client:
        client.done("open", "a", recipe=recipe(), base=str(tmp_path))
        assert len(client.done("run", "a")["styled"]) == 2
        assert client.end() == ExitCode.DONE
        assert client.strays == []
    errors = (tmp_path / "service.err").read_text()
    for words in ("a chatty library", "and one that knows descriptors", "and one in C"):
        assert words in errors


BROKEN = """
import sys
from nst_backend.cli.main import run
from nst_backend.pipeline import shot
before = shot.Shot.read_frame
def read_frame(self, number):
    return before(self, number) if number != 2 else 1 / 0
shot.Shot.read_frame = read_frame
sys.exit(run(["serve", *sys.argv[1:]]))
"""


def test_a_defect_names_its_log_and_the_service_lives_on(tmp_path: Path) -> None:
    write_plates(tmp_path, 3)
    with serving(tmp_path, command=(sys.executable, "-c", BROKEN)) as client:
        client.done("open", "a", recipe=recipe(), base=str(tmp_path))
        event = client.ask("preview", "a", frame=2)
        assert (event["event"], event["kind"]) == ("error", "defect")
        assert "ZeroDivisionError" in event["problem"]
        assert "Traceback" in Path(event["log"]).read_text()
        assert client.ask("run", "a")["kind"] == "defect"
        assert client.done("preview", "a", frame=3)["frame"] == 3


@POSIX
def test_a_stage_that_is_stuck_is_told_and_ends_the_service(tmp_path: Path) -> None:
    write_plates(tmp_path, 3)
    # Nobody ever writes into this pipe: to open it waits for ever, as a dead network disk does.
    (tmp_path / "plate.0002.exr").unlink()
    os.mkfifo(tmp_path / "plate.0002.exr")
    with serving(tmp_path, "--stuck-after", "8") as client:
        client.done("open", "a", recipe=recipe(temporal={"smoothing": 0.0}), base=str(tmp_path))
        number = client.send("run", "a")
        event = client.answer(number)
        assert (event["event"], event["kind"], event["stage"]) == ("error", "stuck", "read")
        assert "frame 2" in event["problem"]
        assert event["remedy"]
        # The thread that listens is not the one that waits.
        assert client.wait() == STUCK_EXIT
        assert [e["frame"] for e in client.of(number, "frame")] in ([], [1])
    assert "read_exr_header" in (tmp_path / "serve.log").read_text()
    assert scratch(tmp_path) == []


@POSIX
def test_a_writer_that_is_stuck_is_told_as_such(tmp_path: Path) -> None:
    with serving(tmp_path, "--stuck-after", "8") as client:
        number = start_run(client, tmp_path)
        # As by a process that was suspended while it held the guard of the output.
        with guarded(work_folder(tmp_path / "out" / "styled.####.exr")):
            event = client.answer(number)
        assert (event["event"], event["kind"], event["stage"]) == ("error", "stuck", "write")
        assert client.wait() == STUCK_EXIT
    assert "_finish_and_write" in (tmp_path / "serve.log").read_text()


# ---- the end


def test_the_end_of_the_requests_ends_the_service(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        run = start_run(client, tmp_path)
        client.done("preview", "film", frame=1)
        assert len(scratch(tmp_path)) == 1
        assert client.end() == ExitCode.DONE
        assert client.answer(run)["kind"] == "cancelled"
    assert scratch(tmp_path) == []
    assert not list((tmp_path / "out").glob("*.part*"))


def test_close_without_a_job_ends_the_service(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        run = start_run(client, tmp_path)
        assert client.done("close") == {}
        assert client.answer(run)["kind"] == "cancelled"
        assert client.wait() == ExitCode.DONE
    assert scratch(tmp_path) == []


@POSIX
def test_an_interrupt_ends_the_service_at_once(tmp_path: Path) -> None:
    with serving(tmp_path) as client:
        run = start_run(client, tmp_path)
        client.process.send_signal(signal.SIGINT)
        assert client.wait() == ExitCode.CANCELLED
        assert client.answer(run)["kind"] == "cancelled"
    assert scratch(tmp_path) == []


PARENT = """
import subprocess, sys, time
requests, events = int(sys.argv[1]), int(sys.argv[2])
child = subprocess.Popen(sys.argv[3:], stdin=requests, stdout=events)
time.sleep(600)
"""


@POSIX
def test_a_service_whose_parent_is_killed_ends(tmp_path: Path) -> None:
    write_styles(tmp_path / "styles")
    (tmp_path / "scratch").mkdir()
    requests, to_service = os.pipe()
    from_service, events = os.pipe()
    options = ["--scratch", str(tmp_path / "scratch"), "--log", str(tmp_path / "serve.log")]
    with (tmp_path / "service.err").open("wb") as errors:
        parent = subprocess.Popen(
            [sys.executable, "-c", PARENT, str(requests), str(events), *COMMAND, *options],
            env=environment(tmp_path),
            pass_fds=(requests, events),
            stderr=errors,
        )
    os.close(requests)
    os.close(events)
    with os.fdopen(from_service, "rb") as hears, os.fdopen(to_service, "wb", buffering=0) as says:
        says.write(b'{"request": "hello", "id": 1, "protocol": 1}\n')
        hello = json.loads(hears.readline())
        service = hello["summary"]["pid"]
        assert service != parent.pid
        parent.kill()
        parent.wait()
        outlived = threading.Event()
        guard = threading.Timer(PATIENCE, lambda: (outlived.set(), os.kill(service, signal.SIGKILL)))
        guard.start()
        # The requests are still open: only the parent's death can end what the service writes.
        assert hears.read() == b""
        guard.cancel()
        assert not outlived.is_set()
    assert scratch(tmp_path) == []


def test_pixels_outlive_the_message_until_the_next_of_their_kind(tmp_path: Path) -> None:
    write_plates(tmp_path, 2)
    with serving(tmp_path) as client:
        client.done("open", "a", recipe=recipe(), base=str(tmp_path))
        preview = client.send("preview", "a", frame=1)
        client.answer(preview)
        picture = pixels(client.of(preview, "frame")[0])
        before = picture.copy()
        client.done("step", "a", frame=2)
        client.done("preview", "a", frame=2, size="50%")
        # Another size is another file: what is mapped stays as it was.
        assert (picture == before).all()
