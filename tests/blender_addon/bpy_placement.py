"""Each case: a timeline is rendered, a strip gets its own plate as its styled result, and it is rendered again."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import bpy_timeline as timelines
import numpy as np


class Case:
    """A timeline under test."""

    def __init__(self, work: Path) -> None:
        self.work = work
        self.scene = timelines.empty()
        self.strips = self.scene.sequence_editor.strips
        bpy.ops.wm.save_as_mainfile(filepath=str(work / "schnitt ü.blend"))

    def backdrop(self) -> None:
        timelines.effect(self.strips, "ground", "COLOR", 1, 1, 40).color = (0.2, 0.5, 0.8)

    def movie(self, channel: int, frame: int, strips: Any = None) -> Any:
        return (strips or self.strips).new_movie("Möve 1", str(self.work / "Film ä.mp4"), channel, frame)

    def images(self, channel: int, frame: int, *, folder: str = "bilder") -> Any:
        return timelines.image_strip(self.strips, "Bilder", sorted((self.work / folder).iterdir()), channel, frame)


def trimmed(case: Case) -> tuple[Any, range]:
    strip = case.movie(1, 5)
    timelines.room("compat").set_handles(strip, 8, 14)
    return strip, range(6, 17, 3)


def between_layers(case: Case) -> tuple[Any, range]:
    case.backdrop()
    strip = case.images(2, 3, folder="alpha")
    top = timelines.effect(case.strips, "top", "COLOR", 3, 1, 30)
    top.color, top.blend_type, top.blend_alpha = (1, 1, 0), "ALPHA_OVER", 0.3
    return strip, range(3, 12, 4)


def keyed_opacity(case: Case) -> tuple[Any, range]:
    case.backdrop()
    strip = case.images(2, 3)
    strip.blend_type = "MULTIPLY"
    for frame, opacity in ((3, 0.2), (12, 0.9)):
        strip.blend_alpha = opacity
        strip.keyframe_insert("blend_alpha", frame=frame)
    return strip, range(3, 12, 4)


def crossfaded(case: Case) -> tuple[Any, range]:
    first = case.movie(1, 1)
    timelines.room("compat").set_handles(first, 1, 10)
    second = case.images(2, 7)
    timelines.effect(case.strips, "cross", "CROSS", 3, 7, 3, input1=first, input2=second)
    return first, range(5, 12)


def the_crossfade(case: Case) -> tuple[Any, range]:
    crossfaded(case)
    return case.strips["cross"], range(5, 12)


def in_meta(case: Case) -> tuple[Any, range]:
    case.backdrop()
    meta = case.strips.new_meta("meta", 2, 1)
    strip = case.movie(1, 4, meta.strips)
    timelines.room("compat").set_handles(meta, 6, 20)
    meta.transform.offset_x, meta.blend_type, meta.blend_alpha = 7, "ALPHA_OVER", 0.7
    return strip, range(5, 14, 4)


def the_meta(case: Case) -> tuple[Any, range]:
    in_meta(case)
    return case.strips["meta"], range(5, 14, 4)


def under_adjustment(case: Case) -> tuple[Any, range]:
    strip = case.movie(1, 1)
    layer = timelines.effect(case.strips, "adjustment", "ADJUSTMENT", 2, 3, 6)
    layer.modifiers.new("curves", "CURVES").curve_mapping.curves[3].points.new(0.3, 0.6)
    return strip, range(2, 11, 4)


def the_adjustment(case: Case) -> tuple[Any, range]:
    under_adjustment(case)
    return case.strips["adjustment"], range(2, 11, 4)


def the_speed_effect(case: Case) -> tuple[Any, range]:
    strip = case.movie(1, 1)
    timelines.room("compat").set_handles(strip, 4, 10)
    speed = timelines.effect(case.strips, "speed", "SPEED", 2, 4, 6, input1=strip)
    speed.speed_control, speed.speed_factor = "MULTIPLY", 1.5
    return speed, range(3, 11)


def transformed(case: Case) -> tuple[Any, range]:
    case.backdrop()
    strip = case.movie(2, 1)
    strip.use_reverse_frames = True
    strip.strobe = 2
    strip.crop.min_x, strip.transform.rotation, strip.color_saturation = 5, 0.3, 0.4
    strip.modifiers.new("balance", "COLOR_BALANCE").color_balance.gain = (1, 0.5, 0.7)
    for frame, offset in ((1, 0), (10, 20)):
        strip.transform.offset_x = offset
        strip.transform.keyframe_insert("offset_x", frame=frame)
    return strip, range(1, 10, 2)


def high_range(case: Case) -> tuple[Any, range]:
    strip = case.images(1, 1, folder="hdr")
    strip.blend_alpha = 0.6
    return strip, range(1, 4)


def of_scene(case: Case) -> tuple[Any, range]:
    case.backdrop()
    strip = case.strips.new_scene("Szene", timelines.drifting_scene(), 2, 4)
    timelines.room("compat").set_handles(strip, 6, 9)
    return strip, range(5, 10)


def of_scene_transformed(case: Case) -> tuple[Any, range]:
    strip, frames = of_scene(case)
    strip.crop.min_x, strip.transform.scale_x, strip.blend_alpha = 10, 0.5, 0.5
    strip.modifiers.new("curves", "CURVES").curve_mapping.curves[3].points.new(0.3, 0.6)
    strip.use_reverse_frames = True
    for frame, offset in ((6, 0), (9, 20)):
        strip.transform.offset_x = offset
        strip.transform.keyframe_insert("offset_x", frame=frame)
    return strip, frames


CASES: dict[str, Callable[[Case], tuple[Any, range]]] = {
    function.__name__: function
    for function in (
        trimmed,
        between_layers,
        keyed_opacity,
        crossfaded,
        the_crossfade,
        in_meta,
        the_meta,
        under_adjustment,
        the_adjustment,
        the_speed_effect,
        transformed,
        high_range,
        of_scene,
        of_scene_transformed,
    )
}
LINEAR = ("high_range",)


def run(folder: str, *names: str) -> dict[str, dict[str, Any]]:
    """What each case came to."""
    work = Path(folder)
    timelines.empty()
    timelines.movie(work / "Film ä.mp4", timelines.pictures(work / "bilder", 16))
    timelines.pictures(work / "alpha", 12, alpha=True)
    noise = np.random.default_rng(3)
    (work / "hdr").mkdir()
    for index in range(3):
        pixels = noise.random((36, 64, 4)) * (3, 1, 1, 0) + (0, 0, 0, 1)
        timelines.save(pixels, work / "hdr" / f"hdr {index}.exr")
    return {name: _identity(name, Case(work)) for name in names}


def _identity(name: str, case: Case) -> dict[str, Any]:
    scene, linear = case.scene, name in LINEAR
    strip, frames = CASES[name](case)
    # The scene that is edited need not be the active one.
    elsewhere = bpy.data.scenes.new("elsewhere")
    before = timelines.timeline(scene, frames, case.work / "before", linear=linear)
    described = _described(scene)
    bpy.context.window_manager.windows[0].scene = elsewhere

    work = case.work / name
    code, events, printed = timelines.isolated(timelines.spec_for(scene, strip, work), work)
    assert code == 0, printed[-2000:]
    plate = timelines.room("sequencer.plan").load_plate(work / "plate")
    suffix = Path(plate.picture).suffix
    placed = {"shelf": work, "version_pattern": "v###", "version": 1, "styled": f"styled.####{suffix}"}
    result = timelines.room("sequencer.placement").place(scene, strip, plate, **placed)
    unstyled = timelines.shown_files(result)
    shown_unstyled = timelines.timeline(scene, frames, case.work / "unstyled", linear=linear)
    (work / "v001").mkdir()
    head = plate.picture.partition("####")[0]
    for path in (work / "plate").glob(f"{head}*{suffix}"):
        shutil.copy(path, work / "v001" / path.name.replace(head, "styled."))
    timelines.room("sequencer.shown_frames").refresh(result)
    styled = timelines.shown_files(result)
    after = timelines.timeline(scene, frames, case.work / "after", linear=linear)
    muted = strip.mute
    placement = [
        result.channel - strip.channel,
        timelines.room("compat").handles(result) == timelines.room("compat").handles(strip),
    ]
    timelines.room("sequencer.placement").remove(scene, result)
    again = timelines.timeline(scene, frames, case.work / "again", linear=linear)
    return {
        "changes": _difference(before, [before[0]] * len(before)),
        "unstyled": _difference(before, shown_unstyled),
        "styled": _difference(before, after),
        "removed": _difference(before, again),
        "restored": described == _described(scene),
        "shown": [sorted({entry.partition(".")[0] for entry in names}) for names in (unstyled, styled)],
        "muted": muted,
        "placement": placement,
        "encoding": plate.encoding,
        "warnings": [event["problem"] for event in events if event["event"] == "warning"],
    }


def _difference(one: list[np.ndarray], other: list[np.ndarray]) -> float:
    """The largest difference of any sample."""
    return max(float(np.abs(a - b).max()) for a, b in zip(one, other, strict=True))


def _described(scene: bpy.types.Scene) -> list[Any]:
    """Everything that a placement may touch."""
    compat = timelines.room("compat")
    strips = [
        [strip.name, strip.channel, *compat.handles(strip), strip.mute, strip.blend_type, strip.blend_alpha]
        + [getattr(getattr(strip, name, None), "name", "") for name in ("input_1", "input_2")]
        for strip in scene.sequence_editor.strips_all
    ]
    curves = timelines.room("settings.channelbags").all_fcurves(scene)
    return [sorted(strips), sorted(curve.data_path for bag in curves for curve in bag)]
