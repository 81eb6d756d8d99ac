"""The live jobs of Style nodes in the backend: one for each node, opened anew where its recipe changed.

Knows nothing of Blender: it runs in the thread of the render engine.
"""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...backend.client import Client
from ...backend.faults import BackendError
from ...backend.pixels import map_pixels
from ...backend.tickets import Ticket
from ...contract.errors import CancelledByUser, InputError
from ...contract.messages import CloseRequest, FrameEvent, OpenRequest, ServiceEvent, StepRequest, WarningEvent

__all__ = ["NodeJobs", "Painted", "Wait"]

_TICK = 0.05
_PATIENCE = 10.0
"""Seconds that a cancelled step has to end."""
_RESETS = {
    "start": "no frame was rendered just before it",
    "cut": "the picture changed altogether",
    "size": "the frame before it had another size",
    "motion": "no motion was found",
}
_NUMBERS = itertools.count()
Wait = Callable[[], bool]
"""Called while the backend works; whether the artist wants it to stop."""


@dataclass(frozen=True)
class Painted:
    """A node's frame: its parts by name, rows from the top, ``(H, W, 4)`` and the matte ``(H, W)``.

    The arrays are maps of files that the next step of the node rewrites.
    """

    parts: Mapping[str, NDArray[np.float32]]
    notes: tuple[str, ...]
    stages: Mapping[str, float]
    """Seconds that the backend worked, by stage."""

    def misfit(self, width: int, height: int) -> InputError | None:
        """What is wrong where a part is not of that size, in pixels; None where all are."""
        for picture in self.parts.values():
            if picture.shape[:2] != (height, width):
                shown = f"{picture.shape[1]}x{picture.shape[0]}"
                return InputError(f"the styled frame is {shown} and not {width}x{height}")
        return None


@dataclass
class _Job:
    name: str
    recipe: Mapping[str, Any]
    base: Path


@dataclass
class NodeJobs:
    """Those of this Blender's renders, or of one Restyle."""

    client: Callable[[], Client]
    _jobs: dict[tuple[str, str], _Job] = field(default_factory=dict)
    _anew: set[tuple[str, str]] = field(default_factory=set)

    def begin(self) -> None:
        """What was styled before is no longer the frame before."""
        self._anew = set(self._jobs)

    def style(
        self,
        key: tuple[str, str],
        *,
        frame: int,
        plate: Path,
        recipe: Mapping[str, Any],
        base: Path,
        also: tuple[str, ...],
        wait: Wait,
    ) -> Painted:
        """Style a frame of the node ``key``.

        Raises :class:`BackendError` for what the backend says, :class:`CancelledByUser` where ``wait`` said so.
        """
        job = self._open(key, recipe, base, wait)
        request = {"frame": frame, "plate": str(plate), "also": also, "reset": key in self._anew}
        events, summary = _answer(self.client().submit(StepRequest, job=job.name, **request), wait)
        self._anew.discard(key)
        parts = {event.part or "image": map_pixels(event) for event in events if isinstance(event, FrameEvent)}
        missing = {"image", *also} - set(parts)
        if missing:
            raise BackendError(f"the backend gave no {', '.join(missing)}", remedy="update it", kind="protocol")
        notes = [
            f"{event.problem}: {event.remedy}" if event.remedy else event.problem
            for event in events
            if isinstance(event, WarningEvent)
        ]
        reset = summary.get("reset")
        if reset is not None:
            notes.append(f"not stabilised: {_RESETS.get(str(reset), reset)}")
        return Painted(parts, tuple(notes), dict(summary.get("seconds", {})))

    def close(self) -> None:
        """Forget all jobs, here and, where it runs, in the backend."""
        client = self.client()
        for job in self._jobs.values():
            if client.is_open(job.name):
                client.submit(CloseRequest, job=job.name)
        self._jobs.clear()

    def _open(self, key: tuple[str, str], recipe: Mapping[str, Any], base: Path, wait: Wait) -> _Job:
        client = self.client()
        job = self._jobs.get(key)
        if job is not None and client.is_open(job.name):
            if (job.recipe, job.base) == (recipe, base):
                return job
            client.submit(CloseRequest, job=job.name)
        job = _Job(f"comp-{os.getpid()}-{next(_NUMBERS)}", recipe, base)
        self._jobs.pop(key, None)
        _answer(client.submit(OpenRequest, job=job.name, recipe=recipe, base=str(base), live=True), wait)
        self._jobs[key] = job
        self._anew.discard(key)
        return job


def _answer(ticket: Ticket, wait: Wait) -> tuple[list[ServiceEvent], Mapping[str, Any]]:
    while not ticket.wait(_TICK):
        if wait():
            ticket.cancel()
            ticket.wait(_PATIENCE)
            raise CancelledByUser("cancelled")
    return ticket.poll(), ticket.result()
