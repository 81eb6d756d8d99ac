"""Weights go into a network only where every name and shape is the network's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import torch
from torch import Tensor, nn

from ..contract.errors import InputError

__all__ = ["build_strictly", "shapes_of"]

Network = TypeVar("Network", bound=nn.Module)


def shapes_of(network: nn.Module) -> dict[str, tuple[int, ...]]:
    """Names and shapes of a network's weights and statistics, without its counters of training steps."""
    return {name: tuple(value.shape) for name, value in network.state_dict().items() if value.is_floating_point()}


def build_strictly(
    build: Callable[[], Network],
    tensors: Mapping[str, Tensor],
    *,
    source: str,
    what: str,
    remedy: str,
    called: Callable[[str], str] = str,
) -> Network:
    """The network that ``build`` makes, with ``tensors`` in it, ready for inference.

    Names and shapes are compared on an outline without memory before the network is
    built. ``source`` is the file and ``what`` the network in the sentences; ``called`` is what
    the file calls one of the network's own names.

    Raises :class:`InputError` naming the first entry that is missing, strange or of another shape.
    """
    with torch.device("meta"):
        expected = shapes_of(build())
    for name, shape in expected.items():
        if name not in tensors:
            raise InputError(f"{source} does not fit {what}: {called(name)} is missing", remedy=remedy)
        found = tuple(tensors[name].shape)
        if found != shape:
            raise InputError(
                f"{source} does not fit {what}: {called(name)} has shape {found}, expected {shape}",
                remedy=remedy,
            )
    strange = sorted(set(tensors) - set(expected))
    if strange:
        raise InputError(f"{source} holds {called(strange[0])}, which {what} has no layer for", remedy=remedy)
    network = build()
    network.load_state_dict(dict(tensors), strict=False)
    return network.eval().requires_grad_(False)
