"""A result's pictures in its original's own strip: a Compositor modifier that reads them, kept at the strip's frame.

A modifier's tree is at the frame of its scene, so the Image node has to be told where the
strip lies. A driver cannot: Blender takes it for a dependency cycle, and does not rename
what it reads. Handlers tell it, before anything is drawn, rendered or saved.
"""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.app.handlers import persistent

from .. import compat
from .content import FIRST_NUMBER
from .result_strip import relative

__all__ = ["add_playback", "drop_playback", "is_playback", "playback_of", "register", "unregister"]

_NAME = "Brushpass"
_FIRST = "brushpass_first"
"""Of a tree and its image: the number of the first picture. Readable where the add-on is not switched on."""


def is_playback(item: object) -> bool:
    """Whether a tree or an image was made by :func:`add_playback`."""
    return isinstance(item, (bpy.types.NodeTree, bpy.types.Image)) and item.get(_FIRST) is not None


def playback_of(strip: bpy.types.Strip) -> bpy.types.StripModifier | None:
    """The modifier that plays a result back in ``strip``."""
    for modifier in strip.modifiers:
        tree = modifier.node_group if modifier.type == "COMPOSITOR" else None
        if tree is not None and is_playback(tree):
            return modifier
    return None


def add_playback(strip: bpy.types.Strip, pictures: bpy.types.Strip, first: Path, number: int) -> None:
    """Let ``strip`` show the sequence that begins with the file ``first``, numbered ``number``.

    Count, colour space and kind of alpha are those of the image strip ``pictures``.
    """
    image = bpy.data.images.load(str(first))
    image.filepath = relative(first)
    image.source = "SEQUENCE"
    image.alpha_mode = pictures.alpha_mode
    image.colorspace_settings.name = pictures.colorspace_settings.name
    tree = bpy.data.node_groups.new(f"{_NAME} {strip.name}", "CompositorNodeTree")
    image[_FIRST] = tree[_FIRST] = number
    # A strip's modifier takes no tree without an input.
    for way in ("INPUT", "OUTPUT"):
        tree.interface.new_socket("Image", in_out=way, socket_type="NodeSocketColor")  # type: ignore[arg-type]
    node, output = tree.nodes.new("CompositorNodeImage"), tree.nodes.new("NodeGroupOutput")
    node.image = image
    node.frame_duration, node.frame_offset = len(pictures.elements), number - 1
    node.use_auto_refresh = True
    tree.links.new(node.outputs["Image"], output.inputs["Image"])
    _add_modifier(strip, tree)
    _follow()


def drop_playback(strip: bpy.types.Strip) -> None:
    """Take back :func:`add_playback`, with the data that nothing else uses."""
    modifier = playback_of(strip)
    if modifier is None:
        return
    tree = modifier.node_group
    images = [node.image for node in _image_nodes(tree) if node.image is not None]
    strip.modifiers.remove(modifier)
    if not any(playback.node_group == tree for _, playback in _playbacks()):
        bpy.data.node_groups.remove(tree)
    for image in images:
        if is_playback(image) and not image.users:
            bpy.data.images.remove(image)


def _add_modifier(strip: bpy.types.Strip, tree: bpy.types.NodeTree) -> None:
    strip.modifiers.new(_NAME, "COMPOSITOR").node_group = tree


def _playbacks() -> list[tuple[bpy.types.Strip, bpy.types.StripModifier]]:
    """All of this file, with their strips."""
    scenes = [scene for scene in bpy.data.scenes if scene.sequence_editor and scene.is_editable]
    strips = [strip for scene in scenes for strip in scene.sequence_editor.strips_all]
    return [(strip, modifier) for strip in strips if (modifier := playback_of(strip)) is not None]


def _image_nodes(tree: bpy.types.NodeTree) -> list[bpy.types.Node]:
    """One, unless the artist edits the tree."""
    return [node for node in tree.nodes if node.type == "IMAGE"]


@persistent  # type: ignore[untyped-decorator]
def _follow(*_arguments: object) -> None:
    """Let every tree start where its strip does; a duplicate of a strip gets a tree of its own."""
    if not any(is_playback(tree) for tree in bpy.data.node_groups):
        return
    told: set[bpy.types.NodeTree] = set()
    for strip, modifier in _playbacks():
        tree = modifier.node_group
        if tree in told:
            # Blender 5.2 counts users neither where it duplicates a strip nor where a modifier is removed, but
            # where another tree is assigned: that would leave the strip's own tree none, and saving would lose it.
            tree = tree.copy()
            strip.modifiers.remove(modifier)
            _add_modifier(strip, tree)
        told.add(tree)
        start = compat.content_start(strip) + tree[_FIRST] - FIRST_NUMBER
        for node in _image_nodes(tree):
            if node.frame_start != start:
                node.frame_start = start


_HANDLERS = ("depsgraph_update_post", "render_init", "save_pre", "load_post", "undo_post", "redo_post")


def register() -> None:
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).append(_follow)


def unregister() -> None:
    for name in _HANDLERS:
        getattr(bpy.app.handlers, name).remove(_follow)
