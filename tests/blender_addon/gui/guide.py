"""The steps of docs/sequencer.md, done in Blender's window with pointer and keys.

Run by test_guide.py as ``blender --python guide.py -- ARCHIVE ENVIRONMENT PLATE FOLDER`` on a
screen of 1600x900. Leaves ``told.json`` and a picture of every step in FOLDER.
"""

from __future__ import annotations

import json
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
LONGEST_WAIT_SECONDS = 150.0

# Where things stand on a screen of 1600x900, in Blender's factory settings.
ADD_REGION = (1398, 282)
STYLE_STRIP = (1408, 105)
PREVIEW_FRAME = (1387, 176)
CHOOSER = (1398, 430)
STARRY_NIGHT = (1310, 352)
STRENGTH_KEY = (1551, 528)
TIMELINE = (640, 600)

Wait = float | Callable[[], bool]


def room(name: str) -> Any:
    return import_module(f"{ADDON}.{name}")


def works() -> Any:
    return room("sequencer.watch").queue.works


def previewed() -> Any:
    return room("preview.previews").progress()


def keyed_frames(scene: bpy.types.Scene) -> list[int]:
    """Where the strength has keys, by the add-on's own reading of the strip's curves."""
    owner = room("sequencer.strip_owner").strip_owner(scene.sequence_editor.active_strip)
    keyframes = room("settings.keyframes")
    frames = range(scene.frame_start, scene.frame_end + 1)
    keyed = keyframes.KeyState.KEYED
    return [frame for frame in frames if keyframes.key_state(owner, 0, "strength", frame) is keyed]


def within(seconds: float, reached: Callable[[], bool]) -> Callable[[], bool]:
    deadline = time.monotonic() + seconds
    return lambda: reached() or time.monotonic() > deadline


def press(place: tuple[int, int], reached: Callable[[], bool]) -> Iterator[Wait]:
    """Click, and once more where a busy screen lost it."""
    for _ in range(3):
        click(*place)
        yield within(5.0, reached)
        if reached():
            return
    raise TimeoutError(f"pressing {place} does nothing")


def sequencer() -> tuple[bpy.types.Window, bpy.types.Area]:
    window = bpy.context.window_manager.windows[0]
    return window, max(window.screen.areas, key=lambda area: area.width * area.height)


def install(archive: str, environment: str) -> None:
    bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
    bpy.context.preferences.view.show_splash = False
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    room("session").session().check()


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


def steps(archive: str, environment: str, plate: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}

    def picture(name: str, crop: str = "1600x900+0+0") -> None:
        photograph(folder / f"sequencer_{name}.png", crop)

    install(archive, environment)
    strip = new_cut(sorted(Path(plate).glob("*.png")), folder)
    scene = bpy.context.scene
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
    yield lambda: bool(room("settings.styles").catalogue())
    yield 1.0
    hover(*TIMELINE)
    key("Home")
    yield 2.0
    click(*ADD_REGION)
    yield lambda: len(strip.brushpass.regions) == 1
    yield 1.0
    region = strip.brushpass.regions[0]
    click(*CHOOSER)
    yield 2.0
    picture("chooser", "640x460+960+0")
    yield from press(STARRY_NIGHT, lambda: region.style == "starry_night")

    # The pointer has to leave the chooser before it closes.
    hover(*TIMELINE)
    yield 1.0
    yield from press(STRENGTH_KEY, lambda: keyed_frames(scene) == [1])
    hover(*TIMELINE)
    key(*["Right"] * 7)
    yield lambda: scene.frame_current == 8
    yield from press(STRENGTH_KEY, lambda: keyed_frames(scene) == [1, 8])
    told["keys"] = keyed_frames(scene)
    hover(*TIMELINE)
    yield 1.0
    picture("keys", "380x740+1220+50")

    yield from press(PREVIEW_FRAME, lambda: previewed().wish is not None)
    yield lambda: previewed().stage.ended
    told["preview"] = previewed().stage.name
    hover(*TIMELINE)
    yield 1.0
    picture("preview", "1560x400+40+50")

    yield from press(STYLE_STRIP, lambda: bool(works()))
    yield lambda: works()[0].progress.styled >= 5 or works()[0].progress.state.ended
    hover(*TIMELINE)
    key("Right", "Right")
    yield 1.0
    picture("progress")
    first = works()[0]
    yield lambda: first.progress.state.ended
    told["first"] = first.progress.state.name
    yield 2.0
    picture("result", "1560x840+40+20")
    (result,) = (other for other in scene.sequence_editor.strips if other.brushpass_result.of)
    told["frames"] = [element.filename for element in result.elements]
    told["folder"] = bpy.path.abspath(result.directory)
    told["above"] = result.channel > strip.channel

    yield from press(STYLE_STRIP, lambda: works()[-1] is not first)
    yield lambda: works()[-1].progress.styled >= 2
    hover(*TIMELINE)
    key("Escape")
    yield lambda: works()[-1].progress.state.ended
    told["second"] = works()[-1].progress.state.name
    yield 1.0
    picture("cancelled", "380x740+1220+50")
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


def run() -> None:
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
        room("session").session().end()
        sys.stdout.flush()
        os._exit(code)

    bpy.app.timers.register(go_on, first_interval=1.0)


run()
