"""Networks that begin with another's weights, and small ones that learn to paint like another."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from training_files import training_recipe, write_distilled, write_pictures

from nst_backend.contract.errors import UsageError
from nst_backend.contract.messages import SilentReporter
from nst_backend.styles.card import read_card
from nst_backend.styles.joining import continued_network
from nst_backend.styles.library import LibraryStyle, StyleLibrary
from nst_backend.styles.network import StyleNetwork
from nst_backend.training.config import TrainingRecipe
from nst_backend.training.data import read_picture
from nst_backend.training.session import train

SMALL = {"width": 4, "blocks": 1, "levels": 1, "shuffle": 2, "styles": 2, "leak": 0.2, "norm": "encoder"}


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """Photographs, a loss network and the styles ``first`` and ``second`` of the network ``tiny``."""
    write_pictures(tmp_path / "photos")
    write_distilled(tmp_path / "loss.safetensors")
    run(tmp_path, training_recipe(steps=2), "tiny")
    return tmp_path


def run(files: Path, recipe: TrainingRecipe, name: str, *, start: str | None = None) -> list[Path]:
    distils = bool(recipe.distils)
    return train(
        recipe,
        paintings=None if distils else files / "photos",
        photos=[files / "photos"],
        loss_network=None if distils else files / "loss.safetensors",
        run=files / f"{name}.run",
        out=files / ("tiny" if distils else name),
        start=files / start if start else None,
        measure=False,
        reporter=SilentReporter(),
    )


def test_a_style_of_the_same_name_keeps_its_row_and_others_begin_with_the_mean() -> None:
    torch.manual_seed(1)
    base = StyleNetwork(training_recipe().network)
    with torch.no_grad():
        for parameter in base.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    later = continued_network(base, [1, None, 0])
    picture = torch.rand(1, 3, 32, 32)
    assert torch.equal(later(picture, torch.eye(3)[:1]), base(picture, torch.eye(2)[1:]))
    assert torch.equal(later(picture, torch.eye(3)[2:]), base(picture, torch.eye(2)[:1]))
    # Tables are linear in the weights of the styles.
    mean = torch.full((1, 2), 0.5)
    assert torch.allclose(later(picture, torch.eye(3)[1:2]), base(picture, mean), atol=1e-5)


def test_all_of_a_network_that_starts_from_another_is_trained(files: Path) -> None:
    recipe = training_recipe(name="later", starts_from="tiny", steps=2)
    run(files, recipe, "later", start="tiny/first.style.json")
    before = LibraryStyle(read_card(files / "tiny/first.style.json"), files / "tiny").load().state_dict()
    after = LibraryStyle(read_card(files / "later/first.style.json"), files / "later").load().state_dict()
    moved = [name for name in before if not torch.equal(before[name], after[name])]
    assert any("layer.weight" in name for name in moved)
    near = max(float((after[name] - before[name]).abs().max()) for name in before)
    assert near < 0.05


@pytest.mark.parametrize(
    ("changes", "start", "problem"),
    [
        ({"starts_from": "tiny"}, None, "the recipe starts from the network 'tiny'"),
        ({"starts_from": "huge"}, "tiny/first.style.json", "first.style.json belongs to the network tiny.safetensors"),
        (
            {"starts_from": "tiny", "network": {**SMALL, "norm": "all"}},
            "tiny/first.style.json",
            "network is not that of 'tiny', which it starts from",
        ),
        ({}, "tiny/first.style.json", "--start goes with a recipe that has starts_from or distils"),
        (
            {"distils": "tiny", "styles": [{"name": "second", "title": "", "artist": "", "painting": "a.png"}] * 1},
            "tiny/first.style.json",
            "tiny holds first, second",
        ),
    ],
    ids=["no card", "another network", "other layers", "needless", "other styles"],
)
def test_another_start_is_refused(files: Path, changes: dict[str, object], start: str | None, problem: str) -> None:
    network = dict(SMALL, styles=1) if "styles" in changes else None
    recipe = training_recipe(name="later", **(changes if network is None else {**changes, "network": network}))
    with pytest.raises(UsageError) as refused:
        run(files, recipe, "later", start=start)
    assert refused.value.problem == problem
    assert not (files / "later").exists()


def test_a_small_network_is_named_in_the_cards_of_its_teacher(files: Path) -> None:
    recipe = training_recipe(name="tiny_small", distils="tiny", network=SMALL, precision="bfloat16", steps=4)
    cards = run(files, recipe, "small", start="tiny/first.style.json")
    assert sorted(card.name for card in cards) == ["first.style.json", "second.style.json"]
    for index, name in enumerate(("first", "second")):
        style = StyleLibrary([files / "tiny"]).find(name)
        small = style.sized("small")
        assert style.sized("full") is style
        assert style.load().config == training_recipe().network
        assert small.load().config == recipe.network
        assert small.card.index == index
        assert small.weights.name == "tiny_small.safetensors"
        assert style.card.extra["small_training"]["training"]["distils"] == "tiny"


def test_a_small_network_comes_nearer_to_its_teacher(files: Path) -> None:
    recipe = training_recipe(name="tiny_small", distils="tiny", network=SMALL, steps=120, rate=0.01, average=0.9)
    run(files, recipe, "small", start="tiny/first.style.json")
    style = StyleLibrary([files / "tiny"]).find("first")
    torch.manual_seed(0)
    untrained = StyleNetwork(recipe.network)
    photo = read_picture(files / "photos/photo3.png")[:64, :64]
    picture, weights = torch.from_numpy(photo.copy()).permute(2, 0, 1)[None], torch.eye(2)[:1]
    with torch.no_grad():
        target = style.load()(picture, weights)
        near = (style.sized("small").load()(picture, weights) - target).square().mean()
        far = (untrained(picture, weights) - target).square().mean()
    assert near < 0.5 * far


def test_a_style_without_a_small_network_paints_by_its_own(files: Path) -> None:
    style = StyleLibrary([files / "tiny"]).find("first")
    assert style.sized("small") is style
    assert replace(style.card, small=None) == style.card
