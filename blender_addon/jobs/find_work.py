"""Finding the objects of one strip: its plate, then the backend; for a thread of its own.

What was found lies beside the plate, where every later work finds it.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from ..contract.messages import CloseRequest, OpenRequest
from ..sequencer.plan import load_plate
from ..sequencer.versions import PLATE_FOLDER
from .order import FindOrder
from .progress import State
from .strip_work import Backend, Isolate, StripWork

__all__ = ["FindWork"]


class FindWork(StripWork[FindOrder]):
    """Fulfils an order of finding; ``folder`` is its own, and goes when it has ended."""

    def __init__(
        self,
        order: FindOrder,
        folder: Path,
        shelf: Path,
        *,
        model: str,
        exposure: float,
        backend: Backend,
        isolate: Isolate,
        scripts: bool,
    ) -> None:
        super().__init__(order, folder, shelf, backend=backend, isolate=isolate, scripts=scripts)
        self.model = model
        """The network, as the panel names it."""
        self.exposure = exposure
        """Of the plate, as the panel says."""

    def cancelled_in_words(self) -> str:
        return "Cancelled: no list was made, the rendered plate is kept"

    # ---- its thread

    def _fulfil(self) -> None:
        self._render_plate()
        plate, folder = load_plate(self.shelf / PLATE_FOLDER), self.shelf / PLATE_FOLDER
        recipe = plate.recipe(self._order.recipe, range(self._order.first, self._order.last + 1))
        self._tell(state=State.OPENING, done=0, total=0, seconds_left=None)
        try:
            self._follow(self._ask(OpenRequest, recipe=recipe, base=str(folder)))
            self._find(self._order.model)
        finally:
            if self._backend.is_open(self.id):
                self._backend.submit(CloseRequest, job=self.id)

    def _tell(self, **changes: Any) -> None:
        if changes.get("state", State.WAITING).ended:
            # Before anyone sees that it has ended.
            shutil.rmtree(self.folder, ignore_errors=True)
        super()._tell(**changes)
