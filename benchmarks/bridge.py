"""Measure what the compositor's bridge costs a frame, beside the networks, mattes and stabiliser.

    PYTHONPATH=. BRUSHPASS_BPY_45=PYTHON BRUSHPASS_BPY_52=PYTHON python benchmarks/bridge.py

In each Blender that is named, as a Python module, a still scene of 1920x1080 with Cryptomatte of depth 2 is
rendered with one Style node. ``bridge`` is the time from the end of the renderer to the beginning of the
compositor, without the backend's stages: writing and reading the render cache, the way to the backend
and back, the result's way into the compositor. Each number is the least and the median of the frames after the first.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from measuring import options, save

from build_tools.package import stage_sources
from nst_backend.styles.identity import write_identity_style

SCRIPT = Path(__file__).with_name("bridge_in_blender.py")
VERSIONS = {"4.5": "BRUSHPASS_BPY_45", "5.2": "BRUSHPASS_BPY_52"}


def measure(python: Path, frames: int) -> dict[str, Any]:
    """One Blender."""
    with tempfile.TemporaryDirectory(prefix="brushpass-bridge-") as name:
        folder = Path(name)
        write_identity_style(folder / "styles")
        stage_sources(folder / "resources" / "extensions" / "user_default" / "brushpass")
        environment = {**os.environ, "BLENDER_USER_RESOURCES": str(folder / "resources")}
        environment |= {"BRUSHPASS_STYLES": str(folder / "styles")}
        told = folder / "told.json"
        command = [python, SCRIPT, sys.executable, folder, told, str(frames)]
        child = subprocess.run(list(map(str, command)), env=environment, check=False)
        if child.returncode != 0 or not told.is_file():
            sys.exit(f"Blender ended with {child.returncode}")
        return _summary(json.loads(told.read_text(encoding="utf-8"))[1:])


def _summary(frames: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    parts = {
        "render cache": [frame["asked"] - frame["rendered"] for frame in frames],
        "to the backend and back": [frame["waited"] - frame["stages"] for frame in frames],
        "result": [frame["ended"] - frame["asked"] - frame["waited"] for frame in frames],
        "bridge": [frame["ended"] - frame["rendered"] - frame["stages"] for frame in frames],
        "not counted: mattes, networks, stabiliser": [frame["stages"] for frame in frames],
    }
    return {
        name: {"least": round(min(values), 3), "median": round(statistics.median(values), 3)}
        for name, values in parts.items()
    }


def main() -> int:
    """Measure and write."""
    parser = options(__doc__, "bridge")
    parser.add_argument("--frames", type=int, default=7, help="of each Blender, the first of which is not counted")
    arguments = parser.parse_args()
    if arguments.frames < 2:
        parser.error("--frames must be at least 2")
    pythons = {version: os.environ.get(variable, "") for version, variable in VERSIONS.items()}
    if not any(pythons.values()):
        print(f"no Blender: none of {', '.join(VERSIONS.values())} is set", file=sys.stderr)
        return 2
    found = {
        f"Blender {version}": measure(Path(python), arguments.frames) for version, python in pythons.items() if python
    }
    save(arguments.json, {"size": [1920, 1080], "frames": arguments.frames, "seconds a frame": found})
    return 0


if __name__ == "__main__":
    sys.exit(main())
