"""A sentence of any length in a narrow panel."""

from __future__ import annotations

import textwrap
from typing import Literal

import bpy

__all__ = ["draw_problem"]

_PIXELS_PER_CHARACTER = 7


def draw_problem(
    layout: bpy.types.UILayout, sentence: str, *, icon: Literal["ERROR", "INFO", "NODETREE"] = "ERROR"
) -> None:
    """Draw a sentence on as many lines as the panel's width asks for, its first letter a capital."""
    context = bpy.context
    width = context.region.width / context.preferences.system.ui_scale if context.region else 300
    lines = textwrap.wrap(sentence[:1].upper() + sentence[1:], max(20, int((width - 80) / _PIXELS_PER_CHARACTER)))
    column = layout.column(align=True)
    column.scale_y = 0.8
    for index, line in enumerate(lines):
        column.label(text=line, icon=icon if index == 0 else "BLANK1")
