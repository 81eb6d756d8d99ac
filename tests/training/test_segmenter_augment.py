"""Variations: picture and truth move together, and each is the seed's alone."""

from __future__ import annotations

import numpy as np
import pytest

from nst_backend.training.segmenters.augment import augmented
from nst_backend.training.segmenters.examples import Example
from nst_backend.training.segmenters.recipe import Augmentation

HEIGHT, WIDTH = 48, 80
STILL = {"flip": 0.0, "zoom_out": 1.0, "zoom_in": 1.0}
PLAIN = {"exposure": 0.0, "colour": 0.0, "contrast": 0.0, "noise": 0.0, "blur": 0.0}


@pytest.fixture
def example() -> Example:
    """A white box at the left and a small one at the right, on black."""
    masks = np.zeros((2, HEIGHT, WIDTH), np.bool_)
    masks[0, 10:34, 6:26] = True
    masks[1, 20:26, 60:66] = True
    picture = np.where(masks.any(axis=0)[..., None], 255, 0).astype(np.uint8).repeat(3, 2)
    return Example(
        name="boxes", picture=picture, labels=(0, 1), masks=masks, ignored=np.zeros((HEIGHT, WIDTH), np.bool_)
    )


def varied(
    example: Example, seed: int = 0, size: tuple[int, int] = (HEIGHT, WIDTH), least: float = 4, **options: float
):
    return augmented(example, size, Augmentation(**options), np.random.default_rng(seed), least_area=least)


def test_nothing_set_changes_nothing(example: Example) -> None:
    found = varied(example, **STILL, **PLAIN)
    np.testing.assert_allclose(found.picture, example.display, atol=1e-6)
    np.testing.assert_array_equal(found.masks, example.masks)


def test_a_mirrored_picture_has_a_mirrored_truth(example: Example) -> None:
    found = varied(example, **{**STILL, "flip": 1.0}, **PLAIN)
    np.testing.assert_array_equal(found.masks, example.masks[:, :, ::-1])
    np.testing.assert_allclose(found.picture, example.display[:, ::-1], atol=1e-6)


@pytest.mark.parametrize("size", [(HEIGHT, WIDTH), (2 * HEIGHT, 2 * WIDTH)])
@pytest.mark.parametrize("seed", range(8))
def test_the_truth_lies_where_the_picture_shows_it(example: Example, seed: int, size: tuple[int, int]) -> None:
    found = varied(example, seed, size, least=1, zoom_out=0.6, zoom_in=1.8, **PLAIN)
    # Margins have the mean of the picture, so what is white is an object.
    white = found.picture.min(axis=2) > 0.5
    truth = found.masks.any(axis=0)
    assert truth.shape == size
    assert (white ^ truth).sum() <= 0.12 * max(1, truth.sum())


def test_what_became_too_small_is_left_out(example: Example) -> None:
    found = varied(example, least=30, zoom_out=0.5, zoom_in=1.0, flip=0.0, seed=2, **PLAIN)
    assert found.labels == (0,)
    assert len(found.masks) == 1


def test_a_seed_gives_the_same_and_another_does_not(example: Example) -> None:
    one, again, other = varied(example, 7), varied(example, 7), varied(example, 8)
    np.testing.assert_array_equal(one.picture, again.picture)
    np.testing.assert_array_equal(one.masks, again.masks)
    assert not np.array_equal(one.picture, other.picture)


def test_pictures_stay_in_range(example: Example) -> None:
    for seed in range(10):
        found = varied(example, seed, exposure=3.0, noise=0.3, contrast=0.9)
        assert found.picture.dtype == np.float32
        assert found.picture.min() >= 0.0
        assert found.picture.max() <= 1.0
