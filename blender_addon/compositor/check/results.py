"""Pre-flight in the interface: what is wrong with a scene is found out as it begins to be rendered, and kept.

Blender tells of renders in the thread that renders; the file is looked at in the main thread, a moment
later. What is known is looked up again a moment after it was drawn, so that it stays true.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import bpy
from bpy.app.handlers import persistent

from ... import compat
from ...findings import Finding
from ..capture.node_record import plays
from ..restyle.stale_watch import redraw
from ..style_node.trees import style_nodes
from .preflight import check_backend, check_scene, has_nodes

__all__ = ["Checked", "Checks", "checks", "register", "unregister"]

_TICK = 0.25
_LEAST_DELAY = 0.5
_REST = 50.0
"""Times what a check took: some thousand files may have to be looked for."""


@dataclass(frozen=True, kw_only=True)
class Checked:
    """A scene, and what is wrong with it."""

    frame: int | None
    """The one frame that was looked at; None: all that its animation renders."""
    findings: tuple[Finding, ...]

    def about(self, node: str) -> tuple[Finding, ...]:
        """What one node has to do with: its own, and what is wrong with the scene or the backend."""
        return tuple(finding for finding in self.findings if finding.node in ("", node))


class Checks:
    """The latest check of each scene; see :data:`checks`."""

    def __init__(self) -> None:
        self.before_renders = not bpy.app.background
        """Whether renders are checked: without a window they fail by themselves, or ``check`` is asked first."""
        self.listeners: list[Callable[[Finding, int], None]] = []
        """Told of the first error that a render's check finds, and how many there are."""
        self._checked: dict[str, Checked] = {}
        self._delay = _LEAST_DELAY
        self._depth = 0
        # By scene: the frames of the render that is under way, and what is still to be looked at.
        self._frames: dict[str, set[int]] = {}
        self._due: dict[str, int | None] = {}

    # ---- main thread

    def look(self, scene: bpy.types.Scene, frame: int | None = None) -> Checked:
        """Check a scene for one frame, or for all of its animation; keep what is found and have it drawn."""
        started = time.perf_counter()
        found = check_scene(scene, None if frame is None else (frame,))
        if has_nodes(scene) and _paints(scene):
            found += check_backend()
        self._delay = max(_LEAST_DELAY, _REST * (time.perf_counter() - started))
        known = self._checked.get(scene.name)
        checked = Checked(frame=frame, findings=found)
        self._checked[scene.name] = checked
        if known is None or _told(known) != _told(checked):
            redraw()
        return checked

    def last(self, scene: str) -> Checked | None:
        """What is known of a scene, for whatever draws it; None where it was not checked."""
        checked = self._checked.get(scene)
        if checked is not None and not bpy.app.timers.is_registered(_look_again):
            bpy.app.timers.register(_look_again, first_interval=self._delay)
        return checked

    def look_again(self) -> None:
        """See whether what is known is still so."""
        for name, checked in tuple(self._checked.items()):
            scene = bpy.data.scenes.get(name)
            if scene is None:
                del self._checked[name]
            else:
                self.look(scene, checked.frame)

    def look_at_due(self) -> None:
        """Check what has begun to be rendered, and tell of errors."""
        while self._due:
            name, frame = self._due.popitem()
            scene = bpy.data.scenes.get(name)
            if scene is None or not has_nodes(scene):
                continue
            errors = [finding for finding in self.look(scene, frame).findings if finding.severity == "error"]
            if errors:
                for listener in self.listeners:
                    listener(errors[0], len(errors))

    def forget(self) -> None:
        """Of another file, or of the add-on."""
        self._depth = 0
        for kept in (self._checked, self._frames, self._due):
            kept.clear()

    # ---- the thread that renders

    def begin(self) -> None:
        """A render begins, perhaps within another."""
        if not self._depth:
            self._frames.clear()
        self._depth += 1

    def begin_frame(self, scene: str, frame: int) -> None:
        """A frame of a scene begins; the second one tells that it is an animation."""
        if not self.before_renders:
            return
        frames = self._frames.setdefault(scene, set())
        if frame in frames:
            return
        frames.add(frame)
        if len(frames) <= 2:
            self._due[scene] = frame if len(frames) == 1 else None

    def end(self) -> None:
        """A render ended."""
        self._depth = max(0, self._depth - 1)


checks = Checks()


def _paints(scene: bpy.types.Scene) -> bool:
    """Whether a render of the scene needs the backend."""
    tree = compat.compositor_tree(scene)
    return tree is not None and any(not node.mute and not plays(node) for node in style_nodes(tree))


def _told(checked: Checked) -> list[str]:
    return [finding.sentence() for finding in checked.findings]


def _look_again() -> None:
    checks.look_again()


def _look_at_due() -> float:
    checks.look_at_due()
    return _TICK


@persistent  # type: ignore[untyped-decorator]
def _begin(*_arguments: object) -> None:
    checks.begin()


@persistent  # type: ignore[untyped-decorator]
def _begin_frame(scene: bpy.types.Scene, *_arguments: object) -> None:
    checks.begin_frame(scene.name, scene.frame_current)


@persistent  # type: ignore[untyped-decorator]
def _end(*_arguments: object) -> None:
    checks.end()


@persistent  # type: ignore[untyped-decorator]
def _forget(*_arguments: object) -> None:
    checks.forget()


_HANDLERS = {
    "render_init": _begin,
    "render_pre": _begin_frame,
    "render_complete": _end,
    "render_cancel": _end,
    "load_pre": _forget,
}


def register() -> None:
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).append(handler)
    if not bpy.app.background:
        # Ahead of any render: Blender's list of timers is not to be changed from the thread that renders.
        bpy.app.timers.register(_look_at_due, first_interval=_TICK, persistent=True)


def unregister() -> None:
    for timer in (_look_at_due, _look_again):
        if bpy.app.timers.is_registered(timer):
            bpy.app.timers.unregister(timer)
    for name, handler in _HANDLERS.items():
        getattr(bpy.app.handlers, name).remove(handler)
    checks.forget()
