"""Find Objects for Style nodes that capture what is linked to them."""

from __future__ import annotations

import time
import uuid
from dataclasses import dataclass
from typing import Any

import bpy

from .. import preferences
from ..contract.errors import NstError, UsageError, as_fault
from ..contract.frames import FrameRange
from ..jobs.find_work import FindWork
from ..jobs.order import copy_file
from ..jobs.progress import State
from ..sequencer.ordering import capture_command, save_copy
from ..sequencer.watch import fault_of, notes_of, queue, start, wait
from ..session import session
from ..settings import finder
from ..settings.derive import plain
from ..settings.finder import Search
from ..settings.found_objects import folder_of, looked_at
from ..settings.owner import Owner
from .capture_ordering import capture_scene, find_order
from .node_owner import node_of
from .node_record import CAPTURE
from .trees import scenes_of

__all__ = ["register", "unregister"]

_FOLDER = "finding"
_LOOK_AGAIN_SECONDS = 1.0


@dataclass(frozen=True)
class _Verdict:
    """What was found out of a list, and when."""

    at: float
    of: tuple[object, ...]
    text: str


class _NodeFinder:
    def __init__(self) -> None:
        self._refused: dict[tuple[str, str], NstError] = {}
        self._verdicts: dict[str, _Verdict] = {}

    def serves(self, owner: Owner) -> bool:
        return isinstance(owner.id, bpy.types.NodeTree)

    def find(self, context: bpy.types.Context, owner: Owner, model: str) -> None:
        self.forget(owner, model)
        try:
            work = _find_work(_node(owner), owner, model)
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
        work = _work_of(owner, model)
        if work is None:
            return None
        progress = work.progress
        cancelled = progress.state is State.CANCELLED
        said = work.cancelled_in_words() if cancelled else "; ".join(notes_of(work))
        return Search(job=work.id, progress=progress, fault=fault_of(work), said=said)

    def forget(self, owner: Owner, model: str) -> None:
        self._refused.pop((owner.path, model), None)
        work = _work_of(owner, model)
        if work is not None:
            queue.dismiss(work)

    def outdated(self, owner: Owner, found: Any) -> str:
        node = _node(owner)
        ranges = [(scene.frame_start, scene.frame_end) for scene in scenes_of(node.id_data)]  # type: ignore[arg-type]
        asked = (found.name, found.folder, owner.settings.plate.exposure, ranges)
        known, now = self._verdicts.get(owner.path), time.monotonic()
        # Asked with every redraw, and answered from disk.
        if known is None or known.of != asked or now - known.at > _LOOK_AGAIN_SECONDS:
            known = self._verdicts[owner.path] = _Verdict(now, asked, _outdated(node, owner, found))
        return known.text

    def timeline(self, owner: Owner, number: int) -> int:
        return number


def _node(owner: Owner) -> bpy.types.Node:
    node = node_of(owner)
    if node is None:
        raise UsageError(f"the node {owner.label!r} is gone", remedy="select another node")
    return node


def _work_of(owner: Owner, model: str) -> FindWork | None:
    node = node_of(owner)
    own = node.record.mark if node is not None else ""
    works = (work for work in reversed(queue.works) if isinstance(work, FindWork) and work.model == model)
    return next((work for work in works if own and work.order.mark == own), None)


def _find_work(node: bpy.types.Node, owner: Owner, model: str) -> FindWork:
    """What finds the objects of a node's plate as it is now. Raises what keeps it from being done, with the remedy."""
    if node.mode != CAPTURE:
        raise UsageError(
            f"{node.name!r} sees one frame at a time while it renders, and objects are followed through all",
            remedy="set its mode to Capture",
        )
    running = _work_of(owner, model)
    if running is not None and not running.progress.state.ended:
        raise UsageError(f"the objects of {node.name!r} are being found", remedy="wait for them, or cancel it first")
    order, shelf = find_order(node, model)
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
        exposure=plain(node.brushpass.plate.exposure),
        backend=session().client,
        isolate=capture_command,
        scripts=bpy.context.preferences.filepaths.use_scripts_auto_execute,
    )


def _outdated(node: bpy.types.Node, owner: Owner, found: Any) -> str:
    folder = folder_of(found)
    if not (folder.is_dir() and any(folder.iterdir())):
        return "the mattes of these objects are gone"
    if plain(found.exposure) != plain(owner.settings.plate.exposure):
        return "the plate had another exposure when its objects were found"
    try:
        scene = capture_scene(node)
    except UsageError as fault:
        return fault.problem
    missing = set(range(scene.frame_start, scene.frame_end + 1)) - looked_at(found)
    return f"the scene has frames that were not looked at, {FrameRange.of(missing)}" if missing else ""


_FINDER = _NodeFinder()


def register() -> None:
    finder.add_finder(_FINDER)


def unregister() -> None:
    finder.remove_finder(_FINDER)
