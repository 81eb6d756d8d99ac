"""Training that cannot go on: too little memory, and a loss that is no number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from training_files import training_recipe, write_distilled, write_pictures

from nst_backend.contract.errors import NstError, OutOfMemory, UsageError
from nst_backend.contract.messages import SilentReporter
from nst_backend.styles.card import read_card
from nst_backend.styles.loss_networks import load_loss_network
from nst_backend.training.config import TrainingRecipe
from nst_backend.training.data import ContentPictures, find_pictures
from nst_backend.training.objective import Objective
from nst_backend.training.session import train
from nst_backend.training.trainer import TrainingRun


class SmallMachine:
    """Terms of at most ``most`` pictures; for more, what torch says when the system gives no memory."""

    def __init__(self, objective: Objective, most: int) -> None:
        self._inner = objective.picture_terms
        self.most = most
        self.seen: list[int] = []

    def __call__(self, output: torch.Tensor, *rest: Any) -> dict[str, torch.Tensor]:
        if len(output) > self.most:
            torch.empty(2**50)
        self.seen.append(len(output))
        return self._inner(output, *rest)


def start(tmp_path: Path, recipe: TrainingRecipe, most: int) -> tuple[TrainingRun, SmallMachine]:
    photos = write_pictures(tmp_path / "photos")
    objective = Objective(recipe, load_loss_network(write_distilled(tmp_path / "encoder.safetensors")), photos)
    machine = SmallMachine(objective, most)
    objective.picture_terms = machine  # type: ignore[method-assign]
    pictures = ContentPictures(find_pictures([photos]), side=recipe.crop, flats=0.0, seed=recipe.seed)
    return TrainingRun(recipe, objective, pictures, tmp_path / "run"), machine


def test_the_batch_is_halved_until_it_fits_and_stays_so(tmp_path: Path) -> None:
    recipe = training_recipe(batch=12, steps=4)
    run, machine = start(tmp_path, recipe, most=3)
    said: list[tuple[str, str]] = []
    run.run(until=2, on_warning=lambda *told: said.append(told))
    # 12, 6, and then the next even number.
    assert [problem for problem, _ in said] == [
        "the memory does not suffice at step 0: 6 pictures a step from here",
        "the memory does not suffice at step 0: 2 pictures a step from here",
    ]
    assert all("lower batch or crop" in remedy for _, remedy in said)
    assert set(machine.seen) == {2}
    resumed, machine = start(tmp_path, recipe, most=10**6)
    resumed.run()
    assert (resumed.step, set(machine.seen)) == (4, {2})


def test_a_halved_run_goes_on_as_one_of_that_batch(tmp_path: Path) -> None:
    large, _ = start(tmp_path / "large", training_recipe(batch=4, steps=4), most=2)
    small, _ = start(tmp_path / "small", training_recipe(batch=2, steps=4), most=2)
    large.run()
    small.run()
    one, other = large.network.state_dict(), small.network.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_without_memory_for_two_pictures_the_state_stays(tmp_path: Path) -> None:
    recipe = training_recipe(batch=4)
    run, machine = start(tmp_path, recipe, most=10**6)
    run.run(until=3)
    good = run.state_path.read_bytes()
    machine.most = 1
    with pytest.raises(OutOfMemory, match="two pictures: lower crop") as caught:
        run.run()
    assert str(run.state_path) in caught.value.remedy
    assert run.state_path.read_bytes() == good


def test_another_fault_is_not_taken_for_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run, _ = start(tmp_path, training_recipe(), most=10**6)

    def fails(*_: object) -> None:
        raise RuntimeError("size mismatch")

    monkeypatch.setattr(run.objective, "picture_terms", fails)
    with pytest.raises(RuntimeError, match="size mismatch"):
        run.run()


def test_a_loss_that_is_no_number_leaves_a_state_that_can_be_used(tmp_path: Path) -> None:
    """The style weight leaves the range of float32 at the fourth step."""
    photos = write_pictures(tmp_path / "photos")
    weights = {"style": [[3, 1.0], [4, 1e39]], "layers": {"relu1_1": 1.0}}
    recipe = training_recipe(weights=weights, warm=0.0)
    files: dict[str, Any] = {
        "paintings": photos,
        "photos": [photos],
        "loss_network": write_distilled(tmp_path / "encoder.safetensors"),
        "run": tmp_path / "run",
        "measure": False,
        "reporter": SilentReporter(),
    }
    train(recipe, until=2, **files)
    good = (tmp_path / "run" / "state.pt").read_bytes()
    with pytest.raises(NstError, match=r"not a number at step \d: train with a lower rate or style weight") as caught:
        train(recipe, **files)
    assert str(tmp_path / "run" / "state.pt") in caught.value.remedy
    assert (tmp_path / "run" / "state.pt").read_bytes() == good
    # What the sentence promises: the same command with --until 1 writes the styles of that state …
    (first, _) = train(recipe, until=1, **files)
    assert read_card(first).extra["steps"] == 2
    # … and another rate wants another folder.
    with pytest.raises(UsageError, match="another --run folder"):
        train(training_recipe(weights=weights, warm=0.0, rate=1e-4), **files)


def test_with_nothing_saved_yet_the_sentence_says_so(tmp_path: Path) -> None:
    weights = {"style": 1e39, "layers": {"relu1_1": 1.0}}
    run, _ = start(tmp_path, training_recipe(weights=weights, warm=0.0), most=10**6)
    with pytest.raises(NstError, match=r"step 0: .* nothing was saved yet"):
        run.run()
    assert not run.state_path.exists()
