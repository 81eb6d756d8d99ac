"""Style nodes that come from other files, linked and appended, inside Blender's Python: cases by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp

BRIDGE = "BRUSHPASS_BRIDGE"


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder))


# ---- tools


def library(work: Path) -> np.ndarray:
    """``library.blend`` in a folder of its own: the scene *Shot* with a keyed Style node; its picture at frame 2."""
    folder = work / "library"
    folder.mkdir()
    write_mask(folder / "left.png")
    scene = comp.new_scene(folder / "library.blend")
    scene.name = "Shot"
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    comp.region(node, "swirl", "IMAGES").matte.path = "//left.png"
    owner = comp.room("compositor.style_node.node_owner").node_owner(node)
    for frame, strength in ((1, 1.0), (3, 0.5)):
        node.brushpass.regions[0].strength = strength
        comp.tree_of(scene).keyframe_insert(owner.option_path(0, "strength"), frame=frame)
    picture = comp.render(scene, work / "library", frames=(2,))[0]
    bpy.ops.wm.save_mainfile()
    return picture


def write_mask(path: Path) -> None:
    """White in the left half."""
    width, height = comp.SIZE
    pixels = np.zeros((height, width, 4), np.float32)
    pixels[..., 3] = 1.0
    pixels[:, : width // 2] = 1.0
    image = bpy.data.images.new("mask", width, height)
    image.pixels.foreach_set(pixels.reshape(-1))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)


def own_file(work: Path, *, with_node: bool) -> Any:
    scene = comp.new_scene(work / "own.blend")
    if with_node:
        comp.region(comp.add_node(scene), "swirl")
    bpy.ops.wm.save_mainfile()
    return scene


def load(work: Path, *, link: bool, **names: list[str]) -> Any:
    with bpy.data.libraries.load(str(work / "library" / "library.blend"), link=link) as (_, wanted):
        for kind, chosen in names.items():
            setattr(wanted, kind, chosen)
    return wanted


def style_of(tree: Any) -> Any:
    return next(node for node in tree.nodes if node.bl_idname == comp.NODE)


def ours(*, linked: bool = False) -> dict[str, int]:
    """How much of what Style nodes need the file has of its own, or other files have."""

    def count(items: Any, hidden: str) -> int:
        return sum(item.name.startswith(hidden) and (item.library is not None) == linked for item in items)

    return {
        "scenes": count(bpy.data.scenes, ".Brushpass"),
        "objects": count(bpy.data.objects, ".Brushpass"),
        "cameras": count(bpy.data.cameras, ".Brushpass"),
        "groups": count(bpy.data.node_groups, ".Brushpass"),
    }


def wiring(tree: Any) -> dict[str, Any]:
    """Where a Style node's passes come from, and what is within it, each with its file."""
    node = style_of(tree)
    bridges = [other.scene for other in tree.nodes if other.type == "R_LAYERS" and other.scene.render.engine == BRIDGE]
    fed = node.inputs["Styled Image"].links[0]
    return {
        "bridges": [scene.library is not None for scene in bridges],
        "fed": fed.from_node.scene == bridges[0] and fed.from_socket.name == f"Style {node.slot} Image",
        "group": node.node_tree.library is not None,
    }


def faults(scene: Any) -> list[str]:
    plans = comp.room("compositor.bridge.frame_plan").plan_frame(scene).nodes
    return [plan.fault.sentence() for plan in plans if plan.fault is not None]


def difference(one: np.ndarray, other: np.ndarray) -> float:
    return float(np.abs(one - other).max())


def reopened() -> None:
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)


def linked_state() -> list[Any]:
    """What the tending could have written to data of other files."""
    found: list[Any] = []
    for scene in (scene for scene in bpy.data.scenes if scene.library is not None):
        layer = scene.view_layers[0]
        found.append([scene.name, layer.brushpass_passes, scene.render.use_render_cache, scene.brushpass_cached])
        tree = comp.tree_of(scene)
        for node in tree.nodes if tree is not None else ():
            links = [link.from_node.name for socket in node.inputs for link in socket.links]
            own = [node.slot, node.record.mark, node.node_tree.name] if node.bl_idname == comp.NODE else []
            found.append([node.name, node.mute, links, own])
    return found


# ---- cases


def appended_scene(work: Path) -> dict[str, Any]:
    """The scene with its compositor, into a file that has Style nodes: twice."""
    picture = library(work)
    mark = style_of(comp.tree_of(bpy.data.scenes["Shot"])).record.mark
    scene = own_file(work, with_node=True)
    before = comp.render(scene, work / "before", frames=(2,))[0]
    first = load(work, link=False, scenes=["Shot"]).scenes[0]
    second = load(work, link=False, scenes=["Shot"]).scenes[0]
    told: dict[str, Any] = {"came along": ours()}
    comp.update()
    told["mended"] = ours()
    trees = [comp.tree_of(each) for each in (scene, first, second)]
    told["wiring"] = [wiring(tree) for tree in trees]
    told["names"] = [[entry.name for entry in style_of(tree).brushpass.regions[0].matte.names] for tree in trees[1:]]
    told["marks"] = len({mark, *(style_of(tree).record.mark for tree in trees)})
    told["pictures"] = [
        difference(picture, comp.render(each, work / "appended", frames=(2,))[0]) for each in (first, second)
    ]
    told["own"] = difference(before, comp.render(scene, work / "own", frames=(2,))[0])
    reopened()
    told["reopened"] = ours()
    for each in bpy.data.scenes:
        tree = comp.tree_of(each)
        for node in [node for node in tree.nodes if node.bl_idname == comp.NODE] if tree is not None else ():
            tree.nodes.remove(node)
    comp.update()
    told["removed"] = ours()
    return told


def appended_tree(work: Path) -> dict[str, Any]:
    """The compositor alone, given to a scene of a file that has no Style node."""
    library(work)
    scene = own_file(work, with_node=False)
    tree = load(work, link=False, node_groups=["Comp"]).node_groups[0]
    scene.compositing_node_group = tree
    comp.update()
    told: dict[str, Any] = {"mended": ours(), "wiring": wiring(tree), "refused": faults(scene)}
    check = comp.room("compositor.check.preflight").check_scene
    told["pre-flight"] = [finding.fault.sentence() for finding in check(scene)]
    next(node for node in tree.nodes if node.type == "R_LAYERS" and node.scene.name == "Shot").scene = scene
    told["names"] = [entry.name for entry in style_of(tree).brushpass.regions[0].matte.names]
    style_of(tree).brushpass.regions[0].matte.names[0].name = "Kügel"
    comp.update()
    told["faults"] = faults(scene)
    picture = comp.render(scene, work / "given", frames=(2,))[0]
    told["painted"] = painted(picture, work, "library")
    return told


def painted(picture: np.ndarray, work: Path, name: str) -> float:
    """How far a picture of this file is from that of the library, whose scene is alike."""
    return difference(picture, comp.pixels(work / f"{name}.0002.exr"))


def linked_scene(work: Path) -> dict[str, Any]:
    """The scene, linked into a file without Style nodes and rendered there."""
    picture = library(work)
    own_file(work, with_node=False)
    before = ours()
    scene = load(work, link=True, scenes=["Shot"]).scenes[0]
    held = linked_state()
    # Blender renders the animation of a linked scene where it is the window's.
    bpy.context.window.scene = scene
    comp.update()
    told: dict[str, Any] = {"made": ours() != before, "wiring": wiring(comp.tree_of(scene)), "faults": faults(scene)}
    told["picture"] = difference(picture, comp.render(scene, work / "linked", frames=(2,))[0])
    comp.update()
    told["written"] = linked_state() != held
    reopened()
    scene = next(scene for scene in bpy.data.scenes if scene.name == "Shot")
    told["reopened"] = [scene.library is not None, linked_state() == held, ours() == before]
    told["again"] = difference(picture, comp.render(scene, work / "linked", frames=(2,))[0])
    return told


def linked_tree(work: Path) -> dict[str, Any]:
    """The compositor alone, linked and given to a scene; refused until it is local and names that scene."""
    library(work)
    scene = own_file(work, with_node=True)
    tree = load(work, link=True, node_groups=["Comp"]).node_groups[0]
    mark = style_of(tree).record.mark
    scene.compositing_node_group = tree
    held = linked_state()
    comp.update()
    told: dict[str, Any] = {"refused": faults(scene), "written": linked_state() != held}
    check = comp.room("compositor.check.preflight").check_scene
    told["pre-flight"] = [finding.fault.sentence() for finding in check(scene) if finding.severity == "error"]
    tree = tree.make_local()
    comp.update()
    told["local"] = [wiring(tree), style_of(tree).record.mark not in ("", mark)]
    next(node for node in tree.nodes if node.type == "R_LAYERS" and node.scene.name == "Shot").scene = scene
    comp.update()
    told["faults"] = faults(scene)
    told["painted"] = painted(comp.render(scene, work / "local", frames=(2,))[0], work, "library")
    told["own"] = ours()
    return told


CASES = {case.__name__: case for case in (appended_scene, appended_tree, linked_scene, linked_tree)}
