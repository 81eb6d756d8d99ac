"""The images that come with the Cryptomatte specification."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.mattes.cryptomatte import (
    CryptomatteLayer,
    check_names,
    coverage_of,
    find_layer,
    ids_of,
    list_layers,
    names_in,
    pick,
)
from nst_backend.mattes.cryptomatte_hash import name_to_id
from nst_backend.media.exr import read_exr, write_exr

Channels = Mapping[str, NDArray[Any]]
FILES = (
    "cornellBox_CryptoWildcard.0001.exr",
    "cornellBox_CryptoWildcard.0002.exr",
    "multichannel.exr",
    "sidecar_manifest.exr",
    "special_chars.exr",
)


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    return shared_data / "cryptomatte"


def _open(path: Path, name: str) -> tuple[CryptomatteLayer, Channels]:
    image = read_exr(path)
    return find_layer(list_layers(image.header, image.channels, path.parent), name), image.channels


def _coverage(layer: CryptomatteLayer, channels: Channels, *names: str) -> NDArray[np.float32]:
    return coverage_of(layer, channels, ids_of(layer, names))


@pytest.mark.parametrize("file", FILES)
def test_every_name_hashes_to_its_id_in_the_manifest(folder: Path, file: str) -> None:
    image = read_exr(folder / file)
    layers = list_layers(image.header, image.channels, folder)
    assert layers
    for layer in layers:
        assert layer.levels == 6
        assert not layer.problem
        assert layer.manifest == {name: name_to_id(name) for name in layer.manifest}


@pytest.mark.parametrize("file", FILES)
def test_every_id_in_the_image_has_a_name_and_they_partition_it(folder: Path, file: str) -> None:
    image = read_exr(folder / file)
    for layer in list_layers(image.header, image.channels, folder):
        present = names_in(layer, image.channels)
        assert set(present) <= set(layer.manifest)
        ids = [coverage_of(layer, image.channels, [layer.manifest[name]]) for name in present]
        together = coverage_of(layer, image.channels, layer.manifest.values())
        np.testing.assert_allclose(sum(ids), together, atol=1e-5)
        for coverage, area in zip(ids, present.values(), strict=True):
            assert coverage.sum(dtype=np.float64) == pytest.approx(area, rel=1e-6)


def test_coverage_agrees_with_the_alpha_that_was_rendered(folder: Path) -> None:
    # The renderer filtered the alpha channel itself, and wrote it as half: one part in 4096 near 1.
    for file in FILES[:2]:
        layer, channels = _open(folder / file, "uCryptoWildcard")
        coverage = coverage_of(layer, channels, layer.manifest.values())
        assert ((coverage > 0) & (coverage < 1)).sum() > 10000
        np.testing.assert_allclose(coverage, channels["A"].astype(np.float32), rtol=0, atol=2.0**-12 + 1e-6)


def test_three_layers_in_one_file_describe_one_picture(folder: Path) -> None:
    image = read_exr(folder / "multichannel.exr")
    layers = list_layers(image.header, image.channels)
    assert [layer.name for layer in layers] == ["crypto_asset", "crypto_material", "crypto_object"]
    asset, material, objects = (coverage_of(layer, image.channels, layer.manifest.values()) for layer in layers)
    np.testing.assert_allclose(asset, material, atol=1e-5)
    np.testing.assert_allclose(asset, objects, atol=1e-5)
    ball = _coverage(layers[0], image.channels, "ball_asset")
    assert 0 < ball.sum() < asset.sum()


def test_wildcards_over_two_frames(folder: Path) -> None:
    frames = [_open(folder / file, "uCryptoWildcard") for file in FILES[:2]]
    # The same sphere is called sphere_?_2 in one frame and sphere_*_1 in the other.
    for (layer, channels), own, other in zip(frames, ("?_2", "*_1"), ("*_1", "?_2"), strict=True):
        by_wildcard = _coverage(layer, channels, "sphere_*")
        assert by_wildcard.any()
        assert (by_wildcard == _coverage(layer, channels, f"sphere_\\{own}")).all()
        assert not _coverage(layer, channels, f"sphere_\\{other}").any()
    both = check_names(["sphere_*", "sphere_\\?_2", "sphere_\\*_1"], frames)
    assert both == ()
    with pytest.raises(UsageError, match="sphere"):
        check_names(["sphere_\\*_1"], frames[:1])


def test_an_asterisk_is_a_wildcard_unless_escaped_and_brackets_are_plain(folder: Path) -> None:
    layer, channels = _open(folder / FILES[0], "uCryptoWildcard")
    star, letter = layer.manifest["has_*_asterisk"], layer.manifest["has_n_asterisk"]
    assert ids_of(layer, ["has_*_asterisk"]) == {star, letter}
    assert ids_of(layer, ["has_?_asterisk"]) >= {star, letter}
    assert ids_of(layer, ["has_\\*_asterisk"]) == {star}
    for name in ("Rect_[]_right", "rect_[_top", "rect_][_bot", "Rect_]_left"):
        assert ids_of(layer, [name]) == {layer.manifest[name]}
        assert _coverage(layer, channels, name).any()
    rect = {layer.manifest["rect_[_top"], layer.manifest["rect_][_bot"]}
    assert ids_of(layer, ["rect_*"]) - {name_to_id("rect_*")} == rect, "case counts"


def test_special_characters(folder: Path) -> None:
    layer, channels = _open(folder / "special_chars.exr", "special_chars")
    names = ['name containing a "quote"  ', "name_containing/slash", "равнина", "name, with, comma"]
    assert set(names) == set(layer.manifest)
    assert check_names(names, [(layer, channels)]) == ()
    parts = [_coverage(layer, channels, name) for name in names]
    assert all(part.max() == pytest.approx(1) for part in parts)
    np.testing.assert_allclose(_coverage(layer, channels, *names), sum(parts), atol=1e-6)
    for name, part in zip(names, parts, strict=True):
        y, x = np.unravel_index(part.argmax(), part.shape)
        assert pick(layer, channels, int(x), int(y)) == name


def test_sidecar_manifest(folder: Path) -> None:
    layer, channels = _open(folder / "sidecar_manifest.exr", "crypto_asset")
    assert _coverage(layer, channels, "default_*").sum() == pytest.approx(
        _coverage(layer, channels, "default_111", "default_444").sum()
    )
    # Exact names need no manifest at all.
    image = read_exr(folder / "sidecar_manifest.exr")
    lost = find_layer(list_layers(image.header, image.channels), "crypto_asset")
    assert "side-car" in lost.problem
    assert not lost.manifest
    assert (_coverage(lost, channels, "leftAsset") == _coverage(layer, channels, "leftAsset")).all()
    with pytest.raises(UsageError, match="looks for names, but the side-car"):
        check_names(["default_*"], [(lost, channels)])


@pytest.mark.parametrize(
    "name",
    ["../secret.json", "a/../../secret.json", "/etc/secret.json", "C:\\secret.json", "..\\secret.json", "link.json"],
)
def test_a_sidecar_outside_the_folder_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    image = read_exr(folder / "sidecar_manifest.exr")
    (tmp_path / "shot").mkdir()
    (tmp_path / "secret.json").write_text('{"leftAsset": "ce406a47"}')
    (tmp_path / "shot" / "link.json").symlink_to(tmp_path / "secret.json")
    crafted = {**image.header, "cryptomatte/28322e9/manif_file": name}
    write_exr(tmp_path / "shot" / "shot.exr", image.channels, attributes=crafted)
    with pytest.raises(InputError) as caught:
        _open(tmp_path / "shot" / "shot.exr", "crypto_asset")
    assert "outside the folder" in caught.value.problem
    assert caught.value.remedy


def test_a_sidecar_in_a_folder_below_is_read(folder: Path, tmp_path: Path) -> None:
    image = read_exr(folder / "sidecar_manifest.exr")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.json").write_text('{"leftAsset": "ce406a47"}')
    for name in ("manifests/a.json", "manifests\\a.json"):
        crafted = {**image.header, "cryptomatte/28322e9/manif_file": name}
        write_exr(tmp_path / "shot.exr", image.channels, attributes=crafted)
        assert _open(tmp_path / "shot.exr", "crypto_asset")[0].manifest == {"leftAsset": 0xCE406A47}


def test_16_bit_ids_are_named(folder: Path) -> None:
    layer, channels = _open(folder / "special_chars.exr", "special_chars")
    with np.errstate(over="ignore"):
        rounded = {name: pixels.astype(np.float16).astype(np.float32) for name, pixels in channels.items()}
    with pytest.raises(InputError, match="rounded to 16 bits"):
        check_names(["равнина"], [(layer, rounded)])
