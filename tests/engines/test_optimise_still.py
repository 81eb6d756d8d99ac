"""Stills painted by optimisation: what each option does."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from optimise_pictures import Array, patches, small, tiny_encoder, waves

from nst_backend.contract.errors import UsageError
from nst_backend.contract.optimisation_options import SMALLEST_SIDE, OptimisationOptions
from nst_backend.engines.optimise.scales import scale_sizes
from nst_backend.engines.optimise.still import Before, OptimisationStep, Painting, Still
from nst_backend.image.luma import LUMA, luma
from nst_backend.styles.loss_networks import DistilledVGG19

torch.set_num_threads(1)

RED, BLUE = (1.0, 0.1, 0.1), (0.1, 0.1, 1.0)
# The style of a random network outweighs everything.
COLOURFUL = {"style": 0.01, "colour": 50.0, "content": 0.1, "rate": 0.06}


@pytest.fixture(scope="module")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> DistilledVGG19:
    return tiny_encoder(Path(tmp_path_factory.mktemp("encoder")))


def painted(encoder: DistilledVGG19, photo: Array, *paintings: Painting, **options: object) -> Still:
    still = Still(photo, paintings, encoder, small(**options))
    assert still.run()
    return still


@pytest.mark.parametrize("optimiser", ["adam", "lbfgs"])
@pytest.mark.parametrize("loss", ["moments", "gram", "wasserstein"])
def test_the_loss_falls(encoder: DistilledVGG19, optimiser: str, loss: str) -> None:
    heard: list[OptimisationStep] = []
    still = Still(waves(), [Painting(patches(1))], encoder, small(optimiser=optimiser, loss=loss))
    assert still.run(heard.append)
    picture = still.picture()
    assert picture.shape == (48, 64, 3)
    assert picture.dtype == np.float32
    assert picture.min() >= 0.0
    assert picture.max() <= 1.0
    assert [step.done for step in heard] == list(range(1, 11))
    assert heard[-1].losses["style"] < 0.8 * heard[0].losses["style"]
    assert heard[-1].loss < heard[0].loss


def test_content_alone_leaves_the_picture(encoder: DistilledVGG19) -> None:
    still = painted(encoder, waves(), Painting(patches(1)), style=0.0, colour=0.0, variation=0.0, steps=3)
    assert np.abs(still.picture() - waves()).max() < 1e-6


def test_it_works_from_coarse_to_fine_and_ends_at_the_size(encoder: DistilledVGG19) -> None:
    heard: list[OptimisationStep] = []
    still = Still(waves(96, 192), [Painting(patches(1))], encoder, small(size=128, scales=3, steps=2))
    assert still.run(heard.append)
    assert still.picture().shape == (64, 128, 3)
    assert [step.size for step in heard] == [(64, 32), (64, 32), (128, 64), (128, 64)]
    assert heard[-1].done == heard[-1].total == 4


def test_content_is_reconstructed_from_its_first_layer(encoder: DistilledVGG19) -> None:
    still = Still(waves(), [], encoder, small(reconstruct="content", content_layers=("relu1_1",), steps=120, rate=0.05))
    noise = still.picture()
    assert np.abs(noise - waves()).mean() > 0.2
    assert still.run()
    assert set(still.losses[0]) == {"content"}
    assert np.abs(still.picture() - waves()).mean() < 0.1 * np.abs(noise - waves()).mean()


@pytest.mark.parametrize("layer", ["relu2_1", "relu4_2"])
def test_content_is_reconstructed_from_any_layer(encoder: DistilledVGG19, layer: str) -> None:
    still = painted(encoder, waves(), reconstruct="content", content_layers=(layer,), steps=25)
    assert still.losses[-1]["content"] < 0.7 * still.losses[0]["content"]


def test_style_is_reconstructed_without_the_content(encoder: DistilledVGG19) -> None:
    one, other = (
        painted(encoder, content, Painting(patches(1, tint=RED)), reconstruct="style", steps=20, **COLOURFUL)
        for content in (waves(), 1.0 - waves())
    )
    assert set(one.losses[0]) == {"style", "colour"}
    assert np.array_equal(one.picture(), other.picture())
    wanted = patches(1, tint=RED).mean((0, 1))
    assert np.abs(one.picture().mean((0, 1)) - wanted).max() < 0.1


def test_noise_is_its_seeds_and_forgets_the_start_picture(encoder: DistilledVGG19) -> None:
    def first(**options: object) -> Array:
        return Still(waves(), [Painting(patches(1))], encoder, small(**options)).picture()

    assert np.array_equal(first(start="noise"), first(start="noise"))
    assert not np.array_equal(first(start="noise"), first(start="noise", seed=1))
    assert np.array_equal(first(), waves())
    given_start = Still(waves(), [Painting(patches(1))], encoder, small(start="feed_forward"), start=1 - waves())
    assert np.allclose(given_start.picture(), 1 - waves(), atol=1e-6)
    with pytest.raises(UsageError, match="no style paints it"):
        first(start="feed_forward")


def test_a_matte_keeps_everything_outside_it(encoder: DistilledVGG19) -> None:
    matte = np.zeros((48, 64), np.float32)
    matte[:, 40:] = 1.0
    picture = painted(encoder, waves(), Painting(patches(1, tint=RED), matte=matte)).picture()
    assert np.array_equal(picture[:, :40], waves()[:, :40])
    assert np.abs(picture[:, 40:] - waves()[:, 40:]).mean() > 0.02


def test_each_region_takes_its_own_painting(encoder: DistilledVGG19) -> None:
    left = np.zeros((48, 64), np.float32)
    left[:, :32] = 1.0
    grey = np.full((48, 64, 3), 0.5, np.float32) + 0.05 * (waves() - 0.5)
    picture = painted(
        encoder,
        grey,
        Painting(patches(1, tint=RED), matte=left),
        Painting(patches(2, tint=BLUE), matte=1 - left),
        steps=20,
        **COLOURFUL,
    ).picture()
    means = picture[:, :32].mean((0, 1)), picture[:, 32:].mean((0, 1))
    assert means[0][0] > means[0][2] + 0.2
    assert means[1][2] > means[1][0] + 0.2


def test_weights_lead_from_one_painting_to_the_other(encoder: DistilledVGG19) -> None:
    def redness(red: float, blue: float) -> float:
        paintings = Painting(patches(1, tint=RED), red), Painting(patches(2, tint=BLUE), blue)
        mean = painted(encoder, waves(), *paintings, steps=20, **COLOURFUL).picture().mean((0, 1))
        return float(mean[0] - mean[2])

    found = [redness(1.0, 0.0), redness(3.0, 1.0), redness(1.0, 3.0), redness(0.0, 1.0)]
    assert found == sorted(found, reverse=True)
    assert found[0] > 0.2
    assert found[3] < -0.2


def test_only_the_brightness_is_painted(encoder: DistilledVGG19) -> None:
    content = 0.3 + 0.4 * waves()
    picture = painted(encoder, content, Painting(patches(1, tint=RED)), luminance_only=True).picture()
    inside = ((picture > 0.0) & (picture < 1.0)).all(axis=2)
    assert inside.mean() > 0.8
    chroma, wanted = (entry - (entry @ LUMA)[:, :, None] for entry in (picture, content))
    assert np.abs(chroma - wanted)[inside].max() < 1e-5
    assert np.abs(luma(picture) - luma(content)).mean() > 0.01


def test_a_painting_in_the_pictures_colours(encoder: DistilledVGG19) -> None:
    content = np.asarray(0.6 * waves() * np.array((0.2, 1.0, 0.3), np.float32), np.float32)

    def drift(**options: object) -> float:
        picture = painted(encoder, content, Painting(patches(1, tint=RED)), **COLOURFUL, **options).picture()
        return float(np.abs(picture.mean((0, 1)) - content.mean((0, 1))).max())

    assert drift(match_colour=True) < 0.5 * drift()


def test_a_frame_starts_from_the_one_before_where_that_holds(encoder: DistilledVGG19) -> None:
    valid = np.zeros((48, 64), np.float32)
    valid[:, :32] = 1.0
    before = Before(patches(3)[:48], valid)
    options = small(following_steps=15, scales=3)
    still = Still(waves(), [Painting(patches(1))], encoder, options, before=before)
    assert still.total == 15
    assert np.allclose(still.picture()[:, :32], before.picture[:, :32], atol=1e-6)
    assert np.allclose(still.picture()[:, 32:], waves()[:, 32:], atol=1e-6)

    def moved(weight: float) -> Array:
        found = Still(
            waves(), [Painting(patches(1))], encoder, small(following_steps=15, temporal=weight), before=before
        )
        assert found.run()
        return np.abs(found.picture() - before.picture).mean(axis=(0, 2))

    free, held = moved(0.0), moved(1000.0)
    assert held[:32].mean() < 0.5 * free[:32].mean()
    assert held[34:].mean() > 0.5 * free[34:].mean()


def test_what_does_not_fit_is_refused(encoder: DistilledVGG19) -> None:
    good = Painting(patches(1))
    with pytest.raises(UsageError, match="content picture"):
        Still(waves()[:, :, 0], [good], encoder, small())
    with pytest.raises(UsageError, match="style picture"):
        Still(waves(), [Painting(np.zeros((0, 4, 3), np.float32))], encoder, small())
    with pytest.raises(UsageError, match="no painting"):
        Still(waves(), [], encoder, small())
    with pytest.raises(UsageError, match="matte of a painting is empty"):
        Still(waves(), [Painting(patches(1), matte=np.zeros((4, 4), np.float32))], encoder, small())
    with pytest.raises(UsageError, match="no layer 'relu9_1'"):
        Still(waves(), [good], encoder, small(style_layers=("relu9_1",)))
    with pytest.raises(ValueError, match="style_weights"):
        OptimisationOptions(style_weights=(0.0, 0.0))


@given(st.integers(SMALLEST_SIDE, 4096), st.integers(SMALLEST_SIDE, 4096), st.integers(1, 6))
def test_scales_double_and_end_at_the_size(width: int, height: int, scales: int) -> None:
    sizes = scale_sizes((width, height), scales)
    assert sizes[-1] == (width, height)
    assert 1 <= len(sizes) <= scales
    assert all(min(size) >= SMALLEST_SIDE for size in sizes)
    for (small_width, small_height), (large_width, large_height) in pairwise(sizes):
        assert abs(large_width - 2 * small_width) <= 2
        assert abs(large_height - 2 * small_height) <= 2
