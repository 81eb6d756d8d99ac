"""A loss network, photographs and paintings small enough to train on in a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file

from nst_backend.contract.codec import decode
from nst_backend.media.images import write_image
from nst_backend.training.config import TrainingRecipe

LAYERS = ("11", "12", "21", "22", "31", "32", "33", "34", "41", "42", "43", "44", "51")
WIDTHS = (16, 32, 64, 128, 128)
FULL = (64, 128, 256, 512, 512)


def write_distilled(path: Path) -> Path:
    """Random weights in the layout of the distilled VGG-19."""
    torch.manual_seed(2)
    tensors = {"conv0.weight": torch.eye(3)[:, :, None, None].clone(), "conv0.bias": torch.zeros(3)}
    channels = 3
    for layer in LAYERS:
        width = WIDTHS[int(layer[0]) - 1]
        tensors[f"conv{layer}.weight"] = torch.randn(width, channels, 3, 3) * (2 / (9 * channels)) ** 0.5
        tensors[f"conv{layer}.bias"] = torch.zeros(width)
        channels = width
        if layer[1] == "1":
            full = FULL[int(layer[0]) - 1]
            tensors[f"conv{layer}_aux.weight"] = torch.randn(full, width, 1, 1) / width**0.5
            tensors[f"conv{layer}_aux.bias"] = torch.randn(full) * 0.1
    save_file(tensors, path)
    return path


def write_pictures(folder: Path, count: int = 4, side: int = 96) -> Path:
    """Smooth random photographs."""
    folder.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(6)
    for index in range(count):
        coarse = rng.random((side // 8, side // 8, 3), dtype=np.float32)
        write_image(folder / f"photo{index}.png", np.kron(coarse, np.ones((8, 8, 1), np.float32)))
    return folder


def training_recipe(**changes: object) -> TrainingRecipe:
    """Two styles, eight steps."""
    data: dict[str, object] = {
        "name": "tiny",
        "network": {"width": 4, "blocks": 1, "levels": 1, "styles": 2, "leak": 0.2},
        "styles": [
            {"name": "first", "title": "First", "artist": "Nobody", "painting": "photo0.png", "size": 64},
            {"name": "second", "title": "Second", "artist": "Nobody", "painting": "photo1.png", "size": 64},
        ],
        "weights": {"content": [[0, 1.0], [4, 2.0]], "layers": {"relu1_1": 1.0, "relu2_1": 1.0}},
        "steps": 8,
        "crop": 64,
        "warm": 0.2,
        "seed": 3,
    }
    return decode(TrainingRecipe, {**data, **changes})
