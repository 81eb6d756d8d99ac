"""Train Style from Image, in Blender's window with pointer and keys.

Run by test_training_window.py as ``blender --python training.py -- ARCHIVE ENVIRONMENT PLATE PICTURE PHOTOGRAPHS
LOSS_NETWORK FOLDER`` on a screen of 1600x900. Leaves ``told.json`` and pictures in FOLDER.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
from screen import hover, key, photograph
from steps import Wait, install, new_cut, press, room, run, sequencer, style_panel

# Where things stand on a screen of 1600x900, in Blender's factory settings.
TIMELINE = (640, 600)
OTHER_SECTIONS = ((1290, 399), (1290, 336), (1290, 211))
"""Headings of Look, Matte and Regions, from below."""
TRAIN_STYLE = (1408, 637)
CANCEL = (1550, 339)
RESUME = (1400, 422)
PANEL = "380x740+1220+50"
STEPS = 30
SHOWN_FROM = 26
"""A step after which the second sample is there."""


def now() -> Any:
    return room("training.watch").now


def form() -> Any:
    return room("training.asking").form()


def state() -> str:
    training = now().training
    return "" if training is None else str(training.progress.state.name)


def known(name: str) -> Any:
    return room("settings.styles").find(name)


def steps(
    archive: str, environment: str, plate: str, painting: str, photographs: str, network: str, out: str
) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}

    def picture(name: str, crop: str = "1600x900+0+0") -> None:
        photograph(folder / f"training_{name}.png", crop)

    install(archive)
    new_cut(sorted(Path(plate).glob("*.png")), folder)
    yield from style_panel(TIMELINE)
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    room("session").session().ask_styles()
    yield lambda: bool(room("settings.styles").catalogue())
    window, area = sequencer()
    region = next(region for region in area.regions if region.type == "UI")
    with bpy.context.temp_override(window=window, area=area, region=region):
        bpy.ops.brushpass.region_add()
    strip = bpy.context.scene.sequence_editor.strips_all["Lake"]
    strip.brushpass.regions[0].style = room("settings.styles").catalogue()[0].name
    chosen = Path(painting)
    bpy.ops.brushpass.train_pictures(directory=str(chosen.parent), files=[{"name": chosen.name}])
    said = form()
    said.photographs, said.loss_network, said.quality, said.steps = photographs, network, "STEPS", STEPS
    said.licence = "CC0"
    name = said.pictures[0].name
    yield 1.0
    for heading in OTHER_SECTIONS:
        hover(*heading)
        key("a")
        yield 1.0
    hover(*TIMELINE)
    yield 2.0
    picture("form", PANEL)
    yield from press(TRAIN_STYLE, lambda: now().running)
    yield lambda: now().training.progress.done >= 2
    yield from press(CANCEL, lambda: state() == "CANCELLED")
    told["kept"] = now().training.order.done
    hover(*TIMELINE)
    yield 2.0
    picture("cancelled")
    yield from press(RESUME, lambda: now().running)
    yield lambda: now().training.progress.done >= SHOWN_FROM
    hover(*TIMELINE)
    yield 1.5
    told["responsive"] = now().running
    picture("running")
    yield lambda: state() == "DONE" and known(name) is not None
    told["learnt"] = [known(name).title, known(name).ready, room("ui.thumbnails").thumbnail(known(name)) > 0]
    yield 1.5
    picture("done")
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


run(steps)
