"""Strips as owners of settings: where those hang, and the path that keys them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import bpy

from ..settings import owner as owners
from ..settings.groups import BrushpassSettings
from ..settings.owner import Owner
from .record import original_of

__all__ = ["register", "strip_of", "strip_owner", "unregister"]


def strip_owner(strip: bpy.types.Strip) -> Owner:
    """The settings of a strip."""
    name = bpy.utils.escape_identifier(strip.name)
    return Owner(strip.id_data, f'sequence_editor.strips_all["{name}"].brushpass', strip.name)  # type: ignore[arg-type]


def strip_of(owner: Owner) -> bpy.types.Strip | None:
    """The strip whose settings they are; None for other owners, and where it is gone."""
    if not isinstance(owner.id, bpy.types.Scene) or owner.id.sequence_editor is None:
        return None
    return next((strip for strip in owner.id.sequence_editor.strips_all if strip.name == owner.label), None)


class _StripHost:
    def active(self, context: bpy.types.Context) -> Owner | None:
        if context.space_data is not None and context.space_data.type != "SEQUENCE_EDITOR":
            return None
        strip = getattr(context, "active_strip", None)
        through = ""
        if strip is not None and strip.brushpass_result.of:
            # A result has no settings of its own.
            through = strip.name
            strip = original_of(strip.id_data, strip)
        if strip is None or strip.type == "SOUND":
            return None
        return replace(strip_owner(strip), through=through)

    def owners(self, id: bpy.types.ID) -> Iterator[Owner]:
        if isinstance(id, bpy.types.Scene) and id.sequence_editor is not None:
            yield from (strip_owner(strip) for strip in id.sequence_editor.strips_all)

    def all_settings(self) -> Iterator[Any]:
        for scene in bpy.data.scenes:
            if scene.library is None and scene.sequence_editor is not None:
                # Asking a strip without settings for them would make some.
                yield from (s.brushpass for s in scene.sequence_editor.strips_all if s.is_property_set("brushpass"))


_HOST = _StripHost()


def register() -> None:
    bpy.types.Strip.brushpass = bpy.props.PointerProperty(type=BrushpassSettings)
    owners.add_host(_HOST)


def unregister() -> None:
    owners.remove_host(_HOST)
    del bpy.types.Strip.brushpass
