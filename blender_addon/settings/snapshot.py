"""A group of properties as plain data, and back: all that it holds, as it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import bpy

__all__ = ["restore", "snapshot"]

_ID_COLLECTIONS = {"Mask": "masks"}
"""Where data-blocks that groups point to are found by name."""


def snapshot(group: Any) -> dict[str, Any]:
    """What a group of properties holds, nested groups included, for JSON. Data-blocks go by their names."""
    found: dict[str, Any] = {}
    for definition in group.bl_rna.properties:
        name, value = definition.identifier, getattr(group, definition.identifier)
        if name == "rna_type":
            continue
        if definition.type == "COLLECTION":
            found[name] = [snapshot(entry) for entry in value]
        elif definition.type == "POINTER":
            found[name] = value.name if isinstance(value, bpy.types.ID) else None if value is None else snapshot(value)
        elif not definition.is_readonly:
            found[name] = _plain(value)
    return found


def restore(group: Any, held: Mapping[str, Any]) -> None:
    """Give a group what :func:`snapshot` told of another; what the group does not know is left out."""
    for definition in group.bl_rna.properties:
        name = definition.identifier
        if name not in held or name == "rna_type":
            continue
        value = held[name]
        if definition.type == "COLLECTION":
            entries = getattr(group, name)
            entries.clear()
            for entry in value:
                restore(entries.add(), entry)
        elif definition.type == "POINTER":
            known = _ID_COLLECTIONS.get(definition.fixed_type.identifier)
            if known is not None:
                setattr(group, name, getattr(bpy.data, known).get(value or ""))
            elif isinstance(value, Mapping):
                restore(getattr(group, name), value)
        elif not definition.is_readonly:
            setattr(group, name, set(value) if getattr(definition, "is_enum_flag", False) else value)


def _plain(value: Any) -> Any:
    if isinstance(value, (bool, int, float, str)):
        return value
    return sorted(value) if isinstance(value, set) else [_plain(entry) for entry in value]
