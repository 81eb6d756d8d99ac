"""The real Blenders that tests run, each a process of its own."""

from __future__ import annotations

import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest

__all__ = ["BLENDER_VERSIONS", "ROOT", "Blender", "find_blender"]

ROOT = Path(__file__).resolve().parents[1]
BLENDER_VERSIONS = ("4.5", "5.2")


@dataclass(frozen=True)
class Blender:
    """A Python that has ``bpy`` of one Blender version."""

    version: str
    """``4.5`` or ``5.2``."""
    python: Path

    def run(
        self, script: Path | str, *arguments: str | Path, timeout: float = 300.0, cwd: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python script -- arguments`` in a process of its own and expect success.

        A ``script`` given as text is a module's dotted name (``python -m``). Preferences
        are a fresh, empty folder. A non-zero exit, or more than ``timeout`` seconds,
        fails the test with the end of what was printed.
        """
        target = [str(script)] if isinstance(script, Path) else ["-m", script]
        command = [str(self.python), *target, "--", *map(str, arguments)]
        with tempfile.TemporaryDirectory(prefix="brushpass-blender-") as home:
            environment = {**os.environ, "BLENDER_USER_RESOURCES": home, "PYTHONUNBUFFERED": "1"}
            try:
                result = subprocess.run(
                    command,
                    cwd=cwd,
                    env=environment,
                    timeout=timeout,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    check=False,
                )
            except subprocess.TimeoutExpired as late:
                printed = (late.stdout or b"").decode(errors="replace") + (late.stderr or b"").decode(errors="replace")
                pytest.fail(f"Blender {self.version} took over {timeout:g} s:\n{_tail(printed)}", pytrace=False)
        if result.returncode != 0:
            printed = _tail(result.stdout + result.stderr)
            pytest.fail(f"Blender {self.version} ended with {result.returncode}:\n{printed}", pytrace=False)
        return result


def _tail(text: str, lines: int = 40) -> str:
    return "\n".join(text.splitlines()[-lines:])


def find_blender(version: str) -> Blender:
    """The Blender that ``BRUSHPASS_BPY_45`` or ``BRUSHPASS_BPY_52`` names.

    Skips the test where the variable is absent; fails it where
    ``BRUSHPASS_REQUIRE_BLENDERS`` (such as ``4.5,5.2``) lists the version.
    """
    variable = "BRUSHPASS_BPY_" + version.replace(".", "")
    named = os.environ.get(variable, "")
    if named and Path(named).is_file():
        return Blender(version, Path(named))
    problem = f"{variable} names no file: {named}" if named else f"{variable} is not set"
    required = os.environ.get("BRUSHPASS_REQUIRE_BLENDERS", "").replace(" ", "").split(",")
    if named or version in required:
        pytest.fail(f"Blender {version} is required, but {problem}; run `python3 build.py env`", pytrace=False)
    pytest.skip(f"no Blender {version}: {problem}")
