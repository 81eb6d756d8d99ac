"""Inside Blender: keyframes on regions of strips, played by Blender. One function a case."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import bpy
from settings_scene import activate, addon, key, new_scene, owner, played, refused, run_cases, sequencer, strip

FRAMES = [1, 4, 6, 11]


def run(folder: str) -> dict[str, Any]:
    return run_cases(CASES, folder)


def _paths() -> list[str]:
    curves = addon("settings.channelbags").fcurves(bpy.context.scene)
    return sorted(curve.data_path for curve in curves) if curves is not None else []


def _strengths(name: str = "A") -> dict[str, list[float]]:
    return {
        region.name: [round(value, 4) for value in played(name, index, "strength", FRAMES)]
        for index, region in enumerate(strip(name).brushpass.regions)
    }


def _three_regions() -> None:
    """Regions a, b, c; a and b keyed in opposite directions, c still at one half."""
    new_scene("A", "B")
    for name in "abc":
        bpy.ops.brushpass.region_add()
        strip("A").brushpass.regions[-1].name = name
    key("A", 0, "strength", [(1, 0.0), (11, 1.0)])
    key("A", 1, "strength", [(1, 1.0), (11, 0.0)])
    strip("A").brushpass.regions[2].strength = 0.5


def button(folder: Path) -> dict[str, Any]:
    """The button keys, says so, deletes; the other buttons walk and clear."""
    scene = new_scene("A")
    bpy.ops.brushpass.region_add()
    region = strip("A").brushpass.regions[0]
    state = addon("settings.keyframes").key_state
    told: dict[str, Any] = {"states": []}

    def look(frame: int) -> None:
        scene.frame_set(frame)
        told["states"].append(state(owner("A"), 0, "scale", frame).value)

    look(1)
    bpy.ops.brushpass.key_toggle(option="scale")
    look(1)
    scene.frame_set(11)
    region.scale = 3.0
    bpy.ops.brushpass.key_toggle(option="scale")
    look(6)
    told["between"] = region.scale
    told["ends"] = played("A", 0, "scale", [0, 1, 11, 60])
    scene.frame_set(6)
    bpy.ops.brushpass.key_jump(forward=True)
    told["next"] = scene.frame_current
    told["no_next"] = refused(bpy.ops.brushpass.key_jump, forward=True)
    bpy.ops.brushpass.key_jump(forward=False)
    told["previous"] = scene.frame_current
    bpy.ops.brushpass.key_toggle(option="scale")
    look(1)
    scene.frame_set(11)
    bpy.ops.brushpass.key_toggle(option="scale")
    look(11)
    told["value"] = region.scale
    told["paths"] = _paths()
    bpy.ops.brushpass.key_toggle(option="scale")
    bpy.ops.brushpass.key_toggle(option="feather")
    told["two"] = len(_paths())
    bpy.ops.brushpass.key_clear()
    told["cleared"] = _paths()
    return told


def reorder(folder: Path) -> dict[str, Any]:
    """Every way to change the list, and what is played after each."""
    _three_regions()
    settings = strip("A").brushpass
    told: dict[str, Any] = {"start": _strengths()}
    settings.active_region = 0
    bpy.ops.brushpass.region_backward()
    told["a down"] = [_strengths(), settings.active_region]
    bpy.ops.brushpass.region_backward()
    told["a last"] = [_strengths(), settings.active_region]
    told["no further"] = refused(bpy.ops.brushpass.region_backward)
    settings.active_region = 1
    bpy.ops.brushpass.region_remove()
    told["c removed"] = [_strengths(), settings.active_region, _paths()]
    settings.active_region = 0
    bpy.ops.brushpass.region_duplicate()
    told["b twice"] = [_strengths(), settings.active_region]
    settings.regions[1].name = "renamed"
    told["renamed"] = _strengths()
    settings.active_region = 0
    bpy.ops.brushpass.region_remove()
    told["b removed"] = [_strengths(), _paths()]
    while settings.regions:
        bpy.ops.brushpass.region_remove()
    told["none"] = [_paths(), settings.active_region]
    return told


def far_moves(folder: Path) -> dict[str, Any]:
    """Moves over several places, the active region staying with its name."""
    _three_regions()
    change = addon("settings.region_list")
    strip("A").brushpass.active_region = 1
    change.move(owner("A"), 0, 2)
    first = [_strengths(), strip("A").brushpass.active_region]
    change.move(owner("A"), 2, 0)
    return {"first to last": first, "back": [_strengths(), strip("A").brushpass.active_region]}


def strips(folder: Path) -> dict[str, Any]:
    """Renaming, duplicating, splitting and removing strips; names that need escaping."""
    _three_regions()
    told: dict[str, Any] = {"start": _strengths()}
    strip("A").name = 'say "hi" \\ there'
    told["renamed"] = _strengths('say "hi" \\ there')
    strip('say "hi" \\ there').name = "A"
    activate("A")
    with sequencer():
        bpy.ops.sequencer.duplicate()
        copy = bpy.context.active_strip.name
        told["copy"] = _strengths(copy)
        activate("A")
        bpy.context.scene.frame_set(30)
        bpy.ops.sequencer.split(frame=30, channel=strip("A").channel, side="RIGHT")
    halves = [entry.name for entry in bpy.context.scene.sequence_editor.strips_all if entry.name not in ("B", copy)]
    # After a split, Blender plays a half's curves, its own opacity too, only once they are assigned anew.
    data = bpy.context.scene.animation_data
    slot, data.action = data.action_slot, data.action
    data.action_slot = slot
    told["halves"] = [_strengths(name) for name in halves]
    # Each has curves of its own.
    region_list = addon("settings.region_list")
    region_list.remove(owner(copy), 0)
    told["copy changed"], told["original stays"] = _strengths(copy), _strengths("A")
    activate(copy)
    with sequencer():
        bpy.ops.sequencer.delete()
    told["left"] = [path for path in _paths() if f'"{copy}"' in path]
    return told


def others_untouched(folder: Path) -> dict[str, Any]:
    """Curves of the scene that are none of ours, and of other strips, stay as they are."""
    _three_regions()
    scene = bpy.context.scene
    scene.keyframe_insert("gravity", index=2, frame=1)
    activate("B")
    bpy.ops.brushpass.region_add()
    key("B", 0, "strength", [(1, 0.25)])
    scene.driver_add(owner("A").option_path(0, "scale"))
    region_list = addon("settings.region_list")
    region_list.move(owner("A"), 0, 1)
    moved = [driver.data_path for driver in scene.animation_data.drivers]
    region_list.clear(owner("A"))
    return {"paths": _paths(), "moved": moved, "drivers": len(scene.animation_data.drivers), "b": _strengths("B")}


def copies(folder: Path) -> dict[str, Any]:
    """A duplicate's curve is the original's in every detail."""
    new_scene("A")
    bpy.ops.brushpass.region_add()
    keys = [(1, 0.1), (9, 0.9), (17, 0.2), (30, 0.8)]
    key("A", 0, "strength", keys, "BEZIER")
    animation = addon("settings.animation")
    fcurve = animation.curve(owner("A"), 0, "strength")
    for point, kind in zip(fcurve.keyframe_points, ("BEZIER", "ELASTIC", "CONSTANT", "LINEAR"), strict=True):
        point.interpolation = kind
        point.handle_right_type = "FREE"
        point.handle_right = (point.co.x + 2, point.co.y + 0.05)
    fcurve.keyframe_points[1].amplitude, fcurve.keyframe_points[1].period = 0.3, 3.0
    fcurve.extrapolation = "LINEAR"
    noise = fcurve.modifiers.new("NOISE")
    noise.strength, noise.scale, noise.phase = 0.1, 2.5, 4.0
    envelope = fcurve.modifiers.new("ENVELOPE")
    for frame, low, high in ((1, -1.0, 0.5), (30, -0.2, 1.0)):
        point = envelope.control_points.add(frame)
        point.min, point.max = low, high
    fcurve.update()
    bpy.ops.brushpass.region_duplicate()
    frames = [number / 2 for number in range(-10, 100)]
    return {"one": played("A", 0, "strength", frames), "two": played("A", 1, "strength", frames)}


def sampled(folder: Path) -> dict[str, Any]:
    """Curves of every sort: what the recipe says beside what Blender plays."""
    new_scene("A")
    bpy.ops.brushpass.region_add()
    strip("A").brushpass.regions[0].name = "hero"
    sampling, animation, keyframes = (addon(f"settings.{name}") for name in ("sampling", "animation", "keyframes"))
    told: dict[str, Any] = {}

    def look(name: str, option: str = "strength") -> None:
        curve = sampling.read_curve(owner("A"), 0, option, "it", (-10, 50))
        told[name] = {
            "keys": curve.keys,
            "recipe": [curve.at(frame) for frame in range(-10, 51)],
            "played": played("A", 0, option, range(-10, 51)),
        }
        keyframes.clear(owner("A"), 0)

    def curve(option: str = "strength") -> Any:
        return animation.curve(owner("A"), 0, option)

    keys = [(1, 0.0), (12.5, 0.7), (24, 0.3)]
    key("A", 0, "strength", keys)
    look("straight")
    for kind in ("BEZIER", "CONSTANT", "BOUNCE"):
        key("A", 0, "strength", keys, kind)
        look(kind)
    key("A", 0, "scale", [(1, 1.0), (5, 9.5), (9, 1.0)])
    curve("scale").keyframe_points[1].co.y = 20.0
    look("beyond the limits", "scale")
    key("A", 0, "strength", keys)
    curve().modifiers.new("CYCLES")
    look("cyclic")
    key("A", 0, "strength", [(10, 0.4), (20, 0.6)])
    curve().extrapolation = "LINEAR"
    look("extrapolated")
    key("A", 0, "strength", [(10, 0.4)])
    look("one key")
    key("A", 0, "strength", keys)
    strip("A").brushpass.regions[0].strength = 0.9
    curve().mute = True
    look("muted")
    return told


def refusals(folder: Path) -> dict[str, str]:
    """What cannot be read off a curve is said."""
    scene = new_scene("A")
    bpy.ops.brushpass.region_add()
    strip("A").brushpass.regions[0].name = "hero"
    sampling = addon("settings.sampling")

    def read() -> str:
        try:
            sampling.read_curve(owner("A"), 0, "strength", "strength of region 'hero'", (1, 50))
        except addon("contract.errors").UsageError as fault:
            return fault.sentence()
        return ""

    told = {"none": read()}
    path = owner("A").option_path(0, "strength")
    scene.driver_add(path)
    told["driver"] = read()
    scene.driver_remove(path)
    key("A", 0, "strength", [(1, 0.0), (11, 1.0)])
    data = scene.animation_data
    action, slot = data.action, data.action_slot
    data.action = None
    nla = data.nla_tracks.new().strips.new("baked", 1, action)
    nla.action_slot = slot
    told["nla"] = read()
    addon("settings.region_list").add(owner("A"))
    addon("settings.region_list").move(owner("A"), 0, 1)
    curves = [list(bag) for bag in addon("settings.channelbags").all_fcurves(scene)]
    told["nla path"] = curves[0][0].data_path
    return told


def without_an_action(folder: Path) -> dict[str, Any]:
    """Curves are made where the scene has no action, no slot or an empty one."""
    told = {}
    for state in ("nothing", "data", "action"):
        scene = new_scene("A")
        bpy.ops.brushpass.region_add()
        if state != "nothing":
            scene.animation_data_create()
        if state == "action":
            scene.animation_data.action = bpy.data.actions.new("empty")
        curve = addon("contract.keyframes").Curve(((1.0, 0.0), (11.0, 1.0)))
        addon("settings.sampling").assign_curve(owner("A"), 0, "strength", curve)
        told[state] = played("A", 0, "strength", FRAMES)
    return told


CASES = (button, reorder, far_moves, strips, others_untouched, copies, sampled, refusals, without_an_action)
