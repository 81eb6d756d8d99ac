"""``sequence``: the styled strips of a timeline, one after another."""

from __future__ import annotations

import argparse

import bpy

from .. import compat
from ..contract.errors import ExitCode, UsageError, nearest
from ..contract.frames import FrameRange
from ..contract.messages import Event, EventKind
from ..sequencer.ordering import check_backend, resumable, work_for
from ..sequencer.style_strip import ordered_works
from .arguments import add_progress, add_scene, find_scene, require_file
from .device import add_device, on_device
from .telling import Teller
from .works import add_saving, do_works, raise_worst, save

__all__ = ["HELP", "add", "run"]

HELP = "Style the strips of a sequencer and put the results in place"


def add(parser: argparse.ArgumentParser) -> None:
    add_scene(parser, default="the one whose strips are edited")
    parser.add_argument(
        "--strip", metavar="NAME", action="append", help="a strip, may be repeated (default: all with enabled regions)"
    )
    parser.add_argument(
        "--frames", metavar="RANGE", help="paint these frames of the timeline, all others stay plate (default: all)"
    )
    how = parser.add_mutually_exclusive_group()
    how.add_argument("--resume", action="store_true", help="go on with what is unfinished, as it was asked for then")
    how.add_argument("--redo-changed", action="store_true", help="take over the frames that did not change")
    add_device(parser, default="each strip says")
    add_saving(parser)
    add_progress(parser)


def run(arguments: argparse.Namespace, teller: Teller) -> int:
    require_file()
    scene = find_scene(arguments.scene) if arguments.scene else compat.sequencer_scene(bpy.context) or find_scene(None)
    strips = _strips(scene, arguments.strip)
    frames = None if arguments.frames is None else FrameRange.parse(arguments.frames, "--frames")
    if frames is not None and arguments.resume:
        raise UsageError("--frames has no meaning with --resume", remedy="what was asked for then is gone on with")
    if arguments.device is not None and arguments.resume:
        raise UsageError("--device has no meaning with --resume", remedy="what was asked for then is gone on with")
    check_backend()
    if arguments.resume:
        works = [work_for(found) for strip in strips if (found := resumable(scene, strip)) is not None]
        if not works:
            raise UsageError("nothing is unfinished", remedy="leave out --resume, or use --redo-changed")
    else:
        with on_device(strips, arguments.device):
            works = ordered_works(scene, strips, reuse=arguments.redo_changed, frames=frames)
    if do_works(works, teller):
        save(arguments, teller)
    raise_worst(works)
    teller.emit(
        Event(
            EventKind.DONE,
            {"summary": {"scene": scene.name, "strips": {work.order.strip: str(work.folder) for work in works}}},
        )
    )
    return ExitCode.DONE


def _strips(scene: bpy.types.Scene, names: list[str] | None) -> list[bpy.types.Strip]:
    everything = scene.sequence_editor.strips_all if scene.sequence_editor is not None else ()
    strips = [strip for strip in everything if strip.type != "SOUND" and not strip.brushpass_result.of]
    if names is None:
        found = [strip for strip in strips if any(region.enabled for region in strip.brushpass.regions)]
        if not found:
            raise UsageError(
                f"no strip of {scene.name!r} has an enabled region", remedy="name another --scene, or add a region"
            )
        return found
    by_name = {strip.name: strip for strip in strips}
    for name in names:
        if name not in by_name:
            raise UsageError(f"{scene.name!r} has no strip {name!r}", remedy=nearest(name, by_name))
    return [by_name[name] for name in dict.fromkeys(names)]
