"""``check``: what would go wrong in a render, told before it."""

from __future__ import annotations

import argparse
import json

import bpy

from ..compositor.check.preflight import check_scene, scenes_with_nodes
from ..contract.errors import ExitCode
from ..contract.frames import FrameRange
from ..findings import Finding, first_error
from ..own_stdout import claim_stdout
from ..sequencer.record import results
from ..sequencer.result_check import check_results
from .arguments import add_scene, find_scene, require_file
from .asking import ask_backend
from .interrupts import Interrupts, end_cancelled
from .telling import Teller

__all__ = ["HELP", "add", "run"]

HELP = "Say what would fail, be black or be stale, without rendering"


def add(parser: argparse.ArgumentParser) -> None:
    add_scene(parser, default="all that have Style nodes or styled strips")
    parser.add_argument("--frames", metavar="RANGE", help="frames that will be rendered (default: those of the scene)")
    parser.add_argument("--file-only", action="store_true", help="start no backend: for a machine that only submits")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output, instead of lines")


def run(arguments: argparse.Namespace, teller: Teller) -> int:
    require_file()
    output = claim_stdout() if arguments.json else None
    frames = None if arguments.frames is None else FrameRange.parse(arguments.frames, "--frames").numbers
    composited, edited = _scenes(arguments.scene)
    with Interrupts(end_cancelled):
        found = [finding for scene in composited for finding in check_scene(scene, frames)]
        found += [finding for scene in edited for finding in check_results(scene, frames)]
        if not arguments.file_only:
            found += ask_backend(composited)
    worst = first_error(found)
    code = ExitCode.DONE if worst is None else _code(worst)
    if output is not None:
        told = {"findings": [finding.to_json() for finding in found], "exit_code": int(code)}
        output.write(f"{json.dumps(told, ensure_ascii=False)}\n".encode())
        return code
    for finding in found:
        print(f"Brushpass: {finding.sentence()}", flush=True)
    if not found:
        names = ", ".join(repr(scene.name) for scene in dict.fromkeys((*composited, *edited)))
        print(f"Brushpass: nothing is wrong with {names or 'the file, which has neither Style nodes nor results'}")
    return code


def _scenes(name: str | None) -> tuple[list[bpy.types.Scene], list[bpy.types.Scene]]:
    """Those with Style nodes, and those with results on their timeline."""
    nodes, timelines = scenes_with_nodes(), [scene for scene in bpy.data.scenes if any(results(scene))]
    if name is None:
        return nodes, timelines
    scene = find_scene(name)
    return [scene] * (scene in nodes), [scene] * (scene in timelines)


def _code(finding: Finding) -> ExitCode:
    return ExitCode.INPUT if finding.fault.kind == "input" else ExitCode.USAGE
