"""One protocol over EXR, pictures and video."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nst_backend.contract.errors import InputError, NstError, UsageError
from nst_backend.media.colour_tags import INTEROP_IDS, PRIMARIES, scene_linear_space
from nst_backend.media.exr import write_exr
from nst_backend.media.images import write_image
from nst_backend.media.plate import open_plate
from nst_backend.media.video import mux_video


def picture(seed: int, shape: tuple[int, int] = (6, 8), channels: int = 3) -> np.ndarray:
    return np.random.default_rng(seed).random((*shape, channels), np.float32)


def layered(names: dict[str, str], shape: tuple[int, int] = (6, 8), seed: int = 0) -> dict[str, np.ndarray]:
    """Channels ``prefix -> components`` of noise, each different."""
    found = {}
    for prefix, components in names.items():
        for component in components:
            full = f"{prefix}.{component}" if prefix else component
            found[full] = np.random.default_rng([seed, len(found)]).normal(0, 2, shape).astype(np.float32)
    return found


def sequence(
    folder: Path, numbers: list[int], names: dict[str, str], **options: Any
) -> dict[int, dict[str, np.ndarray]]:
    found = {}
    for number in numbers:
        found[number] = layered(names, seed=number)
        write_exr(folder / f"shot.{number:04d}.exr", found[number], **options)
    return found


def test_exr_sequence(tmp_path: Path) -> None:
    names = {"ViewLayer.Combined": "RGBA", "ViewLayer.Vector": "XYZW", "ViewLayer.CryptoObject00": "rgba"}
    header = {"colorInteropID": "lin_ap1_scene", "cryptomatte/1/manifest": "{}"}
    written = sequence(tmp_path, [3, 4, 8], names, attributes=header)
    plate = open_plate("shot.####.exr", base=tmp_path)
    assert plate.numbers == (3, 4, 8)
    assert plate.size == (8, 6)
    assert plate.fps is None
    assert plate.scene_linear
    assert plate.colour_space == "ACEScg"
    assert plate.layer == "ViewLayer"
    frame = plate.read(8, extra=lambda name: ".Vector." in name)
    for index, component in enumerate("RGB"):
        np.testing.assert_array_equal(frame.rgb[..., index], written[8][f"ViewLayer.Combined.{component}"])
    np.testing.assert_array_equal(frame.alpha, written[8]["ViewLayer.Combined.A"])
    assert set(frame.channels) == {f"ViewLayer.Vector.{component}" for component in "XYZW"}
    assert frame.header["cryptomatte/1/manifest"] == "{}"
    assert frame.number == 8
    assert set(plate.read(3).channels) == set()


@pytest.mark.parametrize(
    ("names", "layer", "read"),
    [
        ({"": "RGBA"}, None, ""),
        ({"": "RGB", "diffuse": "RGB"}, None, ""),
        ({"": "RGB", "diffuse": "RGB"}, "diffuse", "diffuse"),
        ({"A.Combined": "RGBA", "B.Combined": "RGBA"}, None, "A"),
        ({"A.Combined": "RGBA", "B.Combined": "RGBA"}, "B", "B"),
        ({"A.Combined": "RGBA", "A.DiffDir": "RGB"}, "A.DiffDir", "A.DiffDir"),
        ({"A.Combined": "RGBA"}, "A.Combined", "A"),
        ({"beauty": "RGBA", "diffuse": "RGB"}, None, "beauty"),
        ({"only": ("red", "green", "blue")}, None, "only"),
    ],
)
def test_layers(tmp_path: Path, names: dict[str, Any], layer: str | None, read: str) -> None:
    channels = layered(names)
    write_exr(tmp_path / "a.exr", channels)
    plate = open_plate(tmp_path / "a.exr", layer=layer)
    assert plate.layer == read
    prefix = next(name for name in (f"{read}.Combined", read) if name in names)
    components = [f"{prefix}.{c}" if prefix else c for c in names[prefix]][:3]
    np.testing.assert_array_equal(plate.read(1).rgb, np.dstack([channels[name] for name in components]))


def test_unknown_layer_names_the_nearest(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", layered({"Foreground.Combined": "RGBA", "Sky.Combined": "RGBA"}))
    with pytest.raises(UsageError, match="'Foreground'"):
        open_plate(tmp_path / "a.exr", layer="Forground")


def test_layers_without_a_beauty_must_be_chosen(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", layered({"diffuse": "RGB", "specular": "RGB"}))
    with pytest.raises(UsageError, match="'diffuse', 'specular'"):
        open_plate(tmp_path / "a.exr")


def test_no_colour_at_all(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.exr", layered({"Depth": "Z"}))
    with pytest.raises(InputError, match="no colour"):
        open_plate(tmp_path / "a.exr")


def test_real_files(shared_data: Path) -> None:
    plate = open_plate(shared_data / "cryptomatte" / "cornellBox_CryptoWildcard.####.exr")
    assert plate.numbers == (1, 2)
    assert plate.size == (960, 540)
    assert plate.layer == ""
    frame = plate.read(2, extra=lambda name: name.startswith("uCryptoWildcard0"))
    assert frame.rgb.shape == (540, 960, 3)
    assert len(frame.channels) == 12
    # The data window spans columns 167 to 792; this beauty is black, its ids are not.
    identifiers = frame.channels["uCryptoWildcard00.R"]
    assert not identifiers[:, :167].any()
    assert identifiers[:, 167:793].any()


def test_picture_sequence(tmp_path: Path) -> None:
    for number in (1, 2):
        write_image(tmp_path / f"a_{number:03d}.png", picture(number), picture(9, channels=1)[..., 0], depth=16)
    for path in (tmp_path / "a_%03d.png", tmp_path):
        plate = open_plate(path)
        assert plate.numbers == (1, 2)
        assert (plate.size, plate.colour_space, plate.scene_linear, plate.layer) == ((8, 6), "sRGB", False, None)
        frame = plate.read(2)
        np.testing.assert_allclose(frame.rgb, picture(2), atol=1 / 65535)
        assert frame.alpha is not None
        np.testing.assert_allclose(frame.alpha, picture(9, channels=1)[..., 0], atol=1 / 65535)


def test_video(tmp_path: Path) -> None:
    frames = [np.full((32, 48, 3), level, np.float32) for level in (0.2, 0.5, 0.8)]
    mux_video(frames, tmp_path / "a.mp4", fps=25, quality=4)
    plate = open_plate(tmp_path / "a.mp4")
    assert plate.numbers == (1, 2, 3)
    assert (plate.size, plate.fps, plate.colour_space, plate.scene_linear) == ((48, 32), 25, "sRGB", False)
    np.testing.assert_allclose(plate.read(3).rgb, frames[2], atol=0.01)
    assert len({plate.fingerprint(number) for number in plate.numbers}) == 3
    with pytest.raises(InputError, match="lacks frame 4"):
        plate.read(4)
    plate.close()


def test_missing_frames(tmp_path: Path) -> None:
    sequence(tmp_path, [1, 2, 3], {"": "RGB"})
    plate = open_plate(tmp_path / "shot.####.exr")
    with pytest.raises(InputError, match=r"lacks frame 7: .*1-3"):
        plate.read(7)
    (tmp_path / "shot.0002.exr").unlink()
    with pytest.raises(InputError, match="does not exist"):
        plate.read(2)


@pytest.mark.parametrize("suffix", ["exr", "png"])
def test_a_frame_of_another_size(tmp_path: Path, suffix: str) -> None:
    for number, shape in ((1, (6, 8)), (2, (6, 9))):
        path = tmp_path / f"a.{number:04d}.{suffix}"
        if suffix == "exr":
            write_exr(path, layered({"": "RGB"}, shape))
        else:
            write_image(path, picture(0, shape))
    plate = open_plate(tmp_path / f"a.####.{suffix}")
    with pytest.raises(InputError, match=r"frame 2 .* is 9 x 6 pixels, the first is 8 x 6"):
        plate.read(2)


def test_a_frame_without_the_layer(tmp_path: Path) -> None:
    write_exr(tmp_path / "a.0001.exr", layered({"V.Combined": "RGBA"}))
    write_exr(tmp_path / "a.0002.exr", layered({"W.Combined": "RGBA"}))
    with pytest.raises(InputError, match=r"frame 2 .* lacks 'V\.Combined"):
        open_plate(tmp_path / "a.####.exr").read(2)


def test_fingerprints_follow_the_file(tmp_path: Path) -> None:
    sequence(tmp_path, [1, 2], {"": "RGB"})
    plate = open_plate(tmp_path / "shot.####.exr")
    one, content = plate.fingerprint(1), plate.fingerprint(1, content=True)
    assert one == plate.fingerprint(1) != plate.fingerprint(2)
    assert content != plate.fingerprint(2, content=True)
    state = (tmp_path / "shot.0001.exr").stat()
    os.utime(tmp_path / "shot.0001.exr", ns=(state.st_atime_ns, state.st_mtime_ns + 1_000_000))
    assert plate.fingerprint(1) != one
    assert plate.fingerprint(1, content=True) == content


@pytest.mark.parametrize(
    "path",
    ["", "a\0b.exr", "none.exr", "none.####.exr", "none.png", "none.mp4", "https://host/a.mp4", "a.txt", "b.exr"],
)
def test_bad_paths(tmp_path: Path, path: str) -> None:
    (tmp_path / "a.txt").write_text("text")
    (tmp_path / "b.exr").write_bytes(b"")
    with pytest.raises(NstError) as caught:
        open_plate(path, base=tmp_path)
    assert caught.value.remedy


def test_a_layer_is_refused_where_there_are_none(tmp_path: Path) -> None:
    write_image(tmp_path / "a.png", picture(0))
    with pytest.raises(UsageError, match="no layers"):
        open_plate(tmp_path / "a.png", layer="ViewLayer")


@pytest.mark.parametrize("name", list(PRIMARIES))
def test_chromaticities_survive_a_file(tmp_path: Path, name: str) -> None:
    write_exr(tmp_path / "a.exr", layered({"": "RGB"}), attributes={"chromaticities": PRIMARIES[name]})
    assert open_plate(tmp_path / "a.exr").colour_space == name


def test_the_identifier_rules_over_chromaticities() -> None:
    header = {"colorInteropID": "lin_ap0_scene", "chromaticities": PRIMARIES["ACEScg"]}
    assert scene_linear_space(header) == "ACES2065-1"
    assert scene_linear_space({"colorInteropID": "mystery", "chromaticities": PRIMARIES["ACEScg"]}) == "ACEScg"
    assert scene_linear_space({"chromaticities": (0.1,) * 8}) is None
    assert scene_linear_space({}) is None


def test_primaries_agree_with_openexr() -> None:
    openexr = pytest.importorskip("OpenEXR")
    if not hasattr(openexr, "colorInteropIDToChromaticities"):
        pytest.skip("this OpenEXR does not know interop identifiers")
    for identifier, name in INTEROP_IDS.items():
        if name in PRIMARIES:
            found = np.ravel(openexr.colorInteropIDToChromaticities(identifier))
            np.testing.assert_allclose(found, PRIMARIES[name], atol=2e-3)
