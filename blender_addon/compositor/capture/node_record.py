"""What a Style node remembers of frames that were styled ahead: where they lie, and of what they were made.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

import os
import uuid
from pathlib import Path

import bpy
from bpy.props import IntProperty, StringProperty

from ...sequencer.versions import frame_name, present, version_name
from ...settings.paths import absolute_path
from ..bridge.slots import Part

__all__ = [
    "CAPTURE",
    "LIVE",
    "BrushpassNodeRecord",
    "file_of",
    "folder_of",
    "frames_there",
    "mark",
    "new_mark",
    "pattern_of",
    "plays",
]

LIVE = "LIVE"
CAPTURE = "CAPTURE"


class BrushpassNodeRecord(bpy.types.PropertyGroup):
    """Its frames, version by version on a shelf as those of a strip are."""

    mark: StringProperty(description="Names the node, whatever it is called", options=set())
    shelf: StringProperty(
        description="The folder that was made for the node",
        subtype="DIR_PATH",
        options={"PATH_SUPPORTS_BLEND_RELATIVE"},
    )
    version_pattern: StringProperty(description="How folders of versions are named, such as v###", options=set())
    version: IntProperty(description="The version that is played back; 0 where there is none", min=0, options=set())
    image: StringProperty(description="File name of the styled frames, with ####", options=set())
    per_frame: StringProperty(description="The same of the frames before stabilising", options=set())
    matte: StringProperty(description="The same of what is styled", options=set())
    first: IntProperty(description="The first frame", options=set())
    last: IntProperty(description="The last frame", options=set())
    width: IntProperty(description="Their width in pixels; 0 where it is not known", options=set())
    height: IntProperty(description="Their height in pixels", options=set())
    digest: StringProperty(description="Names the recipe that they were made by", options=set())
    state: StringProperty(description="Names the state of what the plate shows", options=set())


def new_mark() -> str:
    """A mark that no node has."""
    return uuid.uuid4().hex


def mark(node: bpy.types.Node) -> str:
    """The node's mark, given to it now where it has none."""
    if not node.record.mark:
        node.record.mark = new_mark()
    return str(node.record.mark)


def plays(node: bpy.types.Node) -> bool:
    """Whether a Style node plays frames back instead of painting."""
    return bool(node.record.version) and node.mode == CAPTURE


def folder_of(record: BrushpassNodeRecord) -> Path:
    """The folder of the version that is played back."""
    shelf = Path(os.path.normpath(absolute_path(record.shelf, record)))
    return shelf / version_name(record.version_pattern, record.version)


def pattern_of(record: BrushpassNodeRecord, part: Part) -> str:
    """File name of the frames of a part; empty where it was not made."""
    # A .blend names no file outside the folder.
    name = str(getattr(record, part))
    return name if os.path.basename(name) == name else ""


def file_of(record: BrushpassNodeRecord, part: Part, frame: int) -> Path:
    """The file of a part's frame."""
    return folder_of(record) / frame_name(pattern_of(record, part), frame)


def frames_there(record: BrushpassNodeRecord, part: Part = "image") -> frozenset[int]:
    """The frames of a part that lie on disk."""
    pattern = pattern_of(record, part)
    return frozenset(present(folder_of(record), pattern)) if pattern else frozenset()


def register() -> None:
    bpy.utils.register_class(BrushpassNodeRecord)


def unregister() -> None:
    bpy.utils.unregister_class(BrushpassNodeRecord)
