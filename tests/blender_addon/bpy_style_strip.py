"""Style Strip from end to end, inside Blender's Python: cases by name."""

from __future__ import annotations

import os
import signal
import sys
import time
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
    difference,
    digests,
    isolating_children,
    meanwhile,
    once_styled,
    refused,
    region,
    remedy,
    result_of,
    sentence,
    shown,
    use_backend,
    works,
)


def run(case: str, *arguments: str) -> Any:
    """What a case returns."""
    return CASES[case](*arguments)


# ---- cases


def identity(folder: str, python: str, kind: str) -> dict[str, Any]:
    """The timeline before and after a strip was styled by the identity."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work)
    if kind == "movie":
        movie = tl.movie(work / "film é.mp4", sorted((work / "src").glob("*.png")))
        scene.sequence_editor.strips.remove(strip)
        strip = scene.sequence_editor.strips.new_movie("Film", str(movie), 1, 3)
        region(strip)
        activate(scene, strip)
        bpy.ops.wm.save_mainfile()
    frames = range(2, 3 + FRAMES + 1)
    before = tl.timeline(scene, frames, work / "before")
    outcome = bpy.ops.brushpass.style_strip()
    after = tl.timeline(scene, frames, work / "after")
    result = result_of(scene, strip)
    return {
        "outcome": sorted(outcome),
        "difference": difference(before, after),
        "picture": float(np.ptp(before[2])),
        "shown": shown(result),
        "channels": [strip.channel, result.channel],
        "muted": [strip.mute, result.mute],
        "left": sorted(path.name for path in Path(bpy.path.abspath(result.directory)).parent.rglob("*.blend")),
    }


def scene_strip(folder: str, python: str) -> dict[str, Any]:
    """A rendered scene of two objects: one is painted by its Cryptomatte, the other stays the plate."""
    work = Path(folder)
    use_backend(python)
    scene = tl.empty(10)
    other = bpy.data.scenes.new("Kugel & Würfel")
    for name, place in (("Würfel", -1.5), ("Wand", 1.5)):
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([(-1, 0, -1), (1, 0, -1), (1, 0, 1), (-1, 0, 1)], [], [(0, 1, 2, 3)])
        item = bpy.data.objects.new(name, mesh)
        item.location.x = place
        other.collection.objects.link(item)
    camera = bpy.data.objects.new("Camera", bpy.data.cameras.new("Camera"))
    camera.location.y = -8
    camera.rotation_euler.x = np.pi / 2
    other.collection.objects.link(camera)
    other.camera = camera
    other.world = bpy.data.worlds.new("World")
    other.render.engine = "CYCLES"
    other.cycles.samples = 2
    other.cycles.device = "CPU"
    other.render.resolution_x, other.render.resolution_y = tl.SIZE
    other.view_settings.view_transform = "Standard"
    other.frame_start, other.frame_end = 1, 3
    strip = scene.sequence_editor.strips.new_scene("Szene", other, 1, 1)
    region(strip, "swirl", "OBJECT", "Würfel")
    region(strip, "identity", "BACKGROUND")
    activate(scene, strip)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "szene.blend"))
    before = tl.timeline(scene, range(1, 4), work / "before", linear=True)
    outcome = bpy.ops.brushpass.style_strip()
    after = tl.timeline(scene, range(1, 4), work / "after", linear=True)
    half = tl.SIZE[0] // 2
    shelf = Path(bpy.path.abspath(result_of(scene, strip).directory)).parent

    def made() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in (shelf / "plate").glob("passes.*.exr")}

    def newer(then: dict[str, int], now: dict[str, int]) -> bool:
        return then.keys() == now.keys() and all(moment > then[name] for name, moment in now.items())

    outcomes = [outcome, bpy.ops.brushpass.redo_changed()]
    first = made()
    strip.brushpass.regions[1].style = ""
    outcomes.append(bpy.ops.brushpass.redo_changed())
    second = made()
    other.cycles.samples = 3
    outcomes.append(bpy.ops.brushpass.redo_changed())
    third = made()
    other.objects["Wand"].location.z = 1.0
    outcomes.append(bpy.ops.brushpass.redo_changed())
    return {
        "outcomes": [sorted(entry)[0] for entry in outcomes],
        "painted": difference([frame[:, :half] for frame in before], [frame[:, :half] for frame in after]),
        "unpainted": difference([frame[:, half + 4 :] for frame in before], [frame[:, half + 4 :] for frame in after]),
        "shown": shown(result_of(scene, strip)),
        "kept where only the style changed": first == second,
        "rendered anew": [
            all(moment != then[name] for name, moment in now.items())
            for then, now in ((second, third), (third, made()))
        ],
        "blend": [strip.blend_alpha, strip.mute],
    }


def cancelled(folder: str, python: str) -> dict[str, Any]:
    """Two strips alike: one styled at a stretch, one cancelled in mid-job and resumed."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work, frames=MANY, style="swirl")
    strip.brushpass.motion.smoothing = 0.6
    bpy.ops.brushpass.style_strip()
    shelf = Path(bpy.path.abspath(result_of(scene, strip).directory)).parent
    thread = meanwhile(once_styled(lambda work: work.cancel()))
    first = sorted(bpy.ops.brushpass.style_strip())
    thread.join()
    state, partly = works()[-1].progress.state.value, shown(result_of(scene, strip))
    order = tl.room("jobs.order").load_order(shelf / "v002")
    strip.brushpass.regions[0].style = "identity"  # Resume is about what was asked for then.
    second = sorted(bpy.ops.brushpass.resume())
    return {
        "outcomes": [first, second],
        "state": state,
        "order": order.outcome,
        "partly": [sum(name.startswith(f"v002/{kind}") for name in partly) for kind in ("styled", "plate")],
        "equal": digests(shelf / "v001") == digests(shelf / "v002"),
        "frames": len(digests(shelf / "v002")),
        "shown": shown(result_of(scene, strip))[-1],
        "refused": refused(bpy.ops.brushpass.resume),
    }


def killed(folder: str, python: str) -> dict[str, Any]:
    """The backend, then the isolating Blender, is killed in mid-job; what the artist is told, and what goes on."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work, frames=MANY)
    other = tl.image_strip(scene.sequence_editor.strips, "Zweiter", sorted((work / "src").glob("*.png"))[:3], 3, 3)
    region(other)
    strip.select = other.select = True
    client = tl.room("session").session().client

    def kill_backend(_work: Any) -> bool:
        ready = works()[0].progress.styled >= 1
        if ready:
            os.kill(client.info.pid, signal.SIGKILL)
        return ready

    meanwhile(kill_backend)
    told = [refused(bpy.ops.brushpass.style_strip, selected=True)]
    states = [work.progress.state.value for work in works()]
    remedies = [remedy(works()[0])]
    activate(scene, strip)
    resumed = sorted(bpy.ops.brushpass.resume())

    def kill_child(_work: Any) -> bool:
        children = isolating_children()
        for child in children:
            os.kill(child, signal.SIGKILL)
        return bool(children)

    (work / "src" / "bild 0000.png").touch()
    meanwhile(kill_child)
    told.append(refused(bpy.ops.brushpass.style_strip))
    remedies.append(remedy(works()[-1]))
    before = shown(result_of(scene, strip))
    outcome = sorted(bpy.ops.brushpass.resume())
    return {
        "told": told,
        "states": states,
        "remedies": remedies,
        "outcomes": [resumed, outcome],
        "before": before[0],
        "shown": [shown(result_of(scene, strip))[0], shown(result_of(scene, other))[0]],
    }


def undone(folder: str, python: str) -> dict[str, Any]:
    """Undo and redo of a result; a strip that is deleted, or another file that is opened, while its job runs."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work)
    bpy.ops.ed.undo_push(message="before")
    look = (strip.mute, strip.blend_type, len(scene.sequence_editor.strips))
    bpy.ops.brushpass.style_strip()
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    strip = scene.sequence_editor.strips["Bild ä"]
    undone = (strip.mute, strip.blend_type, len(scene.sequence_editor.strips)) == look
    bpy.ops.ed.redo()
    scene = bpy.context.scene
    redone = shown(result_of(scene, scene.sequence_editor.strips["Bild ä"]))
    bpy.ops.ed.undo()
    scene = bpy.context.scene
    strip = scene.sequence_editor.strips["Bild ä"]
    activate(scene, strip)
    bpy.ops.brushpass.redo_changed()
    scene = bpy.context.scene
    folders = sorted(path.name for path in (work / "brushpass" / "Scene").iterdir())
    reused = sorted(path.name for path in (work / "brushpass" / "Scene" / "Bild ä").glob("v*"))
    return {"undone": undone, "redone": redone[0], "folders": folders, "versions": reused}


def gone(folder: str, python: str) -> dict[str, Any]:
    """The strip is deleted before its plate is there."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work, frames=3)
    ordering, watch = tl.room("sequencer.ordering"), tl.room("sequencer.watch")
    ordered = ordering.order_strip(scene, strip, reuse=False)
    ordering.save_copies([ordered])
    first = ordering.work_for(ordered)
    watch.start(first)
    scene.sequence_editor.strips.remove(strip)
    while watch.step():
        time.sleep(0.02)
    told = sentence(first)

    scene, strip = an_image_strip(work, frames=3)
    ordered = ordering.order_strip(scene, strip, reuse=False)
    ordering.save_copies([ordered])
    second = ordering.work_for(ordered)
    watch.start(second)
    bpy.ops.wm.read_homefile(use_empty=True)
    while watch.step():
        time.sleep(0.02)
    elsewhere = [
        second.progress.state.value,
        sentence(second),
        len(bpy.data.scenes[0].sequence_editor.strips_all) if bpy.data.scenes[0].sequence_editor else 0,
    ]
    bpy.ops.wm.open_mainfile(filepath=str(work / "schnitt ü.blend"))
    while watch.step():
        time.sleep(0.02)
    scene = bpy.context.scene
    back = result_of(scene, scene.sequence_editor.strips["Bild ä"])
    return {
        "told": told,
        "frames": len(digests(first.folder)),
        "elsewhere": elsewhere,
        "back": None if back is None else shown(back)[0],
    }


def redone(folder: str, python: str) -> dict[str, Any]:
    """A picture in the middle is replaced, then the style; what the new versions take over."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work, frames=5, style="swirl")
    bpy.ops.brushpass.style_strip()
    shelf = Path(bpy.path.abspath(result_of(scene, strip).directory)).parent
    files = sorted((work / "src").glob("*.png"))
    tl.save(np.full((tl.SIZE[1], tl.SIZE[0], 4), 0.5, np.float32), files[2])
    outcome = sorted(bpy.ops.brushpass.redo_changed())

    def same(old: str, new: str) -> list[str]:
        return [path.name for path in sorted((shelf / new).glob("styled.*")) if path.samefile(shelf / old / path.name)]

    bpy.ops.brushpass.style_strip()
    whole = digests(shelf / "v002") == digests(shelf / "v003")
    strip.brushpass.motion.smoothing = 0.6
    bpy.ops.brushpass.redo_changed()
    return {
        "outcome": outcome,
        "same files": same("v001", "v002"),
        "as a whole": whole,
        "while other recipe": same("v003", "v004"),
    }


def saved_elsewhere(folder: str, python: str) -> dict[str, Any]:
    """The file is saved in another folder, with its paths made relative to that; the result is still whole."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work)
    bpy.ops.brushpass.style_strip()
    frames = range(2, 3 + FRAMES + 1)
    before = tl.timeline(scene, frames, work / "before")
    (work / "tief" / "er").mkdir(parents=True)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "tief" / "er" / "neu.blend"), relative_remap=True)
    bpy.ops.wm.open_mainfile(filepath=str(work / "tief" / "er" / "neu.blend"))
    scene = bpy.context.scene
    strip = scene.sequence_editor.strips["Bild ä"]
    after = tl.timeline(scene, frames, work / "after")
    shelf = tl.room("sequencer.shown_frames").shelf_of(result_of(scene, strip))
    activate(scene, strip)
    return {
        "difference": difference(before, after),
        "there": shelf.samefile(work / "brushpass" / "Scene" / "Bild ä"),
        "again": sorted(bpy.ops.brushpass.redo_changed()),
    }


def refusals(folder: str, python: str) -> dict[str, str]:
    """What is said where nothing can be done; nothing is left behind then."""
    work = Path(folder)
    use_backend(python)
    told = {}
    scene = tl.empty(20)
    files = tl.pictures(work / "src", 3)
    strip = tl.image_strip(scene.sequence_editor.strips, "Bild", files, 1, 3)
    region(strip)
    activate(scene, strip)
    told["unsaved"] = refused(bpy.ops.brushpass.style_strip)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "a b.blend"))
    files[1].rename(work / "away.png")
    told["missing"] = refused(bpy.ops.brushpass.style_strip)
    (work / "away.png").rename(files[1])
    strip.brushpass.regions.clear()
    told["no region"] = refused(bpy.ops.brushpass.style_strip)
    region(strip, "identity", "OBJECT", "Cube")
    told["no cryptomatte"] = refused(bpy.ops.brushpass.style_strip)
    told["left"] = sorted(path.name for path in (work / "brushpass").rglob("v*") if path.is_dir())
    strip.brushpass.regions.clear()
    region(strip, "no such style")
    told["no style"] = refused(bpy.ops.brushpass.style_strip)
    strip.brushpass.regions[0].style = "identity"
    activate(scene, tl.effect(scene.sequence_editor.strips, "Farbe", "COLOR", 5, 3, 3))
    scene.sequence_editor.active_strip = None
    told["none"] = refused(bpy.ops.brushpass.style_strip)
    activate(scene, strip)
    top = tl.effect(scene.sequence_editor.strips, "oben", "COLOR", 128, 3, 3)
    below = tl.effect(scene.sequence_editor.strips, "darüber", "COLOR", 2, 3, 3)
    told["no channel"] = refused(bpy.ops.brushpass.style_strip)
    scene.sequence_editor.strips.remove(top)
    scene.sequence_editor.strips.remove(below)
    # A file where the folder should be stands for every folder that cannot be made, for root too.
    chosen = tl.room("preferences").preferences()
    (work / "taken").write_text("")
    chosen.output_template = str(work / "taken" / "<strip>" / "v###")
    told["no folder"] = refused(bpy.ops.brushpass.style_strip)
    chosen.output_template = "//brushpass/<scene>/<strip>/v###/"
    chosen.environment_path = str(work / "nowhere")
    told["no backend"] = refused(bpy.ops.brushpass.style_strip)
    told["its remedy"] = tl.room("jobs.remedies").remedy_of(tl.room("sequencer.style_strip").refusal.fault).value
    return told


def dies(folder: str, python: str, stage: str) -> None:
    """Blender is killed while frames are being rendered or styled; nothing was saved."""
    use_backend(python)
    an_image_strip(Path(folder), frames=MANY, style="swirl")
    # With its last word, so that the test knows that this was the end.
    answer = Path(sys.argv[1])

    def die(work: Any) -> bool:
        progress = work.progress
        if progress.state.name == stage and progress.done >= 1:
            answer.write_text("null")
            os._exit(0)
        return False

    meanwhile(die)
    bpy.ops.brushpass.style_strip()


def goes_on(folder: str, python: str) -> dict[str, Any]:
    """The next Blender opens the file and resumes."""
    work = Path(folder)
    use_backend(python)
    bpy.ops.wm.open_mainfile(filepath=str(work / "schnitt ü.blend"))
    scene = bpy.context.scene
    strip = scene.sequence_editor.strips["Bild ä"]
    shelf = work / "brushpass" / "Scene" / "Bild ä"
    before = digests(shelf / "v001")
    activate(scene, strip)
    outcome = sorted(bpy.ops.brushpass.resume())
    after = digests(shelf / "v001")
    return {
        "outcome": outcome,
        "before": len(before),
        "after": len(after),
        "kept": before.items() <= after.items(),
        "versions": sorted(path.name for path in shelf.glob("v*")),
        "shown": shown(result_of(scene, strip))[0],
    }


CASES = {
    case.__name__: case
    for case in (
        identity,
        scene_strip,
        cancelled,
        killed,
        undone,
        gone,
        redone,
        saved_elsewhere,
        refusals,
        dies,
        goes_on,
    )
}
