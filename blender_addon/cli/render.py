"""``render``: a scene's frames through its compositor, to the scene's own output."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence

import bpy

from .. import compat
from ..compositor.check.preflight import check_scene, scene_frames
from ..compositor.style_node.trees import style_nodes
from ..contract.errors import ExitCode, UsageError
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind
from ..findings import Finding, first_error, retold
from ..sequencer.result_check import check_results
from .arguments import add_progress, add_scene, find_scene, require_file
from .asking import ask_backend
from .device import add_device, on_device
from .frame_loop import FrameLoop
from .telling import Teller

__all__ = ["HELP", "add", "run"]

HELP = "Render a scene's frames through its compositor with Style nodes"


def add(parser: argparse.ArgumentParser) -> None:
    add_scene(parser, default="the active one")
    parser.add_argument(
        "--frames", metavar="RANGE", help="such as 1-48, 1-48x2 or 7,9,12-20 (default: those of the scene)"
    )
    parser.add_argument(
        "--preroll",
        metavar="N",
        type=int,
        default=0,
        help="render N frames before each run of frames without writing them, so that the stabiliser has a past "
        "(default: 0)",
    )
    parser.add_argument("--output", metavar="PATTERN", help="where to, as out/shot.####.exr (default: the scene's)")
    existing = parser.add_mutually_exclusive_group()
    existing.add_argument(
        "--overwrite", action="store_true", default=None, help="replace frames that are there (default: as the scene)"
    )
    existing.add_argument("--skip-existing", action="store_false", dest="overwrite", help="leave them as they are")
    add_device(parser, default="each node says")
    parser.add_argument(
        "--force", action="store_true", help="render although the result would fail, or be black or stale"
    )
    add_progress(parser)


def run(arguments: argparse.Namespace, teller: Teller) -> int:
    require_file()
    scene = find_scene(arguments.scene)
    if arguments.preroll < 0:
        raise UsageError(f"--preroll is {arguments.preroll}", remedy="give 0 or more frames")
    if arguments.frames is None:
        frames = FrameRange.of(scene_frames(scene))
    else:
        frames = FrameRange.parse(arguments.frames, "--frames")
    _set_output(scene, arguments)
    tree = compat.compositor_tree(scene)
    nodes = [] if tree is None else list(style_nodes(tree))
    loop = FrameLoop(scene, frames, teller, preroll=arguments.preroll)
    with on_device(nodes, arguments.device), loop.interrupts:
        _check(scene, frames.numbers, teller, force=arguments.force)
        teller.emit(Event(EventKind.DONE, {"summary": loop.run()}))
    return ExitCode.DONE


def _set_output(scene: bpy.types.Scene, arguments: argparse.Namespace) -> None:
    render = scene.render
    if arguments.output is not None:
        path = arguments.output
        render.filepath = path if path.startswith("//") else os.path.abspath(path)
    if arguments.overwrite is not None:
        render.use_overwrite = arguments.overwrite


def _check(scene: bpy.types.Scene, frames: Sequence[int], teller: Teller, *, force: bool) -> None:
    """Tell what is wrong; raises the first error, unless it is rendered all the same."""
    findings: list[Finding] = [*check_scene(scene, frames)]
    if scene.render.use_sequencer:
        findings += check_results(scene, frames)
    findings += ask_backend([scene])
    worst = None if force else first_error(findings)
    for finding in findings:
        if finding is not worst:
            told = finding.to_json()
            teller.emit(Event(EventKind.WARNING, {**told, "problem": f"{finding.where}: {told['problem']}"}))
    if worst is not None:
        raise retold(worst.fault, f"nothing was rendered, {worst.where}: {worst.fault.problem}")
