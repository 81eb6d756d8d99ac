"""What a network that finds objects must say of itself to be opened by name or by card."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import torch
from torch import Tensor, nn

from ..weights.published import PublishedFile
from .detection import Segmenter

__all__ = ["Architecture", "PublishedNetwork"]

Options = TypeVar("Options")
Network = TypeVar("Network", bound=nn.Module)


@dataclass(frozen=True, kw_only=True)
class PublishedNetwork(Generic[Options]):
    """A trained network that anyone may fetch.

    ``labels``: in the network's order without the background, empty where an entry has no meaning.
    """

    options: Options
    labels: tuple[str, ...]
    file: PublishedFile


@dataclass(frozen=True, kw_only=True)
class Architecture(Generic[Options, Network]):
    """A kind of network.

    ``options``: a dataclass, read from cards. ``build``: the untrained network for so many
    labels, the background not counted. ``segmenter``: the trained network behind the protocol, with
    its labels, on a device, in half precision or not. ``published``: by the name in recipes.
    ``entries``: the tensors of a checkpoint that belong to the network.
    """

    name: str
    options: type[Options]
    build: Callable[[Options, int], Network]
    segmenter: Callable[[Network, Options, tuple[str, ...], torch.device, bool], Segmenter]
    published: Mapping[str, PublishedNetwork[Options]] = field(default_factory=dict)
    entries: Callable[[dict[str, Tensor]], dict[str, Tensor]] = dict
