"""The main thread's side of a training: the list of styles renewed once it has ended, editors redrawn meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import bpy

from ..contract.errors import NstError, UsageError
from ..jobs.progress import Progress, State
from ..session import session
from . import asking
from .order import TrainingOrder, unfinished
from .training import Training

__all__ = ["Now", "listeners", "look_again", "now", "others", "start", "step", "unregister", "wait"]

_TICK = 0.5
_HEADLESS_TICK = 0.05
_LOOK_AGAIN_SECONDS = 2.0
_STOP_SECONDS = 5.0


@dataclass
class Now:
    """The training of this Blender: one at a time takes all of a processor."""

    training: Training | None = None
    """That which runs, or ended last and was not dismissed."""
    refused: NstError | None = None
    """Why nothing could be begun when it was last tried."""
    told: Progress | None = None
    ended: bool = True
    """Whether what came of it is in the list of styles."""

    @property
    def running(self) -> bool:
        return self.training is not None and not self.training.progress.state.ended


now = Now()
listeners: list[Callable[[Training], None]] = []
"""Called on the main thread once a training has ended."""
_found: tuple[float, tuple[tuple[Path, TrainingOrder], ...]] = (-_LOOK_AGAIN_SECONDS, ())


def start(ask: Callable[[], Training]) -> Training:
    """Begin what ``ask`` gives; in a Blender without windows :func:`wait` for it.

    Raises :class:`NstError` where one runs, or ``ask`` raises it.
    """
    try:
        if now.running:
            raise UsageError("a style is being trained", remedy="wait for it, or cancel it first")
        training = ask()
    except NstError as fault:
        now.refused = fault
        raise
    now.refused, now.told, now.ended = None, None, False
    now.training = training.start()
    if not bpy.app.background and not bpy.app.timers.is_registered(_tick):
        # Loading another file does not end it.
        bpy.app.timers.register(_tick, first_interval=_TICK, persistent=True)
    return training


def others() -> tuple[tuple[Path, TrainingOrder], ...]:
    """Trainings on disk that were not finished, but for the running one; read now and then, not with every redraw."""
    global _found
    if time.monotonic() - _found[0] > _LOOK_AGAIN_SECONDS:
        _found = (time.monotonic(), unfinished())
    running = now.training.folder if now.training is not None and now.running else None
    return tuple((folder, order) for folder, order in _found[1] if folder != running)


def look_again() -> None:
    """Let :func:`others` read the disk."""
    global _found
    _found = (-_LOOK_AGAIN_SECONDS, ())


def step() -> bool:
    """Take over what arrived (main thread); whether anything is still to come."""
    training = now.training
    if training is None or now.ended:
        return False
    progress = training.progress
    if progress != now.told:
        now.told = progress
        _redraw()
    if not progress.state.ended:
        return True
    now.ended = True
    look_again()
    said = asking.form()
    if training.step_seconds is not None:
        said.step_seconds = training.step_seconds
    if progress.state is State.DONE:
        _ask_styles()
    if progress.state is State.DONE or training.folder.is_dir():
        said.pictures.clear()
    for listener in listeners:
        listener(training)
    _redraw()
    return False


def wait() -> None:
    """For a Blender without windows: until the training and the list of styles are there; Ctrl-C cancels it."""
    said = ""
    try:
        while step():
            said = _print(said)
            time.sleep(_HEADLESS_TICK)
    except KeyboardInterrupt:
        if now.training is not None:
            now.training.cancel()
            now.training.join()
        step()
    _print(said)
    while session().tick():
        time.sleep(_HEADLESS_TICK)


def unregister() -> None:
    """End the training; what it learnt is kept."""
    if bpy.app.timers.is_registered(_tick):
        bpy.app.timers.unregister(_tick)
    if now.training is not None and now.running:
        now.training.cancel()
        # Where a step takes longer its process saves by itself.
        now.training.join(_STOP_SECONDS)
    now.training, now.refused, now.ended = None, None, True


def _ask_styles() -> None:
    try:
        session().ask_styles()
    except NstError as fault:
        now.refused = fault


def _print(said: str) -> str:
    """Print each change once; every step would be a thousand lines."""
    training = now.training
    if training is None:
        return said
    progress = training.progress
    part = f" {int(10 * progress.part) * 10} %" if progress.total and not progress.state.ended else ""
    line = f"{training.order.title}: {progress.state.value}{part}"
    if line != said:
        print(f"Brushpass: {line}", flush=True)
    return line


def _redraw() -> None:
    for window in bpy.context.window_manager.windows:
        for area in window.screen.areas:
            if area.type == "PREFERENCES":
                area.tag_redraw()
            elif area.type in ("SEQUENCE_EDITOR", "NODE_EDITOR"):
                for region in area.regions:
                    if region.type == "UI":
                        region.tag_redraw()


def _tick() -> float | None:
    return _TICK if step() else None
