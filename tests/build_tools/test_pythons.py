"""Finding Pythons: only what runs and tells the truth counts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from build_tools.pythons import candidates, find_python, how_to_install, inspect

THIS = sys.version_info[:2]
posix = pytest.mark.skipif(os.name == "nt", reason="the stand-ins are shell scripts")


def script(path: Path, body: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("#!/bin/sh\n" + body + "\n", encoding="utf-8")
    path.chmod(0o755)
    return str(path)


def told(minor: str, *, bits: int = 64, missing: str = "", name: str = "cpython") -> str:
    answer = f'"path": "/x", "version": [3, {minor}, 1], "bits": {bits}, "missing": [{missing}], "name": "{name}"'
    return f"echo '{{{answer}}}'"


def test_the_running_python_is_recognised() -> None:
    python = inspect(sys.executable)
    assert python is not None
    assert python.version == sys.version_info[:3]
    assert python.path.exists()


@posix
@pytest.mark.parametrize(
    "body",
    [
        "exit 127",
        "echo hello",
        "echo '[]'",
        told("11", bits=32),
        told("11", missing='"ensurepip"'),
        told("11", name="pypy"),
    ],
    ids=["dead shim", "no Python", "odd answer", "32 bit", "without venv", "PyPy"],
)
def test_what_does_not_suit_is_passed_over(tmp_path: Path, body: str) -> None:
    bad = script(tmp_path / "python", body)
    assert inspect(bad) is None
    found = find_python([THIS], search=[bad, str(tmp_path / "absent"), sys.executable])
    assert found is not None
    assert found.version == sys.version_info[:3]


@posix
def test_the_preferred_version_comes_first_wherever_it_lies(tmp_path: Path) -> None:
    old, new = script(tmp_path / "a", told("11")), script(tmp_path / "b", told("13"))
    preferred = find_python([(3, 13), (3, 11)], search=[old, new])
    assert preferred is not None
    assert preferred.minor == (3, 13)
    assert find_python([(3, 12)], search=[old, new]) is None


@posix
def test_a_dead_shim_on_path_does_not_hide_a_python_behind_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shim = script(tmp_path / "shims" / "python3.99", "exit 127")
    real = script(tmp_path / "bin" / "python3.99", told("99"))
    monkeypatch.setenv("PATH", f"{tmp_path / 'shims'}{os.pathsep}{tmp_path / 'bin'}")
    assert list(candidates((3, 99)))[:2] == [shim, real]
    found = find_python([(3, 99)])
    assert found is not None
    assert found.version == (3, 99, 1)


@posix
def test_the_newest_of_pyenv_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    monkeypatch.setenv("HOME", str(tmp_path / "nobody"))
    versions = ["3.99.9", "3.99.10", "3.99.0rc1", "3.9.9"]
    paths = {v: script(tmp_path / "versions" / v / "bin" / "python", told("99")) for v in versions}
    assert list(candidates((3, 99))) == [paths["3.99.10"], paths["3.99.9"], paths["3.99.0rc1"]]


def test_the_remedy_names_the_version() -> None:
    assert "3.13" in how_to_install((3, 13))
