"""What the isolating Blender renders, keeps and refuses."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import bpy
import bpy_timeline as timelines


def run(what: str, folder: str) -> Any:
    """One of the functions below."""
    return {"resume": resume, "scene": scene_passes, "refusals": refusals, "handles": handles}[what](Path(folder))


def _movie(work: Path) -> tuple[Any, Any]:
    scene = timelines.empty()
    path = timelines.movie(work / "Film ä.mp4", timelines.pictures(work / "bilder", 12))
    strip = scene.sequence_editor.strips.new_movie("Möve/1", str(path), 1, 5)
    timelines.room("compat").set_handles(strip, 8, 12)
    return scene, strip


def resume(work: Path) -> dict[str, Any]:
    """How many frames each run renders."""
    scene, strip = _movie(work)
    compat = timelines.room("compat")
    rendered: dict[str, int] = {}

    def again(name: str) -> None:
        code, events, printed = timelines.isolated(timelines.spec_for(scene, strip, work / "job"), work / "job")
        assert code == 0, printed[-2000:]
        assert [event["frame"] for event in events if event["event"] == "frame"] == _numbers(strip)
        rendered[name] = events[-1]["summary"]["rendered"]

    again("first")
    again("unchanged")
    compat.set_content_start(strip, 20)
    strip.name, strip.channel, strip.blend_alpha = "renamed", 3, 0.5
    again("moved, renamed, faded")
    left, right = compat.handles(strip)
    compat.set_handles(strip, left + 1, right + 1)
    again("trimmed: one frame less, one more")
    plate = work / "job" / "plate"
    (plate / f"plate.{_numbers(strip)[0]}.png").unlink()
    again("one file lost")
    strip.crop.min_x = 3
    again("cropped")
    return {"rendered": rendered, "left over": [path.name for path in plate.glob(".part*")]}


def _numbers(strip: Any) -> list[int]:
    content = timelines.room("sequencer.strips").content_of(strip)
    return list(range(content.first, content.last + 1))


def handles(work: Path) -> dict[str, Any]:
    """Whether frames outside of the trim are those of the untrimmed strip."""
    scene, strip = _movie(work)
    compat = timelines.room("compat")
    content = timelines.room("sequencer.strips").content_of(strip).with_handles(2)
    spec = timelines.spec_for(scene, strip, work / "job", first=content.first, last=content.last)
    code, _, printed = timelines.isolated(spec, work / "job")
    assert code == 0, printed[-2000:]
    compat.set_handles(strip, content.frame(content.first), content.frame(content.last) + 1)
    frames = range(content.frame(content.first), content.frame(content.last) + 1)
    shown = timelines.timeline(scene, frames, work / "shown")
    plates = [timelines.read(work / "job" / "plate" / f"plate.{content.number(frame)}.png") for frame in frames]
    return {
        "differences": [float(abs(a - b).max()) for a, b in zip(shown, plates, strict=True)],
        "brightness": [float(plate[..., :3].mean()) for plate in plates],
    }


def scene_passes(work: Path) -> dict[str, Any]:
    """The plate of a scene strip: without and with motion blur, composited as well, and blurred by EEVEE."""
    scene = timelines.empty()
    target = timelines.drifting_scene()
    strip = scene.sequence_editor.strips.new_scene("Szene", target, 2, 4)
    timelines.room("compat").set_handles(strip, 7, 9)
    told = {}
    compat = timelines.room("compat")
    for name in ("sharp", "blurred", "composited", "eevee"):
        target.render.use_motion_blur = name != "sharp"
        if name == "composited":
            _composite(target)
        if name == "eevee":
            target.render.engine = "BLENDER_EEVEE" if compat.BLENDER_5 else "BLENDER_EEVEE_NEXT"
            target.eevee.taa_render_samples = 1
        spec = timelines.spec_for(scene, strip, work / name, cryptomatte=("object", "material"))
        code, events, printed = timelines.isolated(spec, work / name)
        assert code == 0, printed[-2000:]
        plate = timelines.room("sequencer.plan").load_plate(work / name / "plate")
        told[name] = {
            "vector": plate.vector,
            "layer": plate.layer,
            "layers": plate.layers,
            "pattern": plate.pattern,
            "numbers": [plate.first, plate.last],
            "warnings": [event["problem"] for event in events if event["event"] == "warning"],
        }
    return told


def _composite(target: Any) -> None:
    """Give a scene a compositor that passes its picture on."""
    if timelines.room("compat").BLENDER_5:
        tree = bpy.data.node_groups.new("Comp", "CompositorNodeTree")
        tree.interface.new_socket("Image", in_out="OUTPUT", socket_type="NodeSocketColor")
        target.compositing_node_group = tree
    else:
        target.use_nodes = True
        tree = target.node_tree
        tree.nodes.clear()
    layers = tree.nodes.new("CompositorNodeRLayers")
    layers.scene = target
    out = tree.nodes.new(timelines.room("compat").OUTPUT_NODE)
    tree.links.new(layers.outputs["Image"], out.inputs[0])


def refusals(work: Path) -> dict[str, Any]:
    """Exit codes and kinds of what cannot be done; sentences of what cannot be styled."""
    scene, strip = _movie(work)
    spec = timelines.spec_for(scene, strip, work / "job")
    changed = {
        "no strip": {"strip": "gone"},
        "no scene": {"scene": "gone"},
        "no frames": {"first": 5, "last": 4},
    }
    told: dict[str, Any] = {}
    for name, changes in changed.items():
        code, events, _ = timelines.isolated(dataclasses.replace(spec, **changes), work / "job")
        told[name] = [code, [event["event"] for event in events], bool(events[-1]["remedy"])]
    speed = timelines.effect(scene.sequence_editor.strips, "speed", "SPEED", 2, 8, 4, input1=strip)
    kinds, errors = timelines.room("sequencer.strips"), timelines.room("contract.errors")
    try:
        kinds.kind_of(strip)
    except errors.UsageError as refused:
        told["played by a speed effect"] = refused.sentence()
    told["speed effect"] = kinds.kind_of(speed).value
    return told
