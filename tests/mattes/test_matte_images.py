"""Pictures as mattes."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nst_backend.contract.errors import InputError
from nst_backend.mattes.images import ImagesSource, MatteChannel, read_matte
from nst_backend.media.exr import write_exr
from nst_backend.media.images import write_image


@dataclass(frozen=True)
class _Frame:
    number: int = 1
    rgb: NDArray[np.float32] = field(default_factory=lambda: np.zeros((6, 8, 3), np.float32))
    channels: dict[str, Any] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)


@pytest.fixture
def picture() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    values = np.random.default_rng(1).integers(0, 65536, (6, 8, 4)).astype(np.float32) / np.float32(65535)
    return np.ascontiguousarray(values[..., :3]), np.ascontiguousarray(values[..., 3])


@pytest.mark.parametrize("suffix", ["png", "tif", "exr"])
@pytest.mark.parametrize(("channel", "index"), [("red", 0), ("green", 1), ("blue", 2), ("alpha", 3)])
def test_channels(
    tmp_path: Path,
    picture: tuple[NDArray[np.float32], NDArray[np.float32]],
    suffix: str,
    channel: MatteChannel,
    index: int,
) -> None:
    rgb, alpha = picture
    path = tmp_path / f"matte.{suffix}"
    if suffix == "exr":
        write_exr(path, {**{name: rgb[..., i] for i, name in enumerate("RGB")}, "A": alpha})
    else:
        write_image(path, rgb, alpha, depth=16)
    expected = alpha if index == 3 else rgb[..., index]
    np.testing.assert_array_equal(read_matte(path, channel), expected)


def test_a_grey_is_its_own_luma_exactly(tmp_path: Path) -> None:
    grey = np.arange(256, dtype=np.float32).reshape(8, 32) / np.float32(255)
    write_image(tmp_path / "grey.png", np.stack([grey] * 3, -1), depth=8)
    np.testing.assert_array_equal(read_matte(tmp_path / "grey.png", "luma"), grey)


def test_luma_weighs_as_rec_709(tmp_path: Path) -> None:
    write_image(tmp_path / "primaries.png", np.eye(3, dtype=np.float32)[None], depth=8)
    np.testing.assert_allclose(read_matte(tmp_path / "primaries.png", "luma"), [[0.2126, 0.7152, 0.0722]], atol=1e-6)


def test_exr_of_one_channel_multilayer_and_out_of_range(tmp_path: Path) -> None:
    wild = np.array([[-1.0, 0.25], [np.nan, 9.0]], np.float32)
    write_exr(tmp_path / "one.exr", {"mask.V": wild})
    assert read_matte(tmp_path / "one.exr", "luma").tolist() == [[0.0, 0.25], [0.0, 1.0]]
    depth, red = np.full((2, 2), 9, np.float32), np.full((2, 2), 0.5, np.float32)
    write_exr(tmp_path / "layers.exr", {"ViewLayer.Depth.Z": depth, "ViewLayer.Combined.R": red})
    assert (read_matte(tmp_path / "layers.exr", "red") == 0.5).all()
    with pytest.raises(InputError, match="has no alpha"):
        read_matte(tmp_path / "layers.exr", "alpha")


def test_a_sequence_follows_the_frames_and_a_still_is_held(tmp_path: Path) -> None:
    for number, value in ((1, 0.0), (2, 1.0)):
        write_image(tmp_path / f"roto.{number:04d}.png", np.full((6, 8, 3), value, np.float32), depth=8)
    for pattern in ("roto.####.png", "roto.%04d.png"):
        source = ImagesSource(tmp_path / pattern)
        assert [float(source.coverage(_Frame(number)).mean()) for number in (2, 1, 2)] == [1, 0, 1]
        with pytest.raises(InputError, match=r"roto\.0003\.png.* for frame 3"):
            source.check([_Frame(1), _Frame(3)])
    still = ImagesSource(tmp_path / "roto.0002.png")
    assert still.check([_Frame(1), _Frame(500)]) == ()
    assert (still.coverage(_Frame(77)) == 1).all()
    assert not still.channels_needed("R")


def test_another_size_is_refused_with_a_remedy(tmp_path: Path) -> None:
    write_image(tmp_path / "small.png", np.ones((3, 4, 3), np.float32), depth=8)
    with pytest.raises(InputError) as caught:
        ImagesSource(tmp_path / "small.png").coverage(_Frame(5))
    assert "small.png is 4x3, the plate's frame 5 is 8x6" in caught.value.problem
    assert caught.value.remedy
