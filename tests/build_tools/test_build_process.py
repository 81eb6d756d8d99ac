"""Other programs: their lines, their failures, their end."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from build_tools.errors import BuildError
from build_tools.process import call, lines


def python(code: str) -> list[str]:
    return [sys.executable, "-c", code]


def test_lines_of_both_streams_come_and_are_kept(tmp_path: Path) -> None:
    code = (
        "import sys; print('a'); sys.stdout.flush(); print('b', file=sys.stderr); sys.stdout.buffer.write(b'\\xff\\n')"
    )
    printed = list(lines(python(code), name="it", cwd=tmp_path, log=tmp_path / "log"))
    assert printed == ["a", "b", "\ufffd"]
    assert (tmp_path / "log").read_text("utf-8").splitlines() == printed


def test_a_failure_tells_the_code_and_the_reason(tmp_path: Path) -> None:
    code = "print('Error: no disk'); print('bye'); raise SystemExit(7)"
    with pytest.raises(BuildError, match="it failed with exit code 7: it said: Error: no disk"):
        list(lines(python(code), name="it", cwd=tmp_path))


def test_a_program_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="it did not start"):
        list(lines([tmp_path / "absent"], name="it", cwd=tmp_path))


def test_silence_is_not_waited_for_without_end(tmp_path: Path) -> None:
    code = "import time; print('here', flush=True); time.sleep(600)"
    with pytest.raises(BuildError, match="said nothing"):
        list(lines(python(code), name="it", cwd=tmp_path, stall=0.5))


def test_the_program_ends_with_its_reader(tmp_path: Path) -> None:
    code = "import os, time; print(os.getpid(), flush=True); time.sleep(600)"
    printed = lines(python(code), name="it", cwd=tmp_path)
    process = int(next(printed))
    printed.close()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)


def test_call_passes_code_and_variables(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BRUSHPASS_GONE", "1")
    code = (
        "import os, sys; sys.exit(5 if 'BRUSHPASS_GONE' not in os.environ and os.environ['BRUSHPASS_X'] == 'y' else 1)"
    )
    assert call(python(code), cwd=tmp_path, environment={"BRUSHPASS_GONE": None, "BRUSHPASS_X": "y"}) == 5
