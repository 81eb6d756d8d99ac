"""Folders of frames on their way, inside Blender's Python."""

from __future__ import annotations

import stat
import subprocess
from importlib import import_module
from pathlib import Path
from typing import Any

import bpy

ADDON = "bl_ext.user_default.brushpass"


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    scratch = import_module(f"{ADDON}.scratch")
    scratch._MEMORY = Path(folder)
    return {"room": _with_room, "none": _without_room, "dead": _dead}[case](scratch, Path(folder), python)


def _with_room(scratch: Any, folder: Path, python: str) -> Any:
    scratch._ROOM = 1
    made = [scratch.scratch_folder("frames") for _ in range(2)]
    (made[0] / "frame.exr").write_bytes(b"x")
    told = {
        "there": [path.parent == folder for path in made],
        "apart": made[0] != made[1],
        "mode": stat.S_IMODE(made[0].stat().st_mode),
    }
    scratch.forget_own()
    return {**told, "left": [path.name for path in folder.iterdir()]}


def _without_room(scratch: Any, folder: Path, python: str) -> Any:
    scratch._ROOM = 2**62
    return scratch.scratch_folder("frames").parent == Path(bpy.app.tempdir)


def _dead(scratch: Any, folder: Path, python: str) -> Any:
    scratch._ROOM = 1
    ended = subprocess.Popen([python, "-c", ""])
    ended.wait()
    own = scratch.scratch_folder("frames")
    for name in (f"frames-{ended.pid}-abcd", f"other-{ended.pid}-abcd", f"frames-{ended.pid}", "frames-1-abcd"):
        (folder / name).mkdir()
    away = folder / "away"
    away.mkdir()
    (folder / f"frames-{ended.pid}-link").symlink_to(away)
    scratch.forget_dead("frames")
    left = sorted(path.name.replace(str(ended.pid), "PID") for path in folder.iterdir() if path != own)
    return {"own": own.is_dir(), "left": left}
