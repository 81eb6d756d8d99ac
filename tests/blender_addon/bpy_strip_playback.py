"""A result played back in its original's strip, inside Blender's Python."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy
import bpy_timeline as tl
import numpy as np

COUNT = 8


def run(kind: str, folder: str) -> Any:
    """What one of the cases finds."""
    cases: dict[str, Callable[[Path], Any]]
    cases = {"image": _image, "alpha": _alpha, "scene": _scene, "life": _life, "refused": _refused, "offered": _offered}
    return cases[kind](Path(folder))


def _image(work: Path) -> dict[str, Any]:
    scene, original, result = _placed(work)
    return _compared(scene, original, result, work)


def _alpha(work: Path) -> dict[str, Any]:
    scene, original, result = _placed(work, alpha=True)
    below = tl.effect(scene.sequence_editor.strips, "below", "COLOR", 9, 1, 30)
    below.color, below.blend_type = (0.1, 0.5, 0.3), "ALPHA_UNDER"
    return _compared(scene, original, result, work)


def _scene(work: Path) -> dict[str, Any]:
    scene, original, result = _placed(work, passes=True)
    return _compared(scene, original, result, work, linear=True)


def _compared(
    scene: bpy.types.Scene, original: Any, result: Any, work: Path, *, linear: bool = False
) -> dict[str, Any]:
    def seen(first: int) -> np.ndarray:
        return np.array(tl.timeline(scene, range(first, first + 3), work / "seen", linear=linear))

    before, state = seen(5), _state(scene)
    data, known = _data(), tl.room("sequencer.scene_state").state_of(scene, original)
    _call("play_in_strip", result)
    told: dict[str, Any] = {"frames differ": _worst(before[0], before[1])}
    told["muted"] = [original.mute, result.mute]
    scene.view_layers[0].update()
    told["state is the same"] = tl.room("sequencer.scene_state").state_of(scene, original) == known
    told["in its place"] = _worst(before, seen(5))
    original.content_start += 7
    told["moved"] = _worst(before, seen(12))
    original.name = 'Anders "und" neu'
    original.content_start -= 4
    told["renamed and moved"] = _worst(before, seen(8))
    original.content_start += 3
    told["rendered at once"] = _worst(before[1], _animation(scene, 12, work / "animation"))
    original.content_start -= 6
    original.name = "Bild"
    told["warned of"] = _warned(scene, original, result)
    _call("play_above", result)
    told["above"] = _worst(before, seen(5))
    told["before"], told["after"] = [state, data], [_state(scene), _data()]
    return told


def _warned(scene: bpy.types.Scene, original: Any, result: Any) -> list[str]:
    """What the panel says before, while and after the strip is reversed."""
    said = []
    for backwards in (False, True, False):
        original.use_reverse_frames = backwards
        fault = tl.room("sequencer.strip_playback").playback_fault(scene, result)
        said.append(fault.sentence() if fault else "")
    return said


def _animation(scene: bpy.types.Scene, frame: int, folder: Path) -> np.ndarray:
    """A frame of the timeline, rendered without a look at anything that was done to the scene."""
    scene.frame_start = scene.frame_end = frame
    scene.render.filepath = str(folder / "frame.####")
    bpy.ops.render.render(animation=True)
    return tl.read(next(folder.iterdir()))


def _life(work: Path) -> dict[str, Any]:
    scene, original, result = _placed(work)
    strips = scene.sequence_editor.strips
    told: dict[str, Any] = {}
    data = _data()
    spec = tl.spec_for(scene, original, work / "isolated")
    told["rendered"] = tl.isolated(spec, work / "isolated")[1][-1]["summary"]["rendered"]
    bpy.context.preferences.edit.use_global_undo = True
    bpy.ops.ed.undo_push(message="placed")
    scene_name = scene.name
    _call("play_in_strip", result)
    told["playing"] = len(original.modifiers)
    # The operator is called as from a script, and so its step is pushed here.
    bpy.ops.ed.undo_push(message="played")
    told["rendered again"] = tl.isolated(spec, work / "isolated")[1][-1]["summary"]["rendered"]
    bpy.ops.ed.undo()
    strips = bpy.data.scenes[scene_name].sequence_editor.strips
    told["undone"] = [len(strips["Bild"].modifiers), strips["Bild"].mute, strips["Bild styled"].mute, _data() == data]

    scene, original, result = bpy.data.scenes[scene_name], strips["Bild"], strips["Bild styled"]
    before = tl.timeline(scene, range(5, 7), work / "seen")
    _call("play_in_strip", result)
    for strip in strips:
        strip.select = strip == original
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    with tl.room("compat").editing(scene), bpy.context.temp_override(area=area, region=area.regions[-1]):
        bpy.ops.sequencer.duplicate()
    copy = next(strip for strip in strips if strip not in (original, result))
    copy.channel, copy.content_start, original.mute = 4, 15, True
    told["duplicate"] = _worst(before, tl.timeline(scene, range(15, 17), work / "seen"))
    original.mute = False
    trees = [strip.modifiers[0].node_group for strip in (original, copy)]
    told["trees"] = [trees[0] == trees[1], *(tree.users for tree in trees)]
    tl.room("sequencer.playback_modifier").drop_playback(copy)
    strips.remove(copy)

    tl.room("sequencer.shown_frames").show_version(result, 0)
    told["another version"] = [original.mute, result.mute, len(original.modifiers)]
    tl.room("sequencer.shown_frames").show_version(result, 1)
    _call("play_in_strip", result)
    _call("remove_result", result)
    told["removed"] = [sorted(strip.name for strip in strips), original.mute, len(original.modifiers)]
    told["data"] = [data, _data()]
    return told


def _refused(work: Path) -> dict[str, str]:
    scene, original, result = _placed(work)
    strips = scene.sequence_editor.strips
    playback, errors = tl.room("sequencer.strip_playback"), tl.room("contract.errors")
    state, data = _state(scene), _data()
    told: dict[str, str] = {}

    def refused(name: str) -> None:
        try:
            playback.play_in_strip(scene, result)
            told[name] = "played"
        except errors.UsageError as fault:
            told[name] = fault.sentence()

    @contextlib.contextmanager
    def changed(item: Any, option: str, value: Any) -> Iterator[None]:
        before = getattr(item, option)
        before = tuple(before) if isinstance(value, tuple) else before
        setattr(item, option, value)
        yield
        setattr(item, option, before)

    cases: dict[str, tuple[Any, str, Any]] = {
        "reversed": (original, "use_reverse_frames", True),
        "strobe": (result, "strobe", 2.0),
        "transformed": (original.transform, "offset_x", 5.0),
        "cropped": (result.crop, "min_x", 4),
        "flipped": (original, "use_flip_x", True),
        "colour": (original, "color_multiply", 0.5),
        "another size": (result.brushpass_result, "scale", (2.0, 2.0)),
        "plate": (result.brushpass_result, "version", 0),
        "unfinished": (result.elements[3], "filename", "plate.1004.png"),
        "trimmed": (result, "left_handle", 6),
    }
    for name, (item, option, value) in cases.items():
        with changed(item, option, value):
            refused(name)
    speed = tl.effect(strips, "Tempo", "SPEED", 5, 5, COUNT, input1=result)
    refused("speed")
    strips.remove(speed)
    glow = tl.effect(strips, "Glanz", "GLOW", 5, 5, COUNT, input1=result)
    speed = tl.effect(strips, "Tempo", "SPEED", 6, 5, COUNT, input1=glow)
    refused("speed of an effect")
    for effect in (speed, glow):
        strips.remove(effect)
    modifier = original.modifiers.new("m", "CURVES")
    refused("modifiers")
    original.modifiers.remove(modifier)
    outer = bpy.data.scenes.new("outer")
    shot = outer.sequence_editor_create().strips.new_scene("shot", scene, 1, 1)
    shot.scene_input = "SEQUENCER"
    refused("nested")
    bpy.data.scenes.remove(outer)
    told["nothing changed"] = str(_state(scene) == state and _data() == data)
    meta = strips.new_meta("meta", 7, 1)
    for strip in (original, result):
        strip.move_to_meta(meta)
    refused("meta")
    return told


def _offered(work: Path) -> bool:
    scene, _, result = _placed(work)
    with _editing(scene):
        scene.sequence_editor.active_strip = result
        return bool(bpy.ops.brushpass.play_in_strip.poll() or bpy.ops.brushpass.play_above.poll())


# ---- The timeline that all of them share


def _placed(work: Path, *, alpha: bool = False, passes: bool = False) -> tuple[bpy.types.Scene, Any, Any]:
    """A strip at frame 5 and its finished result."""
    scene = tl.empty(30)
    strips = scene.sequence_editor.strips
    shelf = work / "shelf"
    suffix, picture = (".exr", "picture") if passes else (".png", "plate")
    for name in ("plate", "v001"):
        (shelf / name).mkdir(parents=True)
    if passes:
        original = strips.new_scene("Bild", tl.drifting_scene(), 1, 5)
        original.right_handle = 5 + COUNT
    else:
        original = tl.image_strip(strips, "Bild", tl.pictures(work / "made", COUNT, alpha=alpha), 1, 5)
    noise = np.random.default_rng(3)
    for number in range(1001, 1001 + COUNT):
        for path in (shelf / "plate" / f"{picture}.{number}{suffix}", shelf / "v001" / f"styled.{number}{suffix}"):
            pixels = noise.random((tl.SIZE[1], tl.SIZE[0], 4))
            if passes:
                # Scene-linear and premultiplied; some light is brighter than white.
                pixels[..., :3] *= 2.0 * pixels[..., 3:]
            elif not alpha:
                pixels[..., 3] = 1.0
            tl.save(pixels, path)
    plan = tl.room("sequencer.plan")
    pattern = "passes.####.exr" if passes else "plate.####.png"
    plate = plan.Plate(
        pattern=pattern,
        picture=f"{picture}.####{suffix}",
        first=1001,
        last=1000 + COUNT,
        width=tl.SIZE[0],
        height=tl.SIZE[1],
        encoding="passes" if passes else "display",
    )
    plan.save_plate(shelf / "plate", plate)
    tl.room("sequencer.versions").describe_version(shelf / "v001", styled=f"styled.####{suffix}", recipe={})
    result = tl.room("sequencer.placement").place(
        scene, original, plate, shelf=shelf, version_pattern="v###", version=1, styled=f"styled.####{suffix}"
    )
    return scene, original, result


def _call(name: str, result: Any) -> None:
    with _editing(result.id_data):
        result.id_data.sequence_editor.active_strip = result
        getattr(bpy.ops.brushpass, name)()


def _editing(scene: bpy.types.Scene) -> Any:
    window = bpy.context.window_manager.windows[0]
    window.scene = scene
    if tl.room("compat").BLENDER_5:
        window.workspace.sequencer_scene = scene
    return bpy.context.temp_override(window=window)


def _state(scene: bpy.types.Scene) -> list[Any]:
    """Place, look and record of all strips."""
    found: list[Any] = []
    for strip in sorted(scene.sequence_editor.strips_all, key=lambda entry: entry.name):
        options = ("name", "channel", "mute", "blend_type", "blend_alpha", "content_start", "left_handle")
        found += [getattr(strip, option) for option in (*options, "right_handle")] + [len(strip.modifiers)]
        record = strip.brushpass_result
        values = [getattr(record, item.identifier) for item in record.bl_rna.properties if not item.is_readonly]
        found += [value if isinstance(value, (str, int, float)) else tuple(value) for value in values]
    return found


def _data() -> list[int]:
    """What would be left behind; pictures that a render reads are none of it."""
    images = [image for image in bpy.data.images if image.source == "SEQUENCE"]
    return [len(bpy.data.node_groups), len(images)]


def _worst(first: Any, second: Any) -> float:
    return float(np.abs(np.asarray(first) - np.asarray(second)).max() * 255)
