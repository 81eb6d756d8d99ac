"""Running a script in a real Blender that has the extension installed; see conftest.py."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

if TYPE_CHECKING:
    from conftest import Blender

__all__ = ["RunInBlender", "copied", "run_harness"]

HARNESS = Path(__file__).with_name("bpy_harness.py")
# What is printed when something is wrong that nobody made an error of.
SUSPICIOUS = ("Traceback (most recent call last)", "Warning:", "Error:", "WARN (", "ERROR (")


class RunInBlender(Protocol):
    """Calls ``run(*arguments)`` of a script in a Blender with the add-on enabled, and returns its result."""

    def __call__(
        self, blender: Blender, script: Path, *arguments: str | Path, timeout: float = 300.0, quiet: bool = True
    ) -> Any: ...


@contextmanager
def copied(resources: Path) -> Iterator[Path]:
    """A copy of Blender's user folder that may be changed."""
    with tempfile.TemporaryDirectory(prefix="brushpass-blender-") as folder:
        yield Path(shutil.copytree(resources, Path(folder) / "resources"))


def run_harness(
    python: Path,
    script: Path | str,
    *arguments: str | Path,
    resources: Path,
    timeout: float = 300.0,
    quiet: bool = True,
) -> Any:
    """One process of ``bpy_harness.py``; fails the test where it crashes, hangs or complains."""
    answer = resources / "answer.json"
    command = [str(python), "-W", "always", str(HARNESS), str(answer), str(script), *map(str, arguments)]
    environment = {**os.environ, "BLENDER_USER_RESOURCES": str(resources), "PYTHONUNBUFFERED": "1"}
    # Neither the private environment nor the cache of this machine's user is the tests' business.
    environment |= {"XDG_DATA_HOME": str(resources / "data"), "XDG_CACHE_HOME": str(resources / "cache")}
    environment |= {"LOCALAPPDATA": str(resources / "data")}
    environment.pop("PYTHONPATH", None)
    try:
        result = subprocess.run(
            command, env=environment, timeout=timeout, capture_output=True, text=True, errors="replace", check=False
        )
    except subprocess.TimeoutExpired as late:
        printed = (late.stdout or b"").decode(errors="replace") + (late.stderr or b"").decode(errors="replace")
        pytest.fail(f"{script} took over {timeout:g} s:\n{_tail(printed)}", pytrace=False)
    printed = result.stdout + result.stderr
    if result.returncode != 0 or not answer.exists():
        pytest.fail(f"{script} ended with {result.returncode}:\n{_tail(printed)}", pytrace=False)
    if quiet and any(sign in printed for sign in SUSPICIOUS):
        pytest.fail(f"{script} complained:\n{_tail(printed)}", pytrace=False)
    return json.loads(answer.read_text(encoding="utf-8"))


def _tail(text: str, lines: int = 40) -> str:
    return "\n".join(text.splitlines()[-lines:])
