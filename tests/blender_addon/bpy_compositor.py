"""The Style node's pictures, inside Blender's Python: cases by name."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp


def run(case: str, folder: str, python: str, *arguments: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder), *arguments)


def identity(work: Path) -> dict[str, Any]:
    """The picture without the node and through it with the identity; film opaque and transparent."""
    scene = comp.new_scene(work / "identität.blend")
    bare = [comp.render(scene, work / "bare", frames=(2,))[0]]
    _film(scene, transparent=True)
    bare += comp.render(scene, work / "bare_film", frames=(2,))
    node = comp.add_node(scene)
    comp.region(node)
    preferences = bpy.context.preferences
    preferences.filepaths.render_cache_directory = str(work)
    preferences.is_dirty = False
    during: list[str] = []
    bpy.app.handlers.render_pre.append(lambda *_: during.append(preferences.filepaths.render_cache_directory))
    styled = comp.render(scene, work / "styled_film", frames=(2,))
    _film(scene, transparent=False)
    styled.insert(0, comp.render(scene, work / "styled", frames=(2,))[0])
    return {
        "error": [_relative(one, other) for one, other in zip(bare, styled, strict=True)],
        "highlights": float(bare[0].max()),
        "alpha": float(bare[1][..., 3].min()),
        "preference": [preferences.filepaths.render_cache_directory == str(work), preferences.is_dirty],
        "own": all(str(os.getpid()) in folder for folder in during) and len(during) == 2,
        "left": [path.name for path in work.glob("cached_*")],
    }


def film(work: Path) -> dict[str, Any]:
    """Three frames through a node with two regions, and for ``nst stylize`` the passes and the recipe of the same."""
    scene = comp.new_scene(work / "film.blend")
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    comp.region(node, "identity", "BACKGROUND")
    node.brushpass.motion.smoothing = 0.6
    _key_strength(node)
    comp.update()
    comp.render(scene, work / "node", animation=True)
    comp.tree_of(scene).links.new(node.outputs["Per-frame"], comp.output(scene))
    comp.render(scene, work / "per_frame", animation=True)
    comp.tree_of(scene).links.new(node.outputs["Matte"], comp.output(scene))
    comp.render(scene, work / "matte", animation=True)
    comp.write_multilayer(scene, work / "passes")
    recipe = comp.room("compositor.style_node.node_recipe").node_recipe(node, scene, "ViewLayer")
    for name, smoothing in (("node", 0.6), ("per_frame", 0.0)):
        recipe["plate"].update(path="passes.####.exr", frames="1-3")
        recipe["temporal"]["smoothing"] = smoothing
        recipe["output"] = {"path": f"reference_{name}.####.exr", "depth": "float", "mattes": True}
        for region in recipe["regions"]:
            region["statistics"] = "frame"
        (work / f"{name}.json").write_text(json.dumps(recipe), encoding="utf-8")
    layer = scene.view_layers[0]
    return {
        "passes": [layer.use_pass_vector, layer.use_pass_z, layer.use_pass_cryptomatte_object],
        "others": [layer.use_pass_cryptomatte_material, layer.use_pass_cryptomatte_asset],
    }


def several(work: Path) -> dict[str, Any]:
    """Two nodes at once: the picture of one, premultiplied by the matte of the other; then one too many, then muted."""
    scene = comp.new_scene(work / "several.blend")
    tree = comp.tree_of(scene)
    bare = comp.render(scene, work / "bare", frames=(2,))[0]
    one, other = comp.add_node(scene), comp.add_node(scene, linked="")
    comp.region(one, "swirl")
    comp.region(other, "identity", "OBJECT", "Kügel")
    alone = comp.render(scene, work / "alone", frames=(2,))[0]
    set_alpha = tree.nodes.new("CompositorNodeSetAlpha")
    tree.links.new(one.outputs["Image"], set_alpha.inputs["Image"])
    tree.links.new(other.outputs["Matte"], set_alpha.inputs["Alpha"])
    tree.links.new(set_alpha.outputs["Image"], comp.output(scene))
    both = comp.render(scene, work / "both", frames=(2,))[0]
    matte = both[..., 3:]
    told = {
        "slots": [one.slot, other.slot],
        "painted": float(np.abs(alone - bare).max()),
        "premultiplied": float(np.abs(both[..., :3] - alone[..., :3] * matte).max()),
        "covered": [float(matte.min()), float(matte.mean()), float(matte.max())],
    }
    bpy.data.objects["Kügel"].name = "Ball"
    other.brushpass.regions[0].matte.names[0].name = "Ball"
    renamed = comp.render(scene, work / "renamed", frames=(2,))[0]
    told["renamed"] = float(np.abs(renamed - both).max())
    one.mute = other.mute = True
    tree.links.new(one.outputs["Image"], comp.output(scene))
    told["muted"] = float(np.abs(comp.render(scene, work / "muted", frames=(2,))[0] - bare).max())
    slots = comp.room("compositor.bridge.slots").SLOTS
    while len([node for node in tree.nodes if node.bl_idname == comp.NODE]) < slots + 1:
        comp.add_node(scene, linked="")
    told["limit"] = [slots, sorted(node.slot for node in tree.nodes if node.bl_idname == comp.NODE)]
    return told


def border(work: Path) -> dict[str, Any]:
    """A border, cropped and not, through the identity; and at half the size."""
    scene = comp.new_scene(work / "border.blend")
    render = scene.render
    render.use_border = True
    render.border_min_x, render.border_max_x, render.border_min_y, render.border_max_y = 0.25, 0.75, 0.25, 1.0

    def all_ways(name: str) -> list[np.ndarray]:
        found = []
        for crop in (False, True):
            render.use_crop_to_border = crop
            found += comp.render(scene, work / f"{name}_{crop}", frames=(2,))
        render.use_border = False
        render.resolution_percentage = 50
        found += comp.render(scene, work / f"{name}_half", frames=(2,))
        render.use_border, render.resolution_percentage = True, 100
        return found

    bare = all_ways("bare")
    node = comp.add_node(scene)
    comp.region(node)
    styled = all_ways("styled")
    return {
        "error": [_relative(one, other) for one, other in zip(bare, styled, strict=True)],
        "sizes": [list(picture.shape[:2]) for picture in styled],
    }


def scene_strip(work: Path) -> dict[str, Any]:
    """An animation of the scene, and of a timeline that has it as a strip."""
    scene = comp.new_scene(work / "strip.blend")
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    node.brushpass.motion.smoothing = 0.6
    direct = comp.render(scene, work / "direct", animation=True)
    notes = comp.room("compositor.bridge.last_render").recall(scene.name, node.name).notes
    edit = bpy.data.scenes.new("Schnitt")
    edit.render.resolution_x, edit.render.resolution_y = comp.SIZE
    edit.frame_start, edit.frame_end = 1, 3
    edit.view_settings.view_transform = "Standard"
    edit.sequence_editor_create().strips.new_scene("Szene", scene, 1, 1)
    shown = comp.render(edit, work / "shown", animation=True)
    again = comp.room("compositor.bridge.last_render").recall(scene.name, node.name).notes
    return {
        "error": [_relative(one[..., :3], other[..., :3]) for one, other in zip(direct, shown, strict=True)],
        "moved": float(np.abs(direct[2] - direct[0]).max()),
        "notes": [list(notes), list(again)],
    }


def layers(work: Path) -> dict[str, Any]:
    """A second view layer without the wall, through a node that is linked to it."""
    scene = comp.new_scene(work / "layers.blend")
    walls = bpy.data.collections.new("Walls")
    scene.collection.children.link(walls)
    wall = bpy.data.objects["Wand"]
    scene.collection.objects.unlink(wall)
    walls.objects.link(wall)
    second = scene.view_layers.new("Zweite")
    second.layer_collection.children["Walls"].exclude = True
    first = comp.render(scene, work / "first", frames=(2,))[0]
    comp.layers_of(scene).layer = second.name
    bare = comp.render(scene, work / "bare", frames=(2,))[0]
    node = comp.add_node(scene)
    comp.region(node, "identity", "OBJECT", "Kügel")
    styled = comp.render(scene, work / "styled", frames=(2,))[0]
    node.brushpass.regions[0].style = "swirl"
    painted = comp.render(scene, work / "painted", frames=(2,))[0]
    return {
        "error": _relative(bare, styled),
        "other layer": float(np.abs(first - bare).max()),
        "painted": float(np.abs(painted - bare).max()),
        "passes": [layer.brushpass_passes for layer in scene.view_layers],
    }


def eevee(work: Path) -> dict[str, Any]:
    """A frame of EEVEE: bare, through the identity by Cryptomatte, painted."""
    scene = comp.new_scene(work / "eevee.blend", engine="BLENDER_EEVEE" if comp.V5 else "BLENDER_EEVEE_NEXT")
    scene.eevee.taa_render_samples = 1
    bare = comp.render(scene, work / "bare", frames=(2,))[0]
    node = comp.add_node(scene)
    comp.region(node, "identity", "OBJECT", "Kügel")
    styled = comp.render(scene, work / "styled", frames=(2,))[0]
    node.brushpass.regions[0].style = "swirl"
    painted = comp.render(scene, work / "painted", frames=(2,))[0]
    return {"error": _relative(bare, styled), "painted": float(np.abs(painted - bare).max())}


def _film(scene: Any, *, transparent: bool) -> None:
    scene.render.film_transparent = transparent
    bpy.data.objects["Wand"].hide_render = transparent


def _key_strength(node: Any) -> None:
    owner = comp.room("compositor.style_node.node_owner").node_owner(node)
    keyframes = comp.room("settings.keyframes")
    for frame, value in ((1, 1.0), (3, 0.5)):
        node.brushpass.regions[0].strength = value
        keyframes.insert(owner, 0, "strength", frame)
    fcurve = comp.room("settings.animation").curve(owner, 0, "strength")
    for key in fcurve.keyframe_points:
        key.interpolation = "LINEAR"


def _relative(reference: np.ndarray, found: np.ndarray) -> float:
    """The largest difference, absolute below 1 and relative above."""
    return float((np.abs(found - reference) / np.maximum(1.0, np.abs(reference))).max())


CASES = {case.__name__: case for case in (identity, film, several, border, scene_strip, layers, eevee)}
