"""What a backend's environment is, where it lies, and how it is.

The artist names an interpreter that has the backend, or lets the add-on make a private
environment in a *home*: a folder shared by all Blender versions that outlives the
add-on. A home holds environments ``env-…`` and ``current.json``, which names the one in
use; it is replaced in one step after a new environment has answered. A virtual
environment cannot be moved, so environments are made where they stay.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from ..contract.messages import PROTOCOL, HelloRequest
from .client import Client, Patience, ServiceInfo
from .faults import BackendError
from .locks import try_locked
from .process import Launch, nst

__all__ = ["Environment", "Home", "Record", "State", "Status", "ask", "examine", "judge", "look_at", "report"]

_NAME = re.compile(r"env-[0-9a-z-]{1,40}")
_POINTER = "current.json"
_REPORT_SECONDS = 300.0
_REPAIR = "repair the backend, or choose another environment"


class State(StrEnum):
    """How the backend is."""

    NOT_INSTALLED = "not-installed"
    INSTALLING = "installing"
    INCOMPLETE = "incomplete"  # an installation ended half-way and nothing older is in use
    READY = "ready"
    OUTDATED = "outdated"  # it is of another version than the add-on
    BROKEN = "broken"  # it is there and does not start


@dataclass(frozen=True, kw_only=True)
class Status:
    """A state and what to say of it."""

    state: State
    text: str
    remedy: str = ""
    python: Path | None = None
    """The interpreter to start the service with; None where there is none."""


@dataclass(frozen=True)
class Environment:
    """A virtual environment on disk."""

    folder: Path

    @property
    def python(self) -> Path:
        return self.folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What ``current.json`` says of the environment in use; as it was when it last answered."""

    name: str
    version: str
    protocol: int
    torch: str
    """Name of the PyTorch build that was asked for."""


class Home:
    """A folder of private environments."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.lock = folder / "install.lock"
        """Held by whoever changes the home."""
        self.log = folder / "install.log"

    def record(self) -> Record | None:
        """What is in use; None where there is nothing, or nothing that can be believed."""
        try:
            data = json.loads((self.folder / _POINTER).read_text(encoding="utf-8"))
            record = Record(**{name: kind(data[name]) for name, kind in _FIELDS.items()})
        except (OSError, ValueError, KeyError, TypeError):
            return None
        # A name, never a path: the file may have been written by anyone.
        return record if _NAME.fullmatch(record.name) else None

    def current(self) -> Environment | None:
        """The environment in use."""
        record = self.record()
        return None if record is None else Environment(self.folder / record.name)

    def switch(self, record: Record) -> None:
        """Put another environment to use, in one step."""
        partial = self.folder / (_POINTER + ".partial")
        with partial.open("w", encoding="utf-8") as stream:
            json.dump(asdict(record), stream)
            stream.flush()
            os.fsync(stream.fileno())
        os.replace(partial, self.folder / _POINTER)

    def forget(self) -> None:
        """Put nothing to use."""
        (self.folder / _POINTER).unlink(missing_ok=True)

    def environments(self) -> list[Path]:
        """Every environment here, whole or not."""
        return sorted(path for path in self.folder.glob("env-*") if _NAME.fullmatch(path.name) and path.is_dir())

    def changing(self) -> bool:
        """Whether some process installs or removes right now."""
        if not self.lock.exists():
            return False
        try:
            with try_locked(self.lock) as free:
                return not free
        except OSError:
            return False

    def status(self, version: str) -> Status:
        """How the home is, for an add-on of ``version``; reads a few small files and starts nothing."""
        record = self.record()
        python = None if record is None else Environment(self.folder / record.name).python
        if self.changing():
            usable = python if python is not None and python.exists() else None
            return Status(state=State.INSTALLING, text="the backend is being installed", python=usable)
        if record is None:
            if self.environments():
                return Status(
                    state=State.INCOMPLETE,
                    text="an installation of the backend was not finished",
                    remedy="install it again, or remove what there is",
                )
            return Status(
                state=State.NOT_INSTALLED, text="the backend is not installed", remedy="install it, or choose one"
            )
        assert python is not None
        # The interpreter is a link to the Python it was made from, which may have gone with an old Blender.
        if not python.exists():
            return Status(
                state=State.BROKEN, text=f"the backend's Python {str(python)!r} is gone", remedy="repair the backend"
            )
        return judge(record.version, record.protocol, version, python)


_FIELDS: Mapping[str, type] = {"name": str, "version": str, "protocol": int, "torch": str}


def judge(version: str, protocol: int, wanted: str, python: Path) -> Status:
    """Whether a backend that answered suits an add-on of version ``wanted``.

    Another version with the same messages works and can be upgraded; with other
    messages it is of no use, and ``python`` is None.
    """
    if protocol != PROTOCOL:
        return Status(
            state=State.OUTDATED,
            text=f"the backend {version} speaks version {protocol} of the messages, the add-on version {PROTOCOL}",
            remedy="upgrade the backend",
        )
    if version != wanted:
        text = f"the backend is version {version}, the add-on {wanted}"
        return Status(state=State.OUTDATED, text=text, remedy="upgrade the backend", python=python)
    return Status(state=State.READY, text=f"the backend {version} is ready", python=python)


def look_at(chosen: Path) -> Environment | Status:
    """The environment that the artist named, by its folder or its interpreter; a status where it is neither."""
    if chosen.is_dir():
        environment = Environment(chosen)
        if environment.python.is_file():
            return environment
        problem = f"{str(chosen)!r} is no virtual environment"
    elif chosen.is_file():
        return _Interpreter(chosen)
    else:
        problem = f"{str(chosen)!r} is not there"
    return Status(
        state=State.BROKEN, text=problem, remedy="name the folder of an environment, or its Python interpreter"
    )


@dataclass(frozen=True)
class _Interpreter(Environment):
    """An environment known by its interpreter alone."""

    @property
    def python(self) -> Path:
        return self.folder


def ask(python: Path, patience: Patience | None = None) -> ServiceInfo:
    """Start the service once and return what it says of itself.

    Raises :class:`BackendError` where it does not start, does not speak, or speaks
    another version of the messages. Waits for the answer: not for Blender's interface.
    """
    client = Client(lambda: Launch(python=python), name="Brushpass, asking", patience=patience)
    try:
        client.submit(HelloRequest, protocol=PROTOCOL).result()
        info = client.info
    finally:
        client.stop()
    if info is None:
        raise BackendError("the backend ended while it was asked", remedy="repair the backend", kind="crashed")
    return info


def examine(python: Path) -> list[dict[str, str]]:
    """What ``nst doctor`` finds: ``subject``, ``state`` (``ok``, ``note`` or ``fault``), ``text`` and ``remedy`` each.

    Loads every library of the backend, which takes seconds. Raises
    :class:`BackendError` where it gives no answer.
    """
    findings = report(python, "doctor")
    try:
        return [{name: str(entry[name]) for name in ("subject", "state", "text", "remedy")} for entry in findings]
    except (KeyError, TypeError) as error:
        raise BackendError("the backend's findings cannot be understood", remedy=_REPAIR) from error


def report(python: Path, command: str) -> list[Any]:
    """The list that ``nst COMMAND --json`` prints.

    Raises :class:`BackendError` where it prints none.
    """
    words = [*nst(python), command, "--json"]
    try:
        result = subprocess.run(
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            timeout=_REPORT_SECONDS,
            check=False,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),
        )
    except OSError as error:
        raise BackendError(f"{str(python)!r} cannot be started ({error.strerror or error})", remedy=_REPAIR) from error
    except subprocess.TimeoutExpired as error:
        raise BackendError(f"the backend gave no answer within {_REPORT_SECONDS:g} s", remedy=_REPAIR) from error
    try:
        told = json.loads(result.stdout)
    except ValueError:
        told = None
    if not isinstance(told, list):
        said = (result.stderr.strip() or result.stdout.strip() or "nothing").splitlines()[-1][:300]
        raise BackendError(f"the backend cannot tell its {command}, it said: {said}", remedy=_REPAIR)
    return told
