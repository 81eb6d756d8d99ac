"""The command line of ``build.py``."""

from __future__ import annotations

import argparse
import functools
import sys
from collections.abc import Sequence
from pathlib import Path

from nst_backend.contract.errors import CancelledByUser, NstError

from .blenders import all_blenders, one_blender
from .demo import DemoOptions, run_demo
from .environments import make, state
from .package import DIST, build_package
from .specifications import BLENDERS, backend, blender
from .tests import run_tests

__all__ = ["main"]

# Lines appear when they are said, also in a log.
_say = functools.partial(print, flush=True)


def main(given: Sequence[str]) -> int:
    """Obey the command line; returns the process's exit code."""
    for stream in (sys.stdout, sys.stderr):
        # A console with a small character set shows ? for what it lacks.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    try:
        return _obey(given)
    except NstError as fault:
        print(f"error: {fault.sentence()}", file=sys.stderr)
        return int(fault.exit_code)
    except KeyboardInterrupt:
        print("stopped; what is finished is kept", file=sys.stderr)
        return int(CancelledByUser.exit_code)


def _obey(given: Sequence[str]) -> int:
    parser = _parser()
    # Everything behind ``test`` belongs to pytest, options included.
    if given and given[0] == "test" and not {"-h", "--help"} & set(given[1:2]):
        return run_tests(given[1:], _say)
    options = parser.parse_args(given)
    if options.command == "demo":
        width, height = options.size
        return run_demo(
            DemoOptions(
                frames=options.frames,
                width=width,
                height=height,
                samples=options.samples,
                threads=options.threads,
                out=options.out,
                blender=options.blender,
            ),
            _say,
        )
    if options.command == "package":
        _, renderer = one_blender(options.blender, _say)
        build_package(python=make(backend(), say=_say).python, blender=renderer.python, out=options.out, say=_say)
        return 0
    return _environments(show=options.show)


def _environments(*, show: bool) -> int:
    if show:
        for specification in (backend(), *map(blender, BLENDERS)):
            _say(f"{specification.name}: {state(specification)}")
        return 0
    make(backend(), say=_say)
    all_blenders(_say)
    return _environments(show=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="build.py", description="Brushpass: environments, demo, tests, package.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="demo | test | env | package")

    demo = commands.add_parser("demo", help="render the demo scene and style it")
    demo.add_argument("--frames", type=_count, default=DemoOptions.frames, help="how many (%(default)s)")
    demo.add_argument("--out", type=Path, default=DemoOptions.out, help="folder for everything (%(default)s)")
    demo.add_argument("--blender", choices=list(BLENDERS), help="version; the newest for which there is a Python")
    demo.add_argument("--size", type=_size, default=(DemoOptions.width, DemoOptions.height), metavar="WxH")
    demo.add_argument("--samples", type=_count, default=DemoOptions.samples, help="a pixel (%(default)s)")
    demo.add_argument("--threads", type=_threads, default=DemoOptions.threads, help="0: all cores")

    commands.add_parser("test", help="lint, type-check and test; further arguments go to pytest")
    environments = commands.add_parser("env", help="make the environments")
    environments.add_argument("--show", action="store_true", help="only tell how they are")

    package = commands.add_parser("package", help="build the extension and a repository to install it from")
    package.add_argument("--out", type=Path, default=DIST, help="folder for both (%(default)s)")
    package.add_argument("--blender", choices=list(BLENDERS), help="whose tool packs it; the newest there is")
    return parser


def _count(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 9999:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 to 9999")
    return int(text)


def _threads(text: str) -> int:
    if not text.isdigit() or int(text) > 1024:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 0 to 1024")
    return int(text)


def _size(text: str) -> tuple[int, int]:
    width, _, height = text.lower().partition("x")
    if not (width.isdigit() and height.isdigit() and 16 <= int(width) <= 8192 and 16 <= int(height) <= 8192):
        raise argparse.ArgumentTypeError(f"{text!r} is not a size from 16x16 to 8192x8192, such as 640x360")
    return int(width), int(height)
