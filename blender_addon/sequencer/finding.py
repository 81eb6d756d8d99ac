"""Find Objects for strips: the order, the work in the background, and whether what it found still holds."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import bpy

from .. import preferences
from ..contract.errors import NstError, UsageError, as_fault
from ..contract.frames import FrameRange
from ..jobs.find_work import FindWork
from ..jobs.order import FindOrder, copy_file
from ..jobs.progress import State
from ..session import session
from ..settings import finder
from ..settings.derive import plain
from ..settings.finder import Search
from ..settings.found_objects import folder_of, looked_at
from ..settings.mattes import recipe_model
from ..settings.owner import Owner
from ..settings.recipe import recipe_of_plate
from .finished_plate import finished_plate
from .media_files import check_media
from .ordering import check_backend, isolate_command, plate_state, save_copy
from .record import mark
from .shelves import output_template, shelf_for
from .strip_owner import strip_of, strip_owner
from .strip_recipe import cryptomatte_kinds
from .strips import content_of, kind_of, with_handles
from .targets import orders_strip
from .versions import PLATE_FOLDER
from .watch import fault_of, notes_of, queue, start, wait

__all__ = ["register", "unregister"]

_FOLDER = "finding"
_LOOK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class _Verdict:
    """What was found out of a list, and when."""

    at: float
    of: tuple[object, ...]
    text: str


class _StripFinder:
    def __init__(self) -> None:
        self._refused: dict[tuple[str, str], NstError] = {}
        self._verdicts: dict[str, _Verdict] = {}

    def serves(self, owner: Owner) -> bool:
        return isinstance(owner.id, bpy.types.Scene)

    def find(self, context: bpy.types.Context, owner: Owner, model: str) -> None:
        self.forget(owner, model)
        try:
            work = _find_work(*_strip_of(owner), model)
        except NstError as fault:
            self._refused[owner.label, model] = fault
            raise
        start(work)
        if bpy.app.background:
            wait([work])
            fault = fault_of(work)
            if fault is not None:
                raise fault

    def latest(self, owner: Owner, model: str) -> Search | None:
        refused = self._refused.get((owner.label, model))
        if refused is not None:
            return Search(fault=refused)
        work = _work_of(owner, model)
        if work is None:
            return None
        progress = work.progress
        cancelled = progress.state is State.CANCELLED
        said = work.cancelled_in_words() if cancelled else "; ".join(notes_of(work))
        return Search(job=work.id, progress=progress, fault=fault_of(work), said=said)

    def forget(self, owner: Owner, model: str) -> None:
        self._refused.pop((owner.label, model), None)
        work = _work_of(owner, model)
        if work is not None:
            queue.dismiss(work)

    def outdated(self, owner: Owner, found: Any) -> str:
        scene, strip = _strip_of(owner)
        asked = (strip.name, found.name, found.folder, scene.frame_current, owner.settings.plate.exposure)
        known, now = self._verdicts.get(owner.label), time.monotonic()
        # Asked with every redraw, and answered from disk.
        if known is None or known.of != asked or now - known.at > _LOOK_AGAIN_SECONDS:
            known = self._verdicts[owner.label] = _Verdict(now, asked, _outdated(scene, strip, found))
        return known.text

    def timeline(self, owner: Owner, number: int) -> int:
        return content_of(_strip_of(owner)[1]).frame(number)


def _strip_of(owner: Owner) -> tuple[bpy.types.Scene, bpy.types.Strip]:
    strip = strip_of(owner)
    if strip is None:
        raise UsageError(f"the strip {owner.label!r} is gone", remedy="select another strip")
    assert isinstance(owner.id, bpy.types.Scene)
    return owner.id, strip


def _work_of(owner: Owner, model: str) -> FindWork | None:
    strip = strip_of(owner)
    works = (work for work in reversed(queue.works) if isinstance(work, FindWork) and work.model == model)
    return next((work for work in works if strip is not None and orders_strip(work.order, strip)), None)


def _find_work(scene: bpy.types.Scene, strip: bpy.types.Strip, model: str) -> FindWork:
    """What finds the objects of a strip as it is now. Raises what keeps it from being done, with the remedy."""
    if not bpy.data.filepath:
        raise UsageError("the file was never saved, and what is found lies beside it", remedy="save it first")
    check_backend()
    kind_of(strip)
    owner = strip_owner(strip)
    running = _work_of(owner, model)
    if running is not None and not running.progress.state.ended:
        raise UsageError(f"the objects of {strip.name!r} are being found", remedy="wait for them, or cancel it first")
    content = with_handles(strip, strip.brushpass.output.handles)
    check_media(strip, content.frame(content.first), content.frame(content.last))
    shelf = shelf_for(scene, strip, output_template())
    order = FindOrder(
        blend=bpy.data.filepath,
        scene=scene.name,
        strip=strip.name,
        mark=mark(strip),
        start=content.start,
        first=content.first,
        last=content.last,
        state=plate_state(scene, strip),
        cryptomatte=cryptomatte_kinds(strip),
        model=recipe_model(model, shelf / PLATE_FOLDER),
        recipe=recipe_of_plate(owner),
    )
    folder = preferences.cache().claim() / _FOLDER / uuid.uuid4().hex[:12]
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise as_fault(error) or error from error
    save_copy(copy_file(folder))
    session().follow_permissions()
    return FindWork(
        order,
        folder,
        shelf,
        model=model,
        exposure=plain(strip.brushpass.plate.exposure),
        backend=session().client,
        isolate=isolate_command,
        scripts=bpy.context.preferences.filepaths.use_scripts_auto_execute,
    )


def _outdated(scene: bpy.types.Scene, strip: bpy.types.Strip, found: Any) -> str:
    if not _is_there(folder_of(found)):
        return "the mattes of these objects are gone"
    if plain(found.exposure) != plain(strip.brushpass.plate.exposure):
        return "the plate had another exposure when its objects were found"
    try:
        shown = with_handles(strip, strip.brushpass.output.handles)
    except UsageError as fault:
        # A strip that cannot be styled as it is now.
        return fault.problem
    missing = set(range(shown.first, shown.last + 1)) - looked_at(found)
    if missing:
        frames = FrameRange.of(map(shown.frame, missing))
        return f"the strip shows frames that were not looked at, {frames}"
    content, frame = content_of(strip), scene.frame_current
    if content.first <= content.number(frame) <= content.last and finished_plate(scene, strip, frame) is None:
        return "the strip has changed since its objects were found"
    return ""


def _is_there(folder: Path) -> bool:
    return folder.is_dir() and any(folder.iterdir())


_FINDER = _StripFinder()


def register() -> None:
    finder.add_finder(_FINDER)


def unregister() -> None:
    finder.remove_finder(_FINDER)
