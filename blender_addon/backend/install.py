"""Making, repairing, upgrading and removing the private environment.

An installation is a plan of steps, each a child process, run by a thread. It makes a new
environment beside the one in use, asks it, and only then puts it to use; until then, and
whatever goes wrong, the old one stays. Blender reads :attr:`Installation.progress` from
a timer.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
import zipfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path
from typing import IO

from ..contract.errors import CancelledByUser, NstError, as_fault
from .child import APART, end
from .environment import Environment, Home, Record, ask, examine
from .faults import BackendError
from .locks import try_locked
from .pip_output import PipOutput
from .pythons import Python, candidates, how_to_install, inspect
from .torch_builds import TorchBuild, build_named, choose_build, look_at_machine

__all__ = ["InstallOptions", "Installation", "Progress", "Step", "find_suitable_python", "plan_steps", "remove"]

PYTHONS = ((3, 13), (3, 12), (3, 11), (3, 14))
"""That the backend and all its libraries run on, the preferred first."""
_GIGABYTE = 1e9
_TAIL = 40
_ATTEMPTS = 10
_UNREACHED = "Could not fetch URL"
_LONGEST_SAID = 300


@dataclass(frozen=True, kw_only=True)
class InstallOptions:
    """What to install, and how."""

    home: Path
    wheel: Path
    """The backend's wheel, which came with the add-on."""
    online: bool
    """Whether anything may be downloaded."""
    wheels: Path | None = None
    """A folder of wheels to install from instead of the network."""
    python: Path | None = None
    """The Python to make the environment from; found where None."""
    torch: str = "auto"
    """Name of a build in :mod:`.torch_builds`, or ``auto``."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One child process of an installation."""

    title: str
    command: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Progress:
    """Where an installation is."""

    step: int
    steps: int
    text: str
    share: float | None = None
    """Of what is being done right now, from 0 to 1, where that is known."""

    @property
    def overall(self) -> float:
        """From 0 to 1; steps count alike. What pip will download next is not known beforehand."""
        return min(1.0, self.step / max(1, self.steps))


# ---- what has to be done


def plan_steps(
    options: InstallOptions, environment: Environment, python: Path, build: TorchBuild, *, raw_progress: bool
) -> list[Step]:
    """The steps that fill ``environment``, after it was made with ``python``.

    PyTorch comes first and from its own index, so that the backend's wheel finds it
    there and pip does not choose another build.
    """
    pip = [str(environment.python), "-I", "-X", "utf8", "-m", "pip", "install", "--no-input"]
    pip += ["--disable-pip-version-check", "--no-warn-script-location"]
    pip += ["--progress-bar", "raw" if raw_progress else "off"]
    # A source archive would be built with whatever compiler is there, and run anything at all.
    pip += ["--only-binary", ":all:"]
    if options.wheels is not None:
        source = ["--no-index", "--find-links", str(options.wheels)]
        index: list[str] = []
    else:
        source = []
        index = [] if build.index is None else ["--index-url", build.index]
    torch = required_torch(options.wheel)
    return [
        Step(title=f"PyTorch ({build.label})", command=(*pip, *source, *index, *torch)),
        Step(title="the backend and its libraries", command=(*pip, *source, str(options.wheel))),
    ]


def required_torch(wheel: Path) -> list[str]:
    """The wheel's own requirements of PyTorch, such as ``torch<3,>=2.6``.

    Raises :class:`BackendError` where the wheel cannot be read.
    """
    try:
        with zipfile.ZipFile(wheel) as archive:
            name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
            required = message_from_bytes(archive.read(name)).get_all("Requires-Dist", [])
    except (OSError, zipfile.BadZipFile, StopIteration) as error:
        raise BackendError(
            f"the backend's wheel {str(wheel)!r} cannot be read", remedy="install the add-on again"
        ) from error
    return [text for text in map(str, required) if text.startswith("torch") and ";" not in text]


def find_suitable_python(chosen: Path | None = None) -> Python:
    """The Python to make an environment from: the chosen one, else one of the system's, else Blender's own.

    Blender's comes last, since the environment is gone with it. Raises
    :class:`BackendError` where there is none.
    """
    inspect.cache_clear()
    if chosen is not None:
        found = inspect(str(chosen))
        if found is None or found.minor not in PYTHONS:
            raise BackendError(f"{str(chosen)!r} is no suitable Python", remedy=how_to_install(PYTHONS[0]))
        return found
    own = str(sys.executable or "")
    for minor in PYTHONS:
        for path in candidates(minor):
            python = inspect(path) if path != own else None
            if python is not None and python.minor == minor:
                return python
    python = inspect(own) if own else None
    if python is not None and python.minor in PYTHONS:
        return python
    raise BackendError("no Python was found to make the backend's environment from", remedy=how_to_install(PYTHONS[0]))


# ---- doing it


Planner = Callable[..., Sequence[Step]]


class Installation:
    """One installation under way.

    ``before_removal`` is called, from the thread, before the environment that was in
    use until now is deleted: end what runs from it. ``planner`` makes the steps.
    """

    def __init__(
        self,
        options: InstallOptions,
        *,
        before_removal: Callable[[], None] = lambda: None,
        planner: Planner = plan_steps,
    ) -> None:
        self.options = options
        self.home = Home(options.home)
        self._before_removal = before_removal
        self._planner = planner
        self._cancelled = threading.Event()
        self._progress = Progress(step=0, steps=5, text="looking for a Python")
        self._fault: NstError | None = None
        self._lock = threading.Lock()
        self._child: subprocess.Popen[str] | None = None
        self._thread = threading.Thread(target=self._run, name="brushpass installation", daemon=True)

    def start(self) -> Installation:
        self._thread.start()
        return self

    @property
    def running(self) -> bool:
        return self._thread.is_alive()

    @property
    def progress(self) -> Progress:
        with self._lock:
            return self._progress

    @property
    def fault(self) -> NstError | None:
        """Why it failed or was cancelled; None while it runs and after success."""
        with self._lock:
            return self._fault

    def cancel(self) -> None:
        """Stop it; what was made so far is removed."""
        self._cancelled.set()
        with self._lock:
            if self._child is not None:
                end(self._child)

    def wait(self) -> None:
        """Wait for its end.

        Raises what :attr:`fault` holds.
        """
        self._thread.join()
        if self.fault is not None:
            raise self.fault

    # ---- in the thread

    def _run(self) -> None:
        try:
            self.home.folder.mkdir(parents=True, exist_ok=True)
            with _alone(self.home), self.home.log.open("w", encoding="utf-8") as log:
                try:
                    self._install(log)
                except Exception as error:
                    log.write(f"\n{self._as_fault(error).sentence()}\n")
                    raise
        except Exception as error:
            with self._lock:
                self._fault = self._as_fault(error)

    def _as_fault(self, error: Exception) -> NstError:
        return as_fault(error) or BackendError(
            f"the installation failed ({type(error).__name__}: {error})", remedy=f"see {self.home.log}"
        )

    def _install(self, log: IO[str]) -> None:
        options = self.options
        if not options.online and options.wheels is None:
            raise BackendError(
                "Blender is not allowed to go online",
                remedy="allow online access in Blender's System preferences, or name a folder of wheels",
            )
        python = find_suitable_python(options.python)
        build = choose_build(look_at_machine()) if options.torch == "auto" else build_named(options.torch)
        log.write(
            f"Python {'.'.join(map(str, python.version))}: {python.path}\nPyTorch: {build.label}, {build.reason}\n"
        )
        replaced = self.home.current()
        for left in self.home.environments():
            if replaced is None or left != replaced.folder:
                shutil.rmtree(left, ignore_errors=True)
        self._check_space(build)
        environment = Environment(self.home.folder / _new_name())
        try:
            self._tell(1, "making an environment")
            self._call([str(python.path), "-I", "-m", "venv", str(environment.folder)], log, "making the environment")
            steps = self._planner(
                options, environment, python.path, build, raw_progress=_has_raw_progress(environment.python)
            )
            for number, step in enumerate(steps, 2):
                self._tell(number, step.title, steps=len(steps) + 3)
                self._call(list(step.command), log, step.title)
            self._tell(len(steps) + 2, "asking the new backend", steps=len(steps) + 3)
            record = self._check(environment, build, log)
            self._stop_if_cancelled()
        except BaseException:
            shutil.rmtree(environment.folder, ignore_errors=True)
            raise
        self.home.switch(record)
        self._before_removal()
        if replaced is not None:
            # What another program still uses, on Windows, is left to the next installation.
            shutil.rmtree(replaced.folder, ignore_errors=True)
        self._tell(len(steps) + 3, f"the backend {record.version} is ready", steps=len(steps) + 3)

    def _check(self, environment: Environment, build: TorchBuild, log: IO[str]) -> Record:
        for finding in examine(environment.python):
            log.write(f"{finding['state']}: {finding['subject']} {finding['text']}\n")
            if finding["state"] == "fault":
                raise BackendError(
                    f"the new backend is not sound: {finding['subject']} {finding['text']}", remedy=finding["remedy"]
                )
        info = ask(environment.python)
        return Record(name=environment.folder.name, version=info.version, protocol=info.protocol, torch=build.name)

    def _check_space(self, build: TorchBuild) -> None:
        free = shutil.disk_usage(self.home.folder).free / _GIGABYTE
        if self.options.wheels is None and free < build.gigabytes:
            raise BackendError(
                f"{str(self.home.folder)!r} has {free:.1f} GB free, the backend needs {build.gigabytes:g} GB",
                remedy="make room, or choose another folder for it",
            )

    def _call(self, command: list[str], log: IO[str], title: str) -> None:
        """Run one child to its end, its lines into the log and, where they tell something, into the progress."""
        self._stop_if_cancelled()
        output = PipOutput()
        tail: deque[str] = deque(maxlen=_TAIL)
        with _started(command) as child:
            with self._lock:
                self._child = child
            try:
                if self._cancelled.is_set():
                    end(child)
                assert child.stdout is not None
                for line in child.stdout:
                    if (told := output.read(line)) is not None:
                        self._tell(self.progress.step, told.text or title, share=told.share)
                    if not output.is_progress(line):
                        log.write(line)
                        log.flush()
                        tail.append(line.strip())
                code = child.wait()
            finally:
                with self._lock:
                    self._child = None
        self._stop_if_cancelled()
        if code != 0:
            said = _telling(list(tail)) or f"exit code {code}"
            remedy = f"all of it is in {self.home.log}"
            if "No matching distribution" in said or said.startswith(_UNREACHED):
                remedy = f"check the network, or take PyTorch from elsewhere; {remedy}"
            raise BackendError(f"{title} failed: {said}", remedy=remedy)

    def _tell(self, step: int, text: str, *, steps: int | None = None, share: float | None = None) -> None:
        with self._lock:
            self._progress = Progress(step=step, steps=steps or self._progress.steps, text=text, share=share)

    def _stop_if_cancelled(self) -> None:
        if self._cancelled.is_set():
            raise CancelledByUser("the installation was cancelled", remedy="nothing was changed")


def remove(home: Home) -> None:
    """Delete every private environment of the home.

    Raises :class:`BackendError` where an installation is under way or a program still uses one.
    """
    home.folder.mkdir(parents=True, exist_ok=True)
    with _alone(home):
        home.forget()
        for folder in home.environments():
            try:
                shutil.rmtree(folder)
            except OSError as error:
                raise BackendError(
                    f"{str(folder)!r} cannot be removed ({error.strerror})", remedy="close every Blender that uses it"
                ) from error


def _telling(lines: Sequence[str]) -> str:
    """The line that says why: pip ends with the same words whether an index lacks something or was not reached."""
    unreached = [line for line in lines if line.startswith(_UNREACHED)]
    errors = [line for line in lines if line.upper().startswith("ERROR")]
    return next(iter([*unreached[-1:], *errors[-1:], *[line for line in lines if line][-1:]]), "")[:_LONGEST_SAID]


@contextlib.contextmanager
def _alone(home: Home) -> Iterator[None]:
    """The right to change the home."""
    for _ in range(_ATTEMPTS):
        with try_locked(home.lock) as free:
            if free:
                yield
                return
        # Whoever merely looks whether it is held holds it for an instant.
        time.sleep(0.05)
    raise BackendError("another Blender installs the backend", remedy="wait until it has finished")


def _new_name() -> str:
    return f"env-{time.strftime('%Y%m%d-%H%M%S')}-{os.getpid()}"


def _has_raw_progress(python: Path) -> bool:
    """Whether this pip can tell its progress in lines, as it does from 24.1 on."""
    with _started([str(python), "-I", "-m", "pip", "--version"]) as child:
        words = (child.communicate()[0] or "").split()
    version = words[1].split(".") if len(words) > 1 else []
    return (
        len(version) > 1
        and all(part.isdigit() for part in version[:2])
        and (int(version[0]), int(version[1])) >= (24, 1)
    )


@contextlib.contextmanager
def _started(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A child with both streams as one; it has ended when the block has."""
    # What Blender's Python was told must not reach another one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    child = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        env={**environment, "PYTHONUNBUFFERED": "1"},
        **APART,
    )
    try:
        with child:
            yield child
    finally:
        end(child)
