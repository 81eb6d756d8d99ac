"""How the process behaves: start, interrupts, defects, pipes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from nst_process import Nst, make_nst, sentence, write_pictures

from nst_backend.cli.main import build_parser, run
from nst_backend.contract.errors import ExitCode


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    return make_nst(tmp_path)


@pytest.mark.parametrize("arguments", [["--help"], ["stylize", "--help"], ["train", "--help"], ["optimize", "--help"]])
def test_help_waits_for_no_library(nst: Nst, arguments: list[str]) -> None:
    code = (
        "import sys; from nst_backend.cli.main import run; code = run(sys.argv[1:]); "
        "print(code, sorted({name.split('.')[0] for name in sys.modules}))"
    )
    result = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=nst.environment, capture_output=True, text=True, cwd=nst.folder
    )
    assert result.returncode == 0, result.stderr
    last = result.stdout.splitlines()[-1]
    assert last.startswith("0 ")
    assert not [name for name in ("torch", "numpy", "cv2", "OpenEXR", "av", "rich") if f"'{name}'" in last]


def test_every_command_has_help() -> None:
    parser = build_parser()
    text = parser.format_help()
    for name in ("stylize", "preview", "mattes", "styles", "schema", "train", "optimize", "evaluate", "doctor"):
        assert name in text


WORKER = """
import os, sys, threading, time
from nst_backend.cli.worker import run_cancellable
def work():
    print("ready", flush=True)
    time.sleep(600)
    return 0
sys.exit(run_cancellable(work, lambda: print("asked", flush=True)))
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX signals")
def test_the_second_interrupt_does_not_wait_for_the_work(nst: Nst) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", WORKER], env=nst.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline() == "asked\n"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == ExitCode.CANCELLED
    assert "Traceback" not in errors


DEFECT = """
import sys
from nst_backend.cli import schema
from nst_backend.cli.main import run
schema.recipe_schema = lambda: 1 / 0
sys.exit(run(["schema"]))
"""


def test_a_defect_is_one_sentence_that_names_its_log(nst: Nst) -> None:
    command = [sys.executable, "-c", DEFECT]
    result = subprocess.run(command, env=nst.environment, capture_output=True, text=True, cwd=nst.folder)
    assert result.returncode == 1
    line = sentence(result)
    logs = list((nst.folder / "home").rglob("nst-*.log"))
    assert len(logs) == 1
    assert str(logs[0]) in line
    assert "Traceback" in logs[0].read_text()
    shown = subprocess.run(command, env={**nst.environment, "NST_DEBUG": "1"}, capture_output=True, text=True)
    assert "ZeroDivisionError" in shown.stderr
    assert "Traceback" in shown.stderr


def test_a_closed_pipe_is_no_fault(nst: Nst) -> None:
    process = subprocess.Popen(
        nst.command("schema"), env=nst.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 0


def test_version_and_no_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out.startswith("nst ")
    assert run([]) == ExitCode.USAGE
    assert "stylize" in capsys.readouterr().out


def test_a_folder_without_permission_is_a_sentence(nst: Nst) -> None:
    if os.name != "posix" or os.geteuid() == 0:
        pytest.skip("needs a user whom permissions bind")
    write_pictures(nst.folder / "in", 1)
    locked = nst.folder / "locked"
    locked.mkdir(mode=0o500)
    result = nst("stylize", "in/plate.0001.png", "--style", "swirl", "-o", locked / "a.png")
    assert result.returncode != 0
    assert "locked" in sentence(result)
