"""Styling one strip: its plate, the objects that its mattes take, then its frames; for a thread of its own.

What is written on disk by each step is enough to go on after any other end: the order
beside the frames, the plate's ledger, the backend's manifest.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..contract.errors import InputError, NstError, UsageError
from ..contract.messages import CloseRequest, OpenRequest, RunRequest
from ..sequencer.lent_plates import lend_plates
from ..sequencer.plan import Plate, load_plate
from ..sequencer.versions import PLATE_FOLDER, describe_version, present, version_name
from .order import Order, copy_file, load_order, save_order
from .progress import State
from .reuse import same_look, take_over
from .strip_files import filled_in, models_in
from .strip_work import Backend, Isolate, StripWork

__all__ = ["Work"]


class Work(StripWork[Order]):
    """Fulfils an order of styling, which lies in its version's ``folder``; it can be resumed."""

    def __init__(self, order: Order, folder: Path, *, backend: Backend, isolate: Isolate, scripts: bool) -> None:
        super().__init__(order, folder, folder.parent, backend=backend, isolate=isolate, scripts=scripts)
        self._plate: Plate | None = None

    @property
    def plate(self) -> Plate | None:
        """The finished plate, once the recipe was found to fit it; None before."""
        with self._lock:
            return self._plate

    def cancelled_in_words(self) -> str:
        kept, frames = self.progress.kept, self.order.frames
        left = f"{kept} of {frames} frames are kept" if kept else "no frame was painted yet"
        return f"Cancelled: {left}, Resume goes on from there"

    # ---- its thread

    def _fulfil(self) -> None:
        self._save(outcome="", problem="")
        plate = self._isolated()
        self._styled(plate)
        self._save(outcome="done")

    def _end(self, state: State, fault: NstError | None) -> None:
        try:
            outcome = "failed" if state is State.FAILED else "cancelled"
            self._save(outcome=outcome, problem="" if fault is None else fault.sentence())
        except NstError as other:
            fault = fault or other
        self._tell(state=state, fault=fault, seconds_left=None, kept=self._kept())

    def _kept(self) -> int:
        """Painted frames on disk; those of a movie lie with the backend, which told of them."""
        now = self.progress
        told = now.done if now.state is State.STYLING else 0
        if "#" not in self._order.styled:
            return told
        numbers = range(self._order.first, self._order.last + 1)
        with contextlib.suppress(OSError):
            return len(present(self.folder, self._order.styled) & set(numbers))
        return told

    def _isolated(self) -> Plate:
        """The finished plate, rendered unless it was."""
        plate_folder = self.shelf / PLATE_FOLDER
        if not self._order.isolated:
            self._render_plate()
            self._save(isolated=True)
            copy_file(self.folder).unlink(missing_ok=True)
        plate = load_plate(plate_folder)
        if plate.first > self._order.first or plate.last < self._order.last:
            raise InputError("the plate was rendered anew with fewer frames", remedy="style the strip again")
        recipe = filled_in(self._order.recipe, self._order, plate)
        styled = Path(recipe["output"]["path"]).name
        self._take_over(plate, recipe, styled)
        if self._order.node is None:
            # A strip shows its plate until its frames are painted.
            lend_plates(plate_folder, self.folder, plate.picture, renew=True)
        describe_version(self.folder, styled=styled, recipe=recipe)
        self._save(recipe=recipe, styled=styled)
        return plate

    def _take_over(self, plate: Plate, recipe: Mapping[str, Any], styled: str) -> None:
        if not self._order.reuse:
            return
        older = self.shelf / version_name(self._order.version_pattern, self._order.reuse)
        try:
            known = load_order(older).recipe
        except NstError:
            return
        if same_look(known, recipe):
            follows = any(region.get("optimisation") for region in recipe["regions"])
            alone = recipe["temporal"].get("smoothing") == 0 and not follows
            mattes = [source.pattern for source in self._order.mattes]
            take_over(older, self.folder, plate, self.shelf / PLATE_FOLDER, styled=styled, alone=alone, mattes=mattes)

    def _styled(self, plate: Plate) -> None:
        try:
            self._see_to_objects()
            self._open(self._order.recipe)
            with self._lock:
                # Not earlier: what cannot be opened shall leave nothing on the timeline.
                self._plate = plate
            self._tell(state=State.STYLING, done=0, total=self._order.frames)
            self._follow(self._ask(RunRequest, frames=self._order.part or None))
        finally:
            if self._backend.is_open(self.id):
                self._backend.submit(CloseRequest, job=self.id)

    def _see_to_objects(self) -> None:
        """Have found what the mattes take, before the recipe is opened: that would refuse numbers that are gone."""
        models = models_in(self._order.recipe)
        if not models:
            return
        self._open({**self._order.recipe, "regions": [{"name": "plate", "matte": {"everything": {}}, "style": None}]})
        for model in models:
            self._check_objects(model, self._find(model))
        self._follow(self._ask(CloseRequest))

    def _open(self, recipe: Mapping[str, Any]) -> None:
        self._tell(state=State.OPENING, done=0, total=0, seconds_left=None)
        self._follow(self._ask(OpenRequest, recipe=recipe, base=str(self.shelf)))

    def _check_objects(self, model: str, found: Mapping[str, Any]) -> None:
        """Refuse numbers that were chosen in another list: they may mean other objects now."""
        known = self._order.objects.get(model, "")
        if known and known != Path(str(found["folder"])).name:
            raise UsageError(
                f"the objects of {self._order.strip!r} were found anew, since its frames have changed",
                remedy="see whether the chosen ones are still those that you mean, then style it again",
            )

    def _save(self, **changes: Any) -> None:
        self._order = save_order(self.folder, self._order, **changes)
