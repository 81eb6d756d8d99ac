"""Every style that a recipe can name: those shipped, the user's own, and cards given by path."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import platformdirs

from ..contract.errors import InputError, UsageError, nearest
from ..contract.recipe import NetworkSize
from ..weights.checkpoint import load_tensors
from ..weights.files import file_sha256
from .card import SUFFIX, StyleCard, read_card
from .folded import fold
from .network import StyleNetwork

__all__ = ["LibraryStyle", "StyleLibrary", "build_network"]

SHIPPED = Path(__file__).parent / "library_data"
RETIRED = {"edtaonisl": "udnie", "night_cafe": "tahiti"}
"""Styles that were shipped once, each with the shipped one that pictures of it are most often taken for."""


@dataclass(frozen=True)
class LibraryStyle:
    """A card and the folder it lies in."""

    card: StyleCard
    folder: Path

    @property
    def weights(self) -> Path:
        return self.folder / self.card.network

    @property
    def thumbnail(self) -> Path | None:
        """The style's picture, where there is one."""
        path = self.folder / self.card.thumbnail
        return path if self.card.thumbnail and path.is_file() else None

    def painting_size(self, asked: NetworkSize) -> NetworkSize:
        """Which of its networks paints where ``asked`` is asked for: its own where it has no small one."""
        return "full" if self.card.small is None else asked

    def size_notice(self, asked: NetworkSize) -> str:
        """What to tell, with the remedy, where another network paints than is asked for; else an empty text."""
        if self.painting_size(asked) == asked:
            return ""
        return f"style {self.card.name!r} has no small network, so its own paints: train one with a recipe that distils"

    def sized(self, size: NetworkSize) -> LibraryStyle:
        """The style as the network of :meth:`painting_size` paints it."""
        small = self.card.small
        if size == "full" or small is None:
            return self
        card = replace(self.card, network=small.network, sha256=small.sha256, config=small.config, small=None)
        return replace(self, card=card)

    def load(self) -> StyleNetwork:
        """The network, its file's hash checked against the card.

        Raises :class:`InputError` for weights that are missing, changed or of
        other shapes than the card says.
        """
        if not self.weights.is_file():
            raise InputError(
                f"style {self.card.name!r} lacks its weights {self.card.network}",
                remedy="put the file beside the card, or train the style anew",
            )
        if file_sha256(self.weights) != self.card.sha256:
            raise InputError(
                f"the weights of style {self.card.name!r} are not those its card names",
                remedy="fetch card and weights together, or train the style anew",
            )
        return build_network(self.card, self.weights)

    def load_folded(self) -> StyleNetwork:
        """The network as :meth:`load` gives it, folded for inference."""
        return fold(self.load())


def build_network(card: StyleCard, weights: Path) -> StyleNetwork:
    """A network from a card's layers and a file's tensors, names and shapes checked."""
    tensors = load_tensors(weights)
    network = StyleNetwork(card.config)
    expected = {name: tuple(value.shape) for name, value in network.state_dict().items()}
    found = {name: tuple(value.shape) for name, value in tensors.items()}
    for name, shape in expected.items():
        if found.get(name) != shape:
            has = f"has shape {found[name]}" if name in found else "is missing"
            raise InputError(
                f"{weights.name} does not fit style {card.name!r}: {name} {has}, expected {shape}",
                remedy="fetch card and weights together, or train the style anew",
            )
    unknown = sorted(set(found) - set(expected))
    if unknown:
        raise InputError(
            f"{weights.name} holds {unknown[0]}, which style {card.name!r} has no layer for", remedy="check the card"
        )
    network.load_state_dict(tensors)
    return network.eval()


class StyleLibrary:
    """Styles by name; folders searched in order, the first of a name wins."""

    def __init__(self, folders: Sequence[Path] | None = None) -> None:
        self.folders = list(folders) if folders is not None else default_folders()

    def styles(self) -> dict[str, LibraryStyle]:
        """All styles by name. A card that cannot be read is left out."""
        found: dict[str, LibraryStyle] = {}
        for folder in self.folders:
            for path in sorted(folder.glob(f"*{SUFFIX}")) if folder.is_dir() else []:
                try:
                    card = read_card(path)
                except (InputError, UsageError):
                    continue
                found.setdefault(card.name, LibraryStyle(card, folder))
        return found

    def find(self, name: str, *, base: Path | None = None) -> LibraryStyle:
        """A style by name, or by the path of its card relative to ``base``.

        Raises :class:`UsageError` with the nearest names, for one that is no longer shipped with what to name instead.
        """
        if name.endswith(SUFFIX):
            path = (base or Path.cwd()) / name
            return LibraryStyle(read_card(path), path.parent)
        styles = self.styles()
        if name in RETIRED and name not in styles:
            raise UsageError(
                f"style {name!r} is no longer shipped",
                remedy=f"name {RETIRED[name]!r}, which comes nearest to it, or put its card and weights of an earlier "
                "Brushpass into your style folder",
            )
        if name not in styles:
            raise UsageError(f"no style is named {name!r}", remedy=nearest(name, styles))
        return styles[name]


def default_folders() -> list[Path]:
    """``BRUSHPASS_STYLES`` (several, separated as in PATH), the user's folder, the shipped one."""
    given = [Path(entry) for entry in os.environ.get("BRUSHPASS_STYLES", "").split(os.pathsep) if entry]
    return [*given, Path(platformdirs.user_data_dir("brushpass", appauthor=False)) / "styles", SHIPPED]
