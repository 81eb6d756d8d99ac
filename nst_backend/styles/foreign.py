"""Networks trained elsewhere: ``pytorch/examples`` fast_neural_style, a fork, and their ONNX exports.

Everything is checked before a network is built, and nothing in a file is run.
"""

from __future__ import annotations

from pathlib import Path

from ..weights.checkpoint import load_tensors
from ..weights.onnx_graph import read_onnx_graph
from .card import StyleCard
from .foreign_names import named_layers
from .network import StyleNetwork
from .onnx_network import graph_layers
from .saving import save_styles

__all__ = ["import_fast_neural_style", "read_fast_neural_style"]


def read_fast_neural_style(path: Path, *, stable: bool = False) -> StyleNetwork:
    """Build our network from a published checkpoint or, where the name ends in ``.onnx``, from an export.

    ``stable`` runs the trained weights with blur-pooled halving and bilinear
    doubling: less flicker, less pixel-level grain. An ONNX file does not say what
    values its picture has; they are taken to be 0..255, as ``pytorch/examples`` has them.

    Raises :class:`InputError` for a file that is no such network,
    :class:`UsageError` for an ONNX file where the package ``onnx`` is missing.
    """
    if path.suffix.lower() == ".onnx":
        layers = graph_layers(read_onnx_graph(path))
    else:
        layers = named_layers(load_tensors(path), path.name)
    return layers.network(path.name, stable=stable)


def import_fast_neural_style(path: Path, folder: Path, *, name: str, stable: bool = False) -> Path:
    """Convert a published checkpoint or export into a card and weights in ``folder``; returns the card's path."""
    network = read_fast_neural_style(path, stable=stable)
    card = StyleCard(
        name=name,
        title=name,
        network=f"{name}.safetensors",
        sha256="",
        config=network.config,
        extra={"imported": path.name},
    )
    return save_styles(network, [card], folder)[0]
