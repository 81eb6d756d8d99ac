"""Motion that follows from the cameras alone: the background, and static points of known depth.

Cameras are read from a JSON file that the scene writes beside its frames::

    {"frames": {"1": {"matrix_world": [[…4 x 4…]], "projection": [[…4 x 4…]]}, …}}

``matrix_world`` takes camera space (x right, y up, looking along −z) to world
space; ``projection`` takes camera space to OpenGL clip space of the whole
rendered frame (``bpy``: ``Object.calc_matrix_camera``). Rows first.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from ..contract.errors import InputError
from ..image.warp import FloatArray

__all__ = ["Camera", "background_flow", "load_cameras", "reproject"]

Matrix = npt.NDArray[np.float64]

_LARGEST_FILE = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True, eq=False)
class Camera:
    """One frame's camera: ``matrix_world`` and ``projection``, 4 x 4 float64."""

    matrix_world: Matrix
    projection: Matrix

    def rays(self) -> Matrix:
        """3 x 3: a world direction to homogeneous normalised device x, y."""
        # A direction has no translation, so the clip row of depth and the column of w drop out.
        clip = np.delete(self.projection[:, :3], 2, axis=0)
        return np.asarray(clip @ np.linalg.inv(self.matrix_world)[:3, :3])


def load_cameras(path: Path) -> dict[int, Camera]:
    """Read the cameras of a shot, by frame number.

    Raises :class:`InputError` where the file is missing, too large, not JSON or
    not of the form above.
    """
    try:
        if path.stat().st_size > _LARGEST_FILE:
            raise InputError(f"the camera file {path.name} is larger than 256 MiB", remedy="write one file a shot")
        data = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(
            f"the camera file {path} cannot be read ({error.strerror})", remedy="check plate.cameras in the recipe"
        ) from error
    except (ValueError, RecursionError) as error:
        raise InputError(f"the camera file {path} is not JSON", remedy="write it again from the scene") from error
    frames = data.get("frames") if isinstance(data, Mapping) else None
    if not isinstance(frames, Mapping):
        raise InputError(f"the camera file {path} has no object 'frames'", remedy="write it again from the scene")
    return {_number(key, path): _camera(entry, key, path) for key, entry in frames.items()}


def background_flow(source: Camera, target: Camera, size: tuple[int, int]) -> FloatArray:
    """F(source→target) of everything infinitely far away, ``(H, W, 2)`` in pixels.

    The homography of the plane at infinity: only the rotation and the lens
    count (R. Hartley, A. Zisserman, "Multiple View Geometry", 13.4). NaN where
    the direction is behind the target camera, and everywhere for orthographic
    cameras, to which infinity is a single direction.
    """
    rays = source.rays()
    height, width = size
    if abs(np.linalg.det(rays)) < 1e-12:
        return np.full((height, width, 2), np.nan, np.float32)
    homography = target.rays() @ np.linalg.inv(rays)
    ndc = _device_grid(size)
    points = np.concatenate([ndc, np.ones((height, width, 1))], axis=-1) @ homography.T
    return _pixel_difference(points[..., :2], points[..., 2], ndc, size)


def reproject(source: Camera, target: Camera, depth: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Flow and depth in ``target`` of static points seen by ``source``.

    ``depth`` ``(H, W)`` is Blender's Depth pass: the distance along the viewing
    axis, not along the ray, in scene units. Returns F(source→target)
    ``(H, W, 2)`` and the points' depth in the target ``(H, W)``, both NaN where
    a point lies behind it or its depth is not finite.
    """
    size = (depth.shape[0], depth.shape[1])
    ndc = _device_grid(size)
    z = np.where(np.isfinite(depth), depth, np.nan).astype(np.float64)
    # Solve the clip equations for camera x, y with camera z = −depth known:
    # P[:2]·(x, y, z, 1) = ndc · P[3]·(x, y, z, 1), two linear equations a pixel.
    p = source.projection
    m = p[:2, :2] - ndc[..., :, None] * p[3, :2]
    right = (ndc * (p[3, 3] - z * p[3, 2])[..., None]) - (p[:2, 3] - z[..., None] * p[:2, 2])
    determinant = m[..., 0, 0] * m[..., 1, 1] - m[..., 0, 1] * m[..., 1, 0]
    with np.errstate(divide="ignore", invalid="ignore"):
        x = (right[..., 0] * m[..., 1, 1] - right[..., 1] * m[..., 0, 1]) / determinant
        y = (m[..., 0, 0] * right[..., 1] - m[..., 1, 0] * right[..., 0]) / determinant
    seen = np.stack([x, y, -z, np.ones_like(z)], axis=-1)
    moved = seen @ (np.linalg.inv(target.matrix_world) @ source.matrix_world).T
    clip = moved @ target.projection.T
    flow = _pixel_difference(clip[..., :2], clip[..., 3], ndc, size)
    expected = np.where(np.isfinite(flow).all(axis=-1), -moved[..., 2], np.nan)
    return flow, expected.astype(np.float32)


def _device_grid(size: tuple[int, int]) -> Matrix:
    """Normalised device x right, y up of every pixel centre, ``(H, W, 2)``."""
    height, width = size
    x = (np.arange(width) + 0.5) * 2 / width - 1
    y = 1 - (np.arange(height) + 0.5) * 2 / height
    return np.stack(np.meshgrid(x, y), axis=-1)


def _pixel_difference(points: Matrix, w: Matrix, ndc: Matrix, size: tuple[int, int]) -> FloatArray:
    height, width = size
    ahead = w > 1e-9
    end = points / np.where(ahead, w, np.nan)[..., None]
    return np.asarray((end - ndc) * (width / 2, -height / 2), dtype=np.float32)


def _number(key: str, path: Path) -> int:
    try:
        return int(key)
    except ValueError:
        raise InputError(
            f"the camera file {path} names a frame {key!r}", remedy="use frame numbers as the keys of 'frames'"
        ) from None


def _camera(entry: Any, key: str, path: Path) -> Camera:
    matrices = []
    for name in ("matrix_world", "projection"):
        try:
            matrix = np.array(entry[name], dtype=np.float64)
        except (TypeError, KeyError, ValueError):
            matrix = np.empty(0)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            raise InputError(
                f"frame {key} of the camera file {path} has no {name} of 4 x 4 finite numbers",
                remedy="write the file again from the scene",
            )
        matrices.append(matrix)
    world = matrices[0]
    with np.errstate(all="ignore"):
        # Blender ignores the scale of a camera object when it renders.
        world[:3, :3] /= np.linalg.norm(world[:3, :3], axis=0)
        volumes = np.abs([np.linalg.det(world[:3, :3]), np.linalg.det(world)])
    if not (volumes > 1e-9).all() or not np.isfinite(world).all():
        raise InputError(
            f"the camera of frame {key} in {path} is scaled to nothing", remedy="give the camera a scale of 1"
        )
    return Camera(*matrices)
