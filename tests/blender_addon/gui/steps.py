"""Steps in Blender's window, taken from a timer: what every script for it begins with, and how it ends.

A script's steps are a generator of what to wait for: seconds, or a condition. The last of its arguments is
the folder that a picture of a failure goes to.
"""

from __future__ import annotations

import os
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from screen import click, hover, key, photograph

ADDON = "bl_ext.user_default.brushpass"
LONGEST_WAIT_SECONDS = 300.0

Wait = float | Callable[[], bool]


def room(name: str) -> Any:
    return import_module(f"{ADDON}.{name}")


def works() -> Any:
    return room("sequencer.watch").queue.works


def previewed() -> Any:
    return room("preview.previews").progress()


def within(seconds: float, reached: Callable[[], bool]) -> Callable[[], bool]:
    deadline = time.monotonic() + seconds
    return lambda: reached() or time.monotonic() > deadline


def press(place: tuple[int, int], reached: Callable[[], bool]) -> Iterator[Wait]:
    """Click, and once more where a busy screen lost it."""
    for _ in range(3):
        click(*place)
        yield within(15.0, reached)
        if reached():
            return
    raise TimeoutError(f"pressing {place} does nothing")


def sequencer() -> tuple[bpy.types.Window, bpy.types.Area]:
    window = bpy.context.window_manager.windows[0]
    return window, max(window.screen.areas, key=lambda area: area.width * area.height)


def install(archive: str) -> None:
    bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
    bpy.context.preferences.view.show_splash = False


def new_cut(plate: list[Path], folder: Path) -> bpy.types.Strip:
    """A saved file with the plate as its one strip."""
    scene = bpy.context.scene
    scene.name = "Cut"
    scene.view_settings.view_transform = "Standard"
    bpy.context.workspace.sequencer_scene = scene
    editor = scene.sequence_editor_create()
    strip = editor.strips.new_image("Lake", str(plate[0]), 1, 1, fit_method="ORIGINAL")
    for picture in plate[1:]:
        strip.elements.append(picture.name)
    element = strip.elements[0]
    strip.select, editor.active_strip = True, strip
    scene.render.resolution_x, scene.render.resolution_y = element.orig_width or 640, element.orig_height or 360
    scene.frame_start, scene.frame_end = 1, len(plate)
    scene.frame_set(1)
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "cut.blend"))
    return strip


def style_panel(aside: tuple[int, int]) -> Iterator[Wait]:
    """Fill the window with a sequencer that shows the Style panel and all of the strip; the pointer goes ``aside``."""
    yield 1.0
    window, area = sequencer()
    with bpy.context.temp_override(window=window, area=area):
        bpy.ops.screen.screen_full_area(use_hide_panels=False)
    yield 1.5
    window, area = sequencer()
    area.type = "SEQUENCE_EDITOR"
    area.spaces.active.view_type = "SEQUENCER_PREVIEW"
    area.spaces.active.show_region_ui = True
    yield 1.5
    window, area = sequencer()
    next(region for region in area.regions if region.type == "UI").active_panel_category = "Style"
    yield 1.0
    hover(*aside)
    key("Home")
    yield 2.0


def run(steps: Callable[..., Iterator[Wait]]) -> None:
    """Take the steps that the command line's arguments give, one whenever what it waits for is there; then end."""
    todo = steps(*sys.argv[sys.argv.index("--") + 1 :])
    condition: Wait = 0.0
    since = time.monotonic()

    def go_on() -> float:
        nonlocal condition, since
        try:
            if callable(condition) and not condition():
                if time.monotonic() - since > LONGEST_WAIT_SECONDS:
                    raise TimeoutError("the step did not do what it should")
                return 0.2
            condition, since = next(todo), time.monotonic()
            return condition if isinstance(condition, float) else 0.2
        except StopIteration:
            end(0)
        except BaseException:
            traceback.print_exc()
            photograph(Path(sys.argv[-1]) / "failed.png", "1600x900+0+0")
            end(1)
        return 0.0

    def end(code: int) -> None:
        try:
            room("session").session().end()
        finally:
            sys.stdout.flush()
            os._exit(code)

    bpy.app.timers.register(go_on, first_interval=1.0)
