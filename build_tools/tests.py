"""``build.py test``: lint, format, types, then every test, on real Blenders too.

The add-on is type-checked as it is staged for the package, with its copy of the contract.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from .blenders import all_blenders, variable
from .environments import make
from .package import STAGE, stage_sources
from .paths import ROOT
from .process import call
from .progress import format_duration
from .specifications import BLENDERS, backend

__all__ = ["run_tests"]

_CHECKS = (
    ("ruff check", ("-m", "ruff", "check", ".")),
    ("ruff format", ("-m", "ruff", "format", "--check", ".")),
    ("mypy", ("-m", "mypy")),
    ("mypy of the add-on", ("-m", "mypy", "--package", STAGE.name)),
)


def run_tests(pytest_arguments: Sequence[str], say: Callable[[str], None] = print) -> int:
    """Run all checks, even after one has failed; returns 0 only if every one passed."""
    environment = make(backend(), say=say)
    blenders = all_blenders(say)
    # What is left over in the calling shell would point the tests elsewhere.
    variables: dict[str, str | None] = {variable(version): None for version in BLENDERS}
    variables.update({variable(version): str(blender.python) for version, blender in blenders.items()})
    stage_sources()
    variables["MYPYPATH"] = str(STAGE.parent)

    steps = [*_CHECKS, ("pytest", ("-m", "pytest", "-n", "2", *pytest_arguments))]
    outcome = []
    for name, arguments in steps:
        say(f"--- {name}")
        started = time.monotonic()
        code = call([environment.python, *arguments], cwd=ROOT, environment=variables)
        outcome.append((name, code, time.monotonic() - started))
    say("--- summary")
    for version in BLENDERS:
        say(f"Blender {version}: {'there' if version in blenders else 'NOT TESTED, its Python is missing'}")
    for name, code, seconds in outcome:
        say(f"{name}: {'passed' if code == 0 else f'FAILED ({code})'} in {format_duration(seconds)}")
    return next((code for _, code, _ in outcome if code != 0), 0)
