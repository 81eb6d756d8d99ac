"""Finding Pythons: on PATH, from pyenv and uv, by the Windows launcher.

A Python counts only after it has been run and has told its version, that it is
64 bit and that it can make virtual environments.

The extension gets a copy of this file: its installer looks in the same places.
"""

from __future__ import annotations

import functools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Python", "candidates", "find_python", "how_to_install", "inspect"]

_SECONDS = 30.0
_PROBE = """
import importlib.util, json, struct, sys
modules = [name for name in ("venv", "ensurepip") if importlib.util.find_spec(name) is None]
print(json.dumps({"path": getattr(sys, "_base_executable", "") or sys.executable, "version": list(sys.version_info[:3]),
                  "bits": struct.calcsize("P") * 8, "missing": modules, "name": sys.implementation.name}))
"""


@dataclass(frozen=True)
class Python:
    """A Python that can make virtual environments."""

    path: Path
    version: tuple[int, int, int]

    @property
    def minor(self) -> tuple[int, int]:
        """Such as ``(3, 11)``."""
        return self.version[:2]


@functools.cache
def inspect(path: str) -> Python | None:
    """Run the Python at ``path``; None where it does not start or does not suit."""
    try:
        result = subprocess.run(
            [path, "-I", "-c", _PROBE],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
        told = json.loads(result.stdout)
        version = tuple(int(number) for number in told["version"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError, TypeError):
        return None
    suits = told["bits"] == 64 and not told["missing"] and told["name"] == "cpython" and len(version) == 3
    return Python(Path(told["path"]), (version[0], version[1], version[2])) if suits else None


def find_python(minors: Iterable[tuple[int, int]], *, search: Iterable[str] | None = None) -> Python | None:
    """The first suitable Python of the first of ``minors`` (such as ``(3, 13)``) that there is.

    ``search`` replaces the places that are looked at: paths of interpreters.
    """
    for minor in minors:
        for path in candidates(minor) if search is None else search:
            python = inspect(path)
            if python is not None and python.minor == minor:
                return python
    return None


def candidates(minor: tuple[int, int]) -> Iterator[str]:
    """Paths that may be a Python of version ``minor``, likeliest first, each once."""
    seen = set()
    for path in _everywhere(minor):
        if path not in seen:
            seen.add(path)
            yield path


def _everywhere(minor: tuple[int, int]) -> Iterator[str]:
    dotted = f"{minor[0]}.{minor[1]}"
    if sys.version_info[:2] == minor:
        yield sys.executable
    yield from _on_path(f"python{dotted}")
    yield from _pyenv(dotted)
    yield from _answer("uv", "python", "find", "--no-project", dotted)
    if os.name == "nt":
        yield from _answer("py", f"-{dotted}", "-c", "import sys; print(sys.executable)")
    yield from _on_path("python3")
    yield from _on_path("python")


def _on_path(name: str) -> Iterator[str]:
    """Every ``name`` on PATH, not the first alone: that may be a shim that leads nowhere."""
    for folder in os.environ.get("PATH", os.defpath).split(os.pathsep):
        found = shutil.which(name, path=folder) if folder else None
        if found:
            yield found


def _pyenv(dotted: str) -> Iterator[str]:
    roots = [os.environ.get("PYENV_ROOT", ""), *_answer("pyenv", "root"), str(Path.home() / ".pyenv")]
    for root in filter(None, roots):
        folder = Path(root) / ("pyenv-win/versions" if os.name == "nt" else "versions")
        for version in sorted(folder.glob(dotted + ".*"), key=_by_number, reverse=True):
            python = version / ("python.exe" if os.name == "nt" else "bin/python")
            if python.exists():
                yield str(python)


def _by_number(folder: Path) -> list[int]:
    """3.13.10 comes after 3.13.9; what is no number, such as ``3.13.0rc1``, before both."""
    return [int(part) if part.isdigit() else -1 for part in folder.name.split(".")]


def _answer(*command: str) -> list[str]:
    """What a tool prints on its one line, if it is there and willing."""
    program = shutil.which(command[0])
    if program is None:
        return []
    try:
        result = subprocess.run(
            [program, *command[1:]],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return []
    line = result.stdout.strip()
    return [line] if result.returncode == 0 and line and "\n" not in line else []


def how_to_install(minor: tuple[int, int]) -> str:
    """An instruction that ends in a Python of version ``minor``."""
    dotted = f"{minor[0]}.{minor[1]}"
    debian = ", on Debian with its -venv package" if sys.platform.startswith("linux") else ""
    return (
        f"install a 64 bit Python {dotted} with `uv python install {dotted}`, `pyenv install {dotted}`, "
        f"from python.org or your system{debian}"
    )
