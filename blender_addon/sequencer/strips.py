"""What a strip is: its kind, the frames it shows, where it lies, what uses it."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum

import bpy

from .. import compat
from ..contract.errors import UsageError
from .content import FIRST_NUMBER, Content

__all__ = [
    "Kind",
    "content_of",
    "find_strip",
    "has_inputs",
    "inputs",
    "is_cropped",
    "is_moved",
    "is_retimed",
    "kind_of",
    "meta_path",
    "reads_the_stack",
    "renders_passes",
    "siblings",
    "users",
    "walk",
    "with_handles",
]


class Kind(Enum):
    """Strips that can be styled."""

    MOVIE = "movie"
    IMAGE = "image"
    SCENE = "scene"
    META = "meta"
    EFFECT = "effect"

    @property
    def must_stay(self) -> bool:
        """Whether muting it would take more away than its picture.

        Muting a scene or meta strip silences its sound; muting an effect brings its
        inputs back into the picture.
        """
        return self in (Kind.SCENE, Kind.META, Kind.EFFECT)


_PLAIN = {"MOVIE": Kind.MOVIE, "IMAGE": Kind.IMAGE, "SCENE": Kind.SCENE, "META": Kind.META}
_UNMOVED = {"scale_x": 1.0, "scale_y": 1.0, "offset_x": 0.0, "offset_y": 0.0, "rotation": 0.0}
_REFUSED = {
    "SOUND": ("is sound", "select a strip that has a picture"),
    "MASK": ("is a mask", "use it as a region's matte"),
    "MOVIECLIP": ("is a movie clip", "add the clip's file as a movie strip"),
}


def kind_of(strip: bpy.types.Strip) -> Kind:
    """The kind of a strip that can be styled.

    Raises :class:`UsageError` with the reason why one cannot.
    """
    if strip.brushpass_result.of:
        raise UsageError(f"{strip.name!r} is a result of Brushpass", remedy="style the strip that it was made of")
    if strip.type in _REFUSED:
        what, remedy = _REFUSED[strip.type]
        raise UsageError(f"{strip.name!r} {what} and cannot be styled", remedy=remedy)
    if strip.type == "SCENE" and strip.scene is None:
        raise UsageError(f"the scene strip {strip.name!r} has no scene", remedy="choose one in its settings")
    speed = next((user for user in users(strip.id_data, strip) if user.type == "SPEED"), None)  # type: ignore[arg-type]
    if speed is not None:
        # It asks its input for parts of frames, which movies round otherwise than image sequences.
        raise UsageError(f"{strip.name!r} is played by the speed effect {speed.name!r}", remedy="style that effect")
    return _PLAIN.get(strip.type, Kind.EFFECT)


def renders_passes(strip: bpy.types.Strip) -> bool:
    """Whether the strip's picture comes from a scene's camera, with mattes and motion beside it."""
    return strip.type == "SCENE" and strip.scene_input == "CAMERA"


def content_of(strip: bpy.types.Strip) -> Content:
    """The content that the strip shows."""
    left, right = compat.handles(strip)
    return Content.on_timeline(compat.content_start(strip), left, right)


def with_handles(strip: bpy.types.Strip, count: int) -> Content:
    """What the strip shows and ``count`` frames on either side, as far as it has them."""
    content = content_of(strip)
    if kind_of(strip) is Kind.EFFECT or len(getattr(strip, "retiming_keys", ())):
        return content
    last = FIRST_NUMBER + compat.content_duration(strip) - 1
    return Content(
        content.start,
        min(content.first, max(content.first - count, FIRST_NUMBER)),
        max(content.last, min(content.last + count, last)),
    )


def find_strip(scene: bpy.types.Scene, name: str) -> bpy.types.Strip:
    """The strip of that name, in metas too.

    Raises :class:`UsageError` where there is none.
    """
    editor = scene.sequence_editor
    found = editor.strips_all.get(name) if editor else None
    if found is None:
        raise UsageError(f"there is no strip {name!r} in the scene {scene.name!r}", remedy="select it again")
    return found


def is_moved(strip: bpy.types.Strip) -> bool:
    """Whether the strip's picture is transformed, cropped or flipped at the current frame."""
    moved = any(getattr(strip.transform, name) != value for name, value in _UNMOVED.items())
    return moved or is_cropped(strip) or strip.use_flip_x or strip.use_flip_y


def is_cropped(strip: bpy.types.Strip) -> bool:
    """Whether something of the strip's picture is cut off at the current frame."""
    return any(getattr(strip.crop, name) for name in ("min_x", "max_x", "min_y", "max_y"))


def meta_path(strip: bpy.types.Strip) -> tuple[bpy.types.Strip, ...]:
    """The metas that hold the strip, outermost first."""
    path: list[bpy.types.Strip] = []
    parent = strip.parent_meta()
    while parent is not None:
        path.append(parent)
        parent = parent.parent_meta()
    return tuple(reversed(path))


def siblings(scene: bpy.types.Scene, strip: bpy.types.Strip) -> bpy.types.StripsTopLevel | bpy.types.StripsMeta:
    """The list that the strip is in: the timeline's, or its meta's."""
    parent = strip.parent_meta()
    return scene.sequence_editor.strips if parent is None else parent.strips


def has_inputs(strip: bpy.types.Strip) -> bool:
    """Whether it is an effect of other strips, which give it its place in time."""
    return getattr(strip, "input_1", None) is not None


def inputs(strip: bpy.types.Strip) -> Iterator[bpy.types.Strip]:
    """What an effect is made of, and the strips that modifiers use as masks."""
    for name in ("input_1", "input_2"):
        found = getattr(strip, name, None)
        if found is not None:
            yield found
    for modifier in strip.modifiers:
        mask = getattr(modifier, "input_mask_strip", None)
        if mask is not None:
            yield mask


def users(scene: bpy.types.Scene, strip: bpy.types.Strip) -> Iterator[bpy.types.Strip]:
    """The effects that take the strip."""
    for other in siblings(scene, strip):
        if strip in (getattr(other, "input_1", None), getattr(other, "input_2", None)):
            yield other


def is_retimed(scene: bpy.types.Scene, strip: bpy.types.Strip) -> bool:
    """Whether the strip is played at another speed than that of its frames."""
    return len(getattr(strip, "retiming_keys", ())) > 0 or any(user.type == "SPEED" for user in users(scene, strip))


def walk(strip: bpy.types.Strip) -> Iterator[bpy.types.Strip]:
    """The strip and everything that its picture is made of, each once."""
    seen: set[str] = set()
    waiting = [strip]
    while waiting:
        current = waiting.pop()
        if current.name in seen:
            continue
        seen.add(current.name)
        yield current
        waiting.extend(inputs(current))
        if current.type == "META":
            waiting.extend(child for child in current.strips if not child.mute)


def reads_the_stack(strip: bpy.types.Strip) -> bool:
    """Whether its picture is made of the channels below it."""
    return any(part.type in ("ADJUSTMENT", "MULTICAM") for part in walk(strip))
