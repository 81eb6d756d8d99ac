"""Render shots of the characters in Blender's Python.

``python -m demo.characters.render -- --out FOLDER [--shots training-*]
[--size 320x180] [--samples 12] [--threads 0]``, from the folder that holds ``demo``.

Writes ``FOLDER/<shot>/frame.####.exr`` (multilayer: Combined, Depth, Vector, and
Cryptomatte of objects and assets; an asset is a whole character, ``Robot.2``). A frame has its final name only
when it is whole, and a frame that is there is not rendered again. After each a line
``PROGRESS <done> <frames> <frame> <seconds>`` goes to standard output.
"""

from __future__ import annotations

import argparse
import time
from fnmatch import fnmatchcase
from pathlib import Path

from .. import compat
from ..still import frame_path, parse_size, remove_torn, render_still
from .shots import SHOTS
from .stage import build_stage

__all__ = ["main"]


def main(given: list[str]) -> int:
    """Render what is missing; returns the exit code."""
    options = _arguments(given)
    width, height = options.size
    total, done = sum(shot.frames for shot in options.shots), 0
    for shot in options.shots:
        folder = options.out / shot.name
        folder.mkdir(parents=True, exist_ok=True)
        remove_torn(folder)
        stage = build_stage(shot, width=width, height=height, samples=options.samples, threads=options.threads)
        stage.key_motion()
        for frame in range(1, shot.frames + 1):
            started = time.monotonic()
            final = frame_path(folder, frame)
            if not final.exists():
                stage.scene.frame_set(frame)
                stage.set_frame(frame)
                render_still(stage.scene, final)
            done += 1
            print(f"PROGRESS {done} {total} {frame} {time.monotonic() - started:.2f}", flush=True)
    return 0


def _arguments(given: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="demo.characters.render", description="Render shots of the characters.")
    parser.add_argument("--out", type=Path, required=True, help="folder for a folder a shot")
    parser.add_argument("--shots", default="training-*", help="names or patterns, by commas")
    parser.add_argument("--size", type=parse_size, default=(320, 180), metavar="WxH")
    parser.add_argument("--samples", type=int, default=12)
    parser.add_argument("--threads", type=int, default=0, help="0: all cores")
    options = parser.parse_args(given)
    if options.samples < 1 or options.threads < 0:
        parser.error("--samples starts at 1, --threads at 0")
    patterns = options.shots.split(",")
    options.shots = [shot for name, shot in SHOTS.items() if any(fnmatchcase(name, entry) for entry in patterns)]
    if not options.shots:
        parser.error(f"no shot is called so; there are {', '.join(SHOTS)}")
    return options


if __name__ == "__main__":
    compat.run_and_leave(main)
