"""``build.py demo``: render the demo scene, write its recipe, style it.

The steps are functions of their own: :func:`render_demo`, :func:`write_recipe`,
:func:`stylise`. Renders are kept under a key of everything that determines them,
so a second run renders nothing, and an interrupted one only what is missing.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .blenders import one_blender
from .demo_results import finish_demo
from .environments import Environment, make
from .errors import BuildError
from .locks import locked
from .paths import ROOT
from .process import call, lines
from .progress import Bar
from .specifications import backend

__all__ = ["SCENE_FILES", "DemoOptions", "render_demo", "run_demo", "stylise", "write_recipe"]

SCENE_FILES = ("__init__", "compat", "materials", "motion", "nodes", "render", "scene", "shapes", "still", "world")
"""The modules of ``demo`` that decide what a frame looks like."""

_TEMPLATE = ROOT / "demo" / "recipe.json"
_STALL = 1800.0


@dataclass(frozen=True)
class DemoOptions:
    """What ``build.py demo`` was asked for."""

    frames: int = 24
    width: int = 640
    height: int = 360
    samples: int = 8
    seed: int = 0
    threads: int = 0
    out: Path = Path("demo_out")
    blender: str | None = None
    """``4.5``, ``5.2`` or None for the newest there is."""


def run_demo(options: DemoOptions, say: Callable[[str], None] = print) -> int:
    """Make the environments, render, style; returns the exit code of the last step."""
    out = options.out.resolve()
    version, renderer = one_blender(options.blender, say)
    plate = render_demo(renderer, options, version=version, say=say)
    recipe = write_recipe(plate, out, frames=options.frames)
    say(f"recipe: {recipe}")
    environment = make(backend(), say=say)
    code = stylise(environment, recipe)
    if code == 0:
        finish_demo(environment, recipe, frames=options.frames, blender=version, plate=plate, say=say)
    return code


def render_demo(
    renderer: Environment, options: DemoOptions, *, version: str, say: Callable[[str], None] = print
) -> Path:
    """Render what is missing and return the pattern ``…/frame.####.exr``.

    ``scene.json`` with the cameras lies beside the frames. Raises :class:`BuildError`
    where Blender fails; the frames that were finished are kept.
    """
    folder = options.out.resolve() / "render" / f"blender-{version}-{_key(renderer, options)}"
    folder.mkdir(parents=True, exist_ok=True)
    pattern = folder / "frame.####.exr"
    with locked(folder / "render.lock", waiting=f"another process renders into {folder}"):
        there = [frame for frame in range(1, options.frames + 1) if _frame(folder, frame).exists()]
        if len(there) == options.frames and _cameras(folder) >= options.frames:
            say(f"render: {options.frames} frames of Blender {version} are there already")
            return pattern
        _render(renderer, options, folder, version=version, already=len(there))
    return pattern


def _render(renderer: Environment, options: DemoOptions, folder: Path, *, version: str, already: int) -> None:
    settings = {
        "out": folder,
        "frames": options.frames,
        "size": f"{options.width}x{options.height}",
        "samples": options.samples,
        "seed": options.seed,
        "threads": options.threads,
    }
    command: list[str | Path] = [renderer.python, "-m", "demo.render", "--"]
    for name, value in settings.items():
        command += [f"--{name}", str(value)]
    home = folder / "user"
    home.mkdir(exist_ok=True)
    printed = lines(
        command,
        name=f"Blender {version}",
        cwd=ROOT,
        environment={"BLENDER_USER_RESOURCES": str(home)},
        stall=_STALL,
        log=folder / "render.log",
    )
    with Bar(f"rendering in Blender {version}", options.frames, already=already) as bar:
        for line in printed:
            if line.startswith("PROGRESS "):
                bar.update(sum(_frame(folder, frame).exists() for frame in range(1, options.frames + 1)))
    missing = [frame for frame in range(1, options.frames + 1) if not _frame(folder, frame).exists()]
    if missing:
        raise BuildError(
            f"Blender {version} ended without frame {missing[0]}", remedy=f"see {folder / 'render.log'} and run again"
        )


def _frame(folder: Path, frame: int) -> Path:
    return folder / f"frame.{frame:04d}.exr"


def _cameras(folder: Path) -> int:
    """For how many frames ``scene.json`` has a camera."""
    try:
        return len(json.loads((folder / "scene.json").read_text(encoding="utf-8"))["frames"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _key(renderer: Environment, options: DemoOptions) -> str:
    """Names what every frame depends on; their number is not part of it."""
    digest = hashlib.sha256()
    for name in SCENE_FILES:
        digest.update((ROOT / "demo" / f"{name}.py").read_bytes() + b"\0")
    exact = list(lines([renderer.python, "-c", _VERSION], name="asking for Blender's version", cwd=ROOT))
    digest.update(repr((exact, options.width, options.height, options.samples, options.seed)).encode())
    return digest.hexdigest()[:12]


_VERSION = "import importlib.metadata as m; print(m.version('bpy'))"


def write_recipe(plate: Path, out: Path, *, frames: int, template: Path = _TEMPLATE) -> Path:
    """Fill ``demo/recipe.json`` in for this render; returns ``out/recipe.json``.

    Paths in it are relative to ``out``, so the folder can be moved as a whole.
    """
    recipe = json.loads(template.read_text(encoding="utf-8"))
    recipe["plate"]["path"] = Path(os.path.relpath(plate, out)).as_posix()
    recipe["plate"]["cameras"] = Path(os.path.relpath(plate.with_name("scene.json"), out)).as_posix()
    recipe["plate"]["frames"] = f"1-{frames}"
    path = out / "recipe.json"
    partial = out / f".recipe.json.{os.getpid()}.partial"
    out.mkdir(parents=True, exist_ok=True)
    partial.write_text(json.dumps(recipe, indent=2) + "\n", encoding="utf-8")
    os.replace(partial, path)
    return path


def stylise(environment: Environment, recipe: Path) -> int:
    """``nst stylize`` on this terminal; returns its exit code."""
    command: list[str | Path] = [
        environment.program("nst"),
        "stylize",
        recipe,
        "--report",
        "stylise.json",
        "--progress",
        "bar",
    ]
    return call(command, cwd=recipe.parent)
