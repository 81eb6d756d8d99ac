"""Channels survive a round trip bit for bit, wherever the file puts them."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import OpenEXR
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from nst_backend.contract.errors import InputError, NstError, UsageError
from nst_backend.media.exr import find_pass, passes, read_exr, to_half, view_layers, write_exr
from nst_backend.media.exr_header import MAX_CHANNELS, read_exr_header

MANIFEST = '{"Würfel":"0a1b2c3d","the sky":"ffffffff"}'
BLENDER_PASSES = {
    "Combined": ("RGBA", "f2"),
    "Depth": ("Z", "f4"),
    "Vector": ("XYZW", "f4"),
    "CryptoObject00": ("rgba", "f4"),
}


def noise(shape: tuple[int, int], kind: str = "f4", seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0, 3, shape).astype(kind)


def blender_channels(shape: tuple[int, int] = (9, 14)) -> dict[str, np.ndarray]:
    found = {}
    for name, (components, kind) in BLENDER_PASSES.items():
        for component in components:
            full = f"ViewLayer.{name}.{component}"
            found[full] = noise(shape, kind, seed=len(found))
    return found


def write_blender(path: Path, channels: dict[str, np.ndarray], version: str) -> None:
    """A multilayer file as Blender 4.5 or 5.2 lays it out, or with the layer in the part's name alone."""
    crypto = {"cryptomatte/542cafa/manifest": MANIFEST, "cryptomatte/542cafa/name": "ViewLayer.CryptoObject"}
    if version == "4.5":
        OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, **crypto}, dict(channels)).write(str(path))
        return
    parts = []
    for index, name in enumerate(BLENDER_PASSES):
        prefix = f"ViewLayer.{name}."
        own = {key: value for key, value in channels.items() if key.startswith(prefix)}
        if version == "bare":
            own = {key.removeprefix(prefix): value for key, value in own.items()}
        header = {
            "compression": OpenEXR.ZIP_COMPRESSION,
            "type": OpenEXR.scanlineimage,
            **(crypto if index == 0 else {}),
        }
        parts.append(OpenEXR.Part(header, own, f"ViewLayer.{name}"))
    OpenEXR.File(parts).write(str(path))


@pytest.mark.parametrize("version", ["4.5", "5.2", "bare"])
def test_blender_layouts_read_alike(tmp_path: Path, version: str) -> None:
    channels = blender_channels()
    write_blender(tmp_path / "a.exr", channels, version)
    image = read_exr(tmp_path / "a.exr")
    assert set(image.channels) == set(channels)
    for name, pixels in channels.items():
        assert image.channels[name].dtype == pixels.dtype
        np.testing.assert_array_equal(image.channels[name], pixels)
    assert image.size == (14, 9)
    assert image.header["cryptomatte/542cafa/manifest"] == MANIFEST
    assert view_layers(image) == ("ViewLayer",)
    assert set(find_pass(image, "ViewLayer", "Vector")) == set("XYZW")
    assert set(find_pass(image, None, "Depth")) == {"Z"}


def test_only_wanted_channels_are_returned(tmp_path: Path) -> None:
    write_blender(tmp_path / "a.exr", blender_channels(), "5.2")
    image = read_exr(tmp_path / "a.exr", wanted=lambda name: ".Vector." in name)
    assert set(passes(image)) == {"ViewLayer.Vector"}
    assert read_exr(tmp_path / "a.exr", wanted=lambda name: False).channels == {}


def test_unknown_pass_names_the_nearest(tmp_path: Path) -> None:
    write_blender(tmp_path / "a.exr", blender_channels(), "4.5")
    with pytest.raises(UsageError, match=r"ViewLayer\.Vector"):
        find_pass(read_exr(tmp_path / "a.exr"), "ViewLayer", "Vectr")


@pytest.mark.parametrize("compression", ["none", "rle", "zips", "zip", "piz"])
@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_lossless_round_trip(tmp_path: Path, compression: str, data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=2, max_dims=2, max_side=40))
    kinds = data.draw(st.lists(st.sampled_from(["f2", "f4", "u4"]), min_size=1, max_size=4))
    channels = {f"layer.{index}": noise(shape, "f4", index).astype(kind) for index, kind in enumerate(kinds)}
    path = tmp_path / f"{compression}.exr"
    write_exr(path, channels, compression=compression)
    image = read_exr(path)
    for name, pixels in channels.items():
        assert image.channels[name].dtype == pixels.dtype
        assert image.channels[name].tobytes() == pixels.tobytes()


def test_every_half_survives(tmp_path: Path) -> None:
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16).reshape(256, 256)
    write_exr(tmp_path / "a.exr", {"R": halves})
    assert read_exr(tmp_path / "a.exr").channels["R"].tobytes() == halves.tobytes()


@given(hnp.arrays(np.float32, 12, elements=st.floats(width=32, allow_nan=False, allow_infinity=False)))
def test_to_half_never_overflows(values: np.ndarray) -> None:
    halves = to_half(values)
    assert np.isfinite(halves).all()
    inside = np.abs(values) < 65504
    np.testing.assert_array_equal(halves[inside], values[inside].astype(np.float16))


def test_to_half_keeps_infinity_and_nan() -> None:
    assert np.isposinf(to_half(np.float32([np.inf]))[0])
    assert np.isnan(to_half(np.float32([np.nan]))[0])


@pytest.mark.parametrize("tile", [(16, 16), (32, 8), (64, 64)])
def test_tiled(tmp_path: Path, tile: tuple[int, int]) -> None:
    pixels = {"R": noise((50, 70)), "A": noise((50, 70), "f2", 1)}
    tiles = OpenEXR.TileDescription()
    tiles.xSize, tiles.ySize = tile
    header = {"type": OpenEXR.tiledimage, "tiles": tiles, "compression": OpenEXR.ZIP_COMPRESSION}
    OpenEXR.File(header, dict(pixels)).write(str(tmp_path / "a.exr"))
    image = read_exr(tmp_path / "a.exr")
    for name in pixels:
        np.testing.assert_array_equal(image.channels[name], pixels[name])


@given(
    st.integers(-12, 12),
    st.integers(-12, 12),
    st.integers(1, 20),
    st.integers(1, 20),
    st.integers(-5, 5),
    st.integers(-5, 5),
)
@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_data_window_lands_in_the_display_window(
    tmp_path: Path, x: int, y: int, width: int, height: int, u: int, v: int
) -> None:
    pixels = noise((height, width)) + 10
    write_exr(tmp_path / "a.exr", {"R": pixels}, origin=(x, y), display_window=(u, v, u + 11, v + 7))
    image = read_exr(tmp_path / "a.exr")
    assert image.size == (11, 7)
    assert image.data_window == (x, y, x + width, y + height)
    # Judged pixel by pixel in absolute coordinates.
    for row in range(7):
        for column in range(11):
            source = (v + row - y, u + column - x)
            inside = 0 <= source[0] < height and 0 <= source[1] < width
            assert image.channels["R"][row, column] == (pixels[source] if inside else 0)


def test_attributes_are_carried(tmp_path: Path) -> None:
    chromaticities = (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767)
    given_ = {
        "cryptomatte/542cafa/manifest": MANIFEST,
        "colorInteropID": "lin_ap1_scene",
        "chromaticities": chromaticities,
        "frame": 12,
        "exposure": 0.5,
        "opaque": b"\0\1",
        "dataWindow": (5, 5, 900, 900),
    }
    write_exr(tmp_path / "a.exr", {"R": noise((4, 4))}, attributes=given_)
    first = read_exr(tmp_path / "a.exr")
    write_exr(tmp_path / "b.exr", {"R": noise((6, 6))}, attributes=first.header)
    second = read_exr(tmp_path / "b.exr")
    for key in ("cryptomatte/542cafa/manifest", "colorInteropID", "frame", "exposure"):
        assert first.header[key] == second.header[key] == given_[key]
    assert second.header["chromaticities"] == pytest.approx(chromaticities)
    assert second.size == (6, 6)


def test_shared_attributes_of_real_files_are_carried(tmp_path: Path, shared_data: Path) -> None:
    for path in sorted((shared_data / "cryptomatte").glob("*.exr")):
        image = read_exr(path)
        write_exr(tmp_path / path.name, image.channels, attributes=image.header)
        again = read_exr(tmp_path / path.name)
        assert again.size == image.size
        assert {k: v for k, v in again.header.items() if "crypto" in k} == {
            k: v for k, v in image.header.items() if "crypto" in k
        }
        for name, pixels in image.channels.items():
            assert again.channels[name].tobytes() == pixels.tobytes()


def test_real_files_agree_with_the_library(shared_data: Path) -> None:
    found = sorted((shared_data / "cryptomatte").glob("*.exr"))
    assert found
    for path in found:
        image = read_exr(path)
        x0, y0, x1, y1 = image.data_window
        with OpenEXR.File(str(path), separate_channels=True) as file:
            for name, channel in file.parts[0].channels.items():
                np.testing.assert_array_equal(image.channels[name][y0:y1, x0:x1], channel.pixels)
                outside = image.channels[name].copy()
                outside[y0:y1, x0:x1] = 0
                assert not outside.any()


def test_openimageio_reads_what_we_write(tmp_path: Path) -> None:
    oiio = pytest.importorskip("OpenImageIO")
    channels = {
        "R": noise((8, 12), "f2"),
        "G": noise((8, 12), "f2", 1),
        "B": noise((8, 12), "f2", 2),
        "id.X": noise((8, 12)),
    }
    write_exr(tmp_path / "a.exr", channels, attributes={"colorInteropID": "lin_ap1_scene"})
    buffer = oiio.ImageBuf(str(tmp_path / "a.exr"))
    names = list(buffer.spec().channelnames)
    pixels = buffer.get_pixels(oiio.FLOAT)
    for name, expected in channels.items():
        np.testing.assert_array_equal(pixels[..., names.index(name)], expected.astype(np.float32))


@pytest.mark.parametrize(
    "channels",
    [
        {},
        {"R": np.zeros((3, 3), "f8")},
        {"R": np.zeros((3, 3), "f4"), "G": np.zeros((3, 4), "f4")},
        {"R": np.zeros(3, "f4")},
    ],
)
def test_channels_that_cannot_be_written(tmp_path: Path, channels: dict[str, np.ndarray]) -> None:
    with pytest.raises(UsageError):
        write_exr(tmp_path / "a.exr", channels)
    assert not list(tmp_path.iterdir())


# --- Bad files ---


def crafted(side: int, channels: int = 3, compression: int = 3) -> bytes:
    """A header that promises ``side`` x ``side`` pixels, and nothing behind it."""

    def attribute(name: str, kind: str, value: bytes) -> bytes:
        return name.encode() + b"\0" + kind.encode() + b"\0" + struct.pack("<i", len(value)) + value

    entries = b"".join(b"c%d\0" % index + struct.pack("<iIii", 2, 0, 1, 1) for index in range(channels))
    window = struct.pack("<4i", 0, 0, side - 1, side - 1)
    return (
        struct.pack("<II", 20000630, 2 | 0x400)
        + attribute("channels", "chlist", entries + b"\0")
        + attribute("compression", "compression", bytes([compression]))
        + attribute("dataWindow", "box2i", window)
        + attribute("displayWindow", "box2i", window)
        + b"\0"
    )


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"", "empty"),
        (b"\x89PNG\r\n\x1a\n" + bytes(50), "not an EXR"),
        (struct.pack("<II", 20000630, 2), "truncated"),
        (struct.pack("<II", 20000630, 2 | 0x800), "deep"),
        (struct.pack("<II", 20000630, 9), "version"),
        (struct.pack("<II", 20000630, 2) + b"x" * 600, "name in its header"),
        (struct.pack("<II", 20000630, 2) + b"a\0string\0\xff\xff\xff\x7f", "truncated"),
        (crafted(1 << 30), "16384 x 16384"),
        (crafted(16384, 200), "GiB"),
        (crafted(4, MAX_CHANNELS + 1), "channels, the limit"),
        (crafted(8192), "truncated"),
        (crafted(8192, compression=4), "truncated"),
        (crafted(0), "empty"),
        (crafted(8, channels=0), "no channels"),
        (crafted(8, compression=77), "unknown method"),
    ],
)
def test_bad_bytes_give_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "bad.exr"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence) as caught:
        read_exr(path)
    assert caught.value.remedy
    assert "bad.exr" in caught.value.sentence()


def test_every_truncation_is_noticed(tmp_path: Path) -> None:
    whole = tmp_path / "whole.exr"
    write_blender(whole, blender_channels(), "5.2")
    content = whole.read_bytes()
    short = tmp_path / "short.exr"
    for length in [*range(0, len(content), 61), len(content) - 1]:
        short.write_bytes(content[:length])
        with pytest.raises(InputError):
            read_exr(short)


@given(st.integers(0, 1 << 30), st.binary(min_size=1, max_size=6))
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_damaged_headers_never_escape_as_tracebacks(tmp_path: Path, where: int, junk: bytes) -> None:
    path = tmp_path / "a.exr"
    if not path.exists():
        write_blender(path, blender_channels(), "5.2")
    content = bytearray(path.read_bytes())
    at = where % len(content)
    content[at : at + len(junk)] = junk
    damaged = tmp_path / "b.exr"
    damaged.write_bytes(content)
    try:
        image = read_exr(damaged)
    except NstError:
        return
    assert all(pixels.shape == image.size[::-1] for pixels in image.channels.values())


def test_an_unfinished_render_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.exr"
    write_exr(path, {"R": noise((8, 8))}, compression="none")
    content = bytearray(path.read_bytes())
    # The table of eight offsets stands before the first line.
    table = len(content) - 8 * (8 + 8 * 4) - 8 * 8
    content[table + 56 : table + 64] = bytes(8)
    path.write_bytes(content)
    with pytest.raises(InputError, match="truncated"):
        read_exr(path)


def test_missing_file(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_exr(tmp_path / "none.exr")


@pytest.mark.parametrize("name", sorted(n for n in dir(OpenEXR) if n.endswith("_COMPRESSION")))
def test_every_compression_of_the_library_is_readable(tmp_path: Path, name: str) -> None:
    pixels = np.linspace(0, 1, 300 * 40, dtype="f4").reshape(300, 40)
    OpenEXR.File({"compression": getattr(OpenEXR, name)}, {"R": pixels}).write(str(tmp_path / "a.exr"))
    assert read_exr_header(tmp_path / "a.exr").names == ("R",)
    np.testing.assert_allclose(read_exr(tmp_path / "a.exr").channels["R"], pixels, atol=0.02)


@pytest.mark.parametrize("name", ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24"])
def test_an_empty_sky_is_not_taken_for_a_truncated_file(tmp_path: Path, name: str) -> None:
    # Compresses as far as the method can.
    pixels = np.zeros((1024, 2048), "f4")
    OpenEXR.File({"compression": getattr(OpenEXR, f"{name}_COMPRESSION")}, {"R": pixels}).write(str(tmp_path / "a.exr"))
    assert not read_exr(tmp_path / "a.exr").channels["R"].any()
