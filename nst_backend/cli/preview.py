"""``nst preview``: one frame of a recipe as a picture."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..contract.errors import ExitCode
from ..contract.recipe import ComputeOptions
from .jobs import recipe_job
from .options import add_options
from .progress import add_progress
from .reporters import QuietReporter

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Style one frame of a recipe and write it as a picture."
    parser = commands.add_parser("preview", help=text, description=text, allow_abbrev=False)
    parser.add_argument("input", metavar="RECIPE", help="a recipe (.json)")
    parser.add_argument("--frame", type=int, required=True, metavar="N", help="the frame")
    parser.add_argument("-o", "--out", metavar="PATH", help="the picture (default: preview_NNNN.png)")
    parser.add_argument("--size", metavar="SIZE", help="WIDTHxHEIGHT or a percentage such as 50%%")
    parser.add_argument("--preroll", action="store_true", help="style the frames that the film steadies it by as well")
    parser.add_argument("--mattes", action="store_true", help="also write each region's weight beside it")
    add_progress(parser)
    add_options(parser, ComputeOptions, title="the machine")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Write the picture and say what it is: styled alone, or with how many other frames."""
    job = recipe_job(Path(arguments.input), arguments)
    import numpy as np

    from ..media.images import write_image
    from ..pipeline.preview import preview_frame

    path = Path(arguments.out or f"preview_{arguments.frame:04d}.png")
    found = preview_frame(
        job.recipe,
        base=job.base,
        number=arguments.frame,
        size=arguments.size,
        preroll=arguments.preroll,
        output=path,
        reporter=reporter,
    )
    write_image(path, found.picture)
    written = [path]
    if arguments.mattes:
        for index, (name, matte) in enumerate(found.mattes.items()):
            # Names come from the recipe: only their harmless characters may reach a path.
            plain = "".join(sign if sign.isalnum() or sign in "-_" else "_" for sign in name)
            written.append(path.with_name(f"{path.stem}.{index + 1}_{plain[:60]}.png"))
            write_image(written[-1], np.repeat(np.asarray(matte, np.float32)[:, :, None], 3, axis=2))
    preroll = f"after {found.prerolled} frames of preroll" if found.prerolled else "alone, without preroll"
    if found.prerolled and job.recipe.temporal.mode == "window":
        preroll = f"with {found.prerolled} frames around it"
    if not reporter.machine_readable:
        height, width = found.picture.shape[:2]
        print(f"frame {arguments.frame}, {width}x{height}, {preroll}: {', '.join(map(str, written))}")
        for note in found.notes:
            print(f"  {note}")
    return ExitCode.DONE
