"""Coverage against the true antialiased silhouette, rendered by both Blenders."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nst_backend.contract.matte_options import Matte
from nst_backend.mattes.source import MatteSource
from nst_backend.mattes.tree import MatteContext, build_matte
from nst_backend.media.exr import ExrImage, read_exr
from nst_backend.regions.weights import partition, remainder

SCRIPT = Path(__file__).with_name("cryptomatte_scene.py")


@dataclass(frozen=True)
class _Frame:
    number: int
    rgb: NDArray[np.float32]
    channels: dict[str, Any]
    header: dict[str, Any]


@dataclass(frozen=True)
class _Render:
    frame: _Frame
    silhouettes: dict[str, NDArray[np.float32]]


@pytest.fixture(scope="module")
def render(blender: Any, tmp_path_factory: pytest.TempPathFactory) -> _Render:
    folder = tmp_path_factory.mktemp("cryptomatte")
    blender.run(SCRIPT, folder)
    image: ExrImage = read_exr(folder / "crypto.exr")
    width, height = image.size
    frame = _Frame(1, np.zeros((height, width, 3), np.float32), image.channels, image.header)
    names = json.loads((folder / "names.json").read_text(encoding="utf-8"))
    pictures = [read_exr(folder / f"silhouette_{index}.exr").channels["R"] for index in range(len(names))]
    return _Render(frame, dict(zip(names, pictures, strict=True)))


def _source(matte: Any) -> MatteSource:
    return build_matte(Matte.from_json(matte, "matte"), MatteContext(folder=Path()))


def _crypto(*names: str, layer: str = "CryptoObject") -> dict[str, Any]:
    return {"cryptomatte": {"layer": layer, "names": [name.replace("*", "\\*") for name in names]}}


def test_coverage_is_the_silhouette_bit_for_bit(render: _Render) -> None:
    for name, truth in render.silhouettes.items():
        source = _source(_crypto(name))
        assert source.check([render.frame]) == ()
        coverage = source.coverage(render.frame)
        assert ((coverage > 0) & (coverage < 1)).sum() > 50, "the edge is antialiased"
        np.testing.assert_array_equal(coverage, truth)


def test_only_its_own_channels_are_needed(render: _Render) -> None:
    source = _source(_crypto("Kugel"))
    channels = {name: pixels for name, pixels in render.frame.channels.items() if source.channels_needed(name)}
    assert len(channels) == 12
    frame = _Frame(1, render.frame.rgb, channels, render.frame.header)
    np.testing.assert_array_equal(source.coverage(frame), render.silhouettes["Kugel"])


def test_objects_that_touch_leave_no_plate_between_them(render: _Render) -> None:
    # All objects, front to back in no particular order: the plate is left where no object is.
    coverages = [_source(_crypto(name)).coverage(render.frame) for name in render.silhouettes]
    left = remainder(partition(coverages))
    truth = sum(truth.astype(np.float64) for truth in render.silhouettes.values())
    shared = sum((coverage > 0).astype(int) for coverage in coverages) > 1
    assert (shared & (truth == 1)).sum() > 100
    np.testing.assert_array_equal(left == 0, truth == 1)


def test_set_operations_are_exact_on_shared_edges(render: _Render) -> None:
    left, right = "Würfel, links", "Würfel, rechts"
    both = render.silhouettes[left] + render.silhouettes[right]
    np.testing.assert_array_equal(_source({"union": [_crypto(left), _crypto(right)]}).coverage(render.frame), both)
    np.testing.assert_array_equal(_source({"cryptomatte": {"names": ["Würfel*"]}}).coverage(render.frame), both)
    cut = {"subtract": [{"cryptomatte": {"names": ["*"]}}, _crypto(right), _crypto("Ground", "Kugel", "Hair*.001")]}
    np.testing.assert_array_equal(_source(cut).coverage(render.frame), render.silhouettes[left])
    none = _source({"intersect": [_crypto(left), _crypto(right)]})
    assert not none.coverage(render.frame).any()


def test_materials_and_assets(render: _Render) -> None:
    everything = sum(truth.astype(np.float64) for truth in render.silhouettes.values())
    material = _source(_crypto("Skin.001", layer="ViewLayer.CryptoMaterial")).coverage(render.frame)
    np.testing.assert_allclose(material, everything, atol=1e-6)
    asset = _source(_crypto("Kugel", layer="CryptoAsset")).coverage(render.frame)
    np.testing.assert_array_equal(asset, render.silhouettes["Kugel"])
