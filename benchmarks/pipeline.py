"""Measure whole jobs: three regions from EXR to EXR against the bare network, stage by stage.

    python benchmarks/pipeline.py

The shot is 1280x720 with two figures before a background, painted at the size of
the frame: once by the shipped networks, and once by one of twice their width, as
``fast_neural_style`` has it (untrained: speed does not depend on it). ``bare`` is the
network alone, on the same boxes with the same tables, arrays in and arrays out, one pass after
the other, each with all threads; a job's seconds are those of the clock, mattes included. Its stages
overlap: reading, mattes, mixing and writing are done beside the network, and on the CPU two frames are
painted side by side, so that their stage ``network`` can come to more than the clock's time.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from measuring import options, photograph, save

from nst_backend.contract.messages import SilentReporter
from nst_backend.contract.recipe import Recipe
from nst_backend.image.boxes import bounding_box
from nst_backend.media.exr import to_half, write_exr
from nst_backend.pipeline.job import run_shot
from nst_backend.pipeline.painter import Painter
from nst_backend.pipeline.shot import Shot, open_shot
from nst_backend.pipeline.styling import region_weights
from nst_backend.pipeline.summary import JobSummary
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_styles

WIDTH, HEIGHT = 1280, 720
# Strokes of this scale are painted at 720 lines, where the design's are at 1080.
SCALE = 1080 / HEIGHT
# Centre and half axes of each figure, in parts of the frame.
FIGURES = {"near": (0.25, 0.55, 0.10, 0.38), "far": (0.68, 0.60, 0.08, 0.30)}
STYLES = {"near": "starry_night", "far": "udnie", "ground": "great_wave"}


def write_shot(folder: Path, frames: int) -> None:
    """Plates and mattes: figures that move, before a background that pans."""
    wide = photograph(WIDTH + 4 * frames, HEIGHT)
    for number in range(1, frames + 1):
        plate = np.ascontiguousarray(wide[:, 4 * number - 4 :][:, :WIDTH])
        channels = {name: to_half(plate[:, :, index]) for index, name in enumerate("RGB")}
        write_exr(folder / f"plate.{number:04d}.exr", channels)
        for name, (x, y, half_width, half_height) in FIGURES.items():
            matte = np.zeros((HEIGHT, WIDTH), np.uint8)
            centre = round((x * WIDTH + 2 * number) * 16), round(y * HEIGHT * 16)
            axes = round(half_width * WIDTH * 16), round(half_height * HEIGHT * 16)
            cv2.ellipse(matte, centre, axes, 0.0, 0.0, 360.0, 255, -1, cv2.LINE_AA, 4)
            cv2.imwrite(str(folder / f"{name}.{number:04d}.png"), matte)


JOBS: dict[str, dict[str, object]] = {
    "job": {"smoothing": 0.0},
    "stabilised job": {"smoothing": 0.9},
    "window job": {"smoothing": 0.9, "mode": "window"},
}


def full_width(folder: Path) -> dict[str, str]:
    """Three styles of one network of 32 channels, written into ``folder``; by region."""
    torch.manual_seed(1)
    config = NetworkConfig(width=32, styles=len(STYLES), norm="encoder", leak=0.2)
    styles = {region: f"full_width_{region}" for region in STYLES}
    cards = [
        StyleCard(name=name, network="full.safetensors", sha256="", config=config, title=name, index=index)
        for index, name in enumerate(styles.values())
    ]
    save_styles(StyleNetwork(config).eval(), cards, folder)
    return styles


def recipe(output: str, styles: Mapping[str, str], temporal: Mapping[str, object]) -> Recipe:
    """Three regions of three styles."""
    figures = [
        {"name": name, "matte": {"images": {"path": f"{name}.####.png"}}, "style": styles[name], "scale": SCALE}
        for name in FIGURES
    ]
    ground = {"name": "ground", "matte": {"background": {}}, "style": styles["ground"], "scale": SCALE}
    return Recipe.from_json(
        {
            "version": 1,
            "plate": {"path": "plate.####.exr"},
            "regions": [*figures, ground],
            "temporal": dict(temporal),
            "output": {"path": f"{output}/styled.####.exr"},
        }
    )


def bare(shot: Shot, numbers: list[int]) -> float:
    """Seconds a frame of the network alone."""
    prepared = []
    for number in numbers:
        working = shot.read(number)
        weights = region_weights(shot, working)
        for entry in shot.regions:
            assert isinstance(entry.painter, Painter)
            box = bounding_box(weights[entry.region.name])
            prepared.append((entry.painter.engine, working.encoded.display, box, entry.painter.shot.at(number)))
    started = time.perf_counter()
    for engine, picture, box, table in prepared:
        engine.stylise(picture, box=box, statistics=table)
    return (time.perf_counter() - started) / len(numbers)


def measure(styles: Mapping[str, str], library: StyleLibrary, frames: int, rounds: int) -> dict[str, Any]:
    """All numbers of one network, the least of interleaved rounds."""
    bares: list[float] = []
    jobs: dict[str, list[JobSummary]] = {name: [] for name in JOBS}
    silent = SilentReporter()
    with tempfile.TemporaryDirectory(prefix="brushpass-benchmark-") as name:
        folder = Path(name)
        write_shot(folder, frames)
        for index in range(rounds):
            for kind, temporal in JOBS.items():
                made = recipe(f"{kind} {index}", styles, temporal)
                shot = open_shot(made, base=folder, reporter=silent, library=library)
                if kind == "job":
                    bares.append(bare(shot, list(shot.numbers)[:: max(1, frames // 4)]))
                    shot = open_shot(made, base=folder, reporter=silent, library=library)
                jobs[kind].append(run_shot(shot, reporter=silent))
    least = {kind: min(made, key=lambda job: job.seconds) for kind, made in jobs.items()}
    stages = {stage: seconds / frames for stage, seconds in least["stabilised job"].stages.items()}
    wall = least["job"].seconds / frames
    return {
        "frames": frames,
        "seconds_per_frame": {
            "bare network": min(bares),
            **{kind: job.seconds / frames for kind, job in least.items()},
            **{f"stage {stage}": seconds for stage, seconds in stages.items()},
        },
        "of_bare": min(bares) / wall,
    }


def main() -> int:
    """Measure, print and write."""
    parser = options(__doc__, "pipeline")
    parser.add_argument("--frames", type=int, default=72)
    parser.add_argument("--rounds", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="brushpass-benchmark-") as name:
        wide = full_width(Path(name))
        networks = {
            "shipped, 16 channels": measure(STYLES, StyleLibrary(), arguments.frames, arguments.rounds),
            "full width, 32 channels": measure(wide, StyleLibrary([Path(name)]), arguments.frames, arguments.rounds),
        }
    save(arguments.json, {"size": [WIDTH, HEIGHT], "networks": networks})
    return 0


if __name__ == "__main__":
    sys.exit(main())
