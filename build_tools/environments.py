"""Virtual environments that are either whole and current, or remade.

The last thing written into an environment is a stamp with the digest of its
:class:`Specification`. No stamp: half made, so it is made anew. Another digest:
outdated, so pip brings it up to date, or it is made anew if the Python changed.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError
from .locks import locked
from .paths import ENVIRONMENTS, ROOT
from .process import lines
from .progress import format_duration
from .pythons import Python, find_python, how_to_install
from .specifications import Specification

__all__ = ["Environment", "State", "make", "state"]

_STAMP = "brushpass-environment.json"
State = str
"""``complete``, ``outdated``, ``half made`` or ``absent``."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment on disk."""

    folder: Path

    @property
    def python(self) -> Path:
        """Its interpreter."""
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")

    def program(self, name: str) -> Path:
        """A program that was installed into it."""
        return self.python.with_name(name + (".exe" if os.name == "nt" else ""))


def state(specification: Specification, *, parent: Path = ENVIRONMENTS) -> State:
    """How the environment is; a matter of reading one small file."""
    environment = Environment(parent / specification.name)
    if not environment.folder.exists():
        return "absent"
    stamp = _read_stamp(environment)
    # The interpreter is a link to the Python it was made from, which may have been removed.
    if stamp is None or not environment.python.exists():
        return "half made"
    return "complete" if stamp.get("digest") == specification.digest else "outdated"


def make(
    specification: Specification,
    *,
    parent: Path = ENVIRONMENTS,
    find: Callable[[tuple[tuple[int, int], ...]], Python | None] = find_python,
    say: Callable[[str], None] = print,
) -> Environment:
    """Return the environment, whole and current; make or update it first where it is not.

    Raises :class:`BuildError` where no suitable Python is found or pip fails.
    """
    environment = Environment(parent / specification.name)
    if state(specification, parent=parent) == "complete":
        return environment
    parent.mkdir(parents=True, exist_ok=True)
    with locked(parent / f"{specification.name}.lock", waiting=f"another process makes {specification.name}"):
        # It may have been finished while this process waited.
        found = state(specification, parent=parent)
        if found != "complete":
            python = find(specification.pythons)
            if python is None:
                raise BuildError(
                    f"no Python {_either(specification.pythons)} was found for {specification.name}",
                    remedy=how_to_install(specification.pythons[0]),
                )
            _make(environment, specification, python, found, say)
    return environment


def _make(
    environment: Environment, specification: Specification, python: Python, found: State, say: Callable[[str], None]
) -> None:
    started = time.monotonic()
    stamp = _read_stamp(environment) or {}
    dotted = ".".join(map(str, python.version))
    if found == "outdated" and stamp.get("python") == dotted:
        say(f"{specification.name}: bringing it up to date")
        # From here on it is half made, whatever happens.
        (environment.folder / _STAMP).unlink()
    else:
        if found != "absent":
            say(f"{specification.name}: {found}, so it is made anew")
            _remove(environment.folder)
        say(f"{specification.name}: Python {dotted} from {python.path}")
        for _ in lines([python.path, "-m", "venv", environment.folder], name="making a virtual environment", cwd=ROOT):
            pass
    _install(environment, specification, say)
    _check(environment, specification)
    _write_stamp(environment, {"digest": specification.digest, "python": dotted})
    say(f"{specification.name}: ready after {format_duration(time.monotonic() - started)}")


def _install(environment: Environment, specification: Specification, say: Callable[[str], None]) -> None:
    if not specification.packages:
        return
    command: list[str | Path] = [
        environment.python,
        "-m",
        "pip",
        "install",
        "--disable-pip-version-check",
        "--no-input",
    ]
    command += ["--progress-bar", "off", "--upgrade-strategy", "only-if-needed", *specification.packages]
    log = environment.folder / "pip.log"
    # A big wheel downloads and unpacks in silence.
    printed = lines(command, name=f"pip for {specification.name}", cwd=ROOT, stall=3600.0, log=log)
    for line in _worth_telling(printed):
        say(f"{specification.name}:   {line}")


def _worth_telling(printed: Iterator[str]) -> Iterator[str]:
    """Of pip's lines those that show that something goes on."""
    for line in printed:
        text = line.strip()
        if text.startswith("Downloading ") and " MB" in text:
            yield "downloading " + text.split("Downloading ", 1)[1].rsplit("/", 1)[-1]
        elif text.startswith("Installing collected packages:"):
            yield f"installing {text.count(',') + 1} packages"
        elif text.startswith(("WARNING: Retrying", "Building ")):
            yield text


def _check(environment: Environment, specification: Specification) -> None:
    for _ in lines(
        [environment.python, "-I", "-c", specification.check or "pass"],
        name=f"the check of {specification.name}",
        cwd=environment.folder,
    ):
        pass


# ---- The stamp


def _read_stamp(environment: Environment) -> dict[str, str] | None:
    try:
        stamp = json.loads((environment.folder / _STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return stamp if isinstance(stamp, dict) else None


def _write_stamp(environment: Environment, content: dict[str, str]) -> None:
    partial = environment.folder / (_STAMP + ".partial")
    with partial.open("w", encoding="utf-8") as stream:
        json.dump(content, stream)
        stream.flush()
        os.fsync(stream.fileno())
    os.replace(partial, environment.folder / _STAMP)


def _remove(folder: Path) -> None:
    """Delete ``folder``, its stamp first, so that half a deletion is not taken for an environment."""
    with contextlib.suppress(FileNotFoundError):
        (folder / _STAMP).unlink()
    try:
        shutil.rmtree(folder)
    except OSError as error:
        raise BuildError(
            f"{folder} cannot be removed ({error.strerror})", remedy="close the programs that use it and try again"
        ) from error


def _either(minors: tuple[tuple[int, int], ...]) -> str:
    return " or ".join(f"{major}.{minor}" for major, minor in sorted(minors))
