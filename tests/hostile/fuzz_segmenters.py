"""Cards and weights of networks that find objects: a sound pair, its damage, and the code that opens it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import torch
from fuzz_mutations import damaged_bytes, damaged_json
from safetensors.torch import save_file

from nst_backend.contract.messages import SilentReporter
from nst_backend.segmentation.mask_rcnn_network import MaskRCNNOptions, build_mask_rcnn
from nst_backend.segmentation.registry import open_segmenter
from nst_backend.weights.files import file_sha256

__all__ = ["make_segmenter", "open_damaged_segmenter", "prepare_segmenter"]

CARD = "case.segmenter.json"
WEIGHTS = "segmenter.safetensors"
_OPTIONS = {"network": "small", "width": 8, "levels": 3, "short_side": 64, "long_side": 64, "enlarge": 1.0}


def make_segmenter(seeds: Path) -> None:
    """Write the weights of a small untrained network."""
    torch.manual_seed(1)
    network = build_mask_rcnn(MaskRCNNOptions(**_OPTIONS), 1)  # type: ignore[arg-type]
    save_file(network.state_dict(), seeds / WEIGHTS)


def prepare_segmenter(seeds: Path, folder: Path, rng: random.Random) -> None:
    """Damage the card, or the head of the weights under a card that names the damaged file."""
    data = (seeds / WEIGHTS).read_bytes()
    spares_weights = rng.random() < 0.6
    weights = folder / "case.safetensors"
    weights.write_bytes(data if spares_weights else damaged_bytes(data, rng, head=20_000))
    card: dict[str, Any] = {
        "name": "case", "architecture": "mask_rcnn", "options": _OPTIONS, "classes": ["ball"],
        "weights": weights.name, "sha256": file_sha256(weights), "training": {"pictures": 3},
    }  # fmt: skip
    (folder / CARD).write_bytes(damaged_json(card, rng) if spares_weights else json.dumps(card).encode())


def open_damaged_segmenter(folder: Path) -> None:
    """Open it and, where it opens, have it look at a picture."""
    segmenter = open_segmenter(CARD, base=folder, device="cpu", half=False, reporter=SilentReporter())
    (found,) = segmenter.detect([np.full((20, 24, 3), 0.5, np.float32)])
    for detection in found:
        assert 0 <= detection.score <= 1
        assert np.isfinite(detection.mask).all()
