"""What a result remembers, on the strip itself and in the .blend: where it comes from and what to restore.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

import uuid
from collections.abc import Iterator

import bpy
from bpy.props import BoolProperty, FloatProperty, FloatVectorProperty, IntProperty, PointerProperty, StringProperty

from .. import compat
from .strips import siblings

__all__ = ["StripResult", "mark", "original_of", "register", "result_of", "results", "unregister"]


class StripResult(bpy.types.PropertyGroup):
    """Of an original: ``mark``, ``shelf`` and ``template``. Of a result: all the rest."""

    mark: StringProperty(description="Names the strip, whatever it is called")
    shelf: StringProperty(description="The folder that was made for the strip, whatever it was called then")
    template: StringProperty(description="What the preferences said of such folders then")
    of: StringProperty(description="The mark of the strip that this is the result of")

    plate: StringProperty(description="File name of the plate's frames")
    styled: StringProperty(description="File name of the styled frames, or of the movie, in a version's folder")
    starts_at: IntProperty(description="Number of a movie's first frame")
    scale: FloatVectorProperty(
        description="What the shown pictures are enlarged by", size=2, default=(1.0, 1.0), precision=6
    )
    first: IntProperty(description="Number of the plate's first frame")
    last: IntProperty(description="Number of the plate's last frame")
    version_pattern: StringProperty(description="How folders of versions are named, such as v###")
    version: IntProperty(description="The version that is shown; 0 shows the plate", min=0)

    compared: IntProperty(description="The version that was shown before the plate", min=0)

    covers: BoolProperty(description="The original stays audible, and is made invisible instead of muted")
    muted: BoolProperty(description="The original was muted")
    blend_type: StringProperty(description="How the original was blended")
    blend_alpha: FloatProperty(description="How opaque the original was")
    added_track: BoolProperty(description="A channel was added for this result")

    in_strip: BoolProperty(description="The original shows the result, by its Compositor modifier")


def mark(strip: bpy.types.Strip) -> str:
    """The strip's mark, given to it now where it has none."""
    if not strip.brushpass_result.mark:
        strip.brushpass_result.mark = uuid.uuid4().hex
    return strip.brushpass_result.mark


def results(scene: bpy.types.Scene) -> Iterator[bpy.types.Strip]:
    """Every result in a scene, in metas too."""
    if scene.sequence_editor:
        yield from (strip for strip in scene.sequence_editor.strips_all if strip.brushpass_result.of)


def result_of(scene: bpy.types.Scene, original: bpy.types.Strip) -> bpy.types.Strip | None:
    """The result that was made of a strip."""
    wanted = original.brushpass_result.mark
    if not wanted:
        return None
    return _nearest(original, (other for other in siblings(scene, original) if other.brushpass_result.of == wanted))


def original_of(scene: bpy.types.Scene, result: bpy.types.Strip) -> bpy.types.Strip | None:
    """The strip that a result was made of; None where it was removed."""
    wanted = result.brushpass_result.of
    if not wanted:
        return None
    return _nearest(result, (other for other in siblings(scene, result) if other.brushpass_result.mark == wanted))


def _nearest(strip: bpy.types.Strip, candidates: Iterator[bpy.types.Strip]) -> bpy.types.Strip | None:
    """The closest on the timeline: duplicates carry the same mark, and are moved in pairs."""
    left, _ = compat.handles(strip)
    return min(
        candidates,
        key=lambda other: (abs(compat.handles(other)[0] - left), abs(other.channel - strip.channel)),
        default=None,
    )


def register() -> None:
    bpy.utils.register_class(StripResult)
    bpy.types.Strip.brushpass_result = PointerProperty(type=StripResult)


def unregister() -> None:
    del bpy.types.Strip.brushpass_result
    bpy.utils.unregister_class(StripResult)
