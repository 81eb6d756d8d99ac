"""Masks, strips and movies as mattes: rendered beside a plate, told in its recipe, refused where they are gone."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_preview as preview
import bpy_styling as styling
import bpy_timeline as tl

WIDTH, HEIGHT = tl.SIZE
FIRST_SHOWN, LAST_SHOWN = 12, 17
"""Of the styled strip, whose content starts at frame 8."""


def run(case: str, folder: str, *arguments: str) -> Any:
    """What a case returns."""
    return CASES[case](Path(folder), *arguments)


# ---- what is styled, and by what


def a_trimmed_strip(work: Path) -> tuple[Any, Any]:
    """Pictures whose content starts at frame 8 and of which frames 12 to 17 are shown."""
    scene = tl.empty()
    strip = tl.image_strip(scene.sequence_editor.strips, "Bild ä", tl.pictures(work / "src", 14), 1, 8)
    tl.room("compat").set_handles(strip, FIRST_SHOWN, LAST_SHOWN + 1)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "schnitt ü.blend"))
    return scene, strip


def a_region(strip: Any, name: str, kind: str, source: Any) -> Any:
    region = strip.brushpass.regions.add()
    region.name, region.matte.kind = name, kind
    setattr(region.matte, {"MASK": "mask", "STRIP": "strip", "IMAGES": "path"}[kind], source)
    return region


def a_moving_mask(name: str = "Röto/1") -> Any:
    """A quarter of the width, from column 16 at its frame 1 to column 32 at frame 17, half covering."""
    mask = bpy.data.masks.new(name)
    layer = mask.layers.new(name="layer")
    layer.alpha = 0.5
    spline = layer.splines.new()
    spline.points.add(3)
    spline.use_cyclic = True
    layer.splines.active = spline
    layer.select = True
    window = bpy.context.window_manager.windows[0]
    area = window.screen.areas[0]
    area.type = "IMAGE_EDITOR"
    area.spaces.active.mode = "MASK"
    area.spaces.active.mask = mask
    for frame, left in ((1, 0.25), (17, 0.5)):
        window.scene.frame_set(frame)
        for point, x, y in zip(spline.points, (0, 1, 1, 0), (0, 0, 1, 1), strict=True):
            # Both directions are parts of the width, about the middle.
            place = (left + 0.25 * x, 0.5 + (y - 0.5) * 0.5 * HEIGHT / WIDTH)
            point.handle_type = "VECTOR"
            point.co = point.handle_left = point.handle_right = place
            point.select = True
        with bpy.context.temp_override(window=window, area=area, region=area.regions[-1]):
            assert bpy.ops.mask.shape_key_insert() == {"FINISHED"}
    for first, second in zip(spline.points, [*spline.points[1:], spline.points[0]], strict=True):
        assert first.co != second.co
    return mask


def bars(folder: Path, count: int, *, alpha: bool = False) -> list[Path]:
    """Pictures of a bar, 8 columns wide, that starts at column 4 and moves by 2 columns a picture."""
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for index in range(count):
        pixels = np.zeros((HEIGHT, WIDTH, 4), np.float32)
        pixels[..., 3] = 0.0 if alpha else 1.0
        pixels[:, 4 + 2 * index : 12 + 2 * index] = (0.2, 0.6, 0.4, 0.6) if alpha else 1.0
        made.append(tl.save(pixels, folder / f"bar {index:04d}.png"))
    return made


# ---- doing it


def isolated(scene: Any, strip: Any, work: Path) -> dict[str, Any]:
    """Run the isolating Blender for the strip's settings and write the recipe beside the plate."""
    sources = tl.room("sequencer.matte_sources").matte_sources(scene, strip)
    content = tl.room("sequencer.strips").content_of(strip)
    recipe = tl.room("sequencer.strip_recipe").strip_recipe(strip, content, work)
    code, events, printed = tl.isolated(tl.spec_for(scene, strip, work, mattes=sources), work)
    assert code == 0, printed[-3000:]
    (work / "recipe.json").write_text(json.dumps(recipe), encoding="utf-8")
    steps = [[event["stage"], event["done"], event["total"]] for event in events if event["event"] == "progress"]
    return {
        "numbers": [content.first, content.last],
        "summary": events[-1]["summary"],
        "steps": steps,
        "folders": sorted(path.name for path in (work / "plate" / "mattes").iterdir()),
        "left": [path.name for path in (work / "plate" / "mattes").rglob(".part*")],
    }


def all_kinds(work: Path) -> dict[str, Any]:
    """A moving mask, strips of every visibility, alpha and a movie, of one trimmed strip."""
    scene, strip = a_trimmed_strip(work)
    strips = scene.sequence_editor.strips
    a_region(strip, "mask", "MASK", a_moving_mask())
    whole = bpy.data.masks.new("Alles")
    whole.layers.new(name="layer").invert = True
    a_region(strip, "whole", "MASK", whole)
    bar = tl.image_strip(strips, "Balken", bars(work / "bars", 10), 3, 10)
    tl.room("compat").set_handles(bar, 13, 17)
    bar.mute = True
    a_region(strip, "strip", "STRIP", "Balken")
    tl.image_strip(strips, "Durchsichtig", bars(work / "clear", 20, alpha=True), 4, 1)
    a_region(strip, "alpha", "STRIP", "Durchsichtig").matte.channel = "alpha"
    a_region(strip, "luma over black", "STRIP", "Durchsichtig")
    shape = strips.new_mask("Maskenstreifen", bpy.data.masks["Röto/1"], 5, 10)
    tl.room("compat").set_handles(shape, 10, 16)
    a_region(strip, "mask strip", "STRIP", "Maskenstreifen")
    a_region(strip, "movie", "IMAGES", str(tl.movie(work / "Mätte.mp4", bars(work / "film", 14))))
    meta = strips.new_meta("Meta", 7, 1)
    tl.image_strip(meta.strips, "Innen", bars(work / "inner", 20), 1, 4)
    tl.room("compat").set_handles(meta, 1, 40)
    a_region(strip, "in a meta", "STRIP", "Innen")
    layer = tl.effect(strips, "Einstellung", "ADJUSTMENT", 8, 14, 3)
    layer.use_flip_x = True
    a_region(strip, "of the stack", "STRIP", "Einstellung")
    meta.mute = True
    light = np.tile(np.linspace(0.0, 0.6, WIDTH, dtype=np.float32)[None, :, None], (HEIGHT, 1, 4))
    light[..., 3] = 0.75
    tl.image_strip(strips, "Licht", [tl.save(light, work / "licht.exr")], 9, 12)
    a_region(strip, "light", "STRIP", "Licht")
    a_region(strip, "off", "STRIP", "gone").enabled = False
    told = isolated(scene, strip, work)
    for other in strips:
        other.mute = other.name != "Licht"
    black = tl.effect(strips, "Schwarz", "COLOR", 1, 40, 20)
    tl.room("compat").set_content_start(strips["Licht"], 45)
    black.color = (0.0, 0.0, 0.0)
    strips["Licht"].blend_type = "ALPHA_OVER"
    (shown,) = tl.timeline(scene, range(45, 46), work / "shown")
    told["light over black"] = shown[..., :3].tolist()
    return told


def resume(work: Path) -> dict[str, Any]:
    """How many frames of mattes and of the plate each run renders."""
    scene, strip = a_trimmed_strip(work)
    strips, compat = scene.sequence_editor.strips, tl.room("compat")
    mask = a_moving_mask()
    a_region(strip, "mask", "MASK", mask)
    bar = tl.image_strip(strips, "Balken", bars(work / "bars", 24), 3, 2)
    a_region(strip, "strip", "STRIP", "Balken")
    a_region(strip, "again", "STRIP", "Balken").matte.invert = True
    rendered: dict[str, list[int]] = {}

    def again(name: str) -> None:
        summary = isolated(scene, strip, work)["summary"]
        rendered[name] = [summary["mattes"], summary["rendered"]]

    again("first")
    again("unchanged")
    lost = next((work / "plate" / "mattes").glob("strip-*")) / "matte.1006.png"
    lost.unlink()
    again("one lost")
    compat.set_content_start(bar, 3)
    again("the strip moved")
    compat.set_content_start(bar, 4)
    compat.set_content_start(strip, 9)
    again("both moved, the styled one less")
    compat.set_content_start(bar, 5)
    compat.set_content_start(strip, 10)
    again("both moved alike")
    mask.layers[0].alpha = 0.25
    again("the mask edited")
    return {"rendered": rendered}


def scene_plate(work: Path) -> dict[str, Any]:
    """A mask over the passes of a scene of another size; a strip is refused there."""
    scene = tl.empty()
    target = tl.drifting_scene()
    target.render.resolution_x, target.render.resolution_y = 48, 48
    strip = scene.sequence_editor.strips.new_scene("Szene", target, 2, 8)
    tl.room("compat").set_handles(strip, 10, 12)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "szene.blend"))
    a_region(strip, "mask", "MASK", a_moving_mask())
    told = isolated(scene, strip, work)
    tl.image_strip(scene.sequence_editor.strips, "Balken", bars(work / "bars", 4), 3, 8)
    moved = a_region(strip, "strip", "STRIP", "Balken")
    told["other size"] = _refused(scene, strip)
    target.render.resolution_x, target.render.resolution_y = tl.SIZE
    told["same size"] = _refused(scene, strip)
    strip.transform.offset_x = 5
    told["moved"] = _refused(scene, strip)
    moved.enabled = False
    told["off"] = _refused(scene, strip)
    return told


def _refused(scene: Any, strip: Any) -> str:
    try:
        tl.room("sequencer.matte_sources").matte_sources(scene, strip)
    except tl.room("contract.errors").NstError as fault:
        return str(fault.sentence())
    return ""


def missing(work: Path) -> dict[str, str]:
    """What is said of sources that are not there, before anything is rendered."""
    scene, strip = a_trimmed_strip(work)
    region = a_region(strip, "hero", "STRIP", "gone")
    told = {"no strip": _refused(scene, strip)}
    files = bars(work / "bars", 12)
    tl.image_strip(scene.sequence_editor.strips, "Balken", files, 3, 8)
    region.matte.strip = "Balken"
    told["there"] = _refused(scene, strip)
    files[6].unlink()
    told["no picture"] = _refused(scene, strip)
    scene.sequence_editor.strips.new_sound(name="Ton", filepath="//none.wav", channel=4, frame_start=1)
    region.matte.strip = "Ton"
    told["sound"] = _refused(scene, strip)
    region.matte.kind, region.matte.path = "IMAGES", str(work / "gone.mp4")
    told["no movie"] = _refused(scene, strip)
    told["movie in a recipe"] = _round_trip(scene, strip, work)
    spec = tl.spec_for(scene, strip, work / "job", mattes=(_source(kind="mask", name="gone"),))
    code, events, _ = tl.isolated(spec, work / "job")
    told["no mask"] = f"{code}: {events[-1]['problem']}; {events[-1]['remedy']}"
    return told


def _source(**values: Any) -> Any:
    return tl.room("sequencer.plan").MatteSource(**values)


def _round_trip(scene: Any, strip: Any, work: Path) -> list[str]:
    """The picture that an exported recipe names, and the path that an import gives back."""
    if hasattr(bpy.context.workspace, "sequencer_scene"):
        bpy.context.workspace.sequencer_scene = scene
    scene.sequence_editor.active_strip = strip
    path = work / "exported.json"
    bpy.ops.brushpass.recipe_export(filepath=str(path))
    bpy.ops.brushpass.recipe_import(filepath=str(path))
    matte = json.loads(path.read_text(encoding="utf-8"))["regions"][0]["matte"]
    return [matte["images"]["path"], strip.brushpass.regions[0].matte.kind, strip.brushpass.regions[0].matte.path]


def painted(work: Path, python: str) -> dict[str, Any]:
    """A strip that is styled, previewed and redone by a mask and by another strip."""
    styling.use_backend(python)
    scene, strip = styling.an_image_strip(work, style="swirl")
    mask = a_moving_mask()
    mask.layers[0].alpha = 1.0
    region = strip.brushpass.regions[0]
    region.matte.kind, region.matte.mask = "MASK", mask
    bar = tl.image_strip(scene.sequence_editor.strips, "Balken", bars(work / "bars", 8), 5, 1)
    bar.mute = True
    frames = range(3, 7)
    before = tl.timeline(scene, frames, work / "before")
    styling.activate(scene, strip)
    outcomes = [bpy.ops.brushpass.style_strip()]
    shelf = Path(bpy.path.abspath(styling.result_of(scene, strip).directory)).parent

    def changed(version: str) -> list[list[list[float]]]:
        """How much each pixel of each frame changed."""
        after = tl.timeline(scene, frames, work / version)
        return [abs(a - b)[::-1, :, :3].max(axis=2).tolist() for a, b in zip(before, after, strict=True)]

    def same(old: str, new: str) -> int:
        return sum(path.samefile(shelf / old / path.name) for path in (shelf / new).glob("styled.*"))

    told: dict[str, Any] = {"by mask": changed("v001")}
    outcomes.append(bpy.ops.brushpass.redo_changed())
    told["taken over unchanged"] = same("v001", "v002")
    mask.layers[0].alpha = 0.0
    outcomes.append(bpy.ops.brushpass.redo_changed())
    told["taken over of another mask"], told["by nothing"] = same("v002", "v003"), changed("v003")
    region.matte.kind, region.matte.strip = "STRIP", "Balken"
    outcomes.append(bpy.ops.brushpass.redo_changed())
    told["by strip"] = changed("v004")
    scene.frame_set(5)
    preview.previews().request(scene, strip)
    preview.finish()
    told["previewed"] = preview.previews().progress().pictures.matte.tolist()
    return {**told, "outcomes": [sorted(outcome) for outcome in outcomes]}


CASES: dict[str, Callable[..., Any]] = {
    "painted": painted,
    "all_kinds": all_kinds,
    "resume": resume,
    "scene_plate": scene_plate,
    "missing": missing,
}
