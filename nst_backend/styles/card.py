"""A style card: what a style is called, what it was painted after, which network paints it.

A JSON file beside the weights. Several cards may share one network file, each
naming its row of the conditional tables.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..contract.codec import decode, encode, option
from ..contract.errors import InputError, UsageError
from ..weights.files import is_plain_name
from .config import NetworkConfig

__all__ = ["Artwork", "SmallNetwork", "StyleCard", "read_card", "write_card"]

FORMAT = 1
MAX_BYTES = 1024**2
SUFFIX = ".style.json"


@dataclass(frozen=True, kw_only=True)
class Artwork:
    """The painting that a style was learnt from."""

    title: str = option("", help="the artwork's title")
    artist: str = option("", help="who painted it, and when")
    licence: str = option("", help="terms of the artwork")


@dataclass(frozen=True, kw_only=True)
class SmallNetwork:
    """A faster network that has learnt to paint as the style's own does; its rows lie in the same order."""

    network: str = option(help="file name of the weights, in the card's folder")
    sha256: str = option(help="SHA-256 of that file")
    config: NetworkConfig = option(help="the network's layers")


@dataclass(frozen=True, kw_only=True)
class StyleCard:
    """One style of the library."""

    name: str = option(help="the style's name in recipes")
    network: str = option(help="file name of the weights, in the card's folder")
    sha256: str = option(help="SHA-256 of that file")
    config: NetworkConfig = option(help="the network's layers")
    index: int = option(0, help="row of the conditional tables", minimum=0)
    title: str = option("", help="name shown to people")
    artwork: Artwork = field(default_factory=Artwork, metadata={"help": "the painting"})
    scale_free: bool = option(
        False, help="true for a network that looks at single pixels: it always runs at plate size"
    )
    format: int = option(FORMAT, help="of the card")
    thumbnail: str = option("", help="file name of a picture of the style, in the card's folder; may be missing")
    small: SmallNetwork | None = option(None, help="the network for previews, where there is one")
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.format > FORMAT:
            raise ValueError(f"the card has format {self.format}, this Brushpass reads up to {FORMAT}")
        if self.index >= self.config.styles:
            raise ValueError(f"index is {self.index} but the network holds {self.config.styles} styles")
        if self.small is not None and self.index >= self.small.config.styles:
            raise ValueError(f"index is {self.index} but the small network holds {self.small.config.styles} styles")
        for network in (self.network, *([self.small.network] if self.small else [])):
            if not is_plain_name(network):
                raise ValueError(f"network {network!r} leaves the card's folder; give a plain file name")
        if self.thumbnail and not is_plain_name(self.thumbnail):
            raise ValueError(f"thumbnail {self.thumbnail!r} leaves the card's folder; give a plain file name")


def read_card(path: Path) -> StyleCard:
    """Read a card.

    Raises :class:`InputError` for a missing or unreadable file,
    :class:`UsageError` for one that is not a card.
    """
    if not path.is_file():
        raise InputError(f"no style card at {path}", remedy="check the path")
    if path.stat().st_size > MAX_BYTES:
        raise InputError(f"{path.name} is too large for a style card", remedy=f"give a file that ends in {SUFFIX}")
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"{path.name} is not a style card", remedy=f"give a JSON file that ends in {SUFFIX}"
        ) from error
    try:
        return decode(StyleCard, data, keep_unknown=True)
    except UsageError as error:
        raise UsageError(f"{path.name}: {error.problem}", remedy=error.remedy) from error


def write_card(card: StyleCard, path: Path) -> None:
    """Write a card."""
    path.write_text(json.dumps(encode(card), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
