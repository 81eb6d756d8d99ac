"""The preview, and what the eyedropper is over, drawn upon the sequencer's own preview."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

import bpy
import numpy as np
from numpy.typing import NDArray

from .. import compat
from .pictures import rows_up, under_exponent
from .placement import Placement
from .previews import progress, shown
from .shown_render import ShownRender

__all__ = ["Texture", "draw_picture", "highlight", "register", "tinted", "unregister"]

_TINT = (1.0, 0.45, 0.05)
_DIMMED = 0.55
"""How dark the plate is made around what the pointer is over."""


@dataclass
class _Highlight:
    """A matte to be shown, and where."""

    matte: NDArray[np.uint8] | None = None
    placement: Placement | None = None
    revision: int = 0


@dataclass
class Texture:
    """What the graphics card holds, and of which picture."""

    key: object = None
    texture: Any = field(default=None, repr=False)


_highlight = _Highlight()
_picture_texture = Texture()
_highlight_texture = Texture()
_handlers: list[object] = []


def highlight(matte: NDArray[np.uint8] | None, placement: Placement | None) -> None:
    """Show a matte ``(H, W)`` over everything; None shows none."""
    if matte is not _highlight.matte:
        _highlight.revision += 1
    _highlight.matte, _highlight.placement = matte, placement


def _draw() -> None:
    context = bpy.context
    space = context.space_data
    if space.display_mode != "IMAGE":
        return
    if progress().wish is None:
        # Here, where the graphics card may be asked to free it.
        _picture_texture.key = _picture_texture.texture = None
    found = shown(context) if context.window_manager.brushpass_preview.overlay else None
    if found is not None:
        exponent, stale = compat.overlay_exponent(), _picture_texture.key != found.revision
        drawn = under_exponent(found.picture, exponent) if exponent and stale else found.picture
        draw_picture(_picture_texture, found.revision, drawn, found.placement, blend="NONE")
    if _highlight.matte is not None and _highlight.placement is not None:
        key = _highlight.revision
        picture = None if _highlight_texture.key == key else tinted(_highlight.matte)
        draw_picture(_highlight_texture, key, picture, _highlight.placement, blend="ALPHA")


def tinted(matte: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What darkens a picture around a matte ``(H, W)``, and tints what it covers: ``(H, W, 4)``, premultiplied."""
    coverage = matte.astype(np.float32) / 255.0
    picture = np.empty((*matte.shape, 4), np.float32)
    picture[..., :3] = coverage[..., None] * np.array(_TINT, np.float32)
    picture[..., 3] = _DIMMED
    return picture


def draw_picture(
    kept: Texture,
    key: object,
    picture: NDArray[np.float32] | None,
    placement: Placement | ShownRender,
    *,
    blend: Literal["NONE", "ALPHA"],
) -> None:
    """Draw a picture ``(H, W, 4)`` where it lies, from the texture that is ``kept`` of it where the key is the same."""
    # Only here: without a window there is no graphics card, and asking for one ends 4.5.
    import gpu
    from gpu_extras.batch import batch_for_shader

    if kept.key != key and picture is not None:
        height, width = picture.shape[:2]
        pixels: Any = rows_up(picture)
        data = gpu.types.Buffer("FLOAT", width * height * 4, pixels)
        kept.key, kept.texture = key, gpu.types.GPUTexture((width, height), format="RGBA16F", data=data)
    shader = gpu.shader.from_builtin("IMAGE")
    corners: dict[str, Any] = {"pos": placement.corners(), "texCoord": placement.texture_corners()}
    batch = batch_for_shader(shader, "TRIS", corners, indices=((0, 1, 2), (0, 2, 3)))
    gpu.state.blend_set(blend)
    shader.bind()
    shader.uniform_sampler("image", kept.texture)
    batch.draw(shader)
    gpu.state.blend_set("NONE")


def register() -> None:
    if not bpy.app.background:
        _handlers.append(bpy.types.SpaceSequenceEditor.draw_handler_add(_draw, (), "PREVIEW", "POST_VIEW"))


def unregister() -> None:
    while _handlers:
        bpy.types.SpaceSequenceEditor.draw_handler_remove(_handlers.pop(), "PREVIEW")
    for kept in (_picture_texture, _highlight_texture):
        kept.key = kept.texture = None
