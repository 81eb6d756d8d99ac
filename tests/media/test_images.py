"""Pictures come back as they were given, in the order R, G, B."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.media.image_header import read_image_header
from nst_backend.media.images import read_image, write_image

CORNERS = np.float32([[[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1, 1, 0], [0, 1, 1], [0, 0, 0]]])


@pytest.mark.parametrize(("suffix", "depth"), [("png", 8), ("png", 16), ("tif", 8), ("tiff", 16), ("tif", "float")])
@pytest.mark.parametrize("with_alpha", [False, True])
@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(width=st.integers(1, 33), height=st.integers(1, 33), seed=st.integers(0, 99))
def test_round_trip(
    tmp_path: Path, suffix: str, depth: Any, with_alpha: bool, width: int, height: int, seed: int
) -> None:
    random = np.random.default_rng(seed)
    top = {8: 255, 16: 65535}.get(depth)
    picture = random.random((height, width, 4), np.float32)
    if top:
        picture = np.rint(picture * top).astype(np.float32) / np.float32(top)
    alpha = picture[..., 3] if with_alpha else None
    path = tmp_path / f"a.{suffix}"
    write_image(path, picture[..., :3], alpha, depth=depth)
    rgb, found = read_image(path)
    assert rgb.dtype == np.float32
    np.testing.assert_array_equal(rgb, picture[..., :3])
    if with_alpha:
        np.testing.assert_array_equal(found, alpha)
    else:
        assert found is None
    assert read_image_header(path).size == (width, height)


def test_channel_order_as_another_reader_sees_it(tmp_path: Path) -> None:
    image_module = pytest.importorskip("PIL.Image")
    write_image(tmp_path / "a.png", CORNERS)
    np.testing.assert_array_equal(np.asarray(image_module.open(tmp_path / "a.png")), (CORNERS * 255).astype(np.uint8))


def test_float_tiff_keeps_highlights(tmp_path: Path) -> None:
    picture = np.float32([[[-0.5, 3.25, 1e6]]])
    write_image(tmp_path / "a.tif", picture, depth="float")
    np.testing.assert_array_equal(read_image(tmp_path / "a.tif")[0], picture)


def test_integers_round_to_nearest_and_clip(tmp_path: Path) -> None:
    picture = np.float32([[[-1, 2, np.nan], [0.4999 / 255, 0.5001 / 255, np.inf]]])
    write_image(tmp_path / "a.png", picture)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "a.png"))[..., ::-1], [[[0, 255, 0], [0, 1, 255]]])


def test_jpeg_is_near_and_full_chroma(tmp_path: Path) -> None:
    picture = np.repeat(np.repeat(CORNERS, 16, 0), 16, 1)
    write_image(tmp_path / "a.jpg", picture, quality=98)
    assert np.abs(read_image(tmp_path / "a.jpg")[0] - picture).mean() < 2 / 255


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_of_jpeg_agrees_with_opencv(tmp_path: Path, orientation: int) -> None:
    picture = np.repeat(np.repeat(CORNERS, 16, 0), 16, 1)
    plain = tmp_path / "plain.jpg"
    write_image(plain, picture)
    tag = struct.pack(">2sHIHHHIHHI", b"MM", 42, 8, 1, 0x0112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tag
    content = plain.read_bytes()
    turned = tmp_path / "turned.jpg"
    turned.write_bytes(content[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + content[2:])
    expected = cv2.imread(str(turned), cv2.IMREAD_COLOR)[..., ::-1]
    found, _ = read_image(turned)
    np.testing.assert_array_equal(np.rint(found * 255).astype(np.uint8), expected)
    assert read_image_header(turned).upright_size == found.shape[1::-1]


@pytest.mark.parametrize("orientation", [1, 3, 6, 8])
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_orientation_of_tiff(tmp_path: Path, orientation: int, kind: str) -> None:
    image_module = pytest.importorskip("PIL.Image")
    stored = np.arange(15, dtype=kind).reshape(3, 5) * 9
    image_module.fromarray(stored).save(tmp_path / "a.tif", tiffinfo={274: orientation})
    # Orientation 6 says: turn clockwise by 90 degrees to view; 8 the other way.
    upright = np.rot90(stored, {1: 0, 3: 2, 6: -1, 8: 1}[orientation])
    found, _ = read_image(tmp_path / "a.tif")
    np.testing.assert_allclose(found[..., 0], upright / np.iinfo(kind).max, atol=1e-7)
    assert read_image_header(tmp_path / "a.tif").upright_size == found.shape[1::-1]


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_grey(tmp_path: Path, kind: str) -> None:
    grey = (np.arange(12).reshape(3, 4) * 20).astype(kind)
    cv2.imwrite(str(tmp_path / "a.png"), grey)
    rgb, alpha = read_image(tmp_path / "a.png")
    assert alpha is None
    assert rgb.shape == (3, 4, 3)
    np.testing.assert_allclose(rgb, np.repeat(grey[..., None], 3, 2) / np.iinfo(kind).max, atol=1e-7)


@pytest.mark.parametrize("name", ["a.jpg", "a.tif"])
def test_cmyk_is_refused(tmp_path: Path, name: str) -> None:
    image_module = pytest.importorskip("PIL.Image")
    image_module.new("CMYK", (8, 8)).save(tmp_path / name)
    with pytest.raises(InputError, match="CMYK"):
        read_image(tmp_path / name)


def png_header(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sIIBBBBB", 13, b"IHDR", width, height, 8, 2, 0, 0, 0) + bytes(4)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"hello, this is a text", "not a PNG"),
        (png_header(1 << 30, 1 << 30), "16384 x 16384"),
        (png_header(0, 4), "no pixels"),
        (png_header(40, 40), "truncated"),
        (png_header(40, 40) + b"\0\0\0\0IEND\xaeB`\x82", "cannot be decoded"),
        (b"\x89PNG\r\n\x1a\n\0\0", "truncated"),
        (b"\xff\xd8\xff\xe0\x00", "truncated"),
        (b"\xff\xd8\xff\xc0\x00\x11\x08\xff\xff\xff\xff\x03" + bytes(20), "limit"),
        (b"II*\0\xff\xff\xff\xff", "truncated"),
        (b"MM\0+\0\x08\0\0" + bytes(8), "truncated"),
    ],
)
def test_bad_bytes_give_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    (tmp_path / "bad.png").write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        read_image(tmp_path / "bad.png")
    assert caught.value.remedy


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.tif"])
@pytest.mark.parametrize("kept", [0.03, 0.5, 0.97])
def test_truncated_pictures(tmp_path: Path, name: str, kept: float) -> None:
    write_image(tmp_path / name, np.random.default_rng(0).random((64, 64, 3), np.float32))
    content = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(content[: int(len(content) * kept)])
    with pytest.raises(InputError):
        read_image(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a.bmp", {}),
        ("a.png", {"depth": "float"}),
        ("a.jpg", {"depth": 16}),
        ("a.jpg", {"alpha": np.ones((2, 3), np.float32)}),
        ("a.png", {"alpha": np.ones((9, 9), np.float32)}),
    ],
)
def test_what_a_format_cannot_hold(tmp_path: Path, name: str, options: dict[str, Any]) -> None:
    with pytest.raises(UsageError) as caught:
        write_image(tmp_path / name, CORNERS, **options)
    assert caught.value.remedy
    assert not list(tmp_path.iterdir())
