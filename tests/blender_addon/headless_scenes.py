"""Run by a full Blender: ``-- FOLDER`` gets the files that ``test_headless_shell.py`` renders."""

from __future__ import annotations

import sys
from pathlib import Path

import bpy

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl
import compositor_scene as comp
from bpy_headless import a_shot
from bpy_styling import an_image_strip


def main(work: Path) -> None:
    """``shot``, ``slow`` (it takes minutes), ``wrong`` (no object has the name), ``late`` (frame 2 fails), ``cut``."""
    scene, node = a_shot(work)
    matte = node.brushpass.regions[0].matte
    matte.names[0].name = "Nobody"
    _save(work / "wrong.blend")
    tl.pictures(work / "src", 1, size=comp.SIZE)[0].rename(work / "roto.0001.png")
    matte.kind, matte.path = "IMAGES", "//roto.####.png"
    _save(work / "late.blend")
    matte.kind = "EVERYTHING"
    scene.frame_end = 500
    scene.render.use_placeholder = True
    scene.cycles.samples = 1024
    _save(work / "slow.blend")
    an_image_strip(work)
    _save(work / "cut.blend")


def _save(path: Path) -> None:
    comp.update()
    bpy.ops.wm.save_as_mainfile(filepath=str(path), copy=True)


if __name__ == "__main__":
    main(Path(sys.argv[-1]))
