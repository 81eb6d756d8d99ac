"""Captures that are overtaken by what the artist does meanwhile and later, inside Blender's Python."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import bpy_capture as capture
import compositor_scene as comp


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return {"overtaken": overtaken, "left": left, "saved_as": saved_as, "resized": resized}[case](Path(folder))


def _scene(path: Path) -> tuple[Any, Any, Any]:
    """A scene of two frames, an Exposure node behind its Render Layers, and a Style node that captures it."""
    scene = comp.new_scene(path)
    scene.frame_end = 2
    exposure = capture.brighter(scene)
    node = capture.capturing(scene, exposure.outputs[0])
    comp.region(node)
    return scene, exposure, node


def _bake_is_ready(node: Any) -> bool:
    """Whether Bake would take the frames that are there."""
    return bool(comp.room("compositor.capture.operators").is_finished(node))


def overtaken(work: Path) -> dict[str, Any]:
    """Frames of a capture, and what was changed behind them afterwards."""
    scene, exposure, node = _scene(work / "overtaken.blend")
    picture = bpy.data.images.new("Smoke", 8, 8)
    picture.filepath_raw, picture.file_format = str(work / "smoke.png"), "PNG"
    picture.save()
    tree = comp.tree_of(scene)
    smoke = tree.nodes.new("CompositorNodeImage")
    smoke.image = bpy.data.images.load(str(work / "smoke.png"))
    over = tree.nodes.new("CompositorNodeAlphaOver")
    pictures = [socket for socket in over.inputs if socket.type == "RGBA"]
    tree.links.new(exposure.outputs[0], pictures[0])
    tree.links.new(smoke.outputs[0], pictures[1])
    tree.links.new(over.outputs[0], node.inputs["Image"])
    told: dict[str, Any] = {"outcome": capture.refused(bpy.ops.brushpass.node_capture, node=node.name)}
    stale = comp.room("compositor.capture.operators").stale
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    scene = bpy.context.scene
    tree = comp.tree_of(scene)
    node = next(other for other in tree.nodes if other.bl_idname == comp.NODE)
    exposure = next(other for other in tree.nodes if other.bl_idname == "CompositorNodeExposure")
    exposure.location.x += 100.0
    comp.update()
    told["opened again"] = [stale(node), _bake_is_ready(node)]

    exposure.inputs["Exposure"].default_value = 2.0
    told["another exposure"] = [stale(node), _bake_is_ready(node)]
    exposure.inputs["Exposure"].default_value = 1.0
    told["as it was"] = [stale(node), _bake_is_ready(node)]
    scene.frame_end = 3
    told["a longer scene"] = _bake_is_ready(node)
    scene.frame_end = 2
    tree.links.new(node.outputs["Matte"], tree.nodes.new("CompositorNodeViewer").inputs[0])
    told["another output"] = _bake_is_ready(node)
    tree.links.remove(node.outputs["Matte"].links[0])
    told["as it was again"] = _bake_is_ready(node)
    (work / "smoke.png").write_bytes((work / "smoke.png").read_bytes() + b" ")
    told["another file"] = _bake_is_ready(node)
    (work / "smoke.png").write_bytes((work / "smoke.png").read_bytes()[:-1])
    bpy.data.objects["Kügel"].location.z += 0.5
    bpy.data.objects["Kügel"].keyframe_insert("location", frame=1)
    told["a moved object"] = _bake_is_ready(node)
    return told


def left(work: Path) -> dict[str, Any]:
    """A capture that failed and was never saved: resumed from the file as it lies."""
    node = _scene(work / "left.blend")[2]
    bpy.ops.wm.save_mainfile()
    works = comp.room("compositor.capture.operators")
    ordered = works.start_capture(node, bake=False)
    blend, version = bpy.data.filepath, ordered.folder.name
    bpy.ops.wm.open_mainfile(filepath=blend)
    tree = comp.tree_of(bpy.context.scene)
    node = next(other for other in tree.nodes if other.bl_idname == comp.NODE)
    told: dict[str, Any] = {"known": node.record.shelf, "version": version}
    told["resumed"] = capture.refused(bpy.ops.brushpass.node_capture_resume, node=node.name)
    told["frames"] = sorted(path.name for path in ordered.folder.glob("styled.*.exr"))
    told["shelf"] = Path(bpy.path.abspath(node.record.shelf)).name
    told["nothing more"] = capture.refused(bpy.ops.brushpass.node_capture_resume, node=node.name)
    node.record.mark = node.record.shelf = ""
    told["after undo"] = capture.refused(bpy.ops.brushpass.node_capture, node=node.name)
    told["same shelf"] = Path(bpy.path.abspath(node.record.shelf)).name
    return told


def saved_as(work: Path) -> dict[str, Any]:
    """A file that is saved under another name while its node is captured, and one that goes on under another name."""
    node = _scene(work / "shot_v01.blend")[2]
    bpy.ops.wm.save_mainfile()
    works, watch = comp.room("compositor.capture.operators"), comp.room("sequencer.watch")
    running = works.start_capture(node, bake=False)
    watch.start(running)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "shot_v02.blend"))
    watch.wait([running])
    told: dict[str, Any] = {"state": running.progress.state.value, "version": node.record.version}
    works.start_capture(node, bake=False)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "shot_v03.blend"))
    told["resumed"] = capture.refused(bpy.ops.brushpass.node_capture_resume, node=node.name)
    told["versions"] = [told["version"], node.record.version]
    return told


def resized(work: Path) -> dict[str, Any]:
    """Frames that do not lie in the picture that is rendered, and nodes whose frames would show what is not."""
    scene, _exposure, node = _scene(work / "resized.blend")
    scene.render.use_multiview = True
    told: dict[str, Any] = {"views": capture.refused(bpy.ops.brushpass.node_capture, node=node.name)}
    scene.render.use_multiview = False
    told["outcome"] = capture.refused(bpy.ops.brushpass.node_capture, node=node.name)
    told["whole"] = capture.told_of(scene, node, 2)
    scene.render.resolution_percentage = 50
    told["half"] = capture.told_of(scene, node, 2)
    scene.render.resolution_percentage = 100
    scene.render.use_border = True
    told["border"] = capture.told_of(scene, node, 2)
    scene.render.use_crop_to_border = True
    told["cropped"] = capture.told_of(scene, node, 2)
    node.mute = True
    told["muted"] = capture.refused(bpy.ops.brushpass.node_bake, node=node.name)
    told["still there"] = any(other.bl_idname == comp.NODE for other in comp.tree_of(scene).nodes)
    return told
