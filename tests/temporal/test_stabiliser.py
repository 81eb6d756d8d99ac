"""The stabiliser: what it must keep, what it must leave alone, and when it starts anew."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.flow.source import Motion
from nst_backend.temporal.options import StabiliserOptions
from nst_backend.temporal.preroll import preroll_frames
from nst_backend.temporal.stabiliser import Stabiliser

SIZE = (72, 96)


def texture(seed: int, sigma: float = 1.5, size: tuple[int, int] = SIZE) -> np.ndarray:
    noise = np.random.default_rng(seed).random((*size, 3), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), sigma)
    return ((smooth - smooth.min()) / (smooth.max() - smooth.min())).astype(np.float32)


def moving(dx: float = 0, dy: float = 0, size: tuple[int, int] = SIZE, *, known: bool = True) -> Motion:
    backward = np.broadcast_to(np.float32((dx, dy)), (*size, 2)).copy()
    everywhere = np.ones(size, bool)
    return Motion(backward, -backward, everywhere, everywhere & known, "exact" if known else "estimated")


def sharpness(picture: np.ndarray) -> float:
    return float(np.abs(cv2.Laplacian(picture.mean(axis=-1), cv2.CV_32F)).mean())


def test_smoothing_zero_is_the_identity() -> None:
    stabiliser = Stabiliser(StabiliserOptions(smoothing=0))
    plate = texture(0)
    for number in range(3):
        styled = np.random.default_rng(number).normal(0.5, 1, (*SIZE, 3)).astype(np.float32)
        frame = stabiliser.step(styled, plate, moving(), None, number)
        np.testing.assert_array_equal(frame.picture, styled)
        assert not frame.mask.any()


def test_a_still_picture_does_not_drift_in_a_hundred_frames() -> None:
    stabiliser, plate, styled = Stabiliser(), texture(0), texture(1)
    for number in range(100):
        frame = stabiliser.step(styled, plate, moving(), None, number)
    assert np.abs(frame.picture - styled).mean() < 1 / 255
    assert np.abs(frame.picture - styled).max() < 1 / 255


def test_a_wrong_start_is_forgotten() -> None:
    stabiliser, plate, styled = Stabiliser(), texture(0), texture(1)
    stabiliser.step(1 - styled, plate, None, None, 0)
    apart = []
    for number in range(1, preroll_frames(0.9) + 1):
        apart.append(np.abs(stabiliser.step(styled, plate, moving(), None, number).picture - styled).mean())
    assert apart[0] > 20 / 255
    assert apart[-1] < 1 / 255


def test_flicker_is_damped_and_estimated_motion_damps_less() -> None:
    plate, base = texture(0), texture(1)
    left = {}
    for known in (True, False):
        stabiliser, previous, jumps = Stabiliser(), None, []
        for number in range(24):
            noise = np.random.default_rng(number).normal(0, 0.1, (*SIZE, 3)).astype(np.float32)
            picture = stabiliser.step(np.clip(base + noise, 0, 1), plate, moving(known=known), None, number).picture
            if previous is not None and number > 12:
                jumps.append(float(np.square(picture - previous).mean()))
            previous = picture
        left[known] = np.sqrt(np.mean(jumps))
    raw = 0.1 * np.sqrt(2)
    assert left[True] < 0.2 * raw
    assert left[True] < left[False] < 0.5 * raw


def test_changed_light_is_not_mixed() -> None:
    stabiliser, plate = Stabiliser(), texture(0) * np.float32(0.5) + np.float32(0.4)
    shaded = plate.copy()
    shaded[20:50, 30:70] *= np.float32(0.6)
    stabiliser.step(texture(1), plate, None, None, 0)
    styled = texture(2)
    frame = stabiliser.step(styled, shaded, moving(), None, 1)
    assert frame.reset is None
    np.testing.assert_array_equal(frame.picture[24:46, 34:66], styled[24:46, 34:66])
    assert np.all(frame.mask[:14, :20] == 1)


def test_what_was_hidden_is_exactly_the_painting() -> None:
    stabiliser, plate, motion = Stabiliser(), texture(0), moving()
    motion.valid[30:40, 40:60] = False
    stabiliser.step(texture(1), plate, None, None, 0)
    styled = texture(2)
    frame = stabiliser.step(styled, plate, motion, None, 1)
    np.testing.assert_array_equal(frame.picture[30:40, 40:60], styled[30:40, 40:60])
    assert np.abs(frame.picture - styled)[:20].mean() > 0.05


def test_other_objects_and_unstyled_pixels_are_not_mixed() -> None:
    plate, first, styled = texture(0), texture(1), texture(2)
    ids = np.full(SIZE, 3, np.uint32)
    moved = ids.copy()
    moved[10:20, 10:20] = 9
    weight = np.ones(SIZE, np.float32)
    weight[50:, :] = 0
    before = weight.copy()
    before[:, 80:] = 0
    stabiliser = Stabiliser()
    stabiliser.step(first, plate, None, ids, 0, weight=before)
    frame = stabiliser.step(styled, plate, moving(), moved, 1, weight=weight)
    for rows, columns in ((slice(10, 20), slice(10, 20)), (slice(50, 72), slice(0, 96)), (slice(0, 72), slice(80, 96))):
        np.testing.assert_array_equal(frame.picture[rows, columns], styled[rows, columns])
    assert np.all(frame.mask[25:45, 30:70] == 1)


def test_a_whole_pixel_pan_keeps_every_detail() -> None:
    wide_plate, wide_style = texture(0, size=(72, 200)), texture(1, 0.7, size=(72, 200))
    stabiliser = Stabiliser()
    for number in range(20):
        window = slice(3 * number, 3 * number + 96)
        styled = wide_style[:, window]
        frame = stabiliser.step(styled, wide_plate[:, window], moving(3), None, number)
    np.testing.assert_allclose(frame.picture, styled, atol=1e-5)
    assert sharpness(frame.picture) == pytest.approx(sharpness(styled), rel=1e-4)


def test_a_fractional_pan_stays_in_range_and_keeps_its_strokes() -> None:
    wide_plate, wide_style = texture(0, size=(72, 200)), texture(1, size=(72, 200))
    stabiliser = Stabiliser()
    for number in range(20):
        shift = np.broadcast_to(np.float32((2.37 * number, 0)), (*SIZE, 2))
        there = [
            cv2.remap(
                p,
                np.arange(96, dtype=np.float32)[None] + shift[..., 0],
                np.arange(72, dtype=np.float32)[:, None] + shift[..., 1],
                cv2.INTER_CUBIC,
            )
            for p in (wide_plate, wide_style)
        ]
        frame = stabiliser.step(np.clip(there[1], 0, 1), np.clip(there[0], 0, 1), moving(2.37), None, number)
    assert frame.picture.min() >= 0
    assert frame.picture.max() <= 1
    assert sharpness(frame.picture[:, :80]) > 0.9 * sharpness(there[1][:, :80])


@pytest.mark.parametrize(
    ("reason", "number", "motion", "plate"),
    [
        ("jump", 3, moving(), texture(0)),
        ("jump", 1, moving(), texture(0)),
        ("motion", 2, None, texture(0)),
        ("cut", 2, moving(), 1 - texture(0) ** 3),
    ],
)
def test_resets(reason: str, number: int, motion: Motion | None, plate: np.ndarray) -> None:
    stabiliser = Stabiliser()
    assert stabiliser.step(texture(1), texture(0), None, None, 1).reset == "start"
    styled = texture(2)
    frame = stabiliser.step(styled, plate, motion, None, number)
    assert frame.reset == reason
    np.testing.assert_array_equal(frame.picture, styled)


def test_a_changed_size_starts_anew() -> None:
    stabiliser = Stabiliser()
    stabiliser.step(texture(1), texture(0), None, None, 0)
    small = texture(3, size=(40, 50))
    assert stabiliser.step(small, small, moving(size=(40, 50)), None, 1).reset == "size"


def test_a_step_of_two_is_no_jump() -> None:
    stabiliser = Stabiliser(StabiliserOptions(step=2))
    stabiliser.step(texture(1), texture(0), None, None, 1)
    assert stabiliser.step(texture(1), texture(0), moving(), None, 3).reset is None


def test_poison_does_not_stay() -> None:
    stabiliser, plate, styled = Stabiliser(), texture(0), texture(1)
    poisoned = styled.copy()
    poisoned[5, 5] = np.nan
    stabiliser.step(poisoned, plate, None, None, 0)
    assert np.isfinite(stabiliser.step(styled, plate, moving(), None, 1).picture).all()


def test_the_callers_pictures_are_neither_changed_nor_kept() -> None:
    stabiliser, plate, styled = Stabiliser(), texture(0), texture(1)
    kept = styled.copy(), plate.copy()
    stabiliser.step(styled, plate, None, None, 0)
    stabiliser.step(styled, plate, moving(), None, 1)
    np.testing.assert_array_equal(styled, kept[0])
    np.testing.assert_array_equal(plate, kept[1])
    styled[:] = 0
    assert stabiliser.history is not None
    assert stabiliser.history.output.mean() > 0.1


@settings(max_examples=20, deadline=None)
@given(smoothing=st.floats(0, 1))
def test_preroll_is_the_least_number_that_suffices(smoothing: float) -> None:
    frames = preroll_frames(smoothing)
    share = StabiliserOptions(smoothing=smoothing).exact().fine
    assert share == 0 or share**frames < 1 / 255
    assert frames == 0 or share ** (frames - 1) >= 1 / 255


def film(number: int) -> tuple[np.ndarray, np.ndarray]:
    """Plate and flickering painting of a pan by two pixels a frame over a long picture."""
    window = slice(2 * number, 2 * number + 96)
    styled = texture(9, size=(72, 240))[:, window] + 0.2 * (texture(100 + number, 0.7) - 0.5)
    return texture(0, size=(72, 240))[:, window], np.clip(styled, 0, 1)


@pytest.mark.parametrize("smoothing", [0.6, 0.9])
def test_a_chunk_with_preroll_agrees_with_the_whole_shot(smoothing: float) -> None:
    options = StabiliserOptions(smoothing=smoothing)
    whole, chunk = Stabiliser(options), Stabiliser(options)
    begin = 5
    start = begin + preroll_frames(smoothing)
    apart = []
    for number in range(start + 3):
        plate, styled = film(number)
        reference = whole.step(styled, plate, moving(2), None, number)
        if number >= begin:
            frame = chunk.step(styled, plate, moving(2), None, number)
            apart.append(float(np.abs(reference.picture - frame.picture).max()))
    assert apart[0] > 5 / 255
    assert max(apart[start - begin :]) < 1 / 255


def test_after_a_cut_within_the_preroll_a_chunk_is_the_whole_shot() -> None:
    whole, chunk = Stabiliser(), Stabiliser()
    for number in range(16):
        plate, styled = film(number)
        if number >= 8:
            plate, styled = 1 - plate**3, 1 - styled
        reference = whole.step(styled, plate, moving(2), None, number)
        if number >= 4:
            frame = chunk.step(styled, plate, moving(2), None, number)
            assert (frame.reset == "cut") == (number == 8)
            assert np.array_equal(frame.picture, reference.picture) == (number >= 8)


def test_a_slow_pan_of_two_hundred_frames_neither_blurs_nor_rings() -> None:
    # Band-limited and periodic, so that the true picture is known at every fraction of a pixel.
    turns = np.fft.rfftfreq(96)[None, :, None]
    spectrum = np.fft.rfft2(np.random.default_rng(1).normal(0.5, 0.5, (64, 96, 3)), axes=(0, 1))
    spectrum *= np.exp(-30 * (turns**2 + np.fft.fftfreq(64)[:, None, None] ** 2))

    def seen(dx: float) -> np.ndarray:
        return np.clip(np.fft.irfft2(spectrum * np.exp(2j * np.pi * turns * dx), (64, 96), axes=(0, 1)), 0, 1).astype(
            np.float32
        )

    stabiliser, flat, kept, apart = Stabiliser(), np.full((64, 96, 3), 0.5, np.float32), [], []
    for number in range(200):
        styled = seen(0.3 * number)
        inner = stabiliser.step(styled, flat, moving(0.3, size=(64, 96)), None, number).picture[12:-12, 12:-24]
        kept.append(sharpness(inner) / sharpness(styled[12:-12, 12:-24]))
        apart.append(float(np.abs(inner - styled[12:-12, 12:-24]).max()))
    assert min(kept) > 0.85
    assert max(kept) < 1.02
    assert max(apart[150:]) < 1.2 * max(apart[20:70])


@pytest.mark.parametrize("options", [{"smoothing": 1.1}, {"smoothing": -0.1}, {"gate_from": 0.3}, {"step": 0}])
def test_impossible_options_are_refused(options: dict[str, float]) -> None:
    with pytest.raises(UsageError):
        StabiliserOptions(**options)  # type: ignore[arg-type]


def test_sizes_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="painting"):
        Stabiliser().step(texture(0), texture(0, size=(30, 30)), None, None, 0)
    with pytest.raises(InputError, match="ids"):
        Stabiliser().step(texture(0), texture(0), None, np.zeros((3, 3), np.uint32), 0)
