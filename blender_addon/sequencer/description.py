"""What a frame of a strip is made of, as a digest: equal digests mean an equal picture.

Where a strip lies, how it is trimmed, blended or called is no part of it. What
cannot be described from here (scenes, masks, node trees) is covered by the state
that the caller names.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable
from typing import Any

import bpy

from .. import compat
from .playback_modifier import playback_of
from .strips import inputs, reads_the_stack, siblings

__all__ = ["FrameDigests"]

_PLACE = frozenset(
    {"frame_start", "frame_final_start", "frame_final_end", "frame_final_duration", "frame_offset_start"}
    | {"frame_offset_end", "left_handle", "right_handle", "left_handle_offset", "right_handle_offset", "duration"}
    | {"content_start", "content_end", "channel"}
)
_LOOKS_ONLY = frozenset(
    {"name", "lock", "select", "select_left_handle", "select_right_handle", "color_tag", "show_retiming_keys"}
    | {"use_proxy", "proxy", "rna_type", "show_expanded", "is_active", "connections", "channels", "strips", "sequences"}
    | {"elements", "directory", "filepath", "retiming_keys", "modifiers", "sound", "volume", "input_1", "input_2"}
    | {"input_mask_strip", "mute", "blend_type", "blend_alpha"}
)
_Plain = Any


class FrameDigests:
    """Digests of one strip's frames. Blender's deprecated names are left out, and are not asked for."""

    def __init__(self, scene: bpy.types.Scene, strip: bpy.types.Strip, *, state: str, encoding: str) -> None:
        self._scene = scene
        self._strip = strip
        self._state = state
        render = scene.render
        self._frame = [
            encoding,
            list(compat.BLENDER_VERSION),
            [render.resolution_x, render.resolution_y, render.pixel_aspect_x, render.pixel_aspect_y],
            scene.sequencer_colorspace_settings.name,
        ]

    def at(self, frame: int, *extra: object) -> str:
        """The digest of the picture at a timeline frame, which the scene must be at; ``extra`` goes into it."""
        parts: list[_Plain] = [self._frame, list(extra), self._described(self._strip, frame, target=True)]
        if reads_the_stack(self._strip):
            below = [other for other in siblings(self._scene, self._strip) if other.channel < self._strip.channel]
            parts.append([self._described(other, frame) for other in below if not other.mute])
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()[:32]

    def _described(self, strip: bpy.types.Strip, frame: int, *, target: bool = False) -> _Plain:
        origin = compat.content_start(self._strip)
        told: dict[str, _Plain] = {"values": self._values(strip, _PLACE | _LOOKS_ONLY)}
        told["retiming"] = [
            key.timeline_frame - compat.content_start(strip) for key in getattr(strip, "retiming_keys", ())
        ]
        # A result that the strip plays back is made of its plate.
        played_back = playback_of(strip) if target else None
        modifiers = [modifier for modifier in strip.modifiers if modifier != played_back]
        told["modifiers"] = [self._values(modifier, _LOOKS_ONLY) for modifier in modifiers]
        told["files"] = [_fingerprint(path) for path in _files(strip, frame)]
        told["inputs"] = [self._described(part, frame) for part in inputs(strip)]
        if strip.type == "META":
            told["children"] = [self._described(child, frame) for child in strip.strips if not child.mute]
        if not target:
            left, right = compat.handles(strip)
            told["place"] = [compat.content_start(strip) - origin, left - origin, right - origin, strip.channel]
            told["blend"] = [strip.blend_type, strip.blend_alpha]
        return told

    def _values(self, item: bpy.types.bpy_struct, skipped: Iterable[str]) -> dict[str, _Plain]:
        found: dict[str, _Plain] = {}
        for definition in item.bl_rna.properties:
            name = definition.identifier
            if name in skipped or getattr(definition, "is_deprecated", False) or name.startswith("brushpass"):
                continue
            if definition.type == "COLLECTION":
                found[name] = [self._values(entry, ("rna_type",)) for entry in getattr(item, name)]
            elif definition.type == "POINTER":
                found[name] = self._pointed(getattr(item, name))
            else:
                found[name] = _plain(getattr(item, name))
        return found

    def _pointed(self, value: Any) -> _Plain:
        if value is None or isinstance(value, bpy.types.Strip):
            return None
        if isinstance(value, bpy.types.VectorFont):
            return [value.name, _fingerprint(bpy.path.abspath(value.filepath))]
        if isinstance(value, bpy.types.ID):
            return [value.name, self._state]
        if value.id_data != self._scene:
            # A part of something else, such as a scene's view layer.
            return [getattr(value, "name", ""), self._state]
        return self._values(value, ("rna_type",))


def _plain(value: Any) -> _Plain:
    """Numbers, texts, and lists of them: enum flags come as sets, vectors and matrices as arrays."""
    if isinstance(value, (bool, int, float, str)):
        return value
    return sorted(value) if isinstance(value, (set, frozenset)) else [_plain(entry) for entry in value]


def _files(strip: bpy.types.Strip, frame: int) -> Iterable[str]:
    if strip.type == "MOVIE":
        return [bpy.path.abspath(strip.filepath)]
    if strip.type == "IMAGE":
        element = strip.strip_elem_from_frame(frame)
        # Beside its handles a strip holds its first or last frame.
        elements = [element] if element is not None else strip.elements
        return [bpy.path.abspath(os.path.join(strip.directory, entry.filename)) for entry in elements]
    return []


def _fingerprint(path: str) -> list[object]:
    """A file as it is now, without reading it, wherever the copy of the .blend lies that names it."""
    path = os.path.normpath(path)
    try:
        status = os.stat(path)
    except OSError:
        return [path]
    return [path, status.st_size, status.st_mtime_ns]
