"""Keys of an imported recipe that this version does not know: kept, and written again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import bpy

__all__ = ["keep", "kept"]


def keep(group: bpy.types.PropertyGroup, extra: Mapping[str, Any]) -> None:
    """Remember unknown keys on ``group``."""
    group.extra = json.dumps(dict(extra), ensure_ascii=False) if extra else ""


def kept(group: bpy.types.PropertyGroup) -> dict[str, Any]:
    """The unknown keys of ``group``. A .blend is data: what is not an object counts as none."""
    try:
        found = json.loads(group.extra or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
