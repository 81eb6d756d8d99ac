"""Find Objects on strips from end to end, inside Blender's Python. One function a case; the folder is its own."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import asked_objects as asked
import bpy_styling as styling
import bpy_timeline as tl
from settings_scene import run_cases

MODEL = "mask_rcnn"
MATTE = "INSTANCES"
FRAME = 4
"""On the timeline: the second picture of the strip."""


_backend: list[str] = []


def run(folder: str, python: str) -> dict[str, Any]:
    """All cases in one Blender, with one backend."""
    _backend.append(python)
    return run_cases((missing, chosen, styled, previewed, shared, many), folder)


# ---- tools


def a_strip(folder: Path) -> tuple[Any, Any, Any]:
    """A saved file whose strip has one region of found objects."""
    styling.use_backend(*_backend)
    scene, strip = styling.an_image_strip(folder, style="swirl")
    region = strip.brushpass.regions[0]
    region.matte.kind = MATTE
    return scene, strip, region


def plate_of(strip: Any) -> Path:
    shelf = tl.room("sequencer.shelves").shelf_of_strip(strip.id_data, strip)
    return Path(shelf) / "plate"


def search(strip: Any) -> Any:
    """What the panel knows of the latest search."""
    owner = tl.room("sequencer.strip_owner").strip_owner(strip)
    return tl.room("settings.finder").finder_of(owner).latest(owner, MODEL)


def outdated(strip: Any) -> str:
    """Why the panel says to find again, asked anew."""
    owner = tl.room("sequencer.strip_owner").strip_owner(strip)
    found = tl.room("settings.found_objects").found_in(strip.brushpass, MODEL)
    # One that remembers nothing.
    finder = type(tl.room("settings.finder").finder_of(owner))()
    return str(finder.outdated(owner, found))


def render_plate(strip: Any) -> str:
    """Let a search that cannot find anything render the plate; what it says."""
    return styling.refused(bpy.ops.brushpass.find_objects)


def write(folder: Path, strip: Any, **options: Any) -> None:
    """Have objects left beside the plate, as if they had been found there."""
    asked.write(folder, str(plate_of(strip)), model=MODEL, **options)


def found(folder: Path, strip: Any, **options: Any) -> None:
    """The same, and the list of them on the strip."""
    render_plate(strip)
    write(folder, strip, **options)
    assert bpy.ops.brushpass.find_objects() == {"FINISHED"}


def listed(strip: Any) -> list[list[Any]]:
    """Name, first and last frame, count, score and whether there is a picture, of each object that is listed."""
    shots = strip.brushpass.found
    module = tl.room("settings.found_objects")
    return [
        [item.name, item.first, item.last, item.frames, round(item.score, 3), module.thumbnail_of(shot, item).is_file()]
        for shot in shots
        for item in shot.objects
    ]


def ids(region: Any) -> list[int]:
    return [entry.id for entry in region.matte.objects.ids]


def touched(before: Path, after: Path) -> list[bool]:
    """Whether the left half, the upper and the lower right quarter of a picture differ."""
    return asked.parts(tl.read(before)[::-1], tl.read(after)[::-1])


def painted(strip: Any, version: int) -> list[list[bool]]:
    """:func:`touched` of each frame of a version."""
    plate = plate_of(strip)
    styled = plate.parent / f"v{version:03d}"
    numbers = range(1001, 1001 + styling.FRAMES)
    return [touched(plate / f"plate.{number}.png", styled / f"styled.{number}.png") for number in numbers]


# ---- cases


def missing(folder: Path) -> dict[str, Any]:
    """No file, no backend, no weights and no network to fetch them, a network that no one knows."""
    scene = tl.empty(20)
    strip = tl.image_strip(scene.sequence_editor.strips, "Bild ä", tl.pictures(folder / "src", 3), 1, 3)
    styling.region(strip, "swirl", MATTE)
    styling.activate(scene, strip)
    told = {"unsaved": styling.refused(bpy.ops.brushpass.find_objects)}
    bpy.ops.wm.save_as_mainfile(filepath=str(folder / "schnitt.blend"))
    told["no backend"] = styling.refused(bpy.ops.brushpass.find_objects)
    told["kind"] = search(strip).fault.kind
    styling.use_backend(*_backend)
    told["offline"] = styling.refused(bpy.ops.brushpass.find_objects)
    told["shown"] = search(strip).fault.sentence()
    told["plate"] = len(list(plate_of(strip).glob("plate.*.png")))
    told["left"] = [path.name for path in (tl.room("preferences").cache().folder / "finding").glob("*")]
    bpy.ops.brushpass.objects_dismiss()
    told["dismissed"] = search(strip) is None
    strip.brushpass.regions[0].matte.objects.model = "mask_rnn"
    told["unknown"] = styling.refused(bpy.ops.brushpass.find_objects)
    strip.brushpass.regions[0].matte.objects.model = " "
    told["no model"] = tl.room("settings.mattes").matte_problem(strip.brushpass.regions[0])
    told["no list"] = [len(strip.brushpass.found), styling.refused(bpy.ops.brushpass.object_toggle, number=1)]
    return told


def chosen(folder: Path) -> dict[str, Any]:
    """The list, clicks in it, undo, two regions, saving, renaming, duplicating, and what makes it old."""
    scene, strip, region = a_strip(folder)
    scene.frame_set(FRAME)
    name = scene.name
    bpy.ops.ed.undo_push(message="before")
    found(folder, strip)
    told: dict[str, Any] = {"list": listed(strip), "outdated": outdated(strip)}
    module = tl.room("settings.found_objects")
    shot = strip.brushpass.found[0]
    told["by score"] = sorted(module.chosen(region.matte.objects, shot))
    region.matte.objects.score = 0.9
    told["of a higher score"] = sorted(module.chosen(region.matte.objects, shot))
    region.matte.objects.score = 0.5
    bpy.ops.brushpass.object_class_toggle(name="car")
    told["of a class"] = sorted(module.chosen(region.matte.objects, shot))
    bpy.ops.brushpass.object_class_toggle(name="car")
    told["counted"] = module.counted(shot)

    for number in (3, 1, 3):
        bpy.ops.brushpass.object_toggle(number=number)
        bpy.ops.ed.undo_push(message=f"click {number}")
    told["clicked"] = ids(region)
    told["unknown"] = styling.refused(bpy.ops.brushpass.object_toggle, number=9)
    bpy.ops.ed.undo()
    strip = scene_strip(name, "Bild ä")
    told["undone"] = ids(strip.brushpass.regions[0])
    for _ in range(3):
        bpy.ops.ed.undo()
    strip = scene_strip(name, "Bild ä")
    told["list undone"] = len(strip.brushpass.found)
    for _ in range(4):
        bpy.ops.ed.redo()
    strip = scene_strip(name, "Bild ä")
    told["redone"] = [len(strip.brushpass.found[0].objects), ids(strip.brushpass.regions[0])]

    bpy.ops.brushpass.region_duplicate()
    bpy.ops.brushpass.object_toggle(number=2)
    told["two regions"] = [ids(entry) for entry in strip.brushpass.regions]
    bpy.ops.wm.save_mainfile()
    bpy.ops.wm.open_mainfile(filepath=bpy.data.filepath)
    strip = scene_strip(scene_name := bpy.context.scene.name, "Bild ä")
    told["loaded"] = [listed(strip) == told["list"], [ids(entry) for entry in strip.brushpass.regions], outdated(strip)]
    strip.name = "anders"
    told["renamed"] = [outdated(strip), plate_of(strip).parent.name]
    strip.name = "Bild ä"
    told["changes"] = _changes(scene_name, strip)
    return told


def _changes(scene: str, strip: Any) -> dict[str, str]:
    told = {}
    compat = tl.room("compat")
    left, right = compat.handles(strip)
    compat.set_handles(strip, left + 1, right)
    told["trimmed"] = outdated(strip)
    compat.set_handles(strip, left, right + 2)
    told["drawn out"] = outdated(strip)
    compat.set_handles(strip, left, right)
    strip.brushpass.plate.exposure = 1.0
    told["exposed"] = outdated(strip)
    strip.brushpass.plate.exposure = 0.0
    strip.color_multiply = 0.5
    told["darker"] = outdated(strip)
    strip.color_multiply = 1.0
    told["as before"] = outdated(strip)
    strip.brushpass.found[0].folder += "-gone"
    told["gone"] = outdated(strip)
    return told


def scene_strip(scene: str, name: str) -> Any:
    """The strip as it is after undo, which makes everything anew."""
    return bpy.data.scenes[scene].sequence_editor.strips_all[name]


def styled(folder: Path) -> dict[str, Any]:
    """Style Strip takes what was found, paints just that, and refuses numbers of another list."""
    _, strip, region = a_strip(folder)
    render_plate(strip)
    write(folder, strip)
    states: list[str] = []
    tl.room("sequencer.watch").listeners.append(lambda work: states.append(work.progress.state.value))
    region.matte.objects.classes.add().name = "car"
    told: dict[str, Any] = {"unfound": len(strip.brushpass.found)}
    told["outcome"] = list(bpy.ops.brushpass.style_strip())
    told["listed"] = [name for name, *_ in listed(strip)]
    told["cars"] = painted(strip, 1)
    bpy.ops.brushpass.object_toggle(number=1)
    told["by number"] = [list(bpy.ops.brushpass.style_strip()), painted(strip, 2)]
    # The same objects, under other numbers: frames that are rendered anew are looked at anew.
    strip.color_multiply = 0.9
    told["changed"] = styling.refused(bpy.ops.brushpass.style_strip)
    write(folder, strip, shift=1)
    told["found anew"] = styling.refused(bpy.ops.brushpass.style_strip)
    told["remedy"] = styling.remedy(styling.works()[-1])
    told["versions"] = sorted(path.name for path in plate_of(strip).parent.glob("v*") if list(path.glob("styled.*")))
    told["now"] = [[name for name, *_ in listed(strip)], ids(region), [c.name for c in region.matte.objects.classes]]
    told["again"] = list(bpy.ops.brushpass.style_strip())
    return told


def previewed(folder: Path) -> dict[str, Any]:
    """Before and after finding: the matte, and names under the pointer."""
    scene, strip, region = a_strip(folder)
    scene.frame_set(FRAME)
    previews = tl.room("preview.previews")
    told: dict[str, Any] = {"before": styling.refused(bpy.ops.brushpass.preview)}
    found(folder, strip)
    bpy.ops.brushpass.object_toggle(number=2)
    told["outcome"] = list(bpy.ops.brushpass.preview())
    told["matte"] = _parts(previews.progress().pictures.matte)
    told["picked"] = [_picked(strip, place) for place in ((5, 5), (60, 3), (60, 33))]
    owner = tl.room("sequencer.strip_owner").strip_owner(strip)
    add = tl.room("preview.picked").add_name
    told["added"] = [add(owner, "person 1"), add(owner, "person 1"), ids(region)]

    # A mask is rendered for the preview, and the objects stay those of the whole plate.
    bpy.data.masks.new("Roto")
    other = styling.region(strip, "identity", "MASK")
    other.matte.mask = bpy.data.masks["Roto"]
    told["beside a mask"] = list(bpy.ops.brushpass.preview())
    told["its matte"] = _parts(previews.progress().pictures.matte)
    told["fault"] = "" if previews.fault() is None else previews.fault().sentence()
    return told


def _parts(matte: np.ndarray | None) -> list[float] | None:
    """Coverage in the middle of the left half, of the upper and of the lower right quarter; rows from the top."""
    if matte is None:
        return None
    height, width = matte.shape
    places = ((height // 2, width // 4), (height // 4, width * 3 // 4), (height * 3 // 4, width * 3 // 4))
    return [round(float(matte[place]), 3) for place in places]


def _picked(strip: Any, place: tuple[int, int]) -> list[Any]:
    client = tl.room("session").session().client
    owner = tl.room("sequencer.strip_owner").strip_owner(strip)
    plate = tl.room("preview.previews").progress().open_plate
    picker = tl.room("preview.picker").Picker(client, plate, tl.room("preview.picked").names_of(owner))
    picker.point(place)
    picker.step()
    while picker.waits:
        time.sleep(0.01)
        picker.step()
    matte = picker.matte
    covered = None if matte is None else round(float((matte > 127).mean()), 2)
    told = [picker.name, covered, "" if picker.fault is None else picker.fault.sentence()]
    picker.close()
    return told


def shared(folder: Path) -> dict[str, Any]:
    """Copies, presets and recipes: numbers stay with their strip."""
    scene, strip, region = a_strip(folder)
    found(folder, strip)
    for number in (1, 3):
        bpy.ops.brushpass.object_toggle(number=number)
    region.matte.objects.score = 0.6
    other = tl.image_strip(scene.sequence_editor.strips, "zweiter", tl.pictures(folder / "b", 3), 3, 3)
    other.select = True
    told: dict[str, Any] = {"copied": list(bpy.ops.brushpass.copy_to_strips())}
    copy = other.brushpass.regions[0].matte.objects
    told["copy"] = [len(other.brushpass.found), [e.id for e in copy.ids], [e.name for e in copy.classes], copy.score]
    told["kept"] = [ids(region), len(strip.brushpass.found)]
    owner = tl.room("sequencer.strip_owner").strip_owner(strip)
    preset = tl.room("settings.presets").save(owner, "leute")
    told["preset"] = json.loads(preset.read_text(encoding="utf-8"))["regions"][0]["matte"]
    path = folder / "recipe.json"
    bpy.ops.brushpass.recipe_export(filepath=str(path))
    told["exported"] = json.loads(path.read_text(encoding="utf-8"))["regions"][0]["matte"]
    return told


def many(folder: Path) -> dict[str, Any]:
    """A list of three hundred: what the filter leaves, and the order by size."""
    _, strip, region = a_strip(folder)
    found(folder, strip, many=300)
    shot = strip.brushpass.found[0]
    module = tl.room("settings.found_objects")
    return {
        "count": len(shot.objects),
        "labels": module.counted(shot),
        "large": sorted(module.chosen(_with(region.matte.objects, area=0.1), shot)),
    }


def _with(matte: Any, **values: float) -> Any:
    for name, value in values.items():
        setattr(matte, name, value)
    return matte
