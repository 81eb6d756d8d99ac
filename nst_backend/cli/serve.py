"""``nst serve``: the process behind the Blender add-on."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import Any

from ..contract.errors import UsageError
from .faults import log_folder
from .reporters import QuietReporter

__all__ = ["add", "run"]


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Serve requests, one JSON object a line on standard input; events come on standard output."
    parser = commands.add_parser("serve", help=text, description=text, allow_abbrev=False)
    parser.add_argument("--parent", type=int, metavar="PID", help="end when this process does (default: the caller)")
    parser.add_argument("--scratch", metavar="FOLDER", help="where the private folder of pixels is made")
    parser.add_argument("--log", metavar="FILE", help="the log (default: serve.log among the user's logs)")
    parser.add_argument(
        "--release-after",
        type=float,
        default=600.0,
        metavar="SECONDS",
        help="free networks after this long without a request; 0 keeps them (default: 600)",
    )
    parser.add_argument(
        "--stuck-after",
        type=float,
        metavar="SECONDS",
        help="end when a stage makes no progress for this long (default: each stage's own limit)",
    )
    parser.set_defaults(run=run, patience=None)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Serve until the client or the parent is gone."""
    if not arguments.release_after >= 0:
        raise UsageError(f"--release-after is {arguments.release_after:g}", remedy="give seconds, or 0 for never")
    if arguments.stuck_after is not None and not arguments.stuck_after > 0:
        raise UsageError(f"--stuck-after is {arguments.stuck_after:g}", remedy="give seconds above 0")
    from ..service.server import ServeOptions, serve

    return serve(
        ServeOptions(
            parent=os.getppid() if arguments.parent is None else arguments.parent,
            scratch=None if arguments.scratch is None else Path(arguments.scratch).absolute(),
            log=Path(arguments.log).absolute() if arguments.log else log_folder() / "serve.log",
            release_after=arguments.release_after or None,
            stuck_after=arguments.stuck_after,
        ),
        interrupted=reporter.cancelled,
    )
