"""Measure OpenVINO against PyTorch: whole frames on the CPU, one with all threads and two side by side.

    python benchmarks/runtimes.py

Both run in one process in turn, by the same folded network and table of statistics. ``ready`` is what
the first pass of a size takes beyond the others, when OpenVINO compiles the network for it.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import torch
from measuring import interleaved, options, photograph, save
from torch import Tensor

from nst_backend.engines.inference import InferenceNetwork
from nst_backend.engines.openvino_pass import WholePasses, openvino_version
from nst_backend.engines.threads import side_by_side
from nst_backend.engines.winograd import with_winograd
from nst_backend.styles.folded import fold
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.network import StyleNetwork

SIZES = ((640, 360), (1280, 720), (1920, 1080))
PAINTERS = 2


def compared(network: StyleNetwork, width: int, height: int, rounds: int) -> dict[str, Any]:
    """Seconds a frame of each runtime, alone and side by side."""
    row = torch.zeros(1, dtype=torch.long)
    style = torch.zeros(1, network.config.styles)
    style[0, 0] = 1.0
    x = torch.from_numpy(photograph(width, height)).permute(2, 0, 1)[None]
    with torch.inference_mode():
        table = network.measure(x, style)
    own = InferenceNetwork(with_winograd(network), row, table)
    # Each keeps what was compiled for its number of painters.
    openvino, openvino_beside = WholePasses(network, row), WholePasses(network, row)
    started = time.perf_counter()
    painting = openvino(x, table)
    first = time.perf_counter() - started

    with ThreadPoolExecutor(PAINTERS, initializer=side_by_side, initargs=(PAINTERS,)) as pool:

        def beside(paint: Callable[[Tensor], Tensor]) -> Callable[[], object]:
            return lambda: list(pool.map(paint, [x] * PAINTERS))

        seconds = interleaved(
            {
                "torch": lambda: own(x),
                "openvino": lambda: openvino(x, table),
                "torch side by side": beside(own),
                "openvino side by side": beside(lambda picture: openvino_beside(picture, table)),
            },
            rounds,
        )
    a_frame = {name: value / (PAINTERS if "side" in name else 1) for name, value in seconds.items()}
    return {
        "size": [width, height],
        "seconds": a_frame,
        "of_torch": {
            "alone": a_frame["openvino"] / a_frame["torch"],
            "side by side": a_frame["openvino side by side"] / a_frame["torch side by side"],
        },
        "ready": first - a_frame["openvino"],
        "largest_difference": float((painting - own(x)).abs().max()),
    }


def main() -> int:
    """Measure, print and write."""
    parser = options(__doc__, "runtimes")
    parser.add_argument("--style", default="starry_night", help="whose network")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if (version := openvino_version()) is None:
        sys.exit("OpenVINO is not installed: pip install 'brushpass[openvino]'")
    network = fold(StyleLibrary().find(arguments.style).load().eval())
    sizes = [compared(network, *size, arguments.rounds) for size in SIZES]
    save(arguments.json, {"openvino": version, "layers": network.config.norm, "sizes": sizes})
    return 0


if __name__ == "__main__":
    sys.exit(main())
