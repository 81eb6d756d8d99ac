"""Estimated flow, against exact flow of real data and at its limits."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from nst_backend.contract.errors import InputError
from nst_backend.flow.dis import dis_flow, estimated_motion
from nst_backend.image.warp import warp


def read_picture(path: Path) -> np.ndarray:
    return cv2.imread(str(path))[..., ::-1].astype(np.float32) / 255


def read_flo(path: Path) -> np.ndarray:
    data = path.read_bytes()
    assert np.frombuffer(data, np.float32, 1)[0] == np.float32(202021.25)
    width, height = np.frombuffer(data, np.int32, 2, 4)
    return np.frombuffer(data, np.float32, width * height * 2, 12).reshape(height, width, 2)


def end_point_error(flow: np.ndarray, truth: np.ndarray) -> np.ndarray:
    known = np.abs(truth).max(axis=-1) < 1e6
    return np.linalg.norm(flow - truth, axis=-1)[known]


def test_sintel_is_followed_and_what_counts_as_valid_is_better_than_the_rest(shared_data: Path) -> None:
    folder = shared_data / "flow" / "sintel_alley_1"
    first, second = (read_picture(folder / "final" / f"frame_000{n}.png") for n in (1, 2))
    truth = read_flo(folder / "flow" / "frame_0001.flo")
    there, back = dis_flow(first, second), dis_flow(second, first)
    assert end_point_error(there, truth).mean() < 0.7
    # The motion's "current" frame is the one where the field is sampled: here the first.
    motion = estimated_motion(there, back)
    error = np.linalg.norm(there - truth, axis=-1)
    assert motion.valid.mean() > 0.5
    assert error[motion.valid].mean() < 0.6 * error[~motion.valid].mean()
    assert not motion.known.any()
    assert motion.kind == "estimated"


def test_rubberwhale_is_followed(shared_data: Path) -> None:
    folder = shared_data / "flow" / "rubberwhale"
    flow = dis_flow(read_picture(folder / "frame10.png"), read_picture(folder / "frame11.png"))
    assert end_point_error(flow, read_flo(folder / "flow10.flo")).mean() < 0.5


def texture(height: int, width: int) -> np.ndarray:
    noise = np.random.default_rng(3).random((height, width, 3), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return (smooth - smooth.min()) / (smooth.max() - smooth.min())


@pytest.mark.parametrize("preset", ["ultrafast", "fast", "medium"])
def test_the_sign_is_source_to_target(preset: str) -> None:
    target = texture(90, 120)
    source = warp(target, np.full((90, 120, 2), (5, -3), np.float32))
    flow = dis_flow(source, target, preset=preset)
    np.testing.assert_allclose(np.median(flow[20:-20, 20:-20], axis=(0, 1)), (5, -3), atol=0.3)


@pytest.mark.parametrize("size", [(1, 1), (5, 200), (40, 3)])
def test_tiny_frames_are_taken(size: tuple[int, int]) -> None:
    picture = texture(*size) if min(size) > 1 else np.zeros((*size, 3), np.float32)
    flow = dis_flow(picture, picture)
    assert flow.shape == (*size, 2)
    assert np.isfinite(flow).all()


def test_nan_in_the_plate_does_not_spread() -> None:
    picture = texture(64, 64)
    picture[10, 10] = np.nan
    assert np.isfinite(dis_flow(picture, picture)).all()


def test_sizes_that_differ_are_refused() -> None:
    with pytest.raises(InputError, match="64 x 48 and 64 x 50"):
        dis_flow(texture(48, 64), texture(50, 64))
