"""Strips that are styled into movies, inside Blender's Python: cases by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl
from bpy_styling import (
    FRAMES,
    MANY,
    activate,
    an_image_strip,
    meanwhile,
    once_styled,
    refused,
    region,
    result_of,
    use_backend,
    works,
)


def run(case: str, *arguments: str) -> Any:
    """What a case returns."""
    return CASES[case](*arguments)


def smooth_pictures(folder: Path, count: int) -> list[Path]:
    """Pictures that H.264 keeps well; each has a brightness of its own."""
    folder.mkdir(parents=True)
    made = []
    for index in range(count):
        pixels = np.ones((tl.SIZE[1], tl.SIZE[0], 4), np.float32)
        pixels[..., :3] = np.linspace(0.2, 0.8, tl.SIZE[0])[None, :, None]
        pixels[..., 1] = 0.2 + 0.6 * index / count
        made.append(tl.save(pixels, folder / f"bild {index:04d}.png"))
    return made


def a_smooth_strip(work: Path, frames: int = FRAMES) -> tuple[Any, Any]:
    """As :func:`an_image_strip`, of pictures that can be told apart in a movie; its format is one."""
    scene = tl.empty(20)
    strips = scene.sequence_editor.strips
    strip = tl.image_strip(strips, "Bild ä", smooth_pictures(work / "src", frames), 1, 3)
    region(strip)
    strip.brushpass.output.format = "MP4"
    activate(scene, strip)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "schnitt ü.blend"))
    return scene, strip


def error(before: list[np.ndarray], after: list[np.ndarray]) -> list[float]:
    """Of each picture: the mean difference."""
    return [float(np.abs(a - b).mean()) for a, b in zip(before, after, strict=True)]


def frames_of(result: Any) -> int:
    return int(tl.room("compat").content_duration(result))


def told_of(result: Any) -> list[Any]:
    """Its kind, the folder and name of what it shows first, and its place."""
    path = Path(bpy.path.abspath(result.filepath if result.type == "MOVIE" else result.directory))
    path = path if result.type == "MOVIE" else path / result.elements[0].filename
    return [result.type, f"{path.parent.name}/{path.name}", *tl.room("compat").handles(result), result.channel]


def life(folder: str, python: str) -> dict[str, Any]:
    """A movie is made, compared with the plate, followed by pictures and another movie, trimmed, deleted, removed."""
    work = Path(folder)
    use_backend(python)
    scene, strip = a_smooth_strip(work, 8)
    strip.blend_type, strip.color_tag = "ALPHA_OVER", "COLOR_03"
    tl.room("compat").set_handles(strip, 5, 9)
    span = range(4, 10)
    told: dict[str, Any] = {}
    before = tl.timeline(scene, span, work / "before")
    told["outcome"] = sorted(bpy.ops.brushpass.style_strip())
    after = tl.timeline(scene, span, work / "after")
    result = result_of(scene, strip)
    told["error"] = max(error(before, after))
    told["neighbours"] = min(error(before[1:5], before[2:6])[:3])
    told["first"] = [*told_of(result), result.name, strip.mute, result.color_tag, frames_of(result)]
    told["fps"] = round(result.fps, 3)
    told["bottom"] = bpy.path.relpath(bpy.path.abspath(result.filepath)) == result.filepath

    result.transform.offset_x = 7
    for frame, opacity in ((5, 0.5), (8, 1.0)):
        result.blend_alpha = opacity
        scene.keyframe_insert(f'sequence_editor.strips_all["{result.name}"].blend_alpha', frame=frame)
    scene.sequence_editor.active_strip = result
    with _context(scene):
        bpy.ops.brushpass.compare()
        plate = result_of(scene, strip)
        told["plate"] = [*told_of(plate), plate.transform.offset_x, plate == scene.sequence_editor.active_strip]
        bpy.ops.brushpass.compare()
    result = result_of(scene, strip)
    scene.frame_set(5)
    told["movie again"] = [*told_of(result), result.transform.offset_x, round(result.blend_alpha, 3), result.name]

    strip.brushpass.output.format = "IMAGES"
    activate(scene, strip)
    bpy.ops.brushpass.redo_changed()
    told["images"] = told_of(result_of(scene, strip))
    tl.room("compat").set_handles(strip, 4, 10)
    strip.brushpass.output.format = "MOV"
    bpy.ops.brushpass.redo_changed()
    told["mov"] = [*told_of(result_of(scene, strip)), frames_of(result_of(scene, strip))]
    with _context(scene):
        bpy.ops.brushpass.show_version(version=1)
        told["first again"] = told_of(result_of(scene, strip))
        bpy.ops.brushpass.show_version(version=2)
        told["images again"] = told_of(result_of(scene, strip))
        bpy.ops.brushpass.show_version(version=3)
        shelf = Path(bpy.path.abspath(result_of(scene, strip).filepath)).parent.parent
        bpy.ops.brushpass.delete_version(version=3)
        told["deleted"] = [*told_of(result_of(scene, strip)), (shelf / "v003").exists()]
        bpy.ops.brushpass.remove_result()
    told["removed"] = [sorted(entry.name for entry in scene.sequence_editor.strips), strip.mute]
    scene.frame_set(5)
    told["opacity"] = round(strip.blend_alpha, 3)
    return told


def _context(scene: Any) -> Any:
    window = bpy.context.window_manager.windows[0]
    if not tl.room("compat").BLENDER_5:
        window.scene = scene
    return bpy.context.temp_override(window=window)


def resumed(folder: str, python: str) -> dict[str, Any]:
    """A movie that is cancelled is not shown; resumed it is. What Redo Changed takes over are its frames."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work, frames=MANY, style="swirl")
    strip.brushpass.output.format = "MP4"
    thread = meanwhile(once_styled(lambda work: work.cancel()))
    first = sorted(bpy.ops.brushpass.style_strip())
    thread.join()
    cancelled = [works()[-1].progress.state.value, result_of(scene, strip) is None, strip.mute]
    second = sorted(bpy.ops.brushpass.resume())
    result = result_of(scene, strip)
    told = told_of(result)
    shelf = Path(bpy.path.abspath(result.filepath)).parent.parent
    picture = sorted((work / "src").glob("*.png"))[30]
    tl.save(np.full((tl.SIZE[1], tl.SIZE[0], 4), 0.5, np.float32)[..., :] * (1, 1, 1, 2), picture)
    redone = sorted(bpy.ops.brushpass.redo_changed())
    frames = {
        name: sorted((shelf / name / ".brushpass" / "styled.mp4" / "frames").glob("*.png")) for name in ("v001", "v002")
    }
    same = [old.samefile(new) for old, new in zip(*frames.values(), strict=True)]
    return {
        "outcomes": [first, second, redone],
        "cancelled": cancelled,
        "shown": told,
        "left": [*told_of(result_of(scene, strip)), frames_of(result_of(scene, strip))],
        "changed": [index for index, entry in enumerate(same) if not entry],
    }


def refusals(folder: str, python: str) -> dict[str, Any]:
    """What a movie cannot hold, or would show at another moment than the strip."""
    work = Path(folder)
    use_backend(python)
    told: dict[str, Any] = {}
    scene, strip = a_smooth_strip(work)
    strip.brushpass.output.mattes = True
    told["mattes"] = refused(bpy.ops.brushpass.style_strip)
    strip.brushpass.output.mattes = False
    strip.transform.scale_x = 0.5
    told["alpha"] = refused(bpy.ops.brushpass.style_strip)
    told["remedy"] = tl.room("jobs.remedies").remedy_of(tl.room("sequencer.watch").fault_of(works()[-1])).value
    told["nothing placed"] = [result_of(scene, strip) is None, strip.mute]
    strip.transform.scale_x = 1.0
    return told


def retimed(folder: str, python: str) -> dict[str, Any]:
    """A movie in a meta that is played at another speed: frames that lie between two are rounded as before."""
    work = Path(folder)
    use_backend(python)
    scene, strip = a_smooth_strip(work, 8)
    film = tl.movie(work / "film.mp4", sorted((work / "src").glob("*.png")))
    scene.sequence_editor.strips.remove(strip)
    meta = scene.sequence_editor.strips.new_meta("Meta", 4, 3)
    strip = meta.strips.new_movie("Innen", str(film), 1, 3)
    tl.room("compat").set_handles(meta, 3, 11)
    speed = tl.effect(scene.sequence_editor.strips, "Tempo", "SPEED", 5, 3, 8, input1=meta)
    speed.speed_control, speed.speed_factor = "MULTIPLY", 0.7
    region(strip)
    activate(scene, strip)
    bpy.ops.wm.save_mainfile()
    told = {"as images": refused(bpy.ops.brushpass.style_strip)}
    strip.brushpass.output.format = "MP4"
    before = tl.timeline(scene, range(3, 11), work / "before")
    outcome = sorted(bpy.ops.brushpass.style_strip())
    after = tl.timeline(scene, range(3, 11), work / "after")
    greens = [[float(picture[..., 1].mean()) for picture in pictures] for pictures in (before, after)]
    return {
        **told,
        "outcome": outcome,
        "steps": len({round(green, 2) for green in greens[0]}),
        "error": max(abs(a - b) for a, b in zip(*greens, strict=True)),
    }


CASES = {function.__name__: function for function in (life, resumed, retimed, refusals)}
