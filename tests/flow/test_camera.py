"""Flow from cameras, against points that are projected by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nst_backend.contract.errors import InputError
from nst_backend.flow.camera import Camera, background_flow, load_cameras, reproject

SIZE = (54, 96)


def projection(lens: float = 1.4, shift: float = 0.1, *, orthographic: bool = False) -> np.ndarray:
    near, far, aspect = 0.1, 100.0, SIZE[1] / SIZE[0]
    if orthographic:
        return np.array([[0.2, 0, 0, shift], [0, 0.2 * aspect, 0, 0], [0, 0, -0.02, -1], [0, 0, 0, 1.0]])
    depth = [0, 0, (near + far) / (near - far), 2 * near * far / (near - far)]
    return np.array([[lens, 0, shift, 0], [0, lens * aspect, -shift, 0], depth, [0, 0, -1, 0]])


def pose(pan: float, tilt: float, roll: float, where: tuple[float, float, float]) -> np.ndarray:
    matrix = np.eye(4)
    for angle, (i, j) in zip((pan, tilt, roll), ((0, 2), (1, 2), (0, 1)), strict=True):
        turn = np.eye(4)
        turn[[i, i, j, j], [i, j, i, j]] = np.cos(angle), -np.sin(angle), np.sin(angle), np.cos(angle)
        matrix = matrix @ turn
    matrix[:3, 3] = where
    return matrix


def project(camera: Camera, points: np.ndarray) -> np.ndarray:
    """World points (N, 4), or directions with w = 0, to pixels (N, 2), y down, centres at whole numbers."""
    clip = points @ (camera.projection @ np.linalg.inv(camera.matrix_world)).T
    device = clip[:, :2] / clip[:, 3:]
    return (device * (1, -1) + 1) * (SIZE[1] / 2, SIZE[0] / 2) - 0.5


def unproject(camera: Camera, pixel: tuple[int, int], depth: float) -> np.ndarray:
    """The world point (4,) seen at a pixel (row, column) at a depth along the viewing axis."""
    device = np.array([(pixel[1] + 0.5) * 2 / SIZE[1] - 1, 1 - (pixel[0] + 0.5) * 2 / SIZE[0]])
    p = camera.projection
    system = p[:2, :2] - np.outer(device, p[3, :2])
    x, y = np.linalg.solve(system, device * (p[3, 3] - depth * p[3, 2]) - (p[:2, 3] - depth * p[:2, 2]))
    return camera.matrix_world @ np.array([x, y, -depth, 1.0])


@settings(max_examples=25, deadline=None)
@given(
    angles=st.tuples(st.floats(-0.2, 0.2), st.floats(-0.2, 0.2), st.floats(-0.5, 0.5)),
    where=st.tuples(st.floats(-1, 1), st.floats(-1, 1), st.floats(-1, 1)),
    orthographic=st.booleans(),
)
def test_static_points_land_where_they_are_projected(
    angles: tuple[float, float, float], where: tuple[float, float, float], orthographic: bool
) -> None:
    source = Camera(pose(0.1, 0, 0, (0, 0, 0)), projection(orthographic=orthographic))
    target = Camera(pose(*angles, where), projection(1.6, 0.05, orthographic=orthographic))
    depth = np.random.default_rng(0).uniform(3, 30, SIZE).astype(np.float32)
    flow, expected = reproject(source, target, depth)
    for row, column in ((0, 0), (53, 95), (20, 70)):
        world = unproject(source, (row, column), float(depth[row, column]))
        np.testing.assert_allclose(project(source, world[None])[0], (column, row), atol=1e-6)
        end = project(target, world[None])[0]
        np.testing.assert_allclose(flow[row, column], end - (column, row), rtol=1e-4, atol=1e-3)
        seen_depth = -(np.linalg.inv(target.matrix_world) @ world)[2]
        assert expected[row, column] == pytest.approx(seen_depth, rel=1e-5)


def test_background_turns_with_the_camera_and_ignores_its_travel() -> None:
    source = Camera(pose(0, 0, 0, (0, 0, 0)), projection())
    target = Camera(pose(0.1, 0.05, 0.1, (5, 3, 1)), projection())
    flow = background_flow(source, target, SIZE)
    direction = np.array([[0.2, 0.1, -1.0, 0.0]])
    start, end = project(source, direction)[0], project(target, direction)[0]
    row, column = round(start[1]), round(start[0])
    assert np.abs(flow[row, column] - (end - start)).max() < 0.1
    far, _ = reproject(source, Camera(pose(0.1, 0.05, 0.1, (0, 0, 0)), projection()), np.full(SIZE, 50, np.float32))
    np.testing.assert_allclose(flow, far, atol=1e-4)


def test_what_cannot_be_told_is_nan() -> None:
    behind = Camera(pose(np.pi, 0, 0, (0, 0, 0)), projection())
    ahead = Camera(pose(0, 0, 0, (0, 0, 0)), projection())
    assert np.isnan(background_flow(ahead, behind, SIZE)).all()
    flat = Camera(np.eye(4), projection(orthographic=True))
    assert np.isnan(background_flow(flat, flat, SIZE)).all()
    depth = np.full(SIZE, 5, np.float32)
    depth[3, 4] = np.inf
    flow, expected = reproject(ahead, ahead, depth)
    assert np.isnan(flow[3, 4]).all()
    assert np.isnan(expected[3, 4])
    np.testing.assert_allclose(flow[5:], 0, atol=1e-4)


def test_cameras_are_read_and_their_scale_is_ignored(tmp_path: Path) -> None:
    path = tmp_path / "cameras.json"
    matrix = pose(0.1, 0.2, 0.3, (1, 2, 3))
    scaled = matrix.copy()
    scaled[:3, :3] *= 2.5
    frame = {"matrix_world": scaled.tolist(), "projection": projection().tolist()}
    path.write_text(json.dumps({"frames": {"7": frame}}))
    camera = load_cameras(path)[7]
    np.testing.assert_allclose(camera.matrix_world, matrix, atol=1e-12)
    np.testing.assert_array_equal(camera.projection, projection())


def _camera_file(world: list[list[float]]) -> str:
    matrix = np.eye(4).tolist()
    return json.dumps({"frames": {"1": {"matrix_world": world, "projection": matrix}}})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("{", "not JSON"),
        ("[" * 200_000, "not JSON"),
        ("[]", "no object 'frames'"),
        ('{"frames": {"one": {}}}', "'one'"),
        ('{"frames": {"1": {}}}', "no matrix_world"),
        ('{"frames": {"1": {"matrix_world": [[1]], "projection": 3}}}', "no matrix_world"),
        ('{"frames": {"1": null}}', "no matrix_world"),
        (_camera_file([[0.0] * 4] * 4), "scaled to nothing"),
        (_camera_file([[1e200, 0, 0, 0], [0, 1e-200, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]), "scaled to nothing"),
        (_camera_file([[3.0, 3, 1, 0], [1, 1, 0, 0], [2, 2.0000000001, 4, 0], [0, 0, 0, 1]]), "scaled to nothing"),
        (_camera_file([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 0]]), "scaled to nothing"),
    ],
)
def test_bad_camera_files_are_refused_with_a_sentence(tmp_path: Path, text: str, problem: str) -> None:
    path = tmp_path / "cameras.json"
    path.write_text(text)
    with pytest.raises(InputError, match=problem):
        load_cameras(path)


def test_a_missing_camera_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read"):
        load_cameras(tmp_path / "none.json")
