"""What the last check found wrong with the scene of a Style node: all of it in the panel, a pointer on the node."""

from __future__ import annotations

import bpy

from ..compositor.bridge import last_render
from ..compositor.check.results import Checked, checks
from ..compositor.style_node.node_owner import node_of
from ..compositor.style_node.trees import scenes_of
from ..findings import Finding
from ..settings.owner import Owner
from ..settings.styles import catalogue
from .backend_help import draw_open_preferences
from .problem import draw_problem
from .sections import Section
from .status_bar import tell

__all__ = ["SECTION", "draw_pointer", "register", "unregister"]

_MOST = 8


def draw_pointer(layout: bpy.types.UILayout, node: bpy.types.Node, scene: bpy.types.Scene | None) -> None:
    """One line where an error was found that the node has to do with; nothing where its last frame told why."""
    checked = _checked(node, scene)
    if checked is None or scene is None:
        return
    errors = [finding for finding in checked.about(node.name) if finding.severity == "error"]
    told = last_render.recall(scene.name, node.name)
    if errors and (told is None or told.fault is None):
        count = "An error" if len(errors) == 1 else f"{len(errors)} errors"
        layout.label(text=f"{count}: see Check in the side panel", icon="ERROR")


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    node = node_of(owner)
    if node is None:
        return
    layout.operator("brushpass.check", icon="CHECKMARK")
    checked = _checked(node, context.scene)
    if checked is None:
        return
    looked_at = "all frames" if checked.frame is None else f"frame {checked.frame}"
    if not checked.findings:
        # Before the backend was asked for its styles no one can tell whether they are there.
        known = bool(catalogue())
        text = f"Nothing is wrong, {looked_at}" if known else "Fine but for styles: ask for them"
        layout.label(text=text, icon="CHECKMARK" if known else "INFO")
        return
    layout.label(text=f"Found for {looked_at}:")
    for finding in checked.findings[:_MOST]:
        _draw_finding(layout, finding, node)
    if len(checked.findings) > _MOST:
        layout.label(text=f"and {len(checked.findings) - _MOST} more")


def _draw_finding(layout: bpy.types.UILayout, finding: Finding, node: bpy.types.Node) -> None:
    sentence = finding.fault.sentence()
    elsewhere = finding.node not in ("", node.name)
    draw_problem(
        layout,
        f"{finding.node}: {sentence}" if elsewhere else sentence,
        icon="ERROR" if finding.severity == "error" else "INFO",
    )
    if not finding.scene:
        draw_open_preferences(layout)


def _checked(node: bpy.types.Node, scene: bpy.types.Scene | None) -> Checked | None:
    composited = scene is not None and scene in scenes_of(node.id_data)  # type: ignore[arg-type]
    return checks.last(scene.name) if composited and scene is not None else None


def _hear(worst: Finding, count: int) -> None:
    more = f" (and {count - 1} more: see Check in the tab Style)" if count > 1 else ""
    tell(f"Brushpass: {worst.where}: {worst.fault.sentence()}{more}")


SECTION = Section(name="check", label="Check", order=4, draw=_draw, shown=lambda owner: node_of(owner) is not None)


def register() -> None:
    checks.listeners.append(_hear)


def unregister() -> None:
    checks.listeners.remove(_hear)
