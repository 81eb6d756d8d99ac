"""What goes on around a job: a full disk, another Blender, duplicates, sound. Cases by name."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl
from bpy_styling import (
    MANY,
    activate,
    an_image_strip,
    difference,
    digests,
    meanwhile,
    once_styled,
    refused,
    region,
    result_of,
    shown,
    use_backend,
    works,
)


def run(case: str, *arguments: str) -> Any:
    """What a case returns."""
    return CASES[case](*arguments)


def full_disk(folder: str, python: str, disk: str) -> dict[str, Any]:
    """The disk of the results is full before the copy, within the plate and within the styled frames."""
    work, small = Path(folder), Path(disk)
    use_backend(python)
    scene, strip = an_image_strip(work, frames=MANY, style="swirl")
    bpy.ops.brushpass.style_strip()
    whole = digests(Path(bpy.path.abspath(result_of(scene, strip).directory)))
    bpy.ops.brushpass.remove_result()
    strip.brushpass_result.mark = ""
    tl.room("preferences").preferences().output_template = str(small / "<scene>" / "<strip>" / "v###")
    copy = work / "copy.blend"
    bpy.ops.wm.save_as_mainfile(filepath=str(copy), copy=True, compress=False)
    ballast = small / "ballast"

    def leave(room: int) -> None:
        state = os.statvfs(small)
        ballast.write_bytes(bytes(max(0, state.f_bavail * state.f_frsize - room)))

    leave(60_000)
    told = [refused(bpy.ops.brushpass.style_strip)]
    left = [path.name for path in small.rglob("v*")]
    ballast.unlink()
    # Room for the copy of the file and some of the plate's forty pictures.
    leave(copy.stat().st_size + 150_000)
    told.append(refused(bpy.ops.brushpass.style_strip))
    assert works(), told
    stages = [works()[-1].order.isolated]
    ballast.unlink()
    thread = meanwhile(once_styled(lambda work: leave(0)))
    told.append(refused(bpy.ops.brushpass.resume))
    thread.join(120)
    stages.append(works()[-1].order.isolated)
    shelf = works()[-1].shelf
    part = digests(shelf / "v001")
    ballast.unlink()
    outcome = sorted(bpy.ops.brushpass.resume())
    return {
        "told": told,
        "left": left,
        "stages": stages,
        "part": [0 < len(part) < MANY, {name: whole[name] for name in part} == part],
        "outcome": outcome,
        "equal": digests(shelf / "v001") == whole,
        "torn": [path.name for path in shelf.rglob("*.part*")],
    }


def another_blender(folder: str, python: str) -> dict[str, Any]:
    """The same file is open in two Blenders; the second one styles the strip while the first one is at it."""
    work = Path(folder)
    use_backend(python)
    _, strip = an_image_strip(work, frames=MANY, style="swirl")
    strip.brushpass.motion.smoothing = 0.6
    # The mark, by which both know the strip, is in the file.
    tl.room("sequencer.record").mark(strip)
    bpy.ops.wm.save_mainfile()
    told: list[str] = []

    def other() -> None:
        result = subprocess.run(
            [sys.executable, "-c", _OTHER, str(Path(__file__).parent), str(work / "schnitt ü.blend"), python],
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        told.append(result.stdout + result.stderr)

    def beside(_work: Any) -> None:
        client = tl.room("session").session().client
        os.kill(client.info.pid, signal.SIGSTOP)
        other()
        os.kill(client.info.pid, signal.SIGCONT)

    thread = meanwhile(once_styled(beside))
    first = sorted(bpy.ops.brushpass.style_strip())
    thread.join(120)
    shelf = works()[-1].shelf
    outcomes = [tl.room("jobs.order").load_order(shelf / name).outcome for name in ("v001", "v002")]
    second = sorted(bpy.ops.brushpass.resume())
    return {
        "told": told[0],
        "outcomes": [first, outcomes, second],
        "equal": digests(shelf / "v001") == digests(shelf / "v002"),
        "frames": len(digests(shelf / "v002")),
    }


def duplicated(folder: str, python: str) -> dict[str, Any]:
    """Original and result are duplicated together and the copy is styled otherwise."""
    work = Path(folder)
    use_backend(python)
    scene, strip = an_image_strip(work)
    bpy.ops.brushpass.style_strip()
    result = result_of(scene, strip)
    first = Path(bpy.path.abspath(result.directory))
    before = _bytes(first.parent)
    for entry in scene.sequence_editor.strips:
        entry.select = True
    compat = tl.room("compat")
    area = bpy.context.window_manager.windows[0].screen.areas[0]
    area.type = "SEQUENCE_EDITOR"
    with compat.editing(scene), bpy.context.temp_override(area=area, region=area.regions[-1]):
        bpy.ops.sequencer.duplicate()
    copies = [entry for entry in scene.sequence_editor.strips if entry not in (strip, result)]
    for entry in copies:
        compat.set_content_start(entry, compat.content_start(entry) + 10)
    copy = next(entry for entry in copies if not entry.brushpass_result.of)
    paired = result_of(scene, copy) in copies
    copy.crop.max_x = 20
    copy.mute = False
    copy.brushpass.regions[0].style = "swirl"
    activate(scene, copy)
    outcome = sorted(bpy.ops.brushpass.style_strip())
    second = Path(bpy.path.abspath(result_of(scene, copy).directory))
    activate(scene, strip)
    again = sorted(bpy.ops.brushpass.redo_changed())
    return {
        "paired": paired,
        "outcomes": [outcome, again],
        "apart": [first.parent.name, second.parent.name],
        "untouched": {name: data for name, data in _bytes(first.parent).items() if name in before} == before,
        "records": [
            result_of(scene, strip).name == result.name,
            result_of(scene, copy) in copies,
            strip.brushpass_result.mark != copy.brushpass_result.mark,
            shown(result_of(scene, strip))[0],
            shown(result_of(scene, copy))[0],
        ],
        "strips": len(scene.sequence_editor.strips),
    }


def _bytes(shelf: Path) -> dict[str, bytes]:
    return {path.relative_to(shelf).as_posix(): path.read_bytes() for path in shelf.rglob("*.png") if path.is_file()}


def sounding(folder: str, python: str) -> dict[str, Any]:
    """A meta of a picture and a sound: what is heard before and after it is styled."""
    work = Path(folder)
    use_backend(python)
    scene = tl.empty(12)
    meta = scene.sequence_editor.strips.new_meta("Meta", 1, 1)
    tl.image_strip(meta.strips, "Bild", tl.pictures(work / "src", 4), 1, 1)
    meta.strips.new_sound("Ton", str(_sound(work / "ton ä.wav")), 2, 1)
    tl.room("compat").set_handles(meta, 1, 5)
    scene.frame_end = 4
    region(meta)
    activate(scene, meta)
    bpy.ops.wm.save_as_mainfile(filepath=str(work / "ton.blend"))
    frames = range(1, 5)
    before, heard = tl.timeline(scene, frames, work / "before"), _mixed(scene, work / "before.wav")
    outcome = sorted(bpy.ops.brushpass.style_strip())
    return {
        "outcome": outcome,
        "difference": difference(before, tl.timeline(scene, frames, work / "after")),
        "loud": max(heard) > max(10, min(heard)),
        "same": _mixed(scene, work / "after.wav") == heard,
        "muted": [meta.mute, *(child.mute for child in meta.strips)],
    }


def _sound(path: Path) -> Path:
    import wave

    with wave.open(str(path), "wb") as stream:
        stream.setnchannels(1)
        stream.setsampwidth(2)
        stream.setframerate(8000)
        stream.writeframes(b"".join((12000 * (index // 10 % 2)).to_bytes(2, "little") for index in range(4000)))
    return path


def _mixed(scene: Any, path: Path) -> bytes:
    """What the timeline sounds like, without the file's head."""
    bpy.context.window_manager.windows[0].scene = scene
    bpy.ops.sound.mixdown(filepath=str(path), container="WAV", codec="PCM", format="S16")
    return path.read_bytes()[44:]


_OTHER = """
import importlib, os, sys, time
from pathlib import Path
import bpy, addon_utils
folder, blend, python = sys.argv[1:]
sys.path.insert(0, folder)
addon_utils.enable("bl_ext.user_default.brushpass", default_set=True)
import bpy_styling as styling
styling.use_backend(python)
bpy.ops.wm.open_mainfile(filepath=blend)
scene = bpy.context.scene
strip = scene.sequence_editor.strips[0]
styling.activate(scene, strip)
print("TOLD", styling.refused(bpy.ops.brushpass.style_strip), styling.remedy(styling.works()[-1]), flush=True)
os._exit(0)
"""
CASES = {function.__name__: function for function in (full_disk, another_blender, duplicated, sounding)}
