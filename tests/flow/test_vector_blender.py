"""The Vector pass of real renders, on each Blender."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from nst_backend.flow.camera import background_flow, load_cameras, reproject
from nst_backend.flow.dis import DisSource
from nst_backend.flow.vector import VectorSource, surface_hit, vector_backward
from nst_backend.image.warp import inside, warp
from nst_backend.media.plate import Frame, open_plate

if TYPE_CHECKING:
    from conftest import Blender

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def shots(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of shots that ``bpy_motion_shots.py`` renders with one Blender."""
    folder = tmp_path_factory.mktemp("motion-shots")
    blender.run(Path(__file__).with_name("bpy_motion_shots.py"), folder, timeout=600)
    return folder


@pytest.fixture
def load(shots: Path) -> Callable[[str, int], Frame]:
    def read(shot: str, number: int) -> Frame:
        return open_plate(shots / shot / "#.exr", layer="ViewLayer").read(number, extra=lambda name: True)

    return read


def display(frame: Frame) -> np.ndarray:
    return np.clip(frame.rgb, 0, 1).astype(np.float32) ** np.float32(1 / 2.2)


def source(**options: object) -> VectorSource:
    return VectorSource(display=display, fallback=DisSource(display=display), **options)  # type: ignore[arg-type]


def residual(later: Frame, earlier: Frame, flow: np.ndarray, where: np.ndarray) -> float:
    return float(np.abs(display(later) - warp(display(earlier), flow))[where].mean())


def test_of_all_signs_and_pairs_ours_is_right_under_acceleration(load: Callable[[str, int], Frame]) -> None:
    earlier, now, later = (load("accelerate", n) for n in (2, 3, 4))
    motion_back, motion_on = source().between(earlier, now), source().between(now, later)
    moving = np.abs(vector_backward(now)).max(axis=-1) > 1
    assert moving.sum() > 200
    ahead = motion_on.forward
    raw = np.stack([now.channels[f"ViewLayer.Vector.{c}"] for c in "XYZW"], axis=-1)
    wrong_back, wrong_ahead = [], []
    for pair, sx, sy in itertools.product(((0, 1), (2, 3)), (1, -1), (1, -1)):
        candidate = (raw[..., pair] * np.float32((sx, sy))).astype(np.float32)
        if not np.array_equal(candidate, motion_back.backward):
            wrong_back.append(residual(now, earlier, candidate, moving & motion_back.valid))
        if not np.array_equal(candidate, ahead):
            wrong_ahead.append(residual(now, later, candidate, moving & inside(ahead)))
    assert len(wrong_back) == len(wrong_ahead) == 7
    assert residual(now, earlier, motion_back.backward, moving & motion_back.valid) < 0.6 * min(wrong_back)
    assert residual(now, later, ahead, moving & inside(ahead)) < 0.8 * min(wrong_ahead)


def test_occlusion_is_found(load: Callable[[str, int], Frame]) -> None:
    earlier, now = load("accelerate", 3), load("accelerate", 4)
    motion = source().between(earlier, now)
    assert 0.85 < motion.valid.mean() < 0.99
    error = np.abs(display(now) - warp(display(earlier), motion.backward)).mean(axis=-1)
    assert error[motion.valid].mean() < 0.3 * error[~motion.valid].mean()


def test_background_under_a_turning_camera(shots: Path, load: Callable[[str, int], Frame]) -> None:
    earlier, now = load("pan", 2), load("pan", 3)
    cameras = load_cameras(shots / "pan" / "cameras.json")
    sky = ~surface_hit(now)
    truth = background_flow(cameras[3], cameras[2], sky.shape)
    assert np.linalg.norm(truth[sky], axis=-1).min() > 3
    exact = source(cameras=cameras).between(earlier, now)
    np.testing.assert_array_equal(exact.backward[sky], truth[sky])
    assert exact.known.all()
    assert not exact.warnings
    alone = source().between(earlier, now)
    assert np.linalg.norm(alone.backward - truth, axis=-1)[sky].mean() < 1
    # The cameras' own truth, judged by the picture rather than by itself.
    seen = sky & exact.valid & alone.valid
    assert residual(now, earlier, exact.backward, seen) <= residual(now, earlier, alone.backward, seen)
    assert residual(now, earlier, exact.backward, seen) < 0.25 * residual(now, earlier, 0 * truth, seen)


def test_static_points_agree_with_the_cameras(shots: Path, load: Callable[[str, int], Frame]) -> None:
    now = load("pan", 3)
    cameras = load_cameras(shots / "pan" / "cameras.json")
    flow, _ = reproject(cameras[3], cameras[2], now.channels["ViewLayer.Depth.Z"].astype(np.float32))
    error = np.linalg.norm(flow - vector_backward(now), axis=-1)[surface_hit(now)]
    assert np.median(error) < 0.01
    assert np.percentile(error, 95) < 0.1


def test_a_still_scene_is_truly_still(load: Callable[[str, int], Frame]) -> None:
    motion = source().between(load("still", 1), load("still", 2))
    assert motion.kind == "exact"
    assert not motion.warnings
    assert not motion.backward.any()
    assert motion.valid.all()
    assert motion.known.all()


def test_changing_light_is_not_taken_for_motion_blur(load: Callable[[str, int], Frame]) -> None:
    before, after = load("light", 1), load("light", 2)
    assert np.abs(display(after) - display(before)).max() > 0.1
    motion = source().between(before, after)
    assert motion.kind == "exact"
    assert not motion.warnings


def test_motion_blur_is_noticed(load: Callable[[str, int], Frame]) -> None:
    motion = source().between(load("blur", 3), load("blur", 4))
    assert motion.kind == "estimated"
    assert [w.kind for w in motion.warnings] == ["vector-empty"]


def test_a_step_of_two_is_composed_and_never_read_from_one_pass(load: Callable[[str, int], Frame]) -> None:
    frames = [load("accelerate", n) for n in (2, 3, 4)]
    jump = source().between(frames[0], frames[2])
    assert [w.kind for w in jump.warnings] == ["vector-gap"]
    composed = source().across(frames)
    assert composed.kind == "exact"
    moving = composed.valid & (np.abs(np.nan_to_num(composed.backward)).max(axis=-1) > 2)
    assert moving.sum() > 200
    single = vector_backward(frames[2])
    assert residual(frames[2], frames[0], composed.backward, moving) < 0.5 * residual(
        frames[2], frames[0], single, moving
    )
