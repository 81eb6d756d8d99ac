"""A loss network and pictures small enough to paint in a test."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from training.training_files import write_distilled

from nst_backend.contract.optimisation_options import OptimisationOptions
from nst_backend.styles.loss_networks import DistilledVGG19, load_loss_network

Array = NDArray[np.float32]


def tiny_encoder(folder: Path) -> DistilledVGG19:
    """A distilled VGG-19 of random weights."""
    network = load_loss_network(write_distilled(folder / "tiny.safetensors"))
    assert isinstance(network, DistilledVGG19)
    return network


def waves(height: int = 48, width: int = 64) -> Array:
    """Soft stripes that cross, each channel its own."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    return np.stack([0.5 + 0.4 * np.sin(x / 6 + y / 9 * k) for k in (1, 2, 3)], axis=-1).astype(np.float32)


def patches(seed: int, side: int = 64, tint: tuple[float, float, float] = (1.0, 1.0, 1.0)) -> Array:
    """Small squares of random colours under a tint: a painting."""
    coarse = np.random.default_rng(seed).random((side // 4, side // 4, 3), dtype=np.float32)
    return np.asarray(np.kron(coarse, np.ones((4, 4, 1), np.float32)) * np.array(tint, np.float32), np.float32)


def small(**more: object) -> OptimisationOptions:
    """One size, few steps."""
    return OptimisationOptions(**{"size": 64, "style_size": 64, "scales": 1, "steps": 10, **more})  # type: ignore[arg-type]
