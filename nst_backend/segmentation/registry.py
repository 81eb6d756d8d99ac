"""Segmenters by name, or by a card of the user's own.

Every module in :mod:`.architectures` defines one ``ARCHITECTURE``, and is found by being there.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from ..contract.codec import decode, encode
from ..contract.errors import InputError, UsageError, nearest
from ..contract.messages import Reporter
from ..weights.checkpoint import load_tensors
from ..weights.files import file_sha256
from ..weights.published import fetch_published
from ..weights.strict import build_strictly
from . import architectures as package
from .architecture import Architecture
from .card import SUFFIX, SegmenterCard, read_segmenter_card, segmenter_cards
from .detection import Segmenter

__all__ = ["architectures", "known_segmenters", "open_segmenter", "segmenter_identity"]


def architectures() -> dict[str, Architecture[Any, Any]]:
    """All kinds of network that are built in, by name."""
    found: dict[str, Architecture[Any, Any]] = {}
    for module in pkgutil.iter_modules(package.__path__, f"{package.__name__}."):
        architecture: Architecture[Any, Any] = importlib.import_module(module.name).ARCHITECTURE
        found[architecture.name] = architecture
    return found


def known_segmenters() -> tuple[str, ...]:
    """The names that a recipe can give: of published networks, and of the user's cards."""
    published = {name for architecture in architectures().values() for name in architecture.published}
    return tuple(sorted(published | set(segmenter_cards())))


def open_segmenter(
    name_or_card: str, *, base: Path, device: torch.device | str, half: bool, reporter: Reporter
) -> Segmenter:
    """The network of that name or card, ready to look at pictures.

    A card is given by its path relative to ``base``, or by its name where it lies in a
    folder of :func:`.card.segmenter_cards`. Weights that others published are downloaded
    when they are first needed. ``half``: half precision, on CUDA only.

    Raises :class:`UsageError` for a name that is unknown, with the nearest, and for a card
    that is none; :class:`InputError` for weights that are missing, changed or of another
    network; :class:`CancelledByUser`.
    """
    described = _described(name_or_card, base)
    architecture = described.architecture
    path = described.weights(reporter=reporter)
    network = build_strictly(
        lambda: architecture.build(described.options, len(described.labels)),
        architecture.entries(load_tensors(path)),
        source=path.name,
        what=f"the network {described.name!r}",
        remedy="give the file that belongs to it",
    )
    device = torch.device(device)
    return architecture.segmenter(
        network.to(device), described.options, described.labels, device, half and device.type == "cuda"
    )


def segmenter_identity(name_or_card: str, *, base: Path) -> dict[str, Any]:
    """What the detections of a network depend on, as JSON: changes with its weights and options, not with its path.

    Raises :class:`UsageError` and :class:`InputError` as :func:`open_segmenter` does; no weights are read.
    """
    described = _described(name_or_card, base)
    return {
        "architecture": described.architecture.name,
        "options": encode(described.options),
        "labels": list(described.labels),
        "weights": described.identity,
    }


@dataclass(frozen=True, kw_only=True)
class _Described:
    """A network before its weights are read."""

    name: str
    architecture: Architecture[Any, Any]
    options: Any
    labels: tuple[str, ...]
    identity: str
    weights: Callable[..., Path]


def _described(name: str, base: Path) -> _Described:
    known = architectures()
    if name.endswith(SUFFIX):
        return _of_card(base / name, known)
    for architecture in known.values():
        if name in architecture.published:
            network = architecture.published[name]
            return _Described(
                name=name,
                architecture=architecture,
                options=network.options,
                labels=network.labels,
                identity=f"{network.file.name} {network.file.sha256}".strip(),
                weights=partial(fetch_published, network.file),
            )
    cards = segmenter_cards()
    if name not in cards:
        raise UsageError(f"no network that finds objects is named {name!r}", remedy=nearest(name, known_segmenters()))
    return _of_card(cards[name], known)


def _of_card(path: Path, known: dict[str, Architecture[Any, Any]]) -> _Described:
    card = read_segmenter_card(path)
    if card.architecture not in known:
        raise UsageError(
            f"{path.name} names the unknown architecture {card.architecture!r}",
            remedy=nearest(card.architecture, known),
        )
    architecture = known[card.architecture]
    try:
        options = decode(architecture.options, card.options, "options")
    except UsageError as error:
        raise UsageError(f"{path.name}: {error.problem}", remedy=error.remedy) from error
    return _Described(
        name=card.name,
        architecture=architecture,
        options=options,
        labels=card.classes,
        identity=card.sha256,
        weights=lambda reporter: _beside(card, path),
    )


def _beside(card: SegmenterCard, path: Path) -> Path:
    """The weights that lie beside a card, the very ones that it names."""
    weights = path.parent / card.weights
    if not weights.is_file():
        raise InputError(
            f"the network {card.name!r} lacks its weights {weights}", remedy="put the file beside the card"
        )
    if file_sha256(weights) != card.sha256:
        raise InputError(
            f"the weights of the network {card.name!r} are not those its card names",
            remedy="fetch card and weights together, or train the network anew",
        )
    return weights
