"""What ``stalls.py`` runs in Blender: INTERPRETER FOLDER ANSWER."""

from __future__ import annotations

import json
import os
import sys
import time
import traceback
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import addon_utils
import bpy

ADDON = "bl_ext.user_default.brushpass"
TICK = 0.001
BASELINE_SECONDS = 10.0
REDRAW_SECONDS = 0.2
"""As often as the extension looks after a job."""


def room(name: str) -> Any:
    """A module of the extension."""
    return import_module(f"{ADDON}.{name}")


@dataclass(frozen=True)
class Span:
    """Seconds on the wall's clock, and those that the main thread had a processor for."""

    wall: float
    processor: float


class Stopwatch:
    """Started when it is made."""

    def __init__(self) -> None:
        self._wall, self._processor = time.perf_counter(), time.thread_time()

    def read(self) -> Span:
        return Span(time.perf_counter() - self._wall, time.thread_time() - self._processor)


class Clock:
    """Gaps between the runs of a timer, by the phase in which they lay."""

    def __init__(self) -> None:
        self.phase = "setting up"
        self.gaps: dict[str, list[Span]] = {}
        self.own: dict[str, list[Span]] = {}
        self._since = Stopwatch()

    def tick(self) -> None:
        """The timer ran."""
        self.gaps.setdefault(self.phase, []).append(self._since.read())
        self._since = Stopwatch()

    def timed(self, function: Any) -> Any:
        """``function``, which is the extension's, with the time noted that it takes."""

        def call() -> Any:
            stopwatch = Stopwatch()
            try:
                return function()
            finally:
                self.own.setdefault(self.phase, []).append(stopwatch.read())

        return call

    def told(self) -> dict[str, dict[str, Any]]:
        """Of each phase."""
        return {
            phase: {
                "seconds": round(sum(gap.wall for gap in gaps), 2),
                "gaps": _told(gaps),
                **({"own": _told(self.own[phase])} if phase in self.own else {}),
            }
            for phase, gaps in self.gaps.items()
        }


def _told(spans: list[Span]) -> dict[str, float]:
    """Milliseconds."""
    wall, processor = (sorted(1000 * getattr(span, name) for span in spans) for name in ("wall", "processor"))
    place = int(0.99 * (len(spans) - 1))
    return {
        "worst_ms": round(wall[-1], 1),
        "worst_processor_ms": round(processor[-1], 1),
        "p99_ms": round(wall[place], 1),
        "over_50_ms": sum(one > 50 for one in wall),
    }


def set_up(interpreter: str, folder: Path) -> bpy.types.Strip:
    """A saved file whose one strip has a region that is painted by the identity, shown in a sequencer with preview."""
    addon_utils.enable(ADDON, default_set=True)
    bpy.context.preferences.view.show_splash = False
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", interpreter
    plate = sorted((folder / "plate").glob("*.png"))
    scene = bpy.context.scene
    scene.view_settings.view_transform = "Standard"
    bpy.context.workspace.sequencer_scene = scene
    editor = scene.sequence_editor_create()
    strip = editor.strips.new_image("Pan", str(plate[0]), 1, 1, fit_method="ORIGINAL")
    for picture in plate[1:]:
        strip.elements.append(picture.name)
    strip.select, editor.active_strip = True, strip
    scene.frame_start, scene.frame_end = 1, len(plate)
    region = strip.brushpass.regions.add()
    region.name, region.style = "All", "identity"
    # Without motion to estimate, frames come as fast as they can.
    strip.brushpass.motion.smoothing = 0.0
    scene.render.resolution_x, scene.render.resolution_y = 320, 180
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "cut.blend"))
    window = bpy.context.window_manager.windows[0]
    area = max(window.screen.areas, key=lambda entry: entry.width * entry.height)
    area.type = "SEQUENCE_EDITOR"
    area.spaces.active.view_type = "SEQUENCER_PREVIEW"
    area.spaces.active.show_region_ui = True
    return strip


def phase_of(work: Any, strip: bpy.types.Strip) -> str:
    """Where a job is, as the artist sees it."""
    state, states = work.progress.state, room("jobs.progress").State
    if work.plate is not None and room("sequencer.record").result_of(bpy.context.scene, strip) is None:
        return "placing"
    if state.ended:
        return "finishing"
    return {states.WAITING: "isolating", states.ISOLATING: "isolating", states.OPENING: "opening"}.get(state, "frames")


def phases(clock: Clock, strip: bpy.types.Strip) -> Iterator[None]:
    """One step for each run of the timer."""

    def during(seconds: float) -> Iterator[None]:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            yield

    yield from during(5.0)
    clock.phase = "idle"
    yield from during(BASELINE_SECONDS)
    clock.phase = "redrawn"
    end = time.perf_counter() + BASELINE_SECONDS
    while time.perf_counter() < end:
        for area in bpy.context.window_manager.windows[0].screen.areas:
            area.tag_redraw()
        yield from during(REDRAW_SECONDS)
    watch = room("sequencer.watch")
    watch.step = clock.timed(watch.step)
    clock.phase = "saving"
    with bpy.context.temp_override(window=bpy.context.window_manager.windows[0]):
        bpy.ops.brushpass.style_strip()
    yield
    (work,) = watch.queue.works
    while not work.progress.state.ended:
        # The gap that ends now began in the phase before; where a phase ends within one, it is the later one's.
        clock.phase = phase_of(work, strip)
        yield
    clock.phase = "finishing"
    yield from during(3.0)
    clock.phase = "idle again"
    yield from during(BASELINE_SECONDS)
    assert work.progress.fault is None, work.progress.fault
    assert work.progress.styled == len(strip.elements), work.progress


def main() -> None:
    """Measure, tell and end."""
    interpreter, folder, answer = sys.argv[sys.argv.index("--") + 1 :]
    clock = Clock()
    running: list[Iterator[None]] = []

    def tick() -> float:
        clock.tick()
        try:
            if not running:
                running.append(phases(clock, set_up(interpreter, Path(folder))))
            next(running[0])
        except StopIteration:
            del clock.gaps["setting up"]
            Path(answer).write_text(json.dumps({"blender": bpy.app.version_string, "phases": clock.told()}))
            end(0)
        except BaseException:
            traceback.print_exc()
            end(1)
        return TICK

    def end(code: int) -> None:
        try:
            room("session").session().end()
        finally:
            sys.stdout.flush()
            os._exit(code)

    bpy.app.timers.register(tick, first_interval=1.0)


main()
