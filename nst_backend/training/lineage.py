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

__all__ = ["family", "joined_style", "started_network", "teacher_network", "teacher_style"]


def joined_style(recipe: TrainingRecipe) -> LibraryStyle | None:
    """A style of the network that the styles join, None where they join none; of the small one where they distil.

    Raises :class:`UsageError` where its layers are not the recipe's, where it has no small network, and where
    it paints one of the styles already.
    """
    if not recipe.joins:
        return None
    base = StyleLibrary().find(recipe.joins)
    if recipe.distils:
        if base.card.small is None:
            raise UsageError(
                f"{recipe.joins!r} has no small network, which the styles are to join",
                remedy="leave joins out: the recipe then distils a network of its own",
            )
        base = base.sized("small")
    elif known := {style.card.name for style in family(base)} & {style.name for style in recipe.styles}:
        raise UsageError(
            f"the network of {recipe.joins!r} paints {sorted(known)[0]!r} already",
            remedy="give the style another name, or join a network without it",
        )
    if replace(base.card.config, styles=len(recipe.styles)) != recipe.network:
        raise UsageError(
            f"network is not that of {recipe.joins!r}, which the styles are to join",
            remedy="take it from that style's card, but for the number of styles",
        )
    return base


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


def teacher_style(recipe: TrainingRecipe, card: Path | None, base: LibraryStyle | None) -> LibraryStyle | None:
    """A style of the network that the recipe distils; ``base``: one of the small network that the styles join.

    Raises :class:`UsageError` where ``card`` belongs to another network, or the recipe lists other styles: those
    that join are the rows after the small network's own, for a style has one row in both.
    """
    if not recipe.distils:
        return None
    given = _given(card, recipe.distils, "distils")
    first = 0 if base is None else base.card.config.styles
    rows = sorted((style.card.index, style.card.name) for style in family(given) if style.card.index >= first)
    if rows != [(first + row, style.name) for row, style in enumerate(recipe.styles)]:
        after = f" after the {first} that the small network paints" if first else ""
        raise UsageError(
            f"{recipe.distils} holds {', '.join(name for _, name in rows) or 'none'}{after}",
            remedy="list these styles in the recipe, in this order",
        )
    return given


def teacher_network(recipe: TrainingRecipe, teacher: LibraryStyle) -> StyleNetwork:
    """The network of ``teacher`` with the rows of the recipe's styles, in its order."""
    rows = {style.card.name: style.card.index for style in family(teacher)}
    return continued_network(teacher.load(), [rows[style.name] for style in recipe.styles])


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
