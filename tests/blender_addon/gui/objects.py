"""Objects chosen in the list and in the picture, in Blender's window with pointer and keys.

Run by test_objects_window.py as ``blender --python objects.py -- ARCHIVE ENVIRONMENT PLATE FOLDER`` on a
screen of 1600x900; ``found_shot.py`` answers in FOLDER. Leaves ``told.json`` and pictures in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from screen import click, hover, key, photograph
from steps import Wait, install, new_cut, press, previewed, room, run, sequencer, style_panel, works

# Where things stand on a screen of 1600x900, in Blender's factory settings.
TIMELINE = (640, 600)
FIND = (1408, 418)
SECOND_OF_THE_LIST = (1300, 446)
EYEDROPPER = (1552, 176)
LEFT_HALF = (450, 200)


def strip() -> Any:
    """As it is after undo, which makes everything anew."""
    return bpy.context.scene.sequence_editor.strips_all["Lake"]


def ids() -> list[int]:
    return [entry.id for entry in strip().brushpass.regions[0].matte.objects.ids]


def searched(count: int) -> bool:
    return len(works()) == count and works()[-1].progress.state.ended


def steps(archive: str, environment: str, plate: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}

    def picture(name: str) -> None:
        photograph(folder / f"objects_{name}.png", "1600x900+0+0")

    install(archive)
    new_cut(sorted(Path(plate).glob("*.png")), folder)
    yield from style_panel(TIMELINE)
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    window, area = sequencer()
    region = next(region for region in area.regions if region.type == "UI")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.brushpass.region_add()
        strip().brushpass.regions[0].matte.kind = "INSTANCES"
        bpy.ops.ed.undo_push(message="Objects in Footage")
    yield 1.0
    hover(*TIMELINE)
    yield 1.0
    picture("nothing_found")
    yield from press(FIND, lambda: bool(works()))
    yield lambda: searched(1)
    told["fault"] = room("sequencer.watch").fault_of(works()[-1]).sentence()
    yield 2.0
    picture("no_weights")
    (shelf,) = (folder / "brushpass").glob("*/*")
    ask = folder / "found.part"
    ask.write_text(json.dumps({"plate": str(shelf / "plate"), "model": "mask_rcnn", "many": 297}), encoding="utf-8")
    ask = ask.rename(ask.with_suffix(".ask"))
    yield lambda: not ask.exists()
    fault = ask.with_suffix(".fault")
    assert not fault.exists(), fault.read_text(encoding="utf-8")
    yield from press(FIND, lambda: len(strip().brushpass.found) > 0)
    told["listed"] = len(strip().brushpass.found[0].objects)
    hover(*TIMELINE)
    yield 2.0
    picture("listed")
    yield from press(SECOND_OF_THE_LIST, lambda: ids() == [2])
    told["clicked"] = ids()
    yield from press(EYEDROPPER, lambda: previewed().open_plate is not None)
    overlay = room("preview.overlay")
    hover(*LEFT_HALF)
    yield lambda: overlay._highlight.matte is not None
    yield 1.0
    picture("picked")
    click(*LEFT_HALF)
    yield lambda: ids() == [1, 2]
    told["added in the picture"] = ids()
    key("Escape")
    hover(*TIMELINE)
    yield 2.0
    picture("chosen")
    hover(*TIMELINE)
    key("ctrl+z")
    yield lambda: ids() != [1, 2]
    told["undone"] = ids()
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


run(steps)
