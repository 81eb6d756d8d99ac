"""The recipes that are shipped are those that the shipped styles were learnt by."""

from __future__ import annotations

from pathlib import Path

import pytest

import nst_backend.training
from nst_backend.cli.train import read_training_recipe
from nst_backend.contract.codec import decode
from nst_backend.styles.library import SHIPPED, LibraryStyle, StyleLibrary
from nst_backend.training.config import TrainingRecipe

RECIPES = {path.stem: path for path in (Path(nst_backend.training.__file__).parent / "recipes").glob("*.json")}
STYLES = StyleLibrary([SHIPPED]).styles()


@pytest.mark.parametrize("stem", sorted(RECIPES))
def test_a_shipped_recipe_reads(stem: str) -> None:
    assert read_training_recipe(RECIPES[stem]).styles


@pytest.mark.parametrize("name", sorted(STYLES))
def test_a_shipped_style_was_learnt_by_one_of_them(name: str) -> None:
    extra = STYLES[name].card.extra
    known = [read_training_recipe(path) for path in RECIPES.values()]
    assert decode(TrainingRecipe, extra["training"]) in known
    assert decode(TrainingRecipe, extra["small_training"]["training"]) in known


def test_they_share_one_network_and_one_small_one() -> None:
    def network(style: LibraryStyle) -> tuple[str, str, int]:
        return style.card.network, style.card.sha256, style.card.config.styles

    assert len({network(style) for style in STYLES.values()}) == 1
    assert len({network(style.sized("small")) for style in STYLES.values()}) == 1
    assert len({style.card.index for style in STYLES.values()}) == len(STYLES)
