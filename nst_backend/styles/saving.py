"""Writing a network and its cards."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from safetensors.torch import save_file

from ..media.images import write_image
from ..weights.files import file_sha256
from .card import SUFFIX, StyleCard, write_card
from .network import StyleNetwork
from .thumbnail import paint_thumbnail

__all__ = ["save_styles"]


def save_styles(network: StyleNetwork, cards: Sequence[StyleCard], folder: Path) -> list[Path]:
    """Write the weights once, and a card and a thumbnail for each style; returns the cards' paths.

    The cards' ``sha256``, ``config`` and ``thumbnail`` are filled in.
    """
    folder.mkdir(parents=True, exist_ok=True)
    name = cards[0].network
    temporary = folder / f".{name}.tmp"
    save_file({key: value.contiguous() for key, value in network.state_dict().items()}, temporary)
    os.replace(temporary, folder / name)
    digest = file_sha256(folder / name)
    paths = []
    for card in cards:
        path = folder / f"{card.name}{SUFFIX}"
        thumbnail = f"{card.name}.style.jpg"
        write_image(folder / thumbnail, paint_thumbnail(network, card.index))
        write_card(replace(card, sha256=digest, config=network.config, thumbnail=thumbnail), path)
        paths.append(path)
    return paths
