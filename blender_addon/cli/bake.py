"""``bake``: Style nodes replaced by their frames, for machines without Brushpass; or captured, to be played back."""

from __future__ import annotations

import argparse

import bpy

from .. import compat
from ..compositor.capture.bake import bake, baked_nodes
from ..compositor.capture.node_record import CAPTURE
from ..compositor.capture.operators import check_bakes, is_finished, resumable_capture, start_capture
from ..compositor.style_node.trees import style_nodes
from ..compositor.style_node.wiring import mend
from ..contract.errors import ExitCode, UsageError, nearest
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind
from ..jobs.work import Work
from ..sequencer.ordering import check_backend, work_for
from .arguments import add_progress, add_scene, find_scene, require_file
from .device import add_device, on_device
from .telling import Teller
from .works import add_saving, do_works, raise_worst, save

__all__ = ["HELP", "add", "run"]

HELP = "Style all frames of Style nodes ahead and put them in the nodes' place"


def add(parser: argparse.ArgumentParser) -> None:
    add_scene(parser, default="the active one")
    parser.add_argument("--node", metavar="NAME", action="append", help="a node, may be repeated (default: all)")
    parser.add_argument("--frames", metavar="RANGE", help="such as 1-48, without gaps (default: those of the scene)")
    parser.add_argument(
        "--capture", action="store_true", help="leave the nodes in place and let them play the frames back"
    )
    parser.add_argument("--resume", action="store_true", help="go on with what is unfinished, as it was asked for then")
    add_device(parser, default="each node says")
    add_saving(parser)
    add_progress(parser)


def run(arguments: argparse.Namespace, teller: Teller) -> int:
    require_file()
    scene = find_scene(arguments.scene)
    frames = None if arguments.frames is None else _range(arguments.frames)
    if frames is not None and arguments.resume:
        raise UsageError("--frames has no meaning with --resume", remedy="what was asked for then is gone on with")
    if arguments.device is not None and arguments.resume:
        raise UsageError("--device has no meaning with --resume", remedy="what was asked for then is gone on with")
    nodes = _nodes(scene, arguments.node)
    check_backend()
    works: list[Work] = []
    ready: list[str] = []
    for node in nodes:
        if arguments.capture and not arguments.resume:
            node.mode = CAPTURE
            mend()
        if arguments.resume:
            found = resumable_capture(node)
            works += [] if found is None else [work_for(found)]
        elif not arguments.capture and frames is None and node.mode == CAPTURE and is_finished(node):
            check_bakes(node)
            ready.append(node.name)
        else:
            with on_device([node], arguments.device):
                works.append(start_capture(node, bake=not arguments.capture, frames=frames))
    if not works and not ready:
        raise UsageError("nothing is unfinished", remedy="leave out --resume")
    for node in [node for node in nodes if node.name in ready]:
        bake(node.id_data, node)  # type: ignore[arg-type]
    mend()
    if do_works(works, teller) or ready:
        save(arguments, teller)
    raise_worst(works)
    summary = {"scene": scene.name, "nodes": {work.order.strip: str(work.folder) for work in works}}
    teller.emit(Event(EventKind.DONE, {"summary": summary}))
    return ExitCode.DONE


def _range(text: str) -> tuple[int, int]:
    numbers = FrameRange.parse(text, "--frames").numbers
    if numbers[-1] - numbers[0] + 1 != len(numbers):
        raise UsageError(
            f"--frames {text} has gaps", remedy="give a first and a last frame: motion leads from one to the next"
        )
    return numbers[0], numbers[-1]


def _nodes(scene: bpy.types.Scene, names: list[str] | None) -> list[bpy.types.Node]:
    tree = compat.compositor_tree(scene)
    known = {node.name: node for node in (style_nodes(tree) if tree is not None else ())}
    if names is None:
        if not known:
            baked = tree is not None and any(baked_nodes(tree))
            raise UsageError(
                f"{scene.name!r} has no Style node{' that is not baked yet' if baked else ''}",
                remedy="name another --scene",
            )
        return list(known.values())
    for name in names:
        if name not in known:
            raise UsageError(f"{scene.name!r} has no Style node {name!r}", remedy=nearest(name, known))
    return [known[name] for name in dict.fromkeys(names)]
