"""Measure the network: its forms at equal pixels, and several regions against one.

    python benchmarks/network.py

``eager`` is the network as it is trained, with its own frame's statistics, as
``pytorch/examples`` runs it; ``folded`` has fewer, better shaped convolutions;
``inference`` is what a job runs: folded, with a table of statistics worked in.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import torch
from measuring import interleaved, options, photograph, save

from nst_backend.engines.feed_forward import FeedForward, OnePass
from nst_backend.engines.inference import InferenceNetwork
from nst_backend.engines.winograd import with_winograd
from nst_backend.engines.workspace import Workspace
from nst_backend.image.boxes import Box
from nst_backend.styles.folded import fold
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.network import StyleNetwork

SIZES = ((640, 360), (1920, 1080))
# Two figures before a background: parts of the frame's width and height.
FIGURES = ((0.10, 0.15, 0.30, 0.95), (0.62, 0.30, 0.80, 0.95))


def forms(network: StyleNetwork, width: int, height: int, device: torch.device, rounds: int) -> dict[str, Any]:
    """Seconds of each form for one frame, and how far apart they are."""
    folded = fold(network)
    picture = torch.from_numpy(photograph(width, height)).to(device).permute(2, 0, 1)[None]
    plain = picture.contiguous()
    style = torch.zeros(1, network.config.styles, device=device)
    style[0, 0] = 1.0
    row = torch.zeros(1, dtype=torch.long, device=device)
    with torch.inference_mode():
        table = network.measure(plain, style)
        ready = with_winograd(folded) if device.type == "cpu" else folded
        inference = InferenceNetwork(ready, row, table, half=device.type == "cuda")
        reference = network(plain, style).clamp_(0.0, 1.0)
        difference = float((inference(picture) - reference).abs().max())
        seconds = interleaved(
            {
                "eager": lambda: network(plain, style),
                "folded": lambda: folded(plain, style),
                "inference": lambda: inference(picture),
                "statistics": lambda: ready.measure(picture, style),
            },
            rounds,
        )
    return {
        "size": [width, height],
        "seconds": seconds,
        "times_eager": {name: seconds["eager"] / value for name, value in seconds.items() if name != "statistics"},
        "largest_difference": difference,
    }


def regions(network: StyleNetwork, width: int, height: int, device: torch.device, rounds: int) -> dict[str, Any]:
    """Three regions in separate passes, and eight in one, against one."""
    folded = fold(network)
    workspace = Workspace(device, half=device.type == "cuda")
    picture = photograph(width, height)
    whole = Box.whole(height, width)
    styles = network.config.styles
    engines = [FeedForward(folded, index % styles, workspace) for index in range(3)]
    tables = [engine.statistics(picture) for engine in engines]
    figures = [
        Box(int(top * height), int(left * width), int(bottom * height), int(right * width))
        for left, top, right, bottom in FIGURES
    ]
    shares = np.zeros((height, width, 8), np.float32)
    for index, columns in enumerate(np.array_split(np.arange(width), 8)):
        shares[:, columns, index] = 1.0
    shared = OnePass(folded, [index % styles for index in range(8)], workspace)
    eight = [tables[index % 3] for index in range(8)]

    def separate() -> None:
        for engine, table, box in zip(engines, tables, (*figures, whole), strict=True):
            engine.stylise(picture, box=box, statistics=table)

    seconds = interleaved(
        {
            "one": lambda: engines[0].stylise(picture, statistics=tables[0]),
            "three separate": separate,
            "eight in one pass": lambda: shared.stylise(picture, shares, eight, whole),
        },
        rounds,
    )
    return {
        "size": [width, height],
        "seconds": seconds,
        "times_one": {name: value / seconds["one"] for name, value in seconds.items()},
    }


def main() -> int:
    """Measure, print and write."""
    parser = options(__doc__, "network")
    parser.add_argument("--style", default="starry_night", help="whose network")
    parser.add_argument("--rounds", type=int, default=12)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    arguments = parser.parse_args()
    device = torch.device(arguments.device)
    network = StyleLibrary().find(arguments.style).load().to(device).eval()
    save(
        arguments.json,
        {
            "device": str(device),
            "layers": network.config.norm,
            "forms": [forms(network, *size, device, arguments.rounds) for size in SIZES],
            "regions": [regions(network, *size, device, arguments.rounds) for size in SIZES],
        },
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
