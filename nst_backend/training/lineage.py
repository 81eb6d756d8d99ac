"""The network that a recipe begins with: one that its styles join, that it starts from or that it distils."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from ..contract.errors import UsageError
from ..styles.card import SUFFIX, StyleCard, read_card
from ..styles.joining import continued_network
from ..styles.library import LibraryStyle, StyleLibrary
from ..styles.network import StyleNetwork
from .config import TrainingRecipe

__all__ = ["family", "joined_network", "started_network", "teacher_network"]


def joined_network(recipe: TrainingRecipe) -> StyleNetwork | None:
    """The network that the styles join, None where they join none.

    Raises :class:`UsageError` where its layers are not the recipe's.
    """
    if not recipe.joins:
        return None
    base = StyleLibrary().find(recipe.joins)
    if replace(base.card.config, styles=len(recipe.styles)) != recipe.network:
        raise UsageError(
            f"network is not that of {recipe.joins!r}, which the styles are to join",
            remedy="take it from that style's card, but for the number of styles",
        )
    return base.load()


def started_network(recipe: TrainingRecipe, card: Path | None) -> StyleNetwork | None:
    """The network that the recipe starts from: a style of the same name gives its row of the tables.

    Raises :class:`UsageError` where ``card`` belongs to another network, or its layers are not the recipe's.
    """
    if not recipe.starts_from:
        return None
    given = _given(card, recipe.starts_from, "starts from")
    if replace(given.card.config, styles=recipe.network.styles) != recipe.network:
        raise UsageError(
            f"network is not that of {recipe.starts_from!r}, which it starts from",
            remedy="take it from that network's card, but for the number of styles",
        )
    rows = {style.card.name: style.card.index for style in family(given)}
    return continued_network(given.load(), [rows.get(style.name) for style in recipe.styles])


def teacher_network(recipe: TrainingRecipe, card: Path | None) -> LibraryStyle | None:
    """A style of the network that the recipe distils.

    Raises :class:`UsageError` where ``card`` belongs to another network, or the recipe lists other styles.
    """
    if not recipe.distils:
        return None
    given = _given(card, recipe.distils, "distils")
    names = [style.card.name for style in sorted(family(given), key=lambda style: style.card.index)]
    if names != [style.name for style in recipe.styles]:
        raise UsageError(
            f"{recipe.distils} holds {', '.join(names)}", remedy="list these styles in the recipe, in this order"
        )
    return given


def family(style: LibraryStyle) -> list[LibraryStyle]:
    """Every style of the folder that the same network paints."""
    cards = map(read_card, sorted(style.folder.glob(f"*{SUFFIX}")))
    return [LibraryStyle(card, style.folder) for card in cards if _same_network(card, style.card)]


def _same_network(card: StyleCard, other: StyleCard) -> bool:
    return (card.network, card.sha256) == (other.network, other.sha256)


def _given(card: Path | None, stem: str, verb: str) -> LibraryStyle:
    if card is None:
        raise UsageError(
            f"the recipe {verb} the network {stem!r}", remedy="give the card of one of its styles with --start"
        )
    found = LibraryStyle(read_card(card), card.parent)
    if PurePosixPath(found.card.network).stem != stem:
        raise UsageError(
            f"{card.name} belongs to the network {found.card.network}",
            remedy=f"give the card of a style of {stem}.safetensors",
        )
    return found
