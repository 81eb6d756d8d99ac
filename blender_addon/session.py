"""What lives as long as this Blender does: the one client, an installation under way, what was found out.

Threads of the backend room never touch Blender's data: they read the :class:`Choice` that the main
thread took from the preferences, and the main thread reads what they left, from a timer
that runs only while there is something to wait for.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .backend.bundle import addon_version, bundled_wheel
from .backend.client import Client
from .backend.environment import Environment, Home, State, Status, examine, look_at, report
from .backend.faults import BackendError
from .backend.folders import size_of
from .backend.install import Installation, InstallOptions
from .backend.process import Launch
from .compat import blender_name
from .contract.errors import NstError
from .settings import styles

__all__ = ["Choice", "Session", "register", "session", "unregister"]

_TICK_SECONDS = 0.25


@dataclass(frozen=True, kw_only=True)
class Choice:
    """What the preferences say about the backend."""

    home: Path
    chosen: Path | None
    """An environment of the artist's own instead of the private one."""
    release_after: float
    log: Path
    online: bool
    """Whether Blender allows the network."""


class _Task:
    """Work in a thread, and what to do in the main thread after it."""

    def __init__(self, work: Callable[[], None], afterwards: Callable[[], None]) -> None:
        self._work = work
        self._afterwards = afterwards
        self._fault: NstError | None = None
        self.thread = threading.Thread(target=self._run, name="brushpass preferences", daemon=True)
        self.thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except NstError as error:
            self._fault = error

    def finish(self) -> None:
        """Raises what the work raised."""
        if self._fault is not None:
            raise self._fault
        self._afterwards()


class Session:
    """One for each Blender; see :func:`session`."""

    def __init__(self, choice: Callable[[], Choice]) -> None:
        self._choose = choice
        self._choice = choice()
        self.version = addon_version()
        self.client = Client(self._launch, name=f"Brushpass {self.version} in {blender_name()}")
        self.installation: Installation | None = None
        self.findings: list[dict[str, str]] = []
        """What ``nst doctor`` found last, for :attr:`status`'s environment."""
        self.fault: NstError | None = None
        """Why the last thing that was tried did not work."""
        self.cache_size: int | None = None
        self._tasks: list[_Task] = []
        self._started_online: bool | None = None

    # ---- how it is

    @property
    def home(self) -> Home:
        return Home(self._choice.home)

    @property
    def status(self) -> Status:
        """How the chosen backend is; reads a few small files."""
        chosen = self._choice.chosen
        if chosen is None:
            return self.home.status(self.version)
        environment = look_at(chosen)
        if not isinstance(environment, Environment):
            return environment
        info = self.client.info
        text = f"the backend {info.version} is running" if info else "an environment of your own"
        return Status(state=State.READY, text=text, python=environment.python)

    @property
    def busy(self) -> bool:
        """Whether something is under way that the preferences wait for."""
        return bool(self._tasks) or self.installation is not None

    def take(self) -> None:
        """Take over what the preferences say now; a backend that they no longer mean is ended."""
        before, self._choice = self._choice, self._choose()
        if before != self._choice:
            self.findings, self.fault = [], None
            if self.client.state != "stopped":
                self._in_background(self.client.stop)

    def follow_permissions(self) -> None:
        """See to it that the backend's next work knows whether the network is allowed; what works is left alone."""
        self._choice = self._choose()
        if self._started_online not in (None, self._choice.online) and not self.client.busy:
            self.client.stop()

    def interpreter(self) -> Path:
        """The Python of the chosen environment; raises :class:`BackendError` where it cannot be used."""
        status = self.status
        if status.python is None:
            raise BackendError(status.text, remedy=f"{status.remedy or 'try again'}: Preferences > Add-ons > Brushpass")
        return status.python

    def _launch(self) -> Launch:
        python, choice = self.interpreter(), self._choice
        self._started_online = choice.online
        return Launch(python=python, log=choice.log, release_after=choice.release_after, online=choice.online)

    # ---- what takes a while

    def install(self, *, python: Path | None, torch: str, wheels: Path | None) -> None:
        """Begin an installation into the home."""
        self.fault = None
        options = InstallOptions(
            home=self._choice.home,
            wheel=bundled_wheel(),
            online=bpy.app.online_access,
            wheels=wheels,
            python=python,
            torch=torch,
        )
        self.installation = Installation(options, before_removal=self.client.stop).start()
        _tick_soon()

    def check(self) -> None:
        """Ask the backend about its libraries, its device and its styles."""
        python = self.status.python
        if python is None:
            return
        found: list[Any] = []

        def ask() -> None:
            found.append(examine(python))
            found.append(report(python, "styles"))

        def learn() -> None:
            self.findings = found[0]
            styles.store(found[1])

        self._in_background(ask, learn)

    def ask_styles(self) -> None:
        """Ask the backend about its styles alone."""
        python, found = self.interpreter(), list[Any]()
        self._in_background(lambda: found.extend(report(python, "styles")), lambda: styles.store(found))

    def measure(self, cache: Path) -> None:
        """Find out how large the cache is."""
        sizes: list[int] = []
        self._in_background(lambda: sizes.append(size_of(cache)), lambda: setattr(self, "cache_size", sizes[0]))

    def _in_background(self, work: Callable[[], None], afterwards: Callable[[], None] = lambda: None) -> None:
        self.fault = None
        self._tasks.append(_Task(work, afterwards))
        _tick_soon()

    def tick(self) -> bool:
        """See what has ended (main thread); whether something is still under way."""
        for task in [task for task in self._tasks if not task.thread.is_alive()]:
            self._tasks.remove(task)
            try:
                task.finish()
            except NstError as error:
                self.fault = error
        if self.installation is not None and not self.installation.running:
            self.fault = self.installation.fault
            self.installation = None
            if self.fault is None:
                self.check()
        return self.busy

    def end(self) -> None:
        """Stop everything; for the end of the add-on."""
        if self.installation is not None:
            self.installation.cancel()
        self.client.stop()


_session: Session | None = None


def session() -> Session:
    """The session of this Blender, between ``register`` and ``unregister``."""
    assert _session is not None, "the add-on is not registered"
    return _session


def register(choice: Callable[[], Choice]) -> None:
    """Begin; starts nothing."""
    global _session
    _session = Session(choice)


def unregister() -> None:
    global _session
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    if _session is not None:
        _session.end()
    _session = None


def _tick_soon() -> None:
    if not bpy.app.timers.is_registered(_tick):
        bpy.app.timers.register(_tick, first_interval=_TICK_SECONDS, persistent=True)


def _tick() -> float | None:
    busy = session().tick()
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            # The Style panel tells how the backend is, too.
            if area.type in ("PREFERENCES", "SEQUENCE_EDITOR"):
                area.tag_redraw()
    return _TICK_SECONDS if busy else None
