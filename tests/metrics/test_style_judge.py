"""The judge: distances to paintings, and whose style a painting is."""

from __future__ import annotations

import json

import cv2
import numpy as np
import pytest
import torch

from nst_backend.contract.errors import UsageError
from nst_backend.metrics.style_judge import JUDGE_LAYERS, judge_style, judged_json, look_at_plates
from nst_backend.metrics.style_loss import GramDistance, gram_under
from nst_backend.metrics.trunks import TRUNKS, Trunk
from nst_backend.styles.losses import gram

LAYERS = JUDGE_LAYERS["squeezenet1_1"]


@pytest.fixture(scope="module")
def trunk() -> Trunk:
    torch.manual_seed(6)
    kind = TRUNKS["squeezenet1_1"]
    return Trunk(kind, kind.build().eval().requires_grad_(False))


def strokes(seed: int, angle: float, colour: tuple[float, float, float], side: int = 96) -> np.ndarray:
    """Noise drawn out along a direction, in shades of a colour."""
    grain = np.random.default_rng(seed).random((side, side), dtype=np.float32)
    kernel = np.zeros((15, 15), np.float32)
    y, x = round(6 * np.sin(angle)), round(6 * np.cos(angle))
    cv2.line(kernel, (7 - x, 7 - y), (7 + x, 7 + y), 1.0)
    drawn = cv2.filter2D(grain, -1, kernel / kernel.sum())
    drawn = (drawn - drawn.min()) / (drawn.max() - drawn.min())
    return (drawn[..., None] * np.array(colour, np.float32)).astype(np.float32)


PAINTINGS = {
    "level": strokes(1, 0.0, (1.0, 0.7, 0.2)),
    "upright": strokes(2, np.pi / 2, (1.0, 0.7, 0.2)),
    "blue": strokes(3, 0.0, (0.1, 0.3, 1.0)),
}


def test_a_painting_has_no_distance_to_itself_and_one_to_others(trunk: Trunk) -> None:
    distance = GramDistance(trunk, LAYERS, PAINTINGS)
    for name, picture in PAINTINGS.items():
        found = distance.of(picture)
        assert found[name] == pytest.approx(0, abs=1e-9)
        assert min(value for other, value in found.items() if other != name) > 1e-4


def test_another_piece_of_the_same_strokes_is_nearest_to_them(trunk: Trunk) -> None:
    distance = GramDistance(trunk, LAYERS, PAINTINGS)
    for name, picture in (
        ("level", strokes(11, 0.0, (1.0, 0.7, 0.2))),
        ("upright", strokes(12, np.pi / 2, (1.0, 0.7, 0.2))),
        ("blue", strokes(13, 0.0, (0.1, 0.3, 1.0))),
    ):
        found = distance.of(picture)
        assert min(found, key=found.__getitem__) == name


def test_with_one_painting_the_distance_is_relative_to_its_own_gram_matrix(trunk: Trunk) -> None:
    black = GramDistance(trunk, ("relu1",), {"level": PAINTINGS["level"]})
    found = {"relu1": torch.zeros(1, 64, 9, 9)}
    assert black.of_activations(found)["level"] == pytest.approx(1)


def test_places_that_do_not_count_change_nothing() -> None:
    features = torch.rand(1, 5, 8, 12)
    places = features[0].flatten(1)
    torch.testing.assert_close(gram_under(features)[0], torch.einsum("in,jn->ij", places, places) / (5 * 8 * 12))
    where = np.zeros((32, 48), bool)
    where[:, :24] = True
    torch.testing.assert_close(gram_under(features, where), gram(features[..., :6]))
    half = 0.5 * where.astype(np.float32) + 0.5
    mixed = (gram(features[..., :6]) + 0.5 * gram(features[..., 6:])) / 1.5
    torch.testing.assert_close(gram_under(features, half), mixed)


def test_copying_is_chance_and_the_painting_itself_is_a_hit(trunk: Trunk) -> None:
    distance = GramDistance(trunk, LAYERS, PAINTINGS)
    plates = look_at_plates([strokes(20 + n, 0.0, (0.2, 0.4, 0.9)) for n in range(3)], distance)
    copied = judge_style("copy", lambda picture: picture, "upright", plates, distance)
    assert copied.hits == copied.chance == 0
    assert copied.loss == pytest.approx(1)
    assert sum(copied.nearest.values()) == copied.pictures == 3
    painted = judge_style("painted", lambda picture: PAINTINGS["upright"], "upright", plates, distance)
    assert (painted.hits, painted.chance) == (1, 0)
    assert painted.worst == pytest.approx(0, abs=1e-6)
    unknown = judge_style("unknown", lambda picture: picture, None, plates, distance)
    assert (unknown.hits, unknown.chance, unknown.loss) == (None, None, None)
    assert unknown.nearest == copied.nearest
    data = json.loads(judged_json([painted, unknown], network="squeezenet1_1", sha256="", paintings=distance.names))
    assert data["paintings"] == list(PAINTINGS)
    assert data["styles"][0]["nearest"] == {"upright": 3}
    assert data["styles"][1]["loss"] is None


def test_nothing_to_judge_is_said(trunk: Trunk) -> None:
    with pytest.raises(UsageError, match="no painting"):
        GramDistance(trunk, LAYERS, {})
    with pytest.raises(UsageError, match="no photographs"):
        look_at_plates([], GramDistance(trunk, LAYERS, PAINTINGS))
