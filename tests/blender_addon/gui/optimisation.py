"""A region painted by optimisation, in Blender's window with pointer and keys.

Run by test_optimised_window.py as ``blender --python optimisation.py -- ARCHIVE ENVIRONMENT PLATE PAINTINGS
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
from steps import Wait, install, new_cut, press, previewed, room, run, sequencer, style_panel

# Where things stand on a screen of 1600x900, in Blender's factory settings.
TIMELINE = (640, 600)
OTHER_SECTIONS = ((1290, 336), (1290, 211))
"""Headings of Matte and Regions, from below."""
OPTIMISATION = (1479, 293)
ADD_PAINTING = (1400, 320)
ROW = 21
"""Pixels by which a painting moves what is below it."""
REMOVE_FIRST = (1551, 320)
PREVIEW = (1390, 176)
PANEL = "380x740+1220+50"


def region() -> Any:
    """As it is after undo, which makes everything anew."""
    return bpy.context.scene.sequence_editor.strips_all["Lake"].brushpass.regions[0]


def count() -> int:
    return len(region().optimisation.paintings)


def browser() -> tuple[bpy.types.Window, bpy.types.Area] | None:
    """The file browser that is open."""
    windows = bpy.context.window_manager.windows
    areas = ((window, area) for window in windows for area in window.screen.areas)
    return next(((window, area) for window, area in areas if area.type == "FILE_BROWSER"), None)


def confirm(path: Path) -> None:
    """Choose a file in the browser."""
    found = browser()
    assert found is not None
    window, area = found
    params = area.spaces.active.params
    params.directory, params.filename = str(path.parent).encode(), path.name
    with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
        bpy.ops.file.execute()


def shown_anew() -> Iterator[Wait]:
    """Let the panel show what a script has set."""
    hover(*PREVIEW)
    yield 2.0
    hover(*TIMELINE)
    yield 2.0


def steps(archive: str, environment: str, plate: str, paintings_in: str, network: str, out: str) -> Iterator[Wait]:
    folder = Path(out)
    told: dict[str, Any] = {}

    def picture(name: str, crop: str = "1600x900+0+0") -> None:
        photograph(folder / f"optimisation_{name}.png", crop)

    install(archive)
    new_cut(sorted(Path(plate).glob("*.png")), folder)
    yield from style_panel(TIMELINE)
    preferences = room("preferences").preferences()
    preferences.source, preferences.environment_path = "own", environment
    room("session").session().ask_styles()
    yield lambda: bool(room("settings.styles").catalogue())
    window, area = sequencer()
    panel = next(region for region in area.regions if region.type == "UI")
    with bpy.context.temp_override(window=window, area=area, region=panel):
        bpy.ops.brushpass.region_add()
    yield 1.0
    for heading in OTHER_SECTIONS:
        hover(*heading)
        key("a")
        yield 1.0
    yield from press(OPTIMISATION, lambda: region().painted_by == "OPTIMISATION")
    hover(*TIMELINE)
    yield 1.0
    picture("nothing")
    for path in sorted(Path(paintings_in).iterdir()):
        before = count()
        yield from press((ADD_PAINTING[0], ADD_PAINTING[1] + ROW * before), lambda: browser() is not None)
        yield 1.5
        confirm(path)
        yield lambda before=before: count() == before + 1
        yield 1.0
    hover(*TIMELINE)
    yield 2.0
    told["paintings"] = [Path(entry.path).name for entry in region().optimisation.paintings]
    picture("no_network", PANEL)
    preferences.training.loss_network = network
    yield from shown_anew()
    picture("panel", PANEL)
    yield from press(REMOVE_FIRST, lambda: count() == 1)
    told["left"] = Path(region().optimisation.paintings[0].path).name
    hover(*TIMELINE)
    key("ctrl+z")
    yield lambda: count() == 2
    optimisation = region().optimisation
    optimisation.size, optimisation.style_size, optimisation.scales, optimisation.steps = 256, 256, 2, 20
    yield from shown_anew()
    yield from press(PREVIEW, lambda: not previewed().stage.ended)
    yield lambda: previewed().stage.ended
    told["preview"] = previewed().stage.name
    hover(*TIMELINE)
    yield 2.0
    picture("preview")
    shown = previewed().pictures
    told["painted"] = float(abs(shown.result[..., :3] - shown.plate[..., :3]).mean())
    region().optimisation.start = "feed_forward"
    yield from shown_anew()
    picture("start", PANEL)
    (folder / "told.json").write_text(json.dumps(told), encoding="utf-8")


run(steps)
