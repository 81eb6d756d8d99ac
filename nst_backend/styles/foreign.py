"""Networks trained elsewhere: ``pytorch/examples`` fast_neural_style and its forks.

Their state-dict names are the interchange format of the field. Everything is
checked before a network is built; running statistics of old releases are dropped.
"""

from __future__ import annotations

import re
from pathlib import Path

from torch import Tensor

from ..contract.errors import InputError
from ..weights.checkpoint import load_tensors
from .card import StyleCard
from .config import NetworkConfig
from .network import StyleNetwork
from .saving import save_styles

__all__ = ["import_fast_neural_style", "read_fast_neural_style"]

_REMEDY = "give a state dict of pytorch/examples fast_neural_style (conv1.conv2d.weight … deconv3.conv2d.bias)"
_FIXED = {
    "conv1.conv2d": "head.layer",
    "in1": "head.norm",
    "conv2.conv2d": "down.0.layer.conv",
    "in2": "down.0.norm",
    "conv3.conv2d": "down.1.layer.conv",
    "in3": "down.1.norm",
    "deconv1.conv2d": "up.0.layer.conv",
    "in4": "up.0.norm",
    "deconv2.conv2d": "up.1.layer.conv",
    "in5": "up.1.norm",
    "deconv3.conv2d": "tail",
}
_BLOCK = re.compile(r"res(\d+)\.(conv|in)([12])(\.conv2d)?")
_PART = {"1": "first", "2": "second"}


def _own_name(name: str) -> str | None:
    prefix, _, leaf = name.rpartition(".")
    norm = False
    if match := _BLOCK.fullmatch(prefix):
        norm = match[2] == "in"
        own = f"blocks.{int(match[1]) - 1}.{_PART[match[3]]}.{'norm' if norm else 'layer'}"
    elif prefix in _FIXED:
        own = _FIXED[prefix]
        norm = own.endswith(".norm")
    else:
        return None
    if norm:
        leaf = {"weight": "scale", "bias": "shift"}.get(leaf, leaf)
    return f"{own}.{leaf}"


def read_fast_neural_style(path: Path, *, stable: bool = False) -> StyleNetwork:
    """Build our network from a published checkpoint.

    ``stable`` runs the trained weights with blur-pooled halving and bilinear
    doubling: less flicker, less pixel-level grain.

    Raises :class:`InputError` for a file that is not such a checkpoint.
    """
    tensors = load_tensors(path)
    renamed: dict[str, Tensor] = {}
    for name, value in tensors.items():
        leaf = name.rpartition(".")[2]
        if leaf in ("running_mean", "running_var"):
            continue
        own = _own_name(name)
        if own is None:
            raise InputError(f"{path.name}: {name} belongs to no fast_neural_style network", remedy=_REMEDY)
        renamed[own] = value[None] if ".norm." in own else value
    head = renamed.get("head.layer.weight")
    if head is None or head.ndim != 4:
        raise InputError(f"{path.name} is not a fast_neural_style network", remedy=_REMEDY)
    numbers = [int(name.split(".")[1]) for name in renamed if name.startswith("blocks.")]
    try:
        config = NetworkConfig(
            width=int(head.shape[0]),
            blocks=max(numbers) + 1 if numbers else 0,
            antialias=stable,
            eps=1e-5,
            value_range=255.0,
        )
        network = StyleNetwork(config)
        network.load_state_dict(renamed)
    except (RuntimeError, ValueError) as error:
        reason = str(error).strip().splitlines()[-1].strip()
        raise InputError(f"{path.name} is not a fast_neural_style network ({reason})", remedy=_REMEDY) from error
    return network.eval()


def import_fast_neural_style(path: Path, folder: Path, *, name: str, stable: bool = False) -> Path:
    """Convert a published checkpoint into a card and weights in ``folder``; returns the card's path."""
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
