"""The command line ``nst``.

Commands import what they need when they run, so that ``nst --help`` never waits for torch.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

from ..contract.errors import CancelledByUser, ExitCode, NstError, UsageError, as_fault, nearest
from ..engines.allocator import keep_freed
from ..media.atomic import remove_temporaries
from . import (
    doctor,
    evaluate,
    mattes,
    movie,
    objects,
    optimize,
    preview,
    schema,
    serve,
    sheet,
    styles,
    stylize,
    train,
    train_mattes,
)
from .faults import DEFECT, write_log
from .reporters import QuietReporter, make_reporter
from .worker import WorkAbandoned, run_cancellable

__all__ = ["build_parser", "run"]

# What a command may still do after Ctrl-C, unless it says otherwise; a pass on a processor takes longer.
PATIENCE_SECONDS = 0.5
_COMMANDS = (
    stylize,
    preview,
    sheet,
    movie,
    mattes,
    objects,
    styles,
    train,
    train_mattes,
    optimize,
    evaluate,
    serve,
    schema,
    doctor,
)


class _Parser(argparse.ArgumentParser):
    """Errors are raised, so that they look and end as all others do."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(message, remedy=f"see '{self.prog} --help'")


def build_parser() -> argparse.ArgumentParser:
    """The parser with all commands."""
    parser = _Parser(prog="nst", description="Neural style by region for renders and footage.", allow_abbrev=False)
    parser.add_argument("--version", action="store_true", help="print the version and end")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", parser_class=_Parser)
    for module in _COMMANDS:
        module.add(commands)
    return parser


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code; everything said about a fault is one line on stderr."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    logging.basicConfig(level=logging.WARNING, format="nst: %(message)s")
    keep_freed()
    reporter = QuietReporter()
    try:
        parsed = _parse(arguments)
        if parsed.version:
            print(f"nst {_version()}")
            return ExitCode.DONE
        reporter = make_reporter(getattr(parsed, "progress", "none"))
        patience = getattr(parsed, "patience", PATIENCE_SECONDS)
        code = run_cancellable(lambda: int(parsed.run(parsed, reporter)), reporter.cancel, patience=patience)
        reporter.close()
        sys.stdout.flush()
        return code
    except BaseException as error:
        if isinstance(error, SystemExit):
            return int(error.code or 0)
        code = _ended(error, arguments, reporter)
        if isinstance(error, WorkAbandoned):
            remove_temporaries()
            # Python would wait for the threads of the work.
            os._exit(code)
        return code


def _parse(arguments: list[str]) -> argparse.Namespace:
    parser = build_parser()
    commands = _subparsers(parser)
    if not arguments:
        parser.print_help()
        raise SystemExit(ExitCode.USAGE)
    if not arguments[0].startswith("-") and arguments[0] not in commands:
        raise UsageError(f"there is no command {arguments[0]!r}", remedy=nearest(arguments[0], commands))
    parsed, rest = parser.parse_known_args(arguments)
    if rest:
        chosen = commands.get(arguments[0], parser)
        chosen = _subparsers(chosen).get(arguments[1], chosen) if len(arguments) > 1 else chosen
        flags = [flag for action in chosen._actions for flag in action.option_strings]
        unknown = rest[0].partition("=")[0]
        known = nearest(unknown, flags) if unknown.startswith("-") else f"see '{chosen.prog} --help'"
        raise UsageError(f"{chosen.prog} does not know {unknown!r}", remedy=known)
    if not parsed.version and not hasattr(parsed, "run"):
        raise UsageError("no command is given", remedy="see 'nst --help'")
    return parsed


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def _ended(error: BaseException, arguments: list[str], reporter: QuietReporter) -> int:
    reporter.close()
    if isinstance(error, BrokenPipeError):
        # The reader of a pipe has gone; Python would complain again while flushing at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return ExitCode.DONE
    if isinstance(error, KeyboardInterrupt):
        error = CancelledByUser("cancelled")
    fault = as_fault(error)
    if os.environ.get("NST_DEBUG") == "1":
        traceback.print_exception(error)
    code = DEFECT if fault is None else int(fault.exit_code)
    if fault is None:
        log = write_log(error, arguments)
        place = f"the details are in {log}" if log else "run it again with NST_DEBUG=1 for the details"
        text = " ".join(str(error).split())[:200]
        fault = NstError(
            f"something went wrong inside Brushpass ({type(error).__name__}{': ' + text if text else ''})",
            remedy=f"{place}, please report it",
        )
    reporter.fail(fault)
    print(f"nst: {fault.sentence()}", file=sys.stderr, flush=True)
    return code


def _version() -> str:
    from importlib import metadata

    try:
        return metadata.version("brushpass")
    except metadata.PackageNotFoundError:
        return "(not installed)"


if __name__ == "__main__":
    sys.exit(run())
