"""``nst optimize``: paint one still by optimisation."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..contract.codec import decode
from ..contract.errors import CancelledByUser, ExitCode, UsageError
from ..contract.messages import Event, EventKind
from ..contract.recipe import ComputeOptions
from .loss_network import add_loss_network, find_loss_network
from .options import add_options, given_options
from .progress import add_device, add_progress
from .reporters import QuietReporter

if TYPE_CHECKING:
    from ..engines.optimisation import OptimisationStep

__all__ = ["add", "run"]

_SUFFIXES = (".png", ".tif", ".tiff", ".jpg", ".jpeg")


def add(commands: Any) -> None:
    """Add the command to the parser."""
    from ..contract.optimisation_options import OptimisationOptions

    text = "Paint one still like another picture, by optimisation (Gatys et al. 2016). Ctrl-C keeps the picture so far."
    parser = commands.add_parser("optimize", aliases=["optimise"], help=text, description=text, allow_abbrev=False)
    parser.add_argument("content", metavar="CONTENT", help="the picture to paint")
    parser.add_argument("style", metavar="STYLE", help="the painting")
    parser.add_argument("-o", "--output", required=True, metavar="PATH", help="a PNG, TIFF or JPEG file")
    parser.add_argument("--overwrite", action="store_true", help="replace the output if it is there")
    add_loss_network(parser)
    add_progress(parser)
    add_device(parser)
    add_options(parser, OptimisationOptions, title="the painting")
    parser.set_defaults(run=run, patience=None)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Write the painted picture; where interrupted, as far as it has come."""
    from ..contract.optimisation_options import OptimisationOptions
    from ..media.same_file import refuse_replacing

    path = Path(arguments.output)
    if path.suffix.lower() not in _SUFFIXES:
        raise UsageError(f"{path.name!r} has no known picture suffix", remedy=f"give one of {' '.join(_SUFFIXES)}")
    if path.exists() and not arguments.overwrite:
        raise UsageError(f"{path} is there already", remedy="choose another name, or add --overwrite")
    refuse_replacing([path], [Path(arguments.content), Path(arguments.style)])
    options = decode(OptimisationOptions, given_options(arguments, OptimisationOptions))
    compute = decode(ComputeOptions, given_options(arguments, ComputeOptions))
    weights = find_loss_network(arguments.loss_network)

    from ..engines.optimisation import optimise
    from ..media.images import read_image, write_image
    from ..pipeline.device import choose_device
    from ..styles.loss_networks import load_loss_network

    def on_step(step: OptimisationStep) -> None:
        data = {"stage": f"paint {step.size[0]}x{step.size[1]}", "done": step.done, "total": step.total}
        reporter.emit(Event(EventKind.PROGRESS, {**data, "loss": step.loss}))

    content, style = read_image(arguments.content)[0], read_image(arguments.style)[0]
    device = choose_device(compute)
    encoder = load_loss_network(weights).to(device)
    painted = optimise(content, style, encoder, options, device=device, on_step=on_step, cancelled=reporter.cancelled)
    if not painted.finished and painted.done == 0:
        raise CancelledByUser("cancelled before the first step")
    write_image(path, painted.picture)
    if not painted.finished:
        raise CancelledByUser(f"stopped after {painted.done} of {painted.total} steps, {path} holds the picture so far")
    reporter.emit(Event(EventKind.DONE, {"summary": {"output": str(path), "steps": painted.done}}))
    if not reporter.machine_readable:
        print(f"{painted.picture.shape[1]}x{painted.picture.shape[0]} in {painted.done} steps on {device} → {path}")
    return ExitCode.DONE
