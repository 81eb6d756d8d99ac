"""The tree of a recipe's matte, from options to coverage."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from nst_backend.contract.errors import UsageError
from nst_backend.contract.matte_options import Matte
from nst_backend.mattes import combine
from nst_backend.mattes.cryptomatte_hash import id_to_float, name_to_id
from nst_backend.mattes.source import MatteSource
from nst_backend.mattes.tree import MatteContext, build_matte
from nst_backend.media.images import write_image

SIDE = 54


def _ids(name: str) -> NDArray[np.float32]:
    return np.full((SIDE, SIDE), id_to_float(name_to_id(name)), np.float32)


@dataclass(frozen=True)
class _Frame:
    """A and B share an antialiased edge down the middle; both are of the material M."""

    number: int = 1
    rgb: NDArray[np.float32] = field(default_factory=lambda: np.zeros((SIDE, SIDE, 3), np.float32))
    channels: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    header: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        a = np.tile(np.clip(20.25 - np.arange(SIDE), 0, 1).astype(np.float32), (SIDE, 1))
        whole = np.ones_like(a)
        self.channels.update({"V.CryptoObject00.r": _ids("A"), "V.CryptoObject00.g": a})
        self.channels.update({"V.CryptoObject00.b": _ids("B"), "V.CryptoObject00.a": 1 - a})
        self.channels.update({"V.CryptoMaterial00.r": _ids("M"), "V.CryptoMaterial00.g": whole})
        names = {"V.CryptoObject": ["A", "B"], "V.CryptoMaterial": ["M"]}
        for key, (layer, listed) in enumerate(names.items()):
            self.header[f"cryptomatte/{key}/name"] = layer
            self.header[f"cryptomatte/{key}/manifest"] = json.dumps({n: f"{name_to_id(n):08x}" for n in listed})


A, B = {"cryptomatte": {"names": ["A"]}}, {"cryptomatte": {"names": ["B"]}}
M = {"cryptomatte": {"layer": "V.CryptoMaterial", "names": ["M"]}}
ALL: dict[str, Any] = {"everything": {}}


def _build(matte: Any, folder: Path = Path()) -> MatteSource:
    return build_matte(Matte.from_json(matte, "matte"), MatteContext(folder=folder))


def _coverage(matte: Any, folder: Path = Path()) -> NDArray[np.float32]:
    return _build(matte, folder).coverage(_Frame())


def test_everything_and_background_are_the_whole_frame() -> None:
    for kind in ("everything", "background"):
        assert (_coverage({kind: {}}) == 1).all()
        assert not _build({kind: {}}).channels_needed("V.CryptoObject00.r")


def test_sets_of_one_layer_are_exact_on_the_shared_edge() -> None:
    a = _coverage(A)
    assert 0 < a[0, 20] < 1
    assert (_coverage({"union": [A, B]}) == 1).all()
    assert not _coverage({"intersect": [A, B]}).any()
    assert (_coverage({"subtract": [{"union": [A, B]}, B]}) == a).all()
    assert not _coverage({"subtract": [A, A]}).any()
    assert (_coverage({"union": [A, M, B]}) == 1).all()
    nested = {"subtract": [{"cryptomatte": {"names": ["*"]}}, {"union": [{"intersect": [B, B]}]}]}
    assert (_coverage(nested) == a).all()


def test_sets_of_different_mattes_act_on_coverage() -> None:
    a = _coverage(A)
    np.testing.assert_array_equal(_coverage({"subtract": [ALL, A]}), np.float32(1) - a)
    np.testing.assert_array_equal(_coverage({"intersect": [M, A]}), a)
    np.testing.assert_array_equal(_coverage({"union": [{"subtract": [ALL, A]}, A]}), np.maximum(a, 1 - a))
    assert not _coverage({"subtract": [ALL, A, B]}).any(), "no seam where A meets B"


@pytest.mark.parametrize("kind", ["grow", "shrink", "feather"])
def test_distances_are_those_of_1080_lines(kind: str) -> None:
    # The frame has 54 lines: 60 px at 1080 lines are 3 px here.
    moved = _coverage({kind: {"matte": A, "distance": 60}})
    np.testing.assert_array_equal(moved, getattr(combine, kind)(_coverage(A), 3.0))
    assert (moved != _coverage(A)).any()


def test_channels_and_checks_go_through_the_tree() -> None:
    source = _build({"feather": {"matte": {"subtract": [ALL, A, M]}, "distance": 2}})
    needed = {name for name in _Frame().channels if source.channels_needed(name)}
    assert needed == set(_Frame().channels)
    assert not source.channels_needed("V.Combined.R")
    assert source.check([_Frame()]) == ()
    wrong = _build({"grow": {"matte": {"union": [ALL, {"cryptomatte": {"names": ["C"]}}]}, "distance": 2}})
    with pytest.raises(UsageError, match="'C' is not in"):
        wrong.check([_Frame()])
    for name in ("A", "M", "everything", "feather", "subtract"):
        assert name in source.describe()


def test_paths_start_at_the_recipe(tmp_path: Path) -> None:
    write_image(tmp_path / "roto.png", np.ones((SIDE, SIDE, 3), np.float32), depth=8)
    polygon = [0, 0, 10, 0, 10, 10, 0, 10]
    coco = {
        "images": [{"id": 1, "file_name": "x_001.png", "width": SIDE, "height": SIDE}],
        "annotations": [{"id": 5, "image_id": 1, "category_id": 1, "segmentation": [polygon]}],
        "categories": [{"id": 1, "name": "person"}],
    }
    (tmp_path / "a.json").write_text(json.dumps(coco))
    images, people = {"images": {"path": "roto.png"}}, {"coco": {"path": "a.json", "categories": ["person"]}}
    assert (_coverage(images, tmp_path) == 1).all()
    assert _coverage(people, tmp_path).sum() == 100
    assert _coverage({"subtract": [images, people]}, tmp_path).sum() == SIDE * SIDE - 100
