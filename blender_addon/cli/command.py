"""From the words after ``--command brushpass`` to an exit code; nothing that goes wrong is a traceback."""

from __future__ import annotations

import argparse
import os
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, nullcontext

import bpy

from ..compositor.bridge.failing import exit_code
from ..contract.errors import CancelledByUser, NstError, UsageError, as_fault, nearest
from . import backend, bake, check, recipe, render, sequence
from .arguments import Parser
from .telling import Teller, make_teller

__all__ = ["run"]

_COMMANDS = {"render": render, "check": check, "recipe": recipe, "sequence": sequence, "bake": bake, "backend": backend}
"""Each has ``HELP``, ``add(parser)`` and ``run(arguments, teller)``, which returns an exit code."""
_DEFECT = 1


def run(argv: Sequence[str]) -> int:
    """Run one subcommand. Whatever is said about a fault is one line on standard error."""
    teller = make_teller("text")
    try:
        arguments = _parse(list(argv))
        teller = make_teller(arguments.progress)
        with _window():
            return int(_COMMANDS[arguments.subcommand].run(arguments, teller))
    except BaseException as error:
        # Of --help; a file of the artist's may have left anything else running.
        if isinstance(error, SystemExit):
            return int(error.code or 0)
        return _ended(error, teller)


@contextmanager
def _window() -> Iterator[None]:
    """The context of the file's window: a command has none, and in it neither a sequencer's scene nor undo."""
    window = next(iter(bpy.context.window_manager.windows), None)
    with bpy.context.temp_override(window=window) if window is not None else nullcontext():
        yield


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = Parser(prog="brushpass", description="Neural style by region, for farms.", allow_abbrev=False)
    subcommands = parser.add_subparsers(title="subcommands", dest="subcommand", metavar="SUBCOMMAND")
    for name, module in _COMMANDS.items():
        added = subcommands.add_parser(name, help=module.HELP, description=f"{module.HELP}.", allow_abbrev=False)
        added.set_defaults(progress="text")
        module.add(added)
    if not argv:
        parser.print_help()
        raise UsageError("no subcommand is given", remedy=f"give one of {', '.join(_COMMANDS)}")
    if not argv[0].startswith("-") and argv[0] not in _COMMANDS:
        raise UsageError(f"there is no subcommand {argv[0]!r}", remedy=nearest(argv[0], _COMMANDS))
    return parser.parse_args(argv)


def _ended(error: BaseException, teller: Teller) -> int:
    if os.environ.get("NST_DEBUG") == "1":
        traceback.print_exception(error)
    fault = CancelledByUser("cancelled") if isinstance(error, KeyboardInterrupt) else as_fault(error)
    if fault is None:
        text = " ".join(str(error).split())[:200]
        fault = NstError(
            f"something went wrong inside Brushpass ({type(error).__name__}{': ' + text if text else ''})",
            remedy="run it again with NST_DEBUG=1 for the details, and report it",
        )
        code = _DEFECT
    else:
        code = int(exit_code(fault, otherwise=fault.exit_code))
    teller.fail(fault, code)
    print(f"Brushpass: {fault.sentence()}", file=sys.stderr, flush=True)
    return code
