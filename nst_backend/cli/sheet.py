"""``nst sheet``: a contact sheet of a finished job."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..contract.errors import ExitCode
from ..contract.frames import FrameRange
from ..contract.recipe import load_recipe
from .progress import add_progress
from .reporters import QuietReporter

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Plate, mattes, per-frame and stabilised side by side, for a few frames of a finished job."
    parser = commands.add_parser("sheet", help=text, description=text, allow_abbrev=False)
    parser.add_argument("input", metavar="RECIPE", help="a recipe (.json) whose job has run")
    parser.add_argument("--frames", required=True, metavar="RANGE", help="the rows, such as 1,12,24")
    parser.add_argument("-o", "--out", default="contact_sheet.png", metavar="PATH", help="the picture (.png)")
    parser.add_argument("--width", type=int, default=480, metavar="PX", help="of each picture (default: 480)")
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Write the sheet and say where it is."""
    path = Path(arguments.input)
    recipe = load_recipe(path)
    numbers = FrameRange.parse(arguments.frames, "--frames").numbers
    from ..pipeline.contact_sheet import contact_sheet

    written = contact_sheet(
        recipe,
        base=path.resolve().parent,
        numbers=numbers,
        output=Path(arguments.out),
        width=max(64, min(arguments.width, 4096)),
        reporter=reporter,
    )
    if not reporter.machine_readable:
        print(written)
    return ExitCode.DONE
