"""Strips and Style nodes that are painted by optimisation, inside Blender's Python: cases by name."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import bpy
import numpy as np

sys.path.insert(0, str(Path(__file__).parent))
import bpy_timeline as tl
import compositor_scene as comp
from bpy_styling import FRAMES, an_image_strip, meanwhile, refused, region, result_of, use_backend, works

NETWORK = "tiny.safetensors"


def run(case: str, folder: str, python: str) -> Any:
    """What a case returns."""
    use_backend(python)
    return CASES[case](Path(folder))


def red_painting(folder: Path) -> Path:
    """Blocks of red of any brightness."""
    blocks = np.zeros((16, 16, 4), np.float32)
    blocks[..., 0] = np.random.default_rng(4).uniform(0.4, 1.0, (16, 16))
    blocks[..., 3] = 1.0
    return tl.save(np.kron(blocks, np.ones((4, 4, 1), np.float32)), folder / "red.png")


def optimise(made: Any, folder: Path) -> None:
    """Have a region painted by optimisation: few steps, mostly towards the painting's colours."""
    made.painted_by, made.style, made.scale = "OPTIMISATION", "no_such_style", 1.0
    group = made.optimisation
    group.paintings.add().path = str(folder / "red.png")
    group.loss_network = str(folder / NETWORK)
    group.size, group.style_size, group.scales, group.steps, group.following_steps = 64, 32, 1, 40, 10
    group.content, group.style, group.colour = 0.0, 0.0, 100.0


def strip(folder: Path) -> dict[str, Any]:
    """The left half of each frame is optimised, the rest stays the plate; before it, what is refused."""
    scene, film = an_image_strip(folder, style="no_such_style")
    film.brushpass.regions.clear()
    half = np.zeros((*reversed(tl.SIZE), 4), np.float32)
    half[:, : tl.SIZE[0] // 2] = half[..., 3:] = 1.0
    made = region(film, "", "IMAGES")
    made.matte.path = str(tl.save(half, folder / "left.png"))
    optimise(made, folder)
    bpy.ops.wm.save_mainfile()
    told: dict[str, Any] = {"refused": refused(bpy.ops.brushpass.style_strip), "works": len(works())}
    red_painting(folder)
    before = tl.timeline(scene, range(3, 3 + FRAMES), folder / "before")
    seen: list[Any] = []

    def look(work: Any) -> bool:
        now = work.progress
        if now.step is not None:
            seen.append([now.total, now.step[1], now.text()])
        return bool(seen)

    meanwhile(look)
    told["outcome"] = sorted(bpy.ops.brushpass.style_strip())
    after = tl.timeline(scene, range(3, 3 + FRAMES), folder / "after")
    middle = tl.SIZE[0] // 2
    return {
        **told,
        "seen": seen,
        "frames": len(result_of(scene, film).elements),
        "redder": [
            _redness(new[:, :middle]) - _redness(old[:, :middle]) for old, new in zip(before, after, strict=True)
        ],
        "kept": max(float(np.abs(new - old)[:, middle:].max()) for old, new in zip(before, after, strict=True)),
    }


def node(folder: Path) -> dict[str, Any]:
    """Frames that a Style node optimises as they are rendered."""
    red_painting(folder)
    scene = comp.new_scene(folder / "node.blend")
    bare = comp.render(scene, folder / "bare", frames=(1, 2))
    made = comp.add_node(scene)
    optimise(comp.region(made), folder)
    painted = comp.render(scene, folder / "painted", frames=(1, 2))
    return {"redder": [_redness(new) - _redness(old) for old, new in zip(bare, painted, strict=True)]}


def _redness(picture: np.ndarray) -> float:
    return float((picture[..., 0] - picture[..., 1:3].mean(-1)).mean())


CASES = {"strip": strip, "node": node}
