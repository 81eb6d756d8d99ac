"""The steps of docs/sequencer.md, done in Blender's window with pointer and keys.

Run by test_guide.py as ``blender --python guide.py -- ARCHIVE ENVIRONMENT PLATE FOLDER`` on a
screen of 1600x900. Leaves ``told.json`` and a picture of every step in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from screen import click, hover, key, photograph, pixels
from steps import Wait, install, new_cut, press, previewed, room, run, sequencer, style_panel, within, works

# Where things stand on a screen of 1600x900, in Blender's factory settings.
ADD_REGION = (1398, 282)
ASK_FOR_STYLES = (1400, 540)
STYLE_STRIP = (1408, 105)
PREVIEW_FRAME = (1387, 176)
# Below what is said of the result.
PREVIEW_BESIDE_JOB = (1387, 291)
CHOOSER = (1398, 456)
FIRST_STYLE = "40x40+1046+116"
"""A part of its picture in the chooser."""
STARRY_NIGHT = (1525, 197)
STRENGTH = (1450, 534)
STRENGTH_KEY = (1551, 534)
TIMELINE = (640, 600)
PANEL = "380x740+1220+50"


def asked_at(frame: int) -> Callable[[], bool]:
    return lambda: previewed().wish is not None and previewed().wish.frame == frame


def visible() -> bool:
    """Whether a preview covers the frame at the playhead."""
    window, area = sequencer()
    with bpy.context.temp_override(window=window, area=area):
        return room("preview.previews").visible(bpy.context) is not None


def catalogue() -> Any:
    return room("settings.styles").catalogue()


def keyed_frames(scene: bpy.types.Scene) -> list[int]:
    """Where the strength has keys, by the add-on's own reading of the strip's curves."""
    owner = room("sequencer.strip_owner").strip_owner(scene.sequence_editor.active_strip)
    keyframes = room("settings.keyframes")
    frames = range(scene.frame_start, scene.frame_end + 1)
    keyed = keyframes.KeyState.KEYED
    return [frame for frame in frames if keyframes.key_state(owner, 0, "strength", frame) is keyed]


def enter(place: tuple[int, int], value: str, reached: Callable[[], bool]) -> Iterator[Wait]:
    """Type into a number."""
    for _ in range(3):
        click(*place, times=2)
        yield 0.5
        key("ctrl+a", *value, "Return")
        yield within(15.0, reached)
        if reached():
            return
    raise TimeoutError(f"{value} cannot be entered at {place}")


def painted_by() -> float:
    """The largest difference of the previewed result from its plate, of 1."""
    pictures = previewed().pictures
    return float(abs(pictures.result[..., :3] - pictures.plate[..., :3]).max())


def moved_keys(by: int) -> Iterator[Wait]:
    """Move the keys at the playhead in a Dope Sheet, as any others."""
    _, area = sequencer()
    area.type = "DOPESHEET_EDITOR"
    yield 2.0
    hover(*TIMELINE)
    yield 0.5
    key("alt+a", "ctrl+k")
    yield 1.0
    key("g", *("minus" if sign == "-" else sign for sign in str(by)), "Return")
    yield 1.0
    _, area = sequencer()
    area.type = "SEQUENCE_EDITOR"
    yield 2.0


def steps(archive: str, environment: str, plate: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}

    def picture(name: str, crop: str = "1600x900+0+0") -> None:
        photograph(folder / f"sequencer_{name}.png", crop)

    install(archive)
    strip = new_cut(sorted(Path(plate).glob("*.png")), folder)
    scene = bpy.context.scene
    yield from style_panel(TIMELINE)
    yield from press(ADD_REGION, lambda: len(strip.brushpass.regions) == 1)
    region = strip.brushpass.regions[0]
    yield 1.0
    picture("backend", PANEL)

    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    yield 1.0
    yield from press(ASK_FOR_STYLES, lambda: room("session").session().busy or bool(catalogue()))
    yield lambda: bool(catalogue())
    hover(*TIMELINE)
    yield 2.0
    closed = pixels(FIRST_STYLE)
    yield from press(CHOOSER, lambda: pixels(FIRST_STYLE) != closed)
    yield 1.0
    picture("chooser", "640x460+960+0")
    yield from press(STARRY_NIGHT, lambda: region.style == "starry_night")

    # The pointer has to leave the chooser before it closes.
    hover(*TIMELINE)
    yield 1.0
    yield from enter(STRENGTH, "0", lambda: region.strength == 0.0)
    yield from press(STRENGTH_KEY, lambda: keyed_frames(scene) == [1])
    hover(*TIMELINE)
    key(*["Right"] * 9)
    yield lambda: scene.frame_current == 10
    yield from enter(STRENGTH, "1", lambda: region.strength == 1.0)
    yield from press(STRENGTH_KEY, lambda: keyed_frames(scene) == [1, 10])
    yield from moved_keys(-2)
    told["keys"] = keyed_frames(scene)
    hover(*TIMELINE)
    key("Left", "Left")
    yield lambda: scene.frame_current == 8
    yield 1.0
    picture("keys", PANEL)

    told["strength"], told["painted"] = {}, {}
    for frame in (1, 8):
        scene.frame_set(frame)
        told["strength"][frame] = region.strength
        yield from press(PREVIEW_FRAME, asked_at(frame))
        yield lambda: previewed().stage.ended
        told["painted"][frame] = painted_by()
    hover(*TIMELINE)
    yield 1.0
    told["visible"] = visible()
    picture("preview", "1560x400+40+50")

    yield from press(STYLE_STRIP, lambda: bool(works()))
    first = works()[0]
    yield lambda: first.progress.styled >= 3 or first.progress.state.ended
    hover(*TIMELINE)
    key(*["Right"] * 4)
    yield lambda: scene.frame_current == 12
    yield from press(PREVIEW_BESIDE_JOB, asked_at(12))
    yield lambda: previewed().stage.ended
    told["beside"] = [previewed().stage.name, first.progress.styled < len(strip.elements)]
    hover(*TIMELINE)
    yield 1.0
    picture("progress")
    yield lambda: first.progress.state.ended
    told["first"] = first.progress.state.name
    yield 2.0
    told["gave way"] = not visible()
    scene.frame_set(8)
    yield 2.0
    picture("result", "1560x840+40+20")
    (result,) = (other for other in scene.sequence_editor.strips if other.brushpass_result.of)
    told["frames"] = [element.filename for element in result.elements]
    told["folder"] = bpy.path.abspath(result.directory)
    told["above"] = result.channel > strip.channel

    yield from press(STYLE_STRIP, lambda: works()[-1] is not first)
    second = works()[-1]
    yield lambda: second.progress.styled >= 2
    hover(*TIMELINE)
    key("Escape")
    yield lambda: second.progress.state.ended
    told["second"], told["kept"] = second.progress.state.name, second.progress.kept
    told["on disk"] = len(list(second.folder.glob("styled.*")))
    yield 1.0
    picture("cancelled")
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


run(steps)
