"""One strip alone in the picture, as the sequencer shows it before blending.

For a throwaway copy of the file: scene and strips are changed and not changed back.
"""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar

import bpy
import numpy as np

from .. import compat
from ..settings.channelbags import all_fcurves
from .plan import Encoding
from .playback_modifier import drop_playback
from .strips import has_inputs, meta_path, reads_the_stack, siblings, walk

__all__ = ["PictureRenderer", "holds_more_than_bytes", "is_opaque", "isolate", "show_own_pixels"]

_OPAQUE = 1.0 - 1.0 / 512.0
"""What 8 bits cannot tell from 1."""

_BYTES_ONLY = frozenset({"META", "COLOR", "TEXT", "CROSS", "ADD", "SUBTRACT", "ALPHA_OVER", "ALPHA_UNDER"}) | frozenset(
    {"GAMMA_CROSS", "MULTIPLY", "WIPE", "GLOW", "TRANSFORM", "SPEED", "GAUSSIAN_BLUR", "COLORMIX", "SOUND"}
)
"""Strips whose picture has no more bits than what they are made of."""


def isolate(scene: bpy.types.Scene, strip: bpy.types.Strip, frames: range | None) -> None:
    """Leave ``strip`` alone in the render of ``scene``: its timing, transform, crop and modifiers, not its blending.

    A result that it plays back is no part of it.

    It is drawn out to ``frames`` of the timeline, unless they are None or other strips give it its length.
    """
    drop_playback(strip)
    metas = meta_path(strip)
    # Rendering starts at the list that is displayed, so the meta's own picture settings do not count.
    scene.sequence_editor.display_stack(metas[-1] if metas else None)
    below = reads_the_stack(strip)
    for other in siblings(scene, strip):
        if other.type != "SOUND" and not (below and other.channel < strip.channel):
            other.mute = True
    strip.mute = False
    owner = metas[-1] if metas else scene.sequence_editor
    owner.channels[strip.channel].mute = False
    if frames is not None and not has_inputs(strip):
        compat.set_handles(strip, frames.start, frames.stop)
    _hold_still(scene, strip, "blend_alpha")
    strip.blend_type = "REPLACE"
    strip.blend_alpha = 1.0


def _hold_still(scene: bpy.types.Scene, strip: bpy.types.Strip, option: str) -> None:
    path = strip.path_from_id(option)
    curves = [curve for bag in all_fcurves(scene) for curve in bag]
    if scene.animation_data:
        curves += scene.animation_data.drivers
    for curve in curves:
        if curve.data_path == path:
            curve.mute = True


class PictureRenderer:
    """Renders an isolated strip through the sequencer, at the size of its scene.

    8-bit PNG keeps the sequencer's own bytes, float EXR what has more of them.
    """

    layer: ClassVar[str | None] = None
    motion_layer: ClassVar[str | None] = None
    matte_layer: ClassVar[str | None] = None
    vector: ClassVar[bool] = False
    fault: ClassVar[tuple[str, str] | None] = None

    def __init__(self, scene: bpy.types.Scene, strip: bpy.types.Strip) -> None:
        self._scene = scene
        self.encoding: Encoding = "linear" if holds_more_than_bytes(scene, strip) else "display"
        show_own_pixels(scene)
        self.size = (scene.render.resolution_x, scene.render.resolution_y)
        settings = scene.render.image_settings
        compat.set_file_format(settings, "OPEN_EXR" if self.encoding == "linear" else "PNG")
        settings.color_mode = "RGBA"
        settings.color_management = "FOLLOW_SCENE"
        settings.color_depth = "32" if self.encoding == "linear" else "8"
        if self.encoding == "linear":
            settings.exr_codec = "ZIP"

    def key(self, frame: int) -> tuple[object, ...]:
        """What determines the picture at a timeline frame beside the strip's description."""
        return ()

    def render(self, frame: int, path: Path) -> None:
        """Write the picture at a timeline frame, at which the scene is."""
        self._scene.render.filepath = str(path)
        bpy.ops.render.render(write_still=True)

    def save_picture(self, path: Path) -> None:
        """Not needed: the frames are plain pictures."""


def show_own_pixels(scene: bpy.types.Scene) -> None:
    """Let the render of ``scene`` be the sequencer's own pixels: no view transform, nothing scaled, cut or added."""
    render = scene.render
    render.use_sequencer = True
    render.use_compositing = False
    render.resolution_percentage = 100
    render.use_border = False
    render.use_multiview = False
    render.use_stamp = False
    render.use_file_extension = False
    render.dither_intensity = 0.0
    scene.display_settings.display_device = "sRGB"
    view = scene.view_settings
    view.view_transform = "Standard"
    view.look = "None"
    view.exposure = 0.0
    view.gamma = 1.0
    view.use_curve_mapping = False
    view.use_white_balance = False


def holds_more_than_bytes(scene: bpy.types.Scene, strip: bpy.types.Strip) -> bool:
    """Whether 8 bits would lose something of the strip's picture.

    In doubt it does: too many bits cost disk, too few cost the picture.
    """
    if reads_the_stack(strip):
        return any(_part_holds_more(part) for part in siblings(scene, strip) if part.channel <= strip.channel)
    return any(_part_holds_more(part) for part in walk(strip))


def _part_holds_more(strip: bpy.types.Strip) -> bool:
    if getattr(strip, "use_float", False) or any(modifier.type == "COMPOSITOR" for modifier in strip.modifiers):
        return True
    if strip.type == "META":
        return any(_part_holds_more(child) for child in strip.strips)
    if strip.type == "MOVIE":
        return _file_holds_more(bpy.path.abspath(strip.filepath))
    if strip.type == "IMAGE":
        return any(
            _file_holds_more(bpy.path.abspath(f"{strip.directory}{strip.elements[place].filename}"))
            for place in (0, -1)
        )
    return strip.type not in (*_BYTES_ONLY, "ADJUSTMENT", "MULTICAM")


def _file_holds_more(path: str) -> bool:
    image = bpy.data.images.load(path, check_existing=False)
    try:
        # The format is known once pixels were read.
        return len(image.pixels) == 0 or image.is_float  # type: ignore[arg-type]
    finally:
        bpy.data.images.remove(image)


def is_opaque(path: Path) -> bool:
    """Whether a picture covers all of its frame."""
    image = bpy.data.images.load(str(path), check_existing=False)
    try:
        pixels = np.empty(len(image.pixels), np.float32)  # type: ignore[arg-type]
        image.pixels.foreach_get(pixels)
        return image.channels < 4 or bool(pixels[3::4].min() >= _OPAQUE)
    finally:
        bpy.data.images.remove(image)
