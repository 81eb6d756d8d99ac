"""``--progress`` and ``--device``, which several commands share."""

from __future__ import annotations

import argparse
from typing import get_args

from ..contract.recipe import ComputeOptions
from .options import add_option
from .reporters import ProgressMode

__all__ = ["add_device", "add_progress"]


def add_progress(parser: argparse.ArgumentParser) -> None:
    """How progress is told."""
    parser.add_argument(
        "--progress",
        choices=get_args(ProgressMode),
        default="bar",
        help="a bar or plain lines on standard error; JSON events, one a line, or Open Job Description messages "
        "on standard output; or nothing (default: bar)",
    )


def add_device(parser: argparse.ArgumentParser) -> None:
    """``--device`` alone; it is read back as an option of :class:`ComputeOptions`."""
    add_option(parser, ComputeOptions, "device")
