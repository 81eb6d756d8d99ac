"""Styles that join a trained network: they learn, and nothing that it could before is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from training_files import training_recipe, write_distilled, write_pictures

from nst_backend.contract.errors import UsageError
from nst_backend.contract.messages import SilentReporter
from nst_backend.styles.library import StyleLibrary
from nst_backend.training.config import TrainingRecipe
from nst_backend.training.session import train

NETWORK = {"width": 4, "blocks": 1, "levels": 1, "leak": 0.2, "norm": "encoder"}
STYLES = [
    {"name": "third", "title": "Third", "artist": "Nobody", "painting": "photo2.png", "size": 64},
    {"name": "fourth", "title": "Fourth", "artist": "Nobody", "painting": "photo3.png", "size": 64},
]


def trained(tmp_path: Path, name: str, recipe: TrainingRecipe) -> list[Path]:
    photos = write_pictures(tmp_path / "photos")
    return train(
        recipe,
        paintings=photos,
        photos=[photos],
        loss_network=write_distilled(tmp_path / "encoder.safetensors"),
        run=tmp_path / name,
        out=tmp_path / "styles",
        measure=False,
        reporter=SilentReporter(),
    )


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StyleLibrary:
    """One trained network of two styles, found by name."""
    monkeypatch.setenv("BRUSHPASS_STYLES", str(tmp_path / "styles"))
    trained(tmp_path, "base", training_recipe(network={**NETWORK, "styles": 2}))
    return StyleLibrary([tmp_path / "styles"])


def joining(count: int = 2, **changes: object) -> TrainingRecipe:
    network = {**NETWORK, "styles": count}
    return training_recipe(**{"name": "joined", "joins": "first", "styles": STYLES, "network": network, **changes})


def test_they_take_rows_of_their_own_and_leave_the_others_as_they_are(tmp_path: Path, library: StyleLibrary) -> None:
    base = library.find("first").load()
    trained(tmp_path, "joined", joining())
    style = library.find("fourth")
    assert style.card.index == 3
    network = style.load()
    assert network.config.styles == 4
    picture = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1))
    rows = torch.eye(4)
    with torch.no_grad():
        for index in range(2):
            assert torch.equal(network(picture, rows[index : index + 1]), base(picture, rows[index : index + 1, :2]))
        assert not torch.equal(network(picture, rows[2:3]), network(picture, rows[3:4]))


def test_they_learn(tmp_path: Path, library: StyleLibrary) -> None:
    trained(tmp_path, "joined", joining(steps=60, rate=0.02))
    lines = (tmp_path / "joined" / "log.jsonl").read_text().splitlines()
    losses = [float(line.partition('"style": ')[2].partition(",")[0]) for line in lines]
    assert sum(losses[-10:]) < 0.9 * sum(losses[:10])


def test_a_network_that_is_another_is_refused(tmp_path: Path, library: StyleLibrary) -> None:
    with pytest.raises(UsageError, match="network is not that of 'first'"):
        trained(tmp_path, "joined", joining(network={**NETWORK, "styles": 2, "blocks": 2}))


def test_a_run_goes_on_though_its_recipe_was_written_before_an_option_existed(tmp_path: Path) -> None:
    recipe = training_recipe()
    trained(tmp_path, "run", recipe)
    stored = tmp_path / "run" / "recipe.json"
    older = [line for line in stored.read_text().splitlines() if '"joins"' not in line]
    assert len(older) < len(stored.read_text().splitlines())
    stored.write_text("\n".join(older))
    trained(tmp_path, "run", recipe)
    with pytest.raises(UsageError, match="another recipe"):
        trained(tmp_path, "run", training_recipe(rate=0.5))
