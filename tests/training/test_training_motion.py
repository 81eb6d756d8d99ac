"""Pairs of frames: motion that is exact where it is known, and a network that learns to hold still from it."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
import torch
from training_files import training_recipe, write_distilled, write_pictures

from nst_backend.contract.errors import InputError
from nst_backend.image.warp import warp
from nst_backend.media.images import write_image
from nst_backend.styles.loss_networks import load_loss_network
from nst_backend.training.data import ContentPictures, find_pictures
from nst_backend.training.motion import MotionPairs, Pair, moved_picture, open_shots, warped
from nst_backend.training.objective import Objective, Shifted
from nst_backend.training.trainer import TrainingRun

SIDE = 64
ONE = torch.ones(1)


def smooth(seed: int, height: int = 96, width: int = 128) -> np.ndarray:
    rng = np.random.default_rng(seed)
    coarse = rng.random((height // 8, width // 8, 3), dtype=np.float32)
    return np.kron(coarse, np.ones((8, 8, 1), np.float32)) * 0.6 + 0.2


def write_shot(folder: Path, *, step: int = 3) -> Path:
    """Four frames of a picture that moves ``step`` pixels to the right."""
    folder.mkdir(parents=True)
    for frame in range(4):
        write_image(folder / f"frame.{frame + 1:04d}.png", np.roll(smooth(1), step * frame, axis=1))
    return folder


def pairs_of(folder: Path, *, synthetic: float, shots: Path | None = None) -> MotionPairs:
    pictures = ContentPictures(find_pictures([folder]), side=SIDE, flats=0.0, seed=3)
    return MotionPairs(
        pictures.photograph, open_shots([shots]) if shots else None, side=SIDE, synthetic=synthetic, seed=3
    )


def unexplained(pair: Pair) -> float:
    """RMS of what the flow does not explain, over what is seen in both."""
    difference = (pair.current - warped(pair.previous, pair.flow)) * pair.seen
    return float((difference.square().sum() / (3 * pair.seen.sum())).sqrt())


def test_warping_is_that_of_the_pipeline() -> None:
    rng = np.random.default_rng(4)
    picture, flow = smooth(2), rng.uniform(-9, 9, (96, 128, 2)).astype(np.float32)
    ours = warped(torch.from_numpy(picture).permute(2, 0, 1)[None], torch.from_numpy(flow).permute(2, 0, 1)[None])
    assert np.abs(ours[0].permute(1, 2, 0).numpy() - warp(picture, flow)).max() < 1e-4


def test_a_moved_photograph_is_explained_by_its_flow() -> None:
    for seed in range(5):
        pair = moved_picture(smooth(seed, 64, 64), random.Random(seed))
        batch = Pair(*(part[None] for part in (pair.previous, pair.current, pair.flow, pair.seen)))
        still = Pair(batch.previous, batch.current, torch.zeros_like(batch.flow), batch.seen)
        assert unexplained(batch) < 0.4 * unexplained(still)
        assert float(pair.seen.mean()) > 0.4


def test_footage_is_explained_in_every_crop(tmp_path: Path) -> None:
    pairs = pairs_of(write_pictures(tmp_path / "photos"), synthetic=0.0, shots=write_shot(tmp_path / "shot"))
    for step in range(6):
        pair = pairs(step, 2)
        assert pair.previous.shape == pair.current.shape == (2, 3, SIDE, SIDE)
        assert pair.flow.shape == (2, 2, SIDE, SIDE)
        still = Pair(pair.previous, pair.current, torch.zeros_like(pair.flow), pair.seen)
        assert unexplained(pair) < 0.5 * unexplained(still)


def test_pairs_depend_on_the_step_alone(tmp_path: Path) -> None:
    photos, shot = write_pictures(tmp_path / "photos"), write_shot(tmp_path / "shot")
    first, again = (pairs_of(photos, synthetic=0.5, shots=shot) for _ in range(2))
    first(1, 2)
    assert torch.equal(first(7, 2).current, again(7, 2).current)
    assert not torch.equal(first(7, 2).current, first(8, 2).current)


def test_a_still_picture_is_no_shot(tmp_path: Path) -> None:
    (tmp_path / "still").mkdir()
    write_image(tmp_path / "still" / "frame.0001.png", smooth(1))
    with pytest.raises(InputError, match="no two neighbouring frames"):
        open_shots([tmp_path / "still"])


def test_a_change_of_light_is_not_held_against_the_painting() -> None:
    plate = torch.full((1, 3, 8, 8), 0.5)
    none = torch.zeros(1, 2, 8, 8)
    pair = Pair(plate, plate + 0.2, none, torch.ones(1, 1, 8, 8))
    painted = torch.full((1, 3, 8, 8), 0.3)
    assert float(Objective.flow_term(painted + 0.2, painted, pair, ONE)) < 1e-10
    assert float(Objective.flow_term(painted, painted, pair, ONE)) == pytest.approx(0.04, rel=1e-3)


def test_terms_of_flow_count_what_is_seen_only() -> None:
    pair = Pair(*(torch.zeros(1, 3, 8, 8),) * 2, torch.zeros(1, 2, 8, 8), torch.zeros(1, 1, 8, 8))
    pair.seen[..., :4] = 1.0
    flicker = torch.zeros(1, 3, 8, 8)
    flicker[..., 4:] = 1.0
    assert float(Objective.flow_term(flicker, torch.zeros_like(flicker), pair, ONE)) == 0.0
    assert float(Objective.flow_term(1.0 - flicker, torch.zeros_like(flicker), pair, ONE)) == pytest.approx(1.0)
    features = torch.rand(1, 4, 4, 4)
    assert float(Objective.feature_term(features, features, pair, ONE)) == pytest.approx(0.0, abs=1e-10)


def test_each_picture_counts_by_the_steadiness_of_its_style() -> None:
    none = torch.zeros(2, 2, 48, 48)
    pair = Pair(*(torch.zeros(2, 3, 48, 48),) * 2, none, torch.ones(2, 1, 48, 48))
    still, factors = torch.zeros(2, 3, 48, 48), torch.tensor([3.0, 0.5])
    first, second = still.clone(), still.clone()
    first[0], second[1] = 1.0, 1.0
    paintings = [
        {"name": name, "title": name, "artist": "Nobody", "painting": "photo0.png", "steadiness": steadiness}
        for name, steadiness in (("bold", 3.0), ("calm", 0.5))
    ]
    objective = Shifted(training_recipe(styles=paintings))
    assert objective.steadiness(torch.tensor([1, 0, 1])).tolist() == [0.5, 3.0, 0.5]
    for flicker, share in ((first, 1.5), (second, 0.25)):
        assert float(objective.flow_term(flicker, still, pair, factors)) == pytest.approx(share, rel=1e-4)
        assert float(objective.shift_term(still, flicker, torch.zeros(2, 2), factors)) == pytest.approx(share, rel=1e-4)


def test_flow_has_its_steps_from_its_keyframe_on(tmp_path: Path) -> None:
    photos = write_pictures(tmp_path / "photos")
    weights = {"flow": [[3, 0.0], [4, 50.0]], "shift": 1.0, "layers": {"relu1_1": 1.0}}
    recipe = training_recipe(crop=SIDE, weights=weights, shift_from=0.0, steps=8)
    objective = Objective(recipe, load_loss_network(write_distilled(tmp_path / "loss.safetensors")), photos)
    pictures = ContentPictures(find_pictures([photos]), side=SIDE, flats=0.0, seed=3)
    pairs = pairs_of(photos, synthetic=0.5, shots=write_shot(tmp_path / "shot"))
    heard: list[set[str]] = []
    run = TrainingRun(recipe, objective, pictures, tmp_path / "run", pairs=pairs)
    run.run(on_step=lambda step: heard.append(set(step.losses)))
    assert [("shift" in terms, "flow" in terms) for terms in heard] == [
        (False, False),
        (True, False),
        (False, False),
        (True, False),
        (False, False),
        (True, False),
        (False, False),
        (False, True),
    ]
