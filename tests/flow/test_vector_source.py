"""The Vector convention and its gaps, on frames made by hand."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np
import pytest

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.flow.camera import Camera
from nst_backend.flow.chain import chain
from nst_backend.flow.dis import DisSource
from nst_backend.flow.source import Motion
from nst_backend.flow.vector import VectorSource, surface_hit, vector_backward, vector_forward
from nst_backend.media.plate import Frame

SIZE = (64, 96)


def texture(seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).random((SIZE[0], SIZE[1] * 2, 3), dtype=np.float32)
    smooth = cv2.GaussianBlur(noise, (0, 0), 2)
    return (smooth - smooth.min()) / (smooth.max() - smooth.min())


def vector(x: float = 0, y: float = 0, z: float = 0, w: float = 0, layer: str = "ViewLayer") -> dict[str, np.ndarray]:
    values = zip("XYZW", (x, y, z, w), strict=True)
    return {f"{layer}.Vector.{c}": np.full(SIZE, value, np.float32) for c, value in values}


def sliding(number: int, step: int, **channels: np.ndarray) -> Frame:
    """A texture that moves ``step`` pixels to the left each frame."""
    return Frame(number, texture()[:, number * step : number * step + SIZE[1]], channels=channels)


def source(**options: Any) -> VectorSource:
    return VectorSource(display=lambda f: f.rgb, fallback=DisSource(display=lambda f: f.rgb), **options)


def test_signs_and_axes() -> None:
    frame = Frame(1, texture()[:, :96], channels=vector(1, 2, 3, 4))
    np.testing.assert_array_equal(vector_backward(frame)[0, 0], (1, -2))
    np.testing.assert_array_equal(vector_forward(frame)[0, 0], (-3, 4))
    assert vector_backward(Frame(1, frame.rgb)) is None


def test_neighbours_are_exact() -> None:
    motion = source().between(sliding(1, 4, **vector(4, 0, 4, 0)), sliding(2, 4, **vector(4, 0, 4, 0)))
    assert motion.kind == "exact"
    assert motion.known.all()
    assert not motion.warnings
    np.testing.assert_array_equal(motion.backward[5, 5], (4, 0))
    np.testing.assert_array_equal(motion.forward[5, 5], (-4, 0))
    assert motion.valid[:, :92].all()
    assert not motion.valid[:, 92:].any()


def test_a_gap_is_said_and_estimated_and_can_be_bridged() -> None:
    frames = [sliding(n, 3, **vector(3, 0, 3, 0)) for n in (1, 2, 3)]
    direct = source().between(frames[0], frames[2])
    assert direct.kind == "estimated"
    assert [w.kind for w in direct.warnings] == ["vector-gap"]
    assert not direct.known.any()
    assert np.median(direct.backward[..., 0]) == pytest.approx(6, abs=0.3)
    bridged = source().across(frames)
    assert bridged.kind == "exact"
    np.testing.assert_array_equal(bridged.backward[5, 5], (6, 0))
    np.testing.assert_array_equal(bridged.forward[5, 20], (-6, 0))
    assert bridged.valid[:, :90].all()
    assert not bridged.valid[:, 90:].any()


def test_an_absent_pass_is_said_and_estimated() -> None:
    motion = source().between(sliding(1, 3), sliding(2, 3))
    assert [w.kind for w in motion.warnings] == ["vector-absent"]
    assert "Vector pass of the view layer" in motion.warnings[0].sentence()


def test_an_empty_pass_under_motion_is_said_and_estimated() -> None:
    motion = source().between(sliding(1, 3, **vector()), sliding(2, 3, **vector()))
    assert [w.kind for w in motion.warnings] == ["vector-empty"]
    assert "motion blur" in motion.warnings[0].sentence()
    assert np.median(motion.backward[..., 0]) == pytest.approx(3, abs=0.3)


@pytest.mark.parametrize("gain", [1.0, 0.5])
def test_an_empty_pass_without_motion_is_the_truth(gain: float) -> None:
    before = sliding(0, 0, **vector())
    after = replace(before, number=1, rgb=before.rgb * np.float32(gain))
    motion = source().between(before, after)
    assert motion.kind == "exact"
    assert not motion.warnings
    assert motion.valid.all()
    assert not motion.backward.any()


def sky_channels(hit: np.ndarray, how: str) -> dict[str, np.ndarray]:
    if how == "cryptomatte":
        return {"ViewLayer.CryptoObject00.r": np.float32(hit), "ViewLayer.CryptoObject00.g": np.float32(hit)}
    return {"ViewLayer.Depth.Z": np.where(hit, np.float32(5), np.float32(1e10))}


@pytest.mark.parametrize("how", ["cryptomatte", "depth"])
def test_background_without_vectors_is_estimated_there_only(how: str) -> None:
    hit = np.zeros(SIZE, bool)
    hit[40:] = True
    channels = {name: np.where(hit, pixels, 0) for name, pixels in vector(4, 0, 4, 0).items()}
    channels |= sky_channels(hit, how)
    frames = [sliding(n, 4, **channels) for n in (1, 2)]
    np.testing.assert_array_equal(surface_hit(frames[0]), hit)
    motion = source().between(*frames)
    assert motion.kind == "exact"
    assert [w.kind for w in motion.warnings] == ["background-estimated"]
    np.testing.assert_array_equal(motion.known, hit)
    np.testing.assert_array_equal(motion.backward[hit], np.broadcast_to((4, 0), (hit.sum(), 2)))
    assert np.median(motion.backward[~hit][:, 0]) == pytest.approx(4, abs=0.3)


def test_background_comes_from_the_cameras() -> None:
    hit = np.zeros(SIZE, bool)
    hit[40:] = True
    channels = {name: np.where(hit, pixels, 0) for name, pixels in vector(4, 0, 4, 0).items()}
    frames = [sliding(n, 4, **channels, **sky_channels(hit, "depth")) for n in (1, 2)]
    lens = np.array([[2.0, 0, 0, 0], [0, 3.0, 0, 0], [0, 0, -1, -0.2], [0, 0, -1, 0]])
    turn = np.eye(4)
    angle = 0.04
    turn[0, 0] = turn[2, 2] = np.cos(angle)
    turn[0, 2], turn[2, 0] = np.sin(angle), -np.sin(angle)
    motion = source(cameras={1: Camera(turn, lens), 2: Camera(np.eye(4), lens)}).between(*frames)
    assert not motion.warnings
    assert motion.known.all()
    # A camera that turned right by `angle` sees the middle of the background move by f·tan(angle) pixels.
    assert motion.backward[32, 47, 0] == pytest.approx(2.0 * 48 * np.tan(angle), rel=0.02)
    np.testing.assert_array_equal(motion.backward[50, 5], (4, 0))


def test_two_view_layers_need_a_name() -> None:
    channels = vector(1, 0, 1, 0, "Near") | vector(2, 0, 2, 0, "Far")
    frames = [sliding(n, 1, **channels) for n in (1, 2)]
    with pytest.raises(InputError, match=r"2 view layers.*plate\.motion_layer"):
        source().between(*frames)
    assert source(layer="Far").between(*frames).backward[0, 0, 0] == 2


def test_frames_of_different_size_are_refused() -> None:
    small = Frame(2, texture()[:32, :96])
    with pytest.raises(InputError, match="frames 1 and 2 differ in size"):
        source().between(sliding(1, 0), small)


def test_a_chain_is_valid_only_where_every_step_is() -> None:
    def step(dx: float) -> Motion:
        flow = np.broadcast_to(np.float32((dx, 0)), (*SIZE, 2)).copy()
        return Motion(flow, -flow, np.ones(SIZE, bool), np.ones(SIZE, bool), "exact")

    first, second = step(2), step(3)
    first.valid[10, 20] = False
    second.known[30, 40] = False
    joined = chain([first, second])
    np.testing.assert_array_equal(joined.backward[0, 0], (5, 0))
    assert not joined.valid[10, 17]
    assert joined.valid[10, 20]
    assert not joined.known[30, 40]
    with pytest.raises(UsageError):
        chain([])


def test_motion_checks_its_parts() -> None:
    with pytest.raises(UsageError, match="differ in size"):
        Motion(np.zeros((4, 4, 2), np.float32), None, np.ones((4, 5), bool), np.ones((4, 4), bool), "exact")
