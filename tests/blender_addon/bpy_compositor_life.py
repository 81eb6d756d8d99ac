"""The Style node in a file that is edited, saved, opened without the extension, and rendered where it cannot be."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import addon_utils
import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import compositor_scene as comp
from settings_scene import refused


def run(case: str, folder: str, python: str, *arguments: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder), *arguments)


def edited(work: Path) -> dict[str, Any]:
    """What the file holds after each kind of edit; nothing is rendered."""
    scene = comp.new_scene(work / "edited.blend")
    told: dict[str, Any] = {"before": _state(scene)}
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    told["added"] = _state(scene)
    comp.region(node, "swirl", "MATERIAL", "Wand")
    told["material"] = _state(scene)["passes"]

    with node_editor(scene):
        select(node)
        bpy.ops.node.duplicate()
    comp.update()
    copy = next(other for other in _styles(scene) if other != node)
    told["duplicated"] = [node.slot, copy.slot, [region.style for region in copy.brushpass.regions], _fed(copy)]
    with node_editor(scene):
        bpy.ops.node.clipboard_copy()
        bpy.ops.node.clipboard_paste()
    comp.update()
    told["pasted"] = sorted(other.slot for other in _styles(scene))

    twin = scene.copy()
    if comp.V5:
        told["shared"] = _faults(twin)
        twin.compositing_node_group = comp.tree_of(scene).copy()
    else:
        told["shared"] = None
    comp.update()
    told["twin"] = sorted(other.slot for other in _styles(twin))
    told["twin's are fed"] = all(_fed(other) for other in _styles(twin))
    bpy.data.scenes.remove(twin)

    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    scene = bpy.context.scene
    told["opened"] = [sorted(other.slot for other in _styles(scene)), all(_fed(other) for other in _styles(scene))]
    for other in _styles(scene):
        comp.tree_of(scene).nodes.remove(other)
    comp.update()
    told["removed"] = _state(scene)
    return told


def refusals(work: Path) -> dict[str, Any]:
    """Where a node would get no picture, or another than its links say."""
    scene = comp.new_scene(work / "refusals.blend")
    node = comp.add_node(scene)
    comp.region(node)
    tree = comp.tree_of(scene)
    told: dict[str, Any] = {"plain": _notes(scene)}
    blur = tree.nodes.new("CompositorNodeBlur")
    tree.links.new(comp.layers_of(scene).outputs["Image"], blur.inputs["Image"])
    tree.links.new(blur.outputs["Image"], node.inputs["Image"])
    told["behind a blur"] = _notes(scene)
    tree.links.remove(node.inputs["Image"].links[0])
    told["unlinked"] = _notes(scene)
    picture = tree.nodes.new("CompositorNodeImage")
    tree.links.new(picture.outputs["Image"], node.inputs["Image"])
    told["footage"] = _faults(scene)
    tree.links.new(comp.layers_of(scene).outputs["Image"], node.inputs["Image"])
    scene.render.use_motion_blur = True
    node.brushpass.motion.smoothing = 0.5
    told["motion blur"] = _notes(scene)
    scene.render.use_render_cache = False
    told["no cache"] = _faults(scene)
    comp.update()
    told["mended"] = [_faults(scene), scene.render.use_render_cache]

    group = bpy.data.node_groups.new("Gruppe", "CompositorNodeTree")
    if comp.V5:
        group.nodes.new(comp.NODE)
        outer = tree.nodes.new("CompositorNodeGroup")
        outer.node_tree = group
        told["group"] = " ".join(_faults(scene))
        tree.nodes.remove(outer)
    else:
        told["group"] = refused(group.nodes.new, type=comp.NODE)
    with node_editor(scene):
        select(node)
        bpy.ops.node.group_make()
    comp.update()
    told["grouping"] = [len(_styles(scene)), _faults(scene)]
    return told


def without_extension(work: Path) -> dict[str, Any]:
    """The file is opened and saved again while the extension is off."""
    scene = comp.new_scene(work / "without.blend")
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    before = comp.render(scene, work / "before", frames=(2,))[0]
    bpy.ops.wm.save_mainfile()
    addon_utils.disable(comp.ADDON)
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    bpy.ops.wm.save_mainfile()
    addon_utils.enable(comp.ADDON)
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    after = comp.render(bpy.context.scene, work / "after", frames=(2,))[0]
    return {"difference": float(np.abs(after - before).max()), "painted": float(np.ptp(before))}


def failing(work: Path) -> dict[str, Any]:
    """A render without a window fails at its second frame, in a process of its own; then what it lacked is there."""
    scene = comp.new_scene(work / "failing.blend")
    node = comp.add_node(scene)
    region = comp.region(node, "swirl", "IMAGES")
    region.matte.path = "//mask.####.png"
    node.brushpass.motion.smoothing = 0.5
    scene.render.use_placeholder, scene.render.use_overwrite = True, False
    comp.room("compat").set_file_format(scene.render.image_settings, "OPEN_EXR")
    scene.render.filepath = str(work / "out" / "frame.####.exr")
    bpy.ops.wm.save_mainfile()
    _write_mask(work / "mask.0001.png")
    first = _rendering(work)
    for number in (2, 3):
        _write_mask(work / f"mask.{number:04d}.png")
    return {"first": first, "second": _rendering(work)}


def rendered(work: Path) -> None:
    """The child of :func:`failing`."""
    bpy.ops.wm.open_mainfile(filepath=str(work / "failing.blend"))
    bpy.ops.render.render(animation=True)


def _rendering(work: Path) -> dict[str, Any]:
    harness = Path(__file__).with_name("bpy_harness.py")
    command = [harness, work / "child.json", Path(__file__), "rendered", work, _backend_python()]
    child = subprocess.run(
        [sys.executable, *map(str, command)], capture_output=True, text=True, errors="replace", check=False, timeout=300
    )
    return {
        "code": child.returncode,
        "said": [line for line in (child.stdout + child.stderr).splitlines() if line.startswith("Brushpass:")],
        "files": {path.name: path.stat().st_size > 0 for path in sorted((work / "out").iterdir())},
    }


def _backend_python() -> str:
    return str(comp.room("preferences").preferences().environment_path)


def _write_mask(path: Path) -> None:
    image = bpy.data.images.new("mask", *comp.SIZE)
    image.pixels.foreach_set(np.ones(comp.SIZE[0] * comp.SIZE[1] * 4, np.float32))
    image.filepath_raw, image.file_format = str(path), "PNG"
    image.save()
    bpy.data.images.remove(image)


def node_editor(scene: Any) -> Any:
    """The context of a compositor editor that shows the scene's tree."""
    window = bpy.context.window
    window.scene = scene
    area = window.screen.areas[0]
    area.ui_type = "CompositorNodeTree"
    space = area.spaces.active
    if comp.V5:
        space.node_tree = comp.tree_of(scene)
    region = next(region for region in area.regions if region.type == "WINDOW")
    return bpy.context.temp_override(window=window, area=area, region=region, scene=scene)


def select(*nodes: Any) -> None:
    """Select nodes of one tree and no others; the last one becomes active."""
    for node in nodes[-1:]:
        for other in node.id_data.nodes:
            other.select = other in nodes
        node.id_data.nodes.active = node


def _styles(scene: Any) -> list[Any]:
    return [node for node in comp.tree_of(scene).nodes if node.bl_idname == comp.NODE]


def _fed(node: Any) -> bool:
    """Whether a node's entrances come from the passes of its own slot."""
    parts = comp.room("compositor.bridge.slots").passes_of(node.slot)
    links = [node.inputs[part.entrance].links for part in parts]
    return [link[0].from_socket.name if link else None for link in links] == [part.name for part in parts]


def _state(scene: Any) -> dict[str, Any]:
    layer = scene.view_layers[0]
    names = ("combined", "z", "vector", "cryptomatte_object", "cryptomatte_material", "cryptomatte_asset")
    return {
        "scenes": len(bpy.data.scenes),
        "cameras": len(bpy.data.cameras),
        "groups": sum(group.name.startswith(".") for group in bpy.data.node_groups),
        "layer nodes": sum(node.type == "R_LAYERS" for node in comp.tree_of(scene).nodes),
        "cache": scene.render.use_render_cache,
        "passes": [name for name in names if getattr(layer, f"use_pass_{name}")],
    }


def _plan(scene: Any) -> Any:
    return comp.room("compositor.bridge.frame_plan").plan_frame(scene)


def _faults(scene: Any) -> list[str]:
    return [node.fault.sentence() for node in _plan(scene).nodes if node.fault is not None]


def _notes(scene: Any) -> list[str]:
    return [note for node in _plan(scene).nodes for note in node.notes] + _faults(scene)


CASES = {case.__name__: case for case in (edited, refusals, without_extension, failing, rendered)}
