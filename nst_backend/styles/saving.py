"""Writing a network and its cards."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors.torch import save_file

from ..media.images import write_image
from ..weights.files import file_sha256
from .card import SUFFIX, SmallNetwork, StyleCard, write_card
from .library import LibraryStyle
from .network import StyleNetwork
from .thumbnail import paint_thumbnail

__all__ = ["save_small", "save_styles"]


def save_styles(
    network: StyleNetwork, cards: Sequence[StyleCard], folder: Path, *, kept: Sequence[LibraryStyle] = ()
) -> list[Path]:
    """Write the weights once, and a card and a thumbnail for each style; returns the cards' paths.

    The cards' ``sha256``, ``config`` and ``thumbnail`` are filled in. ``kept``: styles of ``folder`` that the file
    held before and still holds, whose cards are brought up to it.
    """
    digest = _save_weights(network, folder / cards[0].network)
    paths = []
    for card in cards:
        path = folder / f"{card.name}{SUFFIX}"
        thumbnail = f"{card.name}.style.jpg"
        write_image(folder / thumbnail, paint_thumbnail(network, card.index))
        write_card(replace(card, sha256=digest, config=network.config, thumbnail=thumbnail), path)
        paths.append(path)
    for style in kept:
        write_card(replace(style.card, sha256=digest, config=network.config), folder / f"{style.card.name}{SUFFIX}")
    return paths


def save_small(
    network: StyleNetwork,
    stem: str,
    extra: Mapping[str, Any],
    styles: Sequence[LibraryStyle],
    folder: Path,
    *,
    taught: Collection[str] | None = None,
) -> list[Path]:
    """Write a small network beside the ``styles`` that it paints like, and name it in their cards.

    ``extra`` goes into the cards of the styles ``taught``, all by default, as ``small_training``; another training has
    taught it the others. Weights and thumbnails of styles that lie in another folder are copied to ``folder``; returns
    the paths of the cards of those taught.
    """
    name = f"{stem}.safetensors"
    small = SmallNetwork(network=name, sha256=_save_weights(network, folder / name), config=network.config)
    paths = []
    for style in styles:
        for file in filter(None, (style.weights, style.thumbnail)):
            if not (folder / file.name).exists():
                shutil.copyfile(file, folder / file.name)
        path = folder / f"{style.card.name}{SUFFIX}"
        new = taught is None or style.card.name in taught
        learnt = {"small_training": dict(extra)} if new else {}
        write_card(replace(style.card, small=small, extra={**style.card.extra, **learnt}), path)
        if new:
            paths.append(path)
    return paths


def _save_weights(network: StyleNetwork, path: Path) -> str:
    """Write the weights atomically; returns the file's SHA-256."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.tmp")
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, temporary)
    os.replace(temporary, path)
    return file_sha256(path)
