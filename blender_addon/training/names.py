"""What a style is called: in recipes and file names, and by people. Knows nothing of Blender."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Container
from pathlib import Path

__all__ = ["PICTURES", "free_name", "name_problem", "style_name", "style_title"]

PICTURES = (".jpg", ".jpeg", ".png", ".tif", ".tiff", ".bmp", ".webp")
"""Endings of the pictures that the backend reads."""
_LONGEST = 48


def style_name(text: str) -> str:
    """A name as recipes and files of any system take it: ``the_wave_2``."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]+", "_", plain.encode("ascii", "ignore").decode())[:_LONGEST].strip("_") or "style"


def style_title(path: Path) -> str:
    """What people call the picture of a file."""
    return re.sub(r"[_\s-]+", " ", path.stem).strip() or path.name


def free_name(wanted: str, taken: Container[str]) -> str:
    """``wanted``, or with the first number that makes it free."""
    name, number = wanted, 2
    while name in taken:
        name, number = f"{wanted}_{number}", number + 1
    return name


def name_problem(name: str, taken: Container[str]) -> str:
    """Why a style cannot have this name, in a few words; empty where it can."""
    if name != style_name(name):
        return f"a style's name is like {style_name(name)!r}: small letters, digits and _"
    return f"there is a style {name!r}: choose another name" if name in taken else ""
