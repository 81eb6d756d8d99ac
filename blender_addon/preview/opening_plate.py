"""A plate that the backend opens to be picked in, and whose names it tells; nothing of Blender."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract.messages import CloseRequest, MattesRequest, OpenRequest
from ..jobs.strip_work import Backend
from ..sequencer.plan import Plate
from .painter import OpenPlate
from .wish import for_frame

__all__ = ["OpeningPlate"]


class OpeningPlate:
    """The frame ``number`` of a plate in a folder, by a recipe that leaves it as it is.

    Used by one thread; :meth:`step` is called now and then.
    """

    def __init__(
        self, backend: Backend, *, folder: Path, plate: Plate, number: int, looked_at: Mapping[str, Any]
    ) -> None:
        self._backend = backend
        self._folder, self._plate, self._number = folder, plate, number
        self._recipe = for_frame(looked_at, plate, number)
        self._job = f"look-{uuid.uuid4().hex}"
        self._opened = backend.submit(OpenRequest, job=self._job, recipe=self._recipe, base=str(folder))
        self._asked = backend.submit(MattesRequest, job=self._job, frame=number)
        self._open: OpenPlate | None = None

    def step(self) -> OpenPlate | None:
        """The plate once it is open, None before; raises what keeps it from being opened."""
        if self._open is None and self._asked.answer is not None:
            # The opening first: its fault is the reason of the other.
            self._opened.result()
            self._open = OpenPlate(
                job=self._job,
                folder=self._folder,
                plate=self._plate,
                number=self._number,
                recipe=self._recipe,
                names=self._asked.result(),
            )
        return self._open

    def close(self) -> None:
        """Have the backend forget it, once it has opened it."""
        if self._backend.is_open(self._job):
            self._backend.submit(CloseRequest, job=self._job)
