"""The network that a recipe begins with: one that its styles join, that it starts from or that it distils."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path, PurePosixPath

from ..contract.errors import UsageError
from ..styles.card import SUFFIX, StyleCard, read_card
from ..styles.joining import continued_network, joining_network
from ..styles.library import LibraryStyle, StyleLibrary
from ..styles.network import StyleNetwork
from .config import TrainingRecipe

__all__ = ["family", "first_network", "joined_rows", "joined_style", "teacher_network", "teacher_style"]


def joined_style(recipe: TrainingRecipe) -> LibraryStyle | None:
    """A style of the network that the styles join, None where they join none; of the small one where they distil.

    Raises :class:`UsageError` where its layers are not the recipe's, where it has no small network, where it paints
    one of the styles already, and with rows of their own where it does not.
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
    known, asked = _rows(base), [style.name for style in recipe.styles]
    if recipe.rows == "own":
        if missing := [name for name in asked if name not in known]:
            raise UsageError(
                f"the network of {recipe.joins!r} has no row of {missing[0]!r} to go on from",
                remedy="let it join by a recipe of its own, without rows",
            )
    elif taken := [name for name in asked if name in known]:
        raise UsageError(
            f"the network of {recipe.joins!r} paints {taken[0]!r} already",
            remedy="give the style another name, join a network without it, or go on from its row with rows 'own'",
        )
    if replace(base.card.config, styles=len(recipe.styles)) != recipe.network:
        raise UsageError(
            f"network is not that of {recipe.joins!r}, which the styles are to join",
            remedy="take it from that style's card, but for the number of styles",
        )
    return base


def joined_rows(recipe: TrainingRecipe, base: LibraryStyle) -> list[int]:
    """Where the rows of the recipe's styles lie in the tables of the network that they join, in its order."""
    if recipe.rows == "own":
        known = _rows(base)
        return [known[style.name] for style in recipe.styles]
    return [base.card.config.styles + index for index in range(len(recipe.styles))]


def first_network(recipe: TrainingRecipe, base: LibraryStyle | None, card: Path | None) -> StyleNetwork | None:
    """The network that training begins with, None where it begins with nothing learnt.

    Styles that join that of ``base`` have rows of their own there, or begin with the mean of all; of a recipe that
    starts from another network a style of the same name gives its row. Raises :class:`UsageError` where ``card``
    belongs to another network, or its layers are not the recipe's.
    """
    if base is not None:
        rows = joined_rows(recipe, base)
        return joining_network(base.load(), [row if row < base.card.config.styles else None for row in rows])
    if not recipe.starts_from:
        return None
    given = _given(card, recipe.starts_from, "starts from")
    if replace(given.card.config, styles=recipe.network.styles) != recipe.network:
        raise UsageError(
            f"network is not that of {recipe.starts_from!r}, which it starts from",
            remedy="take it from that network's card, but for the number of styles",
        )
    known = _rows(given)
    return continued_network(given.load(), [known.get(style.name) for style in recipe.styles])


def teacher_style(recipe: TrainingRecipe, card: Path | None, base: LibraryStyle | None) -> LibraryStyle | None:
    """A style of the network that the recipe distils; ``base``: one of the small network that the styles join.

    Raises :class:`UsageError` where ``card`` belongs to another network, or the recipe lists other styles: those
    that join are the rows after the small network's own, for a style has one row in both. Styles that go on from
    their own rows are any that both networks paint.
    """
    if not recipe.distils:
        return None
    given = _given(card, recipe.distils, "distils")
    if recipe.rows == "own":
        known = _rows(given)
        if missing := [style.name for style in recipe.styles if style.name not in known]:
            raise UsageError(
                f"{recipe.distils} does not paint {missing[0]!r}",
                remedy="give the card of a style of the network that is to be painted like",
            )
        return given
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
    known = _rows(teacher)
    return continued_network(teacher.load(), [known[style.name] for style in recipe.styles])


def family(style: LibraryStyle) -> list[LibraryStyle]:
    """Every style of the folder that the same network paints, be it as their small one."""
    cards = map(read_card, sorted(style.folder.glob(f"*{SUFFIX}")))
    return [LibraryStyle(card, style.folder) for card in cards if _paints(style.card, card)]


def _rows(style: LibraryStyle) -> dict[str, int]:
    """The rows of the styles that the same network paints, by name."""
    return {found.card.name: found.card.index for found in family(style)}


def _paints(network: StyleCard, card: StyleCard) -> bool:
    files = [(card.network, card.sha256)] + ([(card.small.network, card.small.sha256)] if card.small else [])
    return (network.network, network.sha256) in files


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
