"""Which Blenders this machine gets: each version needs its own Python."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from nst_backend.contract.errors import UsageError

from .environments import Environment, make, state
from .errors import BuildError
from .paths import ENVIRONMENTS
from .pythons import find_python, how_to_install
from .specifications import BLENDERS, blender

__all__ = ["REQUIRED", "all_blenders", "one_blender", "required_versions", "variable"]

REQUIRED = "BRUSHPASS_REQUIRE_BLENDERS"
"""Environment variable with versions, such as ``4.5,5.2``, without which a run has failed."""


def variable(version: str) -> str:
    """The environment variable that tells the tests where this Blender's Python is."""
    return "BRUSHPASS_BPY_" + version.replace(".", "")


def required_versions() -> tuple[str, ...]:
    """What :data:`REQUIRED` lists.

    Raises :class:`UsageError` for a version that is not supported.
    """
    named = tuple(filter(None, (part.strip() for part in os.environ.get(REQUIRED, "").split(","))))
    for version in named:
        _known(version, REQUIRED)
    return named


def all_blenders(say: Callable[[str], None] = print, *, parent: Path = ENVIRONMENTS) -> dict[str, Environment]:
    """Every Blender for which a Python is found, made if need be.

    The others are named plainly; one that is required raises :class:`BuildError`.
    """
    required = required_versions()
    there = []
    for version, minor in BLENDERS.items():
        if _can_be_had(version, parent):
            there.append(version)
            continue
        problem = f"no Python {minor[0]}.{minor[1]} was found for Blender {version}"
        if version in required:
            raise BuildError(f"{problem}, which {REQUIRED} asks for", remedy=how_to_install(minor))
        say(f"blender-{version}: left out, {problem}; {how_to_install(minor)}")
    return {version: make(blender(version), parent=parent, say=say) for version in there}


def one_blender(version: str | None, say: Callable[[str], None] = print) -> tuple[str, Environment]:
    """The Blender of ``version``, or the newest for which a Python is found.

    Raises :class:`UsageError` for an unknown version, :class:`BuildError` where none can be made.
    """
    if version is None:
        newest_first = list(BLENDERS)[::-1]
        version = next((known for known in newest_first if _can_be_had(known, ENVIRONMENTS)), newest_first[0])
    return version, make(blender(_known(version, "--blender")), say=say)


def _can_be_had(version: str, parent: Path) -> bool:
    # Looking for Pythons takes a second or two; an environment that is there needs none.
    return state(blender(version), parent=parent) == "complete" or find_python([BLENDERS[version]]) is not None


def _known(version: str, where: str) -> str:
    if version not in BLENDERS:
        raise UsageError(f"{where} names Blender {version!r}", remedy="supported are " + " and ".join(BLENDERS))
    return version
