"""The add-on's client against the real service, and against what calls itself one."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
from service_shots import environment, recipe, write_plates, write_styles

LONG = 240.0
MANY = 60
POSIX = pytest.mark.skipif(os.name != "posix", reason="POSIX processes and scripts")

Pure = Callable[[str], ModuleType]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with plates and styles, which the service finds through its variables."""
    write_styles(tmp_path / "styles")
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    # What is meant for Blender's Python must not reach the backend's.
    monkeypatch.setenv("PYTHONHOME", "/nonexistent")
    return tmp_path


@pytest.fixture
def connect(pure_package: Pure, folder: Path) -> Iterator[Callable[..., Any]]:
    """Makes clients of a Python (the backend's by default); stops them all in the end."""
    clients: list[Any] = []

    def make(python: Path | str = sys.executable, **patience: float) -> Any:
        client, process = pure_package("backend.client"), pure_package("backend.process")
        launch = process.Launch(python=Path(python), log=folder / "serve.log")
        clients.append(client.Client(lambda: launch, name="tests", patience=client.Patience(**patience)))
        return clients[-1]

    yield make
    for client in clients:
        client.stop()


def script(path: Path, body: str) -> Path:
    """An executable that takes the place of the backend's Python."""
    path.write_text(f"#!{sys.executable} -I\n" + textwrap.dedent(body), encoding="utf-8")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def wait_until(met: Callable[[], bool]) -> None:
    deadline = time.monotonic() + LONG
    while not met():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


def gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    # A zombie is as good as gone; its collector may be the container's own.
    status = Path(f"/proc/{pid}/stat")
    return status.exists() and status.read_text().rpartition(")")[2].split()[0] == "Z"


def start_run(client: Any, messages: ModuleType, folder: Path) -> tuple[Any, Any]:
    """Open a shot of many frames and run it; returns once the first frame is finished."""
    write_plates(folder, MANY)
    opened = client.submit(messages.OpenRequest, job="film", recipe=recipe(), base=str(folder))
    run = client.submit(messages.RunRequest, job="film")
    assert opened.result(LONG)["regions"] == ["ball", "rest"]
    seen: list[Any] = []

    def styled() -> bool:
        seen.extend(run.poll())
        return any(event.tag.value == "frame" for event in seen)

    wait_until(styled)
    return run, seen


# ---- the real service


def test_the_first_request_starts_it_and_stop_ends_it(connect: Any, pure_package: Pure, folder: Path) -> None:
    messages = pure_package("contract.messages")
    client = connect()
    assert client.state == "stopped"
    assert client.release() is None
    write_plates(folder, 3)
    client.submit(messages.OpenRequest, job="film", recipe=recipe(), base=str(folder))
    assert client.is_open("film")
    summary = client.submit(messages.RunRequest, job="film", frames="1-2").result(LONG)
    assert summary["styled"] == [1, 2]
    assert client.state == "ready"
    info = client.info
    assert info.version == "0.1.0"
    assert Path(info.log) == folder / "serve.log"
    assert client.release().result(LONG) == {"networks": 2}
    client.stop()
    assert (client.state, client.fault, client.is_open("film")) == ("stopped", None, False)
    assert gone(info.pid)


def test_a_preview_comes_as_pixels_and_only_the_latest(connect: Any, pure_package: Pure, folder: Path) -> None:
    messages, pixels = pure_package("contract.messages"), pure_package("backend.pixels")
    client = connect()
    write_plates(folder, 4)
    client.submit(messages.OpenRequest, job="film", recipe=recipe(), base=str(folder))
    # The process has not greeted yet: the first three never leave Blender.
    tickets = [client.submit(messages.PreviewRequest, job="film", frame=frame) for frame in range(1, 5)]
    assert [ticket.answer.kind for ticket in tickets[:-1]] == ["superseded"] * 3
    assert tickets[-1].result(LONG)["frame"] == 4
    (event,) = [event for event in tickets[-1].poll() if isinstance(event, messages.FrameEvent)]
    picture = pixels.map_pixels(event)
    assert picture.shape == (48, 64, 4)
    assert np.isfinite(picture).all()
    assert picture[..., :3].std() > 0.01
    assert not picture.flags.writeable


@POSIX
def test_a_killed_backend_is_known_and_the_next_job_runs(connect: Any, pure_package: Pure, folder: Path) -> None:
    messages, faults = pure_package("contract.messages"), pure_package("backend.faults")
    client = connect()
    run, _ = start_run(client, messages, folder)
    first = client.info.pid
    os.kill(first, signal.SIGKILL)
    with pytest.raises(faults.BackendError, match=r"killed \(SIGKILL\)") as caught:
        run.result(LONG)
    assert caught.value.kind == "crashed"
    assert (client.state, client.fault.kind, client.is_open("film")) == ("stopped", "crashed", False)
    client.submit(messages.OpenRequest, job="film", recipe=recipe(), base=str(folder))
    summary = client.submit(messages.RunRequest, job="film").result(LONG)
    assert client.info.pid != first
    assert client.fault is None
    assert len(summary["skipped"]) >= 1
    assert len(summary["skipped"]) + len(summary["styled"]) == MANY


def test_a_ticket_can_be_cancelled(connect: Any, pure_package: Pure, folder: Path) -> None:
    messages = pure_package("contract.messages")
    client = connect()
    early = client.submit(messages.MattesRequest, job="film")
    early.cancel()
    assert early.answer.kind == "cancelled"
    run, _ = start_run(client, messages, folder)
    run.cancel()
    assert run.wait(LONG)
    assert run.answer.kind == "cancelled"
    assert client.submit(messages.RunRequest, job="film", frames="1").result(LONG)["skipped"] == [1]


PARENT = """
import importlib, sys, time, types
package = types.ModuleType("brushpass_staged")
package.__path__ = [sys.argv[1]]
sys.modules["brushpass_staged"] = package
client = importlib.import_module("brushpass_staged.backend.client")
process = importlib.import_module("brushpass_staged.backend.process")
one = client.Client(lambda: process.Launch(python=sys.executable))
one.start()
while one.info is None:
    time.sleep(0.05)
print(one.info.pid, flush=True)
time.sleep(600)
"""


@POSIX
def test_it_ends_when_blender_is_killed(pure_package: Pure, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONHOME")
    staged = Path(pure_package("backend.client").__file__).parents[1]
    parent = subprocess.Popen([sys.executable, "-c", PARENT, str(staged)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent.stdout:
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
        parent.wait()
    wait_until(lambda: gone(pid))


# ---- what is no backend

GREETS = """
import json, sys, time
def answer(**fields):
    print(json.dumps(fields), flush=True)
def hello(protocol=1):
    request = json.loads(sys.stdin.readline())
    assert request["request"] == "hello", request
    answer(event="done", id=request["id"], job="", summary={"protocol": protocol, "version": "9.9", "pid": 1})
"""


def refused(client: Any, pure_package: Pure) -> Any:
    """The answer to a request that cannot succeed."""
    ticket = client.submit(pure_package("contract.messages").MattesRequest, job="a")
    assert ticket.wait(LONG)
    assert ticket.answer.tag.value == "error"
    return ticket.answer


def test_a_missing_interpreter_is_told_with_the_remedy(connect: Any, pure_package: Pure, folder: Path) -> None:
    answer = refused(connect(folder / "gone" / "python"), pure_package)
    assert "cannot be started" in answer.problem
    assert "preferences" in answer.remedy


def test_a_python_without_the_backend_is_told(connect: Any, pure_package: Pure, folder: Path) -> None:
    subprocess.run([sys.executable, "-I", "-m", "venv", "--without-pip", folder / "bare"], check=True, env={})
    python = folder / "bare" / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    answer = refused(connect(python), pure_package)
    assert "nst_backend" in answer.problem
    assert "repair" in answer.remedy


@POSIX
@pytest.mark.parametrize(
    ("body", "kind", "said"),
    [
        (
            "print('Hello from a shell', flush=True)\nimport time; time.sleep(600)",
            "environment",
            "'Hello from a shell'",
        ),
        ("import sys; sys.stdout.buffer.write(bytes(range(256)) * 9 + b'\\n'); sys.exit(0)", "environment", "speak"),
        ("import sys; sys.exit('libcudart is missing')", "crashed", "exit code 1; it said: libcudart is missing"),
        (GREETS + "hello(protocol=2)\ntime.sleep(600)", "environment", "'protocol': 2"),
        (GREETS + "hello()\nprint('a stray line', flush=True)\ntime.sleep(600)", "environment", "'a stray line'"),
        (
            GREETS + "request = json.loads(sys.stdin.readline())\nanswer(event='error', id=request['id'], job='', "
            "kind='protocol', problem='the client speaks version 1', remedy='', final=True)\ntime.sleep(600)",
            "protocol",
            "the client speaks version 1",
        ),
        (GREETS + "hello()\nsys.stderr.write('CUDA error: lost\\n')\nsys.exit(7)", "crashed", "code 7; it said: CUDA"),
        (GREETS + "hello()\nsys.exit(75)", "stuck", "exit code 75"),
    ],
)
def test_whoever_does_not_speak_the_protocol_is_ended(
    connect: Any, pure_package: Pure, folder: Path, body: str, kind: str, said: str
) -> None:
    client = connect(script(folder / "python", body))
    answer = refused(client, pure_package)
    assert answer.kind == kind
    assert said in answer.problem
    assert answer.remedy
    wait_until(lambda: client.state == "stopped")
    assert client.fault.kind == kind


@POSIX
@pytest.mark.parametrize(
    ("body", "patience"),
    [
        ("import time; time.sleep(600)", {"start": 0.5}),
        (GREETS + "hello()\ntime.sleep(600)", {"silence": 0.3, "answer": 0.3}),
        # Ignores the polite end as well.
        ("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)", {"start": 0.5}),
    ],
)
def test_a_hung_backend_is_ended_and_told(
    connect: Any, pure_package: Pure, folder: Path, body: str, patience: dict[str, float]
) -> None:
    client = connect(script(folder / "python", body), **patience)
    answer = refused(client, pure_package)
    assert answer.kind == "hung"
    assert "starts anew" in answer.remedy


@POSIX
def test_a_busy_backend_that_greets_is_left_alone(connect: Any, pure_package: Pure, folder: Path) -> None:
    body = GREETS + textwrap.dedent(
        """
        hello()
        asked = json.loads(sys.stdin.readline())
        for _ in range(3):
            hello()
        answer(event="done", id=asked["id"], job="a", summary={"names": 1})
        time.sleep(600)
        """
    )
    client = connect(script(folder / "python", body), silence=0.2, answer=LONG)
    ticket = client.submit(pure_package("contract.messages").MattesRequest, job="a")
    assert ticket.result(LONG) == {"names": 1}


@POSIX
def test_a_backend_that_does_not_read_blocks_nobody(connect: Any, pure_package: Pure, folder: Path) -> None:
    client = connect(script(folder / "python", GREETS + "hello()\ntime.sleep(600)"), end=0.2)
    client.start()
    wait_until(lambda: client.state == "ready")
    messages = pure_package("contract.messages")
    big = {"version": 1, "note": "x" * 2**20}
    tickets = [client.submit(messages.OpenRequest, job="a", recipe=big, base="/") for _ in range(4)]
    client.stop()
    assert {ticket.answer.kind for ticket in tickets} == {"stopped"}
