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
SMALL = {**NETWORK, "shuffle": 2, "styles": 2}
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


def test_joined_where_they_lie_the_others_name_the_new_file(tmp_path: Path, library: StyleLibrary) -> None:
    base = library.find("first").load()
    paths = trained(tmp_path, "joined", joining(name="tiny"))
    assert sorted(path.name for path in paths) == ["fourth.style.json", "third.style.json"]
    found = library.styles()
    assert {name: style.card.index for name, style in found.items()} == {
        "first": 0,
        "second": 1,
        "third": 2,
        "fourth": 3,
    }
    assert {style.card.network for style in found.values()} == {"tiny.safetensors"}
    picture, rows = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)), torch.eye(4)
    with torch.no_grad():
        for index, style in enumerate((found["first"], found["second"])):
            row = rows[index : index + 1]
            assert torch.equal(style.load()(picture, row), base(picture, row[:, :2]))
            assert style.card.extra["training"]["joins"] == ""


def test_a_style_that_the_network_paints_already_does_not_join(tmp_path: Path, library: StyleLibrary) -> None:
    with pytest.raises(UsageError, match="the network of 'first' paints 'second' already"):
        trained(tmp_path, "joined", joining(styles=[STYLES[0], {**STYLES[1], "name": "second"}]))


def distilling(files: Path, changes: dict[str, object]) -> list[Path]:
    return train(
        joining(**{"name": "tiny_small", "joins": "", "network": SMALL, "distils": "tiny", **changes}),
        paintings=None,
        photos=[files / "photos"],
        loss_network=None,
        run=files / "small.run",
        out=files / "styles",
        start=files / "styles" / "first.style.json",
        measure=False,
        reporter=SilentReporter(),
    )


def test_they_join_the_small_network_too(tmp_path: Path, library: StyleLibrary) -> None:
    names = [{**STYLES[0], "name": name} for name in ("first", "second")]
    distilling(tmp_path, {"styles": names})
    (tmp_path / "small.run" / "state.pt").unlink()
    before = library.find("second")
    small_before = before.sized("small").load()
    trained(tmp_path, "joined", joining(name="tiny"))
    taught = distilling(tmp_path, {"joins": "first"})
    assert [path.name for path in taught] == ["fourth.style.json", "third.style.json"]
    found = library.styles()
    picture, rows = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)), torch.eye(4)
    for index, name in enumerate(("first", "second", "third", "fourth")):
        assert found[name].sized("small").card.index == index
    with torch.no_grad():
        small = found["second"].sized("small").load()
        assert torch.equal(small(picture, rows[1:2]), small_before(picture, rows[1:2, :2]))
        assert not torch.equal(small(picture, rows[2:3]), small(picture, rows[3:4]))
    assert found["second"].card.extra["small_training"] == before.card.extra["small_training"]
    assert found["fourth"].card.extra["small_training"]["training"]["joins"] == "first"


def test_a_small_network_that_is_not_there_is_not_joined(tmp_path: Path, library: StyleLibrary) -> None:
    with pytest.raises(UsageError, match="'first' has no small network, which the styles are to join"):
        distilling(tmp_path, {"joins": "first"})


def test_the_small_network_takes_the_rows_that_it_lacks_and_no_others(tmp_path: Path, library: StyleLibrary) -> None:
    distilling(tmp_path, {"styles": [{**STYLES[0], "name": name} for name in ("first", "second")]})
    with pytest.raises(UsageError, match="tiny holds none after the 2 that the small network paints"):
        distilling(tmp_path, {"joins": "first"})


def going_on(**changes: object) -> TrainingRecipe:
    """``second`` goes on from its own row."""
    return joining(1, **{"name": "tiny", "rows": "own", "styles": [{**STYLES[0], "name": "second"}], **changes})


def test_a_style_goes_on_from_its_own_row_and_leaves_the_others_as_they_are(
    tmp_path: Path, library: StyleLibrary
) -> None:
    base = library.find("first").load()
    paths = trained(tmp_path, "again", going_on(rate=0.02))
    assert [path.name for path in paths] == ["second.style.json"]
    found = library.styles()
    assert {name: style.card.index for name, style in found.items()} == {"first": 0, "second": 1}
    assert found["first"].card.extra["training"]["joins"] == ""
    assert found["second"].card.extra["training"]["rows"] == "own"
    network = found["second"].load()
    picture, rows = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)), torch.eye(2)
    with torch.no_grad():
        assert torch.equal(network(picture, rows[:1]), base(picture, rows[:1]))
        assert not torch.equal(network(picture, rows[1:]), base(picture, rows[1:]))


def test_its_first_step_is_the_next_of_its_row(tmp_path: Path, library: StyleLibrary) -> None:
    trained(tmp_path, "far", going_on(rate=0.05))
    base = library.find("second").load()
    trained(tmp_path, "again", going_on(rate=1e-6, steps=1))
    picture, rows = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)), torch.eye(2)
    with torch.no_grad():
        before, mean = base(picture, rows[1:]), base(picture, rows.mean(0, keepdim=True))
        after = library.find("second").load()(picture, rows[1:])
    assert (after - before).abs().max() < 1e-3 < (mean - before).abs().max()


def test_a_style_that_the_network_lacks_has_no_row_to_go_on_from(tmp_path: Path, library: StyleLibrary) -> None:
    with pytest.raises(UsageError, match="the network of 'first' has no row of 'third' to go on from"):
        trained(tmp_path, "again", going_on(styles=STYLES[:1]))


def test_a_row_of_the_small_network_follows(tmp_path: Path, library: StyleLibrary) -> None:
    distilling(tmp_path, {"styles": [{**STYLES[0], "name": name} for name in ("first", "second")]})
    (tmp_path / "small.run" / "state.pt").unlink()
    before = {name: style.card for name, style in library.styles().items()}
    small_before = library.find("first").sized("small").load()
    trained(tmp_path, "again", going_on(rate=0.02))
    between = library.find("second").card
    assert between.sha256 != before["second"].sha256
    assert between.small == before["second"].small
    assert between.extra["small_training"] == before["second"].extra["small_training"]
    small = {**SMALL, "styles": 1}
    second = [{**STYLES[0], "name": "second"}]
    taught = distilling(tmp_path, {"joins": "first", "rows": "own", "styles": second, "network": small, "rate": 0.02})
    assert [path.name for path in taught] == ["second.style.json"]
    found = library.styles()
    assert found["first"].card.extra["small_training"] == before["first"].extra["small_training"]
    assert found["second"].card.extra["small_training"]["training"]["rows"] == "own"
    network = found["second"].sized("small").load()
    picture, rows = torch.rand(1, 3, 32, 32, generator=torch.Generator().manual_seed(1)), torch.eye(2)
    with torch.no_grad():
        assert torch.equal(network(picture, rows[:1]), small_before(picture, rows[:1]))
        assert not torch.equal(network(picture, rows[1:]), small_before(picture, rows[1:]))


def test_rows_of_their_own_go_with_joins() -> None:
    with pytest.raises(UsageError, match="rows is 'own', which goes with joins"):
        going_on(joins="")


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
