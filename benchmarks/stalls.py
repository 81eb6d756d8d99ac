"""Measure how long Blender's main thread is held up while a long strip is styled.

    PYTHONPATH=. BRUSHPASS_BLENDER_GUI=FOLDER python benchmarks/stalls.py

In the full Blender, with its window, a timer that wants to run all the time notes the
gaps between its runs, phase by phase: ``idle`` and ``idle again`` are Blender alone, ``redrawn`` the same
with its editors drawn five times a second, as often as a job's progress is. What a phase
shows beyond these two is the extension's, and ``own`` is the time within its calls; in them
``worst_processor_ms`` counts only what the main thread had a processor for, so that others
on the machine do not count. ``saving`` is the copy of the file, the one thing that Blender waits for.

The script runs in a session of its own, which ``--nice`` gives priority over others
where the system groups processes by session (Linux; needs the right to).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import cv2
from measuring import options, photograph, save

from build_tools.package import stage_sources
from build_tools.window import VARIABLE, command, find_launchers, write_interpreter
from nst_backend.styles.identity import write_identity_style

SCRIPT = Path(__file__).with_name("stalls_in_blender.py")
WIDTH, HEIGHT = 320, 180


def write_plate(folder: Path, frames: int) -> None:
    """A pan over a photograph."""
    folder.mkdir()
    wide = (photograph(WIDTH + frames, HEIGHT) * 255).round().astype("uint8")
    for number in range(1, frames + 1):
        cv2.imwrite(str(folder / f"plate.{number:04d}.png"), wide[:, number - 1 :][:, :WIDTH])


def measure(launchers: Path, frames: int, nice: int) -> dict[str, object]:
    """The phases of one job."""
    with tempfile.TemporaryDirectory(prefix="brushpass-stalls-") as name:
        folder = Path(name)
        write_plate(folder / "plate", frames)
        write_identity_style(folder / "styles")
        stage_sources(folder / "resources" / "extensions" / "user_default" / "brushpass")
        interpreter = write_interpreter(launchers, folder / "python")
        environment = {**os.environ, "BLENDER_USER_RESOURCES": str(folder / "resources"), "OMP_NUM_THREADS": "1"}
        environment |= {"BRUSHPASS_STYLES": str(folder / "styles")}
        told = folder / "told.json"
        child = subprocess.Popen(
            command(launchers, SCRIPT, interpreter, folder, told), env=environment, start_new_session=True
        )
        if nice:
            Path(f"/proc/{child.pid}/autogroup").write_text(str(nice))
        if child.wait() != 0 or not told.is_file():
            sys.exit(f"Blender ended with {child.returncode}")
        return {"frames": frames, "size": [WIDTH, HEIGHT], **json.loads(told.read_text(encoding="utf-8"))}


def main() -> int:
    """Measure and write."""
    parser = options(__doc__, "stalls")
    parser.add_argument("--frames", type=int, default=500, help="of the strip")
    parser.add_argument("--nice", type=int, default=0, help="of Blender's session, -20 to 19; 0 leaves it as it is")
    arguments = parser.parse_args()
    launchers = find_launchers()
    if launchers is None:
        print(f"no Blender with a window: {VARIABLE} is not set", file=sys.stderr)
        return 2
    save(arguments.json, measure(launchers, arguments.frames, arguments.nice))
    return 0


if __name__ == "__main__":
    sys.exit(main())
