"""A sentence of any length in a narrow panel."""

from __future__ import annotations

import textwrap
from typing import Literal

import bpy

__all__ = ["draw_problem"]

_PIXELS_PER_CHARACTER = 7
_NODE_WIDTH = 260
"""Of a node's face, which may be anywhere in its editor."""


def draw_problem(
    layout: bpy.types.UILayout, sentence: str, *, icon: Literal["ERROR", "INFO", "NODETREE"] = "ERROR"
) -> None:
    """Draw a sentence on as many lines as the panel's width asks for, its first letter a capital."""
    lines = textwrap.wrap(sentence[:1].upper() + sentence[1:], max(20, int((_width() - 80) / _PIXELS_PER_CHARACTER)))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for index, line in enumerate(lines):
        column.label(text=line, icon=icon if index == 0 else "BLANK1")


def _width() -> float:
    """Of the panel or the node that is drawn, in pixels of a screen that is not scaled."""
    context = bpy.context
    region, area = context.region, context.area
    if region is None or area is None:
        return 300
    if area.type == "NODE_EDITOR" and region.type == "WINDOW":
        return _NODE_WIDTH
    return region.width / context.preferences.system.ui_scale
