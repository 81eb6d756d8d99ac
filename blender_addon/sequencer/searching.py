"""Find Objects as works in the background: what finders of strips and of nodes have in common."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import preferences
from ..contract.errors import NstError, UsageError, as_fault
from ..jobs.find_work import FindWork
from ..jobs.order import FindOrder, copy_file
from ..jobs.progress import State
from ..session import session
from ..settings.derive import plain
from ..settings.finder import Search
from ..settings.found_objects import folder_of
from ..settings.owner import Owner
from .ordering import save_copy
from .watch import fault_of, notes_of, queue, start, wait

__all__ = ["Asked", "WorkFinder"]

_FOLDER = "finding"
_LOOK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class Asked:
    """A search that can begin."""

    order: FindOrder
    shelf: Path
    command: Callable[[Path], tuple[str, ...]]
    """What renders the plate, by the spec's file."""


@dataclass(frozen=True)
class _Verdict:
    """What was found out of a list, and when."""

    at: float
    of: tuple[object, ...]
    text: str


class WorkFinder:
    """A :class:`.finder.Finder` but for what differs by the kind of owner."""

    def __init__(self) -> None:
        self._refused: dict[tuple[str, str], NstError] = {}
        self._verdicts: dict[str, _Verdict] = {}

    def find(self, context: bpy.types.Context, owner: Owner, model: str) -> None:
        self.forget(owner, model)
        try:
            work = self._begin(owner, model)
        except NstError as fault:
            self._refused[owner.path, model] = fault
            raise
        start(work)
        if bpy.app.background:
            wait([work])
            fault = fault_of(work)
            if fault is not None:
                raise fault

    def latest(self, owner: Owner, model: str) -> Search | None:
        refused = self._refused.get((owner.path, model))
        if refused is not None:
            return Search(fault=refused)
        work = self._work_of(owner, model)
        if work is None:
            return None
        progress = work.progress
        cancelled = progress.state is State.CANCELLED
        said = work.cancelled_in_words() if cancelled else "; ".join(notes_of(work))
        return Search(job=work.id, progress=progress, fault=fault_of(work), said=said)

    def forget(self, owner: Owner, model: str) -> None:
        self._refused.pop((owner.path, model), None)
        work = self._work_of(owner, model)
        if work is not None:
            queue.dismiss(work)

    def outdated(self, owner: Owner, found: Any) -> str:
        exposure = owner.settings.plate.exposure
        asked = (found.name, found.folder, exposure, *self.shown(owner))
        known, now = self._verdicts.get(owner.path), time.monotonic()
        # Asked with every redraw, and answered from disk.
        if known is None or known.of != asked or now - known.at > _LOOK_AGAIN_SECONDS:
            folder = folder_of(found)
            if not (folder.is_dir() and any(folder.iterdir())):
                text = "the mattes of these objects are gone"
            elif plain(found.exposure) != plain(exposure):
                text = "the plate had another exposure when its objects were found"
            else:
                text = self.changed(owner, found)
            known = self._verdicts[owner.path] = _Verdict(now, asked, text)
        return known.text

    def _work_of(self, owner: Owner, model: str) -> FindWork | None:
        works = (work for work in reversed(queue.works) if isinstance(work, FindWork) and work.model == model)
        return next((work for work in works if self.is_about(owner, work.order)), None)

    def _begin(self, owner: Owner, model: str) -> FindWork:
        """What finds the objects of an owner's plate as it is now. Raises what keeps it from being done."""
        if not bpy.data.filepath:
            raise UsageError("the file was never saved, and what is found lies beside it", remedy="save it first")
        running = self._work_of(owner, model)
        if running is not None and not running.progress.state.ended:
            raise UsageError(
                f"the objects of {owner.label!r} are being found", remedy="wait for them, or cancel it first"
            )
        asked = self.ask(owner, model)
        folder = preferences.cache().claim() / _FOLDER / uuid.uuid4().hex[:12]
        try:
            folder.mkdir(parents=True)
        except OSError as error:
            raise as_fault(error) or error from error
        save_copy(copy_file(folder))
        session().follow_permissions()
        return FindWork(
            asked.order,
            folder,
            asked.shelf,
            model=model,
            exposure=plain(owner.settings.plate.exposure),
            backend=session().client,
            isolate=asked.command,
            scripts=bpy.context.preferences.filepaths.use_scripts_auto_execute,
        )

    # ---- what differs

    def ask(self, owner: Owner, model: str) -> Asked:
        """The order of a search; raises :class:`NstError` where the owner's plate cannot be looked through."""
        raise NotImplementedError

    def is_about(self, owner: Owner, order: FindOrder) -> bool:
        """Whether an order is that of an owner."""
        raise NotImplementedError

    def shown(self, owner: Owner) -> tuple[object, ...]:
        """What else :meth:`changed` depends on, cheaply."""
        raise NotImplementedError

    def changed(self, owner: Owner, found: Any) -> str:
        """Why the plate is no longer that in which objects were found; else empty."""
        raise NotImplementedError
