"""Masks, strips and movies rendered as mattes, frame by frame beside a plate; for the isolating Blender.

What is left of a file's scenes is as it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import bpy

from .. import compat
from ..contract.errors import InputError, UsageError
from .content import FIRST_NUMBER, Content
from .description import FrameDigests
from .isolation import holds_more_than_bytes, isolate, show_own_pixels
from .ledger import Ledger
from .plan import MATTE_PATTERN, MATTES_FOLDER, MatteSource
from .strips import find_strip, is_moved, reads_the_stack, siblings
from .tracks import MOST_CHANNELS, highest
from .versions import frame_name

__all__ = ["render_mattes"]


def render_mattes(
    window: bpy.types.Window,
    scene: bpy.types.Scene,
    source: MatteSource,
    frames: Mapping[int, int],
    *,
    content: Content,
    size: tuple[int, int],
    folder: Path,
) -> Iterator[tuple[int, bool]]:
    """Render one source for each number of ``frames``, which maps them to frames of the timeline.

    PNGs of ``size`` go below the plate's ``folder``: the source's brightness over black, or
    its alpha. A strip is seen at its own place in time, black where it is not; masks and
    movies start with the ``content``. Yields each number, and whether its frame was made anew.

    Raises :class:`UsageError` or :class:`InputError` where the source cannot be had.
    """
    with _alone(scene, source, frames, content, size) as (own, strip):
        window.scene = own
        # Animation reaches strips once their scene's dependency graph is the active one.
        bpy.context.view_layer.update()
        try:
            yield from _rendered(own, strip, source, frames, folder / MATTES_FOLDER / source.folder)
        finally:
            window.scene = scene


def _rendered(
    scene: bpy.types.Scene, strip: bpy.types.Strip, source: MatteSource, frames: Mapping[int, int], folder: Path
) -> Iterator[tuple[int, bool]]:
    depth = _prepare(scene, strip, range(min(frames.values()), max(frames.values()) + 1), alpha=source.alpha)
    below = [other for other in siblings(scene, strip) if other.channel < strip.channel and not other.mute]
    digests = FrameDigests(scene, strip, state=source.state, encoding=f"matte/{depth}/{source.alpha}")
    left, right = compat.handles(strip)
    with Ledger(folder) as ledger:
        for number, frame in frames.items():
            scene.frame_set(frame)
            shown = left <= frame < right
            digest = digests.at(frame, frame - compat.content_start(strip), shown)
            path = folder / frame_name(MATTE_PATTERN, number)
            anew = not ledger.holds(path, digest)
            if anew:
                for other in below if reads_the_stack(strip) else ():
                    other.mute = not shown
                with ledger.adding(path, digest) as temporary:
                    scene.render.filepath = str(temporary)
                    bpy.ops.render.render(write_still=True)
            yield number, anew


@contextmanager
def _alone(
    scene: bpy.types.Scene,
    source: MatteSource,
    frames: Mapping[int, int],
    content: Content,
    size: tuple[int, int],
) -> Iterator[tuple[bpy.types.Scene, bpy.types.Strip]]:
    """A scene that shows nothing but the source, and the source's strip there."""
    if source.kind == "strip":
        own = scene.copy()
    else:
        own = bpy.data.scenes.new(source.kind)
        own.render.resolution_x, own.render.resolution_y = size
        own.sequence_editor_create()
    try:
        if source.kind == "strip":
            strip = find_strip(own, source.name)
            isolate(own, strip, None)
        else:
            new = _mask_strip if source.kind == "mask" else _movie_strip
            strip = new(own.sequence_editor.strips, source.name, content)
            isolate(own, strip, range(min(frames.values()), max(frames.values()) + 1))
        yield own, strip
    finally:
        bpy.data.scenes.remove(own)


def _mask_strip(strips: bpy.types.StripsTopLevel, name: str, content: Content) -> bpy.types.Strip:
    mask = bpy.data.masks.get(name)
    if mask is None:
        raise UsageError(f"there is no mask {name!r} in the file", remedy="choose the mask again in the region's matte")
    # Beside its frames a mask strip holds the first or the last of them.
    mask.frame_end = max(mask.frame_end, mask.frame_start + content.last - FIRST_NUMBER)
    return strips.new_mask(name, mask, 1, content.start)


def _movie_strip(strips: bpy.types.StripsTopLevel, path: str, content: Content) -> bpy.types.Strip:
    try:
        return strips.new_movie(Path(path).name, path, 1, content.start, fit_method="FIT")
    except RuntimeError as error:
        raise InputError(f"the matte {path!r} cannot be read as a movie", remedy="choose another file") from error


def _prepare(scene: bpy.types.Scene, strip: bpy.types.Strip, frames: range, *, alpha: bool) -> str:
    """Set ``scene`` to write the matte's own values; returns their bits."""
    show_own_pixels(scene)
    coverage = strip.type == "MASK" and not strip.modifiers
    if coverage:
        strip.use_float = True
        if compat.MASKS_LACK_A_PIXEL and not is_moved(strip):
            _complete(scene, strip)
        scene.view_settings.view_transform = compat.MASK_VIEW_TRANSFORM
    depth: Literal["8", "16"] = "16" if coverage or holds_more_than_bytes(scene, strip) else "8"
    settings = scene.render.image_settings
    compat.set_file_format(settings, "PNG")
    settings.color_management = "FOLLOW_SCENE"
    settings.color_mode = "RGBA" if alpha else "BW" if coverage else "RGB"
    settings.color_depth = depth
    if not alpha:
        _put_black_under(scene, strip, frames)
    return depth


def _complete(scene: bpy.types.Scene, strip: bpy.types.Strip) -> None:
    """Give a mask strip the last pixel, which Blender 4.5 leaves undefined.

    Copies without the last column and without the top row lie over the strip, which is
    moved by a pixel: in the corner it shows its last but one.
    """
    strips = siblings(scene, strip)
    owner = strip.parent_meta() or scene.sequence_editor
    for side in ("max_x", "max_y"):
        copy = strips.new_mask(strip.name, strip.mask, _channel_above(strips), compat.content_start(strip))
        compat.set_handles(copy, *compat.handles(strip))
        copy.use_float = True
        copy.blend_type = "ALPHA_OVER"
        setattr(copy.crop, side, 1)
        owner.channels[copy.channel].mute = False
    strip.transform.filter = "NEAREST"
    strip.transform.offset_x = 1.0


def _put_black_under(scene: bpy.types.Scene, strip: bpy.types.Strip, frames: range) -> None:
    """Let transparent parts be as bright as the sequencer shows them.

    Blender would write what holds more than bytes blended in linear light instead.
    """
    strips = siblings(scene, strip)
    black = compat.new_effect(strips, "black", "COLOR", _channel_above(strips), frames)
    black.color = (0.0, 0.0, 0.0)
    black.blend_type = "ALPHA_UNDER"
    owner = strip.parent_meta() or scene.sequence_editor
    owner.channels[black.channel].mute = False


def _channel_above(strips: Iterable[bpy.types.Strip]) -> int:
    channel = highest(strips) + 1
    if channel > MOST_CHANNELS:
        raise UsageError(f"all {MOST_CHANNELS} channels are in use", remedy="free the highest three and style again")
    return channel
