"""``backend``: the environment that paints, seen to from a shell."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import bpy

from ..backend.environment import examine
from ..backend.faults import BackendError
from ..backend.torch_builds import BUILDS
from ..contract.errors import ExitCode, InputError
from ..preferences import BACKEND_VARIABLE, preferences
from ..session import session
from .interrupts import Interrupts
from .telling import Teller

__all__ = ["HELP", "add", "run"]

HELP = "Say how the backend is, install it, or choose one that is there"
_TICK = 0.25


def add(parser: argparse.ArgumentParser) -> None:
    how = parser.add_mutually_exclusive_group()
    how.add_argument(
        "--install", action="store_true", help="make the private environment of this user, or make it anew"
    )
    how.add_argument(
        "--use", metavar="PATH", type=Path, help="keep in the preferences that this environment, or its Python, is used"
    )
    parser.add_argument(
        "--wheels", metavar="FOLDER", type=Path, help="with --install: install from here, not a network"
    )
    parser.add_argument("--python", metavar="FILE", type=Path, help="with --install: the Python to make it from")
    parser.add_argument(
        "--torch",
        choices=("auto", *(build.name for build in BUILDS)),
        default="auto",
        help="with --install: the build of PyTorch (default: auto)",
    )


def run(arguments: argparse.Namespace, teller: Teller) -> int:
    if arguments.use is not None:
        _use(arguments.use.absolute())
    elif arguments.install:
        _install(arguments)
    status = session().status
    if status.python is None:
        raise BackendError(
            status.text, remedy=f"give --install, --use, or name an environment in the variable {BACKEND_VARIABLE}"
        )
    print(f"Brushpass: {status.text}: {status.python}", flush=True)
    faults = 0
    for finding in examine(status.python):
        faults += finding["state"] == "fault"
        remedy = f": {finding['remedy']}" if finding["remedy"] else ""
        print(f"Brushpass: {finding['state']}: {finding['subject']}: {finding['text']}{remedy}", flush=True)
    return ExitCode.USAGE if faults else ExitCode.DONE


def _use(path: Path) -> None:
    chosen = preferences()
    chosen.source, chosen.environment_path = "own", str(path)
    _save_preferences()


def _install(arguments: argparse.Namespace) -> None:
    chosen = preferences()
    if chosen.source != "private":
        chosen.source = "private"
        _save_preferences()
    session().install(python=arguments.python, torch=arguments.torch, wheels=arguments.wheels)
    installation = session().installation
    assert installation is not None
    said = ""
    with Interrupts(installation.cancel):
        while installation.running:
            now = installation.progress
            line = f"{now.text} ({now.step}/{now.steps})"
            if line != said:
                print(f"Brushpass: {line}", file=sys.stderr, flush=True)
                said = line
            time.sleep(_TICK)
    installation.wait()


def _save_preferences() -> None:
    try:
        bpy.ops.wm.save_userpref()
    except RuntimeError as error:
        raise InputError("Blender's preferences cannot be saved", remedy="check the user's folder") from error
