"""``nst movie``: finished frames as a video."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..contract.errors import ExitCode, UsageError
from .progress import add_progress
from .reporters import QuietReporter

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Write a sequence as a video, or several side by side."
    parser = commands.add_parser("movie", help=text, description=text, allow_abbrev=False)
    parser.add_argument("input", nargs="+", metavar="SEQUENCE", help="frames with #### or %%04d, or a video")
    parser.add_argument("-o", "--out", required=True, metavar="PATH", help="the video, such as styled.mp4")
    parser.add_argument("--overwrite", action="store_true", help="replace the video if it is there")
    parser.add_argument("--fps", type=float, metavar="N", help="frames a second (default: the source's, or 24)")
    parser.add_argument("--colour-space", metavar="NAME", help="of scene-linear frames (default: as the files say)")
    add_progress(parser)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Write the video and say how many frames it has."""
    from ..media.same_file import refuse_replacing
    from ..pipeline.movie import make_movie

    output = Path(arguments.out)
    refuse_replacing([output], map(Path, arguments.input))
    if output.exists() and not arguments.overwrite:
        raise UsageError(f"{output} is there already", remedy="choose another name, or add --overwrite")
    count = make_movie(
        arguments.input,
        output,
        base=Path.cwd(),
        fps=arguments.fps,
        space=arguments.colour_space,
        reporter=reporter,
    )
    if not reporter.machine_readable:
        print(f"{count} frames → {arguments.out}")
    return ExitCode.DONE
