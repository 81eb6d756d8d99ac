"""How fast each runtime paints with a network on this machine, measured in a second or two."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import torch

from ..contract.recipe import Runtime
from ..styles.network import StyleNetwork
from .inference import InferenceNetwork
from .openvino_pass import WholePasses
from .threads import THREADS, side_by_side
from .winograd import with_winograd

__all__ = ["seconds_by_runtime"]

_SIZE = 360, 640
_ROUNDS = 4


def seconds_by_runtime(network: StyleNetwork) -> Mapping[Runtime, float]:
    """Seconds that a pass of 640x360 takes at the threads that a painter of two has; the least of some, run in turn.

    ``network``: folded. OpenVINO must be there.
    """
    row = torch.zeros(1, dtype=torch.long)
    weights = torch.zeros(1, network.config.styles)
    weights[0, 0] = 1.0
    x = torch.linspace(0.0, 1.0, 3 * _SIZE[0] * _SIZE[1]).view(1, *_SIZE, 3).permute(0, 3, 1, 2)
    side_by_side(2)
    try:
        with torch.inference_mode():
            table = network.measure(x, weights)
        own, openvino = InferenceNetwork(with_winograd(network), row, table), WholePasses(network, row)
        forms: dict[Runtime, Callable[[], object]] = {"torch": lambda: own(x), "openvino": lambda: openvino(x, table)}
        best: dict[Runtime, float] = dict.fromkeys(forms, float("inf"))
        for index in range(1 + _ROUNDS):
            for name, form in forms.items():
                started = time.perf_counter()
                form()
                # The first pass readies what the others find ready.
                if index:
                    best[name] = min(best[name], time.perf_counter() - started)
        return best
    finally:
        torch.set_num_threads(THREADS)
