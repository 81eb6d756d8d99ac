"""Frames that were styled ahead, played back by Blender's own Image nodes: into a Style node, or in its place.

Blender renders no 3D for a compositor that reads none, so Render Layers nodes that only
such a Style node reads are muted meanwhile. Custom properties say what is ours; they hold without the add-on.
"""

from __future__ import annotations

from collections.abc import Iterator

import bpy

from ... import compat
from ..bridge.bridge_scene import BRIDGE_NAME, is_bridge_node
from ..bridge.slots import Part, SlotPass, passes_of
from ..style_node.node_name import NODE_ID
from .node_record import file_of, mark, pattern_of, plays

__all__ = [
    "BAKED_KEY",
    "FRAMES_KEY",
    "MUTED_KEY",
    "drop_frames",
    "frames_nodes",
    "is_own",
    "mute_needless",
    "show_frames",
    "sound_needed",
    "tend_frames",
]

FRAMES_KEY = "brushpass_frames"
"""Of an Image node that plays frames back: the mark of its Style node and the part, such as ``mark/image``."""
BAKED_KEY = "brushpass_baked"
"""Of an Image node that stands in the place of a Style node: what that node held, as JSON."""
MUTED_KEY = "brushpass_muted"
"""Of a Render Layers node that was muted here, and not by the artist."""
_MOST_FRAMES = 1048574
_IMAGE_ID, _LAYERS_ID = "CompositorNodeImage", "CompositorNodeRLayers"


def frames_nodes(tree: bpy.types.NodeTree, node: bpy.types.Node) -> dict[Part, bpy.types.Node]:
    """The Image nodes that play a Style node's frames back, by part."""
    own = node.record.mark
    found = {str(other.get(FRAMES_KEY, "")): other for other in tree.nodes if other.bl_idname == _IMAGE_ID}
    named = {part.part: found.get(f"{own}/{part.part}") for part in passes_of(1)} if own else {}
    return {part: other for part, other in named.items() if other is not None}


def is_own(item: bpy.types.ID) -> bool:
    """Whether a data-block is here for the sake of Style nodes, and shows nothing of the artist's."""
    return item.name.startswith(BRIDGE_NAME) or (isinstance(item, bpy.types.Image) and item.get(FRAMES_KEY) is not None)


def tend_frames(tree: bpy.types.NodeTree, nodes: list[bpy.types.Node]) -> None:
    """Let the Style nodes of a tree that play frames back do so, and the others no longer."""
    for node in nodes:
        if plays(node):
            try:
                shown = show_frames(tree, node)
            except RuntimeError:
                # Files are gone: said on the node, and by the render.
                shown = frames_nodes(tree, node)
            for part in passes_of(1):
                if part.part in shown:
                    _link(tree, shown[part.part].outputs[0], node.inputs[part.entrance])
        else:
            drop_frames(tree, node)
    _remove_orphans(tree, nodes)


def show_frames(tree: bpy.types.NodeTree, node: bpy.types.Node) -> dict[Part, bpy.types.Node]:
    """The Image nodes of all parts that a Style node has frames of, made where they are missing.

    Raises :class:`RuntimeError` where Blender cannot read the frames.
    """
    own = mark(node)
    known = frames_nodes(tree, node)
    for place, part in enumerate(passes_of(1)):
        if not pattern_of(node.record, part.part):
            continue
        frames = known.get(part.part)
        if frames is None:
            frames = known[part.part] = tree.nodes.new(_IMAGE_ID)
            frames[FRAMES_KEY] = f"{own}/{part.part}"
            frames.label = f"{node.name}: {part.socket}"
            frames.select = False
            frames.hide = True
            frames.location = (node.location.x, node.location.y + 45 + 35 * place)
        _show(frames, node, part)
    return known


def drop_frames(tree: bpy.types.NodeTree, node: bpy.types.Node) -> None:
    """Remove the Image nodes of a Style node."""
    for frames in frames_nodes(tree, node).values():
        _remove(tree, frames)


def _show(frames: bpy.types.Node, node: bpy.types.Node, part: SlotPass) -> None:
    record = node.record
    path = str(file_of(record, part.part, record.first))
    shown = bpy.path.relpath(path) if bpy.data.filepath and record.shelf.startswith("//") else path
    image = frames.image
    if image is None or bpy.path.abspath(image.filepath) != bpy.path.abspath(shown):
        image = bpy.data.images.load(path, check_existing=False)
        image.filepath = shown
        image.source = "SEQUENCE"
        image[FRAMES_KEY] = True
        space = "Non-Color" if part.part == "matte" else compat.working_space()
        if space is not None:
            image.colorspace_settings.name = space
        before, frames.image = frames.image, image
        _discard(before)
    # The file's number is the frame's own. Beyond the last one Blender would hold it, and no one would see that
    # a frame is missing: so the sequence has no end, and a file that is not there is black.
    wanted = {
        "frame_start": 0,
        "frame_duration": _MOST_FRAMES,
        "frame_offset": -1,
        "use_auto_refresh": True,
        "use_cyclic": False,
    }
    for name, value in wanted.items():
        if getattr(frames, name) != value:
            setattr(frames, name, value)


def _link(tree: bpy.types.NodeTree, source: bpy.types.NodeSocket, target: bpy.types.NodeSocket) -> None:
    if [link.from_socket for link in target.links] != [source]:
        _cut(tree, target)
        tree.links.new(source, target)


def _cut(tree: bpy.types.NodeTree, socket: bpy.types.NodeSocket) -> None:
    for link in list(socket.links or ()):
        tree.links.remove(link)


def _remove_orphans(tree: bpy.types.NodeTree, nodes: list[bpy.types.Node]) -> None:
    """Frames whose Style node is gone stay where they are shown: they are a picture like any other then."""
    owners = {node.record.mark for node in nodes}
    owners |= {_owner(other) for other in tree.nodes if other.get(BAKED_KEY) is not None}
    for other in list(tree.nodes):
        owner = _owner(other)
        if owner and owner not in owners:
            if any(socket.is_linked for socket in other.outputs):
                del other[FRAMES_KEY]
            else:
                _remove(tree, other)


def _owner(frames: bpy.types.Node) -> str:
    return str(frames.get(FRAMES_KEY, "")).partition("/")[0]


def _remove(tree: bpy.types.NodeTree, frames: bpy.types.Node) -> None:
    image = frames.image
    tree.nodes.remove(frames)
    _discard(image)


def _discard(image: bpy.types.Image | None) -> None:
    if image is not None and image.users == 0:
        bpy.data.images.remove(image)


# ---- 3D that nobody needs


def mute_needless(tree: bpy.types.NodeTree) -> None:
    """Mute Render Layers nodes that nothing reads any more since frames are played back; give others their sound back.

    A Render Layers node that leads nowhere is rendered all the same. Trees without such frames are left alone.
    """
    plays_back = any(
        node.get(BAKED_KEY) is not None or (node.bl_idname == NODE_ID and plays(node)) for node in tree.nodes
    )
    # In 5.x the input of the tree is a render too, and a Render Layers node alone has it made.
    entered = any(node.bl_idname == "NodeGroupInput" and _is_shown(node, set()) for node in tree.nodes)
    makes_picture = compat.makes_picture(tree)
    for node in tree.nodes:
        if node.bl_idname != _LAYERS_ID or is_bridge_node(node):
            continue
        needless = plays_back and not entered and makes_picture and not _is_shown(node, set())
        ours = bool(node.get(MUTED_KEY))
        if needless and not node.mute:
            node.mute = True
            node[MUTED_KEY] = True
        elif ours and not needless:
            node.mute = False
            del node[MUTED_KEY]


def sound_needed(tree: bpy.types.NodeTree) -> None:
    """Give all Render Layers nodes that were muted as needless their sound back."""
    for node in tree.nodes:
        if node.get(MUTED_KEY):
            node.mute = False
            del node[MUTED_KEY]


def _is_shown(node: bpy.types.Node, seen: set[bpy.types.Node]) -> bool:
    """Whether what a node makes reaches an output of the tree, other than through frames that are played back."""
    if node in seen or (node.bl_idname == NODE_ID and plays(node)):
        return False
    seen.add(node)
    # Viewers and nodes that write files have no outputs either.
    return not len(node.outputs) or any(_is_shown(reader, seen) for reader in _readers(node))


def _readers(node: bpy.types.Node) -> Iterator[bpy.types.Node]:
    for socket in node.outputs:
        yield from (link.to_node for link in socket.links if link.to_node is not None)
