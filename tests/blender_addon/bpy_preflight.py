"""What pre-flight finds in files that are spoilt one way after another, inside Blender's Python: cases by name."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl
import compositor_scene as comp
from bpy_styling import an_image_strip, result_of


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    comp.use_backend(python)
    return CASES[case](Path(folder))


def scenes(work: Path) -> dict[str, Any]:
    """By what was done to a sound scene: what is found then, as severity and sentence."""
    scene = comp.new_scene(work / "szene.blend")
    node = comp.add_node(scene)
    comp.region(node, "swirl", "OBJECT", "Kügel")
    tree, layers = comp.tree_of(scene), comp.layers_of(scene)
    told: dict[str, Any] = {"sound": _found(scene)}

    def spoilt(name: str, spoil: Callable[[], object], mend: Callable[[], object]) -> None:
        spoil()
        told[name] = _found(scene)
        mend()
        assert _found(scene) == [], (name, _found(scene))

    matte = node.brushpass.regions[0].matte
    render, layer = scene.render, scene.view_layers[0]
    spoilt("compositing off", *_switched(render, "use_compositing", False))
    spoilt("no camera", *_switched(scene, "camera", None))
    spoilt("cache off", *_switched(render, "use_render_cache", False))
    spoilt("passes off", *_switched(layer, "use_pass_vector", False))
    spoilt("muted", *_switched(node, "mute", True))
    spoilt("unknown name", *_switched(matte.names[0], "name", "Kugel"))
    spoilt("wildcard for nothing", *_switched(matte.names[0], "name", "Hair*"))
    spoilt("hidden object", *_switched(bpy.data.objects["Kügel"], "hide_render", True))
    bpy.data.objects.new("Lonely", None)
    spoilt("object of no scene", *_switched(matte.names[0], "name", "Lonely"))
    matte.names[0].name = "K?ge*"
    told["wildcard"] = _found(scene)
    matte.names[0].name = "Kügel"

    source, sink = node.outputs["Image"], comp.output(scene)
    spoilt("goes nowhere", *_relinked(tree, layers.outputs["Image"], sink, source))
    spoilt("nothing out", lambda: tree.links.remove(sink.links[0]), lambda: tree.links.new(source, sink))
    if not comp.V5:
        spoilt("nodes off", *_switched(scene, "use_nodes", False))

    strips = scene.sequence_editor_create().strips
    strips.new_effect("Farbe", "COLOR", 1, 1, **({"length": 3} if comp.V5 else {"frame_end": 4}))
    told["sequencer"] = _found(scene)
    scene.render.use_sequencer = False
    told["sequencer off"] = _found(scene)

    _pictures(work, (1, 3))
    matte.kind, matte.path = "IMAGES", str(work / "roto.####.png")
    told["pictures"] = _found(scene)
    told["pictures of two"] = _found(scene, (1, 3))
    matte.path = str(work / "none.png")
    told["no picture"] = _found(scene)
    matte.kind = "EVERYTHING"

    if comp.V5:
        twin = scene.copy()
        told["shared tree"] = [_found(scene), _found(twin)]
        bpy.data.scenes.remove(twin)
    slots = comp.room("compositor.bridge.slots").SLOTS
    more = [comp.add_node(scene, linked="Matte") for _ in range(slots)]
    for other in more:
        comp.region(other)
    tree.links.new(more[-1].outputs["Image"], sink)
    told["too many"] = [line for line in _found(scene) if line[0] == "error"]
    return told


def results(work: Path) -> dict[str, Any]:
    """Of a styled strip: sound, with other settings, without a picture, without its folder."""
    scene, strip = an_image_strip(work)
    assert bpy.ops.brushpass.style_strip() == {"FINISHED"}
    check = comp.room("sequencer.result_check").check_results

    def found(frames: Any = None) -> list[Any]:
        return [[one.severity, one.fault.kind, one.sentence()] for one in check(scene, frames)]

    told = {"sound": found()}
    strip.brushpass.regions[0].strength = 0.5
    told["other settings"] = found()
    strip.brushpass.regions[0].strength = 1.0
    result = result_of(scene, strip)
    folder = Path(bpy.path.abspath(result.directory))
    (folder / result.elements[1].filename).unlink()
    told["without a picture"] = found()
    told["of other frames"] = found((3, 5, 6))
    comp.room("sequencer.shown_frames").refresh(result)
    told["at the plate"] = found()
    folder.rename(folder.with_name("elsewhere"))
    told["without its folder"] = found()
    return told


def played(work: Path) -> dict[str, Any]:
    """A node that plays frames back: before they are there, sound, with more frames, with a hole, with new settings."""
    scene = comp.new_scene(work / "vorab.blend")
    node = comp.add_node(scene)
    comp.region(node)
    node.mode = "CAPTURE"
    comp.update()
    told = {"not captured": _found(scene)}
    bpy.ops.wm.save_mainfile()
    assert bpy.ops.brushpass.node_capture(node=node.name) == {"FINISHED"}
    told["sound"] = _found(scene)
    told["more frames"] = _found(scene, range(2, 6))
    comp.room("compositor.capture.node_record").file_of(node.record, "image", 2).unlink()
    told["with a hole"] = _found(scene)
    node.brushpass.regions[0].strength = 0.5
    told["with new settings"] = _found(scene, (1, 3))
    return told


def _found(scene: Any, frames: Any = None) -> list[list[str]]:
    found = comp.room("compositor.check.preflight").check_scene(scene, frames)
    return [[one.severity, one.sentence()] for one in found]


def _switched(owner: Any, name: str, value: Any) -> tuple[Callable[[], None], Callable[[], None]]:
    before = getattr(owner, name)
    return lambda: setattr(owner, name, value), lambda: setattr(owner, name, before)


def _relinked(tree: Any, source: Any, sink: Any, before: Any) -> tuple[Callable[[], Any], Callable[[], Any]]:
    return lambda: tree.links.new(source, sink), lambda: tree.links.new(before, sink)


def _pictures(work: Path, numbers: tuple[int, ...]) -> None:
    for number, path in zip(numbers, tl.pictures(work / "src", len(numbers)), strict=True):
        (work / f"roto.{number:04d}.png").write_bytes(Path(path).read_bytes())


CASES = {case.__name__: case for case in (scenes, results, played)}
