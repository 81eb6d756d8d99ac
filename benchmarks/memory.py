"""Measure memory: a long job's from frame to frame, and the peak of a 4K job.

    python benchmarks/memory.py

The long job is of small frames, with the stabiliser and its state on the disk; what
the process holds at each 200th frame is set against frame 200. The 4K job runs in
a process of its own, with a network at 4K, stabilised. Linux and macOS.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import torch
from measuring import options, photograph, save

from nst_backend.contract.messages import Event, EventKind, SilentReporter
from nst_backend.contract.recipe import Recipe
from nst_backend.media.exr import to_half, write_exr
from nst_backend.pipeline.job import run_job

SMALL = (192, 108)
LARGE = (3840, 2160)
STEP = 200


def plates(folder: Path, size: tuple[int, int], frames: int) -> None:
    """Half-float EXR plates of a slow pan."""
    wide = photograph(size[0] + frames, size[1])
    for number in range(1, frames + 1):
        plate = np.ascontiguousarray(wide[:, number - 1 :][:, : size[0]])
        channels = {name: to_half(plate[:, :, index]) for index, name in enumerate("RGB")}
        write_exr(folder / f"plate.{number:04d}.exr", channels)


def recipe(size: tuple[int, int]) -> Recipe:
    """One style over all of the frame, painted at the frame's size."""
    region = {"name": "all", "matte": {"everything": {}}, "style": "starry_night", "scale": 1080 / size[1]}
    return Recipe.from_json(
        {
            "version": 1,
            "plate": {"path": "plate.####.exr"},
            "regions": [region],
            "output": {"path": "out/styled.####.exr"},
        }
    )


class Scales(SilentReporter):
    """Weighs the process as frames are done."""

    def __init__(self) -> None:
        super().__init__()
        self.megabytes: dict[int, float] = {}

    def emit(self, event: Event) -> None:
        super().emit(event)
        if event.kind is EventKind.PROGRESS and event.data["done"] % STEP == 0:
            self.megabytes[event.data["done"]] = held()


def held() -> float:
    """Megabytes that the process holds now, or where only that is known, has held at most."""
    status = Path("/proc/self/status")
    if status.is_file():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmRSS"))
        return int(line.split()[1]) / 1024
    return peak()


def peak() -> float:
    """Megabytes that the process has held at most."""
    size = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return size / (1024**2 if sys.platform == "darwin" else 1024)


def long_job(frames: int) -> dict[str, Any]:
    """What the process holds over a job of so many frames."""
    scales = Scales()
    with tempfile.TemporaryDirectory(prefix="brushpass-benchmark-") as name:
        plates(Path(name), SMALL, frames)
        run_job(recipe(SMALL), base=Path(name), reporter=scales)
    first = scales.megabytes[STEP]
    return {
        "size": list(SMALL),
        "frames": frames,
        "megabytes": {str(number): round(size, 1) for number, size in scales.megabytes.items()},
        "largest_of_frame_200": max(scales.megabytes.values()) / first,
    }


def large_job(frames: int) -> dict[str, Any]:
    """The peak of a 4K job, in this process."""
    with tempfile.TemporaryDirectory(prefix="brushpass-benchmark-") as name:
        plates(Path(name), LARGE, frames)
        reporter = SilentReporter()
        summary = run_job(recipe(LARGE), base=Path(name), reporter=reporter)
    result = {
        "size": list(LARGE),
        "frames": frames,
        "device": summary.device,
        "peak_megabytes": peak(),
        "warnings": reporter.warnings,
    }
    if torch.cuda.is_available():
        result["peak_gpu_megabytes"] = torch.cuda.max_memory_allocated() / 1024**2
    return result


def main() -> int:
    """Measure, print and write."""
    parser = options(__doc__, "memory")
    parser.add_argument("--frames", type=int, default=2000, help="of the long job")
    parser.add_argument("--large-frames", type=int, default=3, help="of the 4K job")
    parser.add_argument("--only-large", action="store_true", help="the 4K job alone, in this process")
    arguments = parser.parse_args()
    if arguments.frames < STEP:
        parser.error(f"--frames must be at least {STEP}")
    if arguments.only_large:
        print(json.dumps(large_job(arguments.large_frames)))
        return 0
    command = [sys.executable, __file__, "--only-large", "--large-frames", str(arguments.large_frames)]
    large = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
    save(arguments.json, {"long": long_job(arguments.frames), "4K": large})
    return 0


if __name__ == "__main__":
    sys.exit(main())
