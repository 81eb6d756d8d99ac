"""Training: resumable bit for bit, really learning, and stopped by a loss that is no number."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from training_files import training_recipe, write_distilled, write_pictures

from nst_backend.contract.errors import InputError, NstError
from nst_backend.styles.loss_networks import load_loss_network
from nst_backend.training.config import TrainingRecipe
from nst_backend.training.data import ContentPictures, find_pictures
from nst_backend.training.objective import Objective, translate
from nst_backend.training.trainer import TrainingRun, TrainingStep


def start(tmp_path: Path, name: str, recipe: TrainingRecipe | None = None) -> TrainingRun:
    recipe = recipe or training_recipe()
    photos = write_pictures(tmp_path / "photos")
    encoder = load_loss_network(write_distilled(tmp_path / "encoder.safetensors"))
    pictures = ContentPictures(find_pictures([photos]), side=recipe.crop, flats=0.5, seed=recipe.seed)
    return TrainingRun(recipe, Objective(recipe, encoder, photos), pictures, tmp_path / name)


def test_resumed_equals_uninterrupted_bit_for_bit(tmp_path: Path) -> None:
    whole = start(tmp_path, "whole")
    whole.run()
    start(tmp_path, "broken").run(until=3)
    second = start(tmp_path, "broken")
    assert second.step == 3
    second.run()
    for kind in ("network", "average"):
        one, other = getattr(whole, kind).state_dict(), getattr(second, kind).state_dict()
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_it_learns(tmp_path: Path) -> None:
    recipe = training_recipe(steps=60, rate=0.005, warm=0.1)
    losses: list[TrainingStep] = []
    run = start(tmp_path, "run", recipe)
    run.run(on_step=losses.append)
    styles = [step.losses["style"] for step in losses]
    assert sum(styles[-10:]) < 0.7 * sum(styles[10:20])
    assert any("shift" in step.losses for step in losses)


def test_another_recipes_state_is_refused(tmp_path: Path) -> None:
    start(tmp_path, "run").run(until=1)
    wider = training_recipe(network={"width": 6, "blocks": 1, "levels": 1, "styles": 2, "leak": 0.2})
    with pytest.raises(InputError, match="another folder"):
        start(tmp_path, "run", wider)


def test_a_loss_that_is_no_number_keeps_the_last_good_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = start(tmp_path, "run")
    run.run(until=2, save_every=1)
    good = run.state_path.read_bytes()
    inner = run.objective.total
    monkeypatch.setattr(run.objective, "total", lambda *a, **k: inner(*a, **k) * float("nan"))
    with pytest.raises(NstError, match="not a number") as caught:
        run.run(save_every=1)
    assert "last good state" in caught.value.remedy
    assert run.state_path.read_bytes() == good


def test_pictures_depend_on_the_step_alone(tmp_path: Path) -> None:
    paths = find_pictures([write_pictures(tmp_path / "photos")])
    pictures = ContentPictures(paths, side=64, flats=0.3, seed=1)
    later = pictures(17, 3)
    assert torch.equal(later, ContentPictures(paths, side=64, flats=0.3, seed=1)(17, 3))
    assert not torch.equal(later, pictures(18, 3))


def test_unreadable_photographs_are_skipped(tmp_path: Path) -> None:
    folder = write_pictures(tmp_path / "photos")
    (folder / "broken.jpg").write_bytes(b"not a picture")
    pictures = ContentPictures(find_pictures([folder]), side=64, flats=0.0, seed=1)
    for step in range(12):
        pictures(step, 2)
    assert len(pictures.left_out) == 1
    assert folder / "broken.jpg" in pictures.left_out


def test_no_photographs_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="JPEG or PNG"):
        find_pictures([tmp_path])


def test_translation_is_exact_for_whole_pixels() -> None:
    x = torch.rand(2, 3, 20, 24)
    moved = translate(x, torch.tensor([[3.0, 0.0], [0.0, -2.0]]))
    torch.testing.assert_close(moved[0, :, :, 3:], x[0, :, :, :-3], atol=1e-5, rtol=0)
    torch.testing.assert_close(moved[1, :, :-2], x[1, :, 2:], atol=1e-5, rtol=0)


def test_peaks_are_weighed_from_their_keyframe_on(tmp_path: Path) -> None:
    weights = {"layers": {"relu1_1": 1.0}, "peaks": [[3, 0.0], [5, 2.0]]}
    losses: list[TrainingStep] = []
    start(tmp_path, "run", training_recipe(weights=weights)).run(on_step=losses.append)
    assert ["peaks" in step.losses for step in losses] == [False] * 4 + [True] * 4


def test_nights_are_near_black_but_for_a_part(tmp_path: Path) -> None:
    photos = find_pictures([write_pictures(tmp_path / "photos")])
    by_day, by_night = (ContentPictures(photos, side=64, flats=0.0, dark=part, seed=3) for part in (0.0, 1.0))
    for step in range(6):
        day, night = by_day(step, 1), by_night(step, 1)
        assert float((night < 0.3).float().mean()) > 0.4
        assert float(night.mean()) < float(day.mean())
        assert torch.equal(by_night(step, 1), night)
