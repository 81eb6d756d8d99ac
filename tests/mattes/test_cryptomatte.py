"""Cryptomatte on images that the tests make."""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nst_backend.contract.errors import InputError, UsageError
from nst_backend.mattes.cryptomatte import (
    CryptomatteLayer,
    check_names,
    coverage_of,
    find_layer,
    ids_of,
    is_layer_channel,
    list_layers,
    names_in,
    pick,
)
from nst_backend.mattes.cryptomatte_hash import id_to_float, name_to_id

Array = NDArray[np.float32]


Rank = tuple[list[list[str | None]], list[list[float]]]


def _channels(ranks: list[Rank], layer: str, names: Sequence[str] = "rgba") -> dict[str, Array]:
    """Channels of a layer from names and coverages rank by rank."""
    result: dict[str, Array] = {}
    empty = ([[None] * len(row) for row in ranks[0][0]], [[0.0] * len(row) for row in ranks[0][1]])
    for rank, (who, cover) in enumerate([*ranks, empty] if len(ranks) % 2 else ranks):
        ids = [[id_to_float(name_to_id(name)) if name else 0.0 for name in row] for row in who]
        level = f"{layer}{rank // 2:02d}."
        result[level + names[rank % 2 * 2]] = np.array(ids, np.float32)
        result[level + names[rank % 2 * 2 + 1]] = np.array(cover, np.float32)
    return result


def _header(layer: str, key: str = "abcdef0", names: list[str] | None = None, **more: str) -> dict[str, object]:
    header: dict[str, object] = {f"cryptomatte/{key}/name": layer, f"cryptomatte/{key}/hash": "MurmurHash3_32"}
    header[f"cryptomatte/{key}/conversion"] = "uint32_to_float32"
    if names is not None:
        header[f"cryptomatte/{key}/manifest"] = json.dumps({name: f"{name_to_id(name):08x}" for name in names})
    return header | {f"cryptomatte/{key}/{name}": value for name, value in more.items()}


TWO = [([["A", "B"]], [[0.75, 1.0]]), ([["B", None]], [[0.25, 0.0]])]


@pytest.mark.parametrize("names", ["rgba", "RGBA", ("red", "green", "blue", "alpha")])
def test_any_naming_of_channels(names: Sequence[str]) -> None:
    channels = _channels(TWO, "View.Crypto", names)
    layer = find_layer(list_layers(_header("View.Crypto", names=["A", "B"]), channels), "Crypto")
    assert (layer.name, layer.short_name, layer.levels) == ("View.Crypto", "Crypto", 2)
    assert coverage_of(layer, channels, ids_of(layer, ["A"])).tolist() == [[0.75, 0.0]]
    assert coverage_of(layer, channels, ids_of(layer, ["B"])).tolist() == [[0.25, 1.0]]
    assert all(is_layer_channel(name, "Crypto") and is_layer_channel(name, "View.Crypto") for name in channels)


@pytest.mark.parametrize("name", ["View.Crypto.r", "View.CryptoX00.r", "View.Combined.R", "MyCrypto00.r", "Crypto00.z"])
def test_channels_of_others_are_not_needed(name: str) -> None:
    assert not is_layer_channel(name, "Crypto")


def test_a_layer_whose_name_ends_in_digits() -> None:
    channels = _channels(TWO, "crypto2000")
    layer = find_layer(list_layers(_header("crypto2000"), channels), "crypto2000")
    assert layer.levels == 2


def test_one_object_in_several_ranks_is_added_up() -> None:
    channels = _channels([([["A"]], [[0.5]]), ([["B"]], [[0.25]]), ([["A"]], [[0.25]])], "Crypto")
    layer = find_layer(list_layers(_header("Crypto"), channels), "Crypto")
    assert coverage_of(layer, channels, ids_of(layer, ["A"])).tolist() == [[0.75]]
    assert coverage_of(layer, channels, ids_of(layer, ["A", "B", "A"])).tolist() == [[1.0]]


def test_ids_are_compared_as_bits() -> None:
    # NaN equals nothing and -0 equals 0 as numbers; as ids they are what they are.
    channels = _channels(TWO, "Crypto")
    channels["Crypto00.r"] = np.array([0x7FC00001, 0x80000000], np.uint32).view(np.float32).reshape(1, 2)
    layer = find_layer(list_layers({}, channels), "Crypto")
    assert coverage_of(layer, channels, ids_of(layer, ["<7fc00001>"])).tolist() == [[0.75, 0.0]]
    assert coverage_of(layer, channels, [0]).tolist() == [[0.0, 0.0]]


def test_coverage_stays_in_range() -> None:
    channels = _channels([([["A", "A"]], [[0.9, np.nan]]), ([["A", "B"]], [[0.9, 0.2]])], "Crypto")
    layer = find_layer(list_layers({}, channels), "Crypto")
    assert coverage_of(layer, channels, ids_of(layer, ["A"])).tolist() == [[1.0, 0.0]]


def test_an_object_that_enters_later_is_found_by_its_hash() -> None:
    channels = _channels(TWO, "Crypto")
    layer = find_layer(list_layers(_header("Crypto", names=["A"]), channels), "Crypto")
    assert coverage_of(layer, channels, ids_of(layer, ["B"])).tolist() == [[0.25, 1.0]]
    assert not coverage_of(layer, channels, ids_of(layer, ["Not here", "None of*"])).any()
    assert check_names(["B"], [(layer, channels)]) == (), "it is in the picture"
    later = find_layer(list_layers(_header("Crypto", names=["A", "Late"]), channels), "Crypto")
    assert check_names(["Late", "L*"], [(layer, channels), (later, channels)]) == ()


def test_names_that_do_not_exist() -> None:
    channels = _channels(TWO, "Crypto")
    layer = find_layer(list_layers(_header("Crypto", names=["A", "B", "Suzanne"]), channels), "Crypto")
    with pytest.raises(UsageError, match="did you mean 'Suzanne'"):
        check_names(["A", "Suzane"], [(layer, channels)])
    with pytest.raises(UsageError, match=r"'Hair\*' matches nothing"):
        check_names(["Hair*"], [(layer, channels)])
    assert check_names(["Suzanne", "S*"], [(layer, channels)]) == (), "listed, though not in the picture"


@pytest.mark.parametrize("manifest", [None, "{", "[]", '{"A": 3, "B": "xyz"}'])
def test_without_a_good_manifest_exact_names_still_work(manifest: str | None) -> None:
    channels = _channels(TWO, "Crypto")
    header = _header("Crypto") if manifest is None else _header("Crypto", manifest=manifest)
    layer = find_layer(list_layers(header, channels), "Crypto")
    assert not layer.manifest
    assert check_names(["A"], [(layer, channels)]) == ()
    (warning,) = check_names(["Z"], [(layer, channels)])
    assert "'Z'" in warning
    assert "manifest" in warning
    with pytest.raises(UsageError, match="without"):
        check_names(["A*"], [(layer, channels)])
    assert pick(layer, channels, 0, 0) == f"<{name_to_id('A'):08x}>"


def test_what_is_picked_can_be_asked_for() -> None:
    channels = _channels(TWO, "Crypto")
    layer = find_layer(list_layers({}, channels), "Crypto")
    assert layer.problem == "there is no manifest"
    names = names_in(layer, channels)
    assert list(names.values()) == [1.25, 0.75]
    assert coverage_of(layer, channels, ids_of(layer, [next(iter(names))])).tolist() == [[0.25, 1.0]]


def test_pick() -> None:
    channels = _channels([([["A", None]], [[0.25, 0.0]]), ([["B", None]], [[0.75, 0.0]])], "Crypto")
    layer = find_layer(list_layers(_header("Crypto", names=["A", "B"]), channels), "Crypto")
    assert pick(layer, channels, 0, 0) == "B"
    assert pick(layer, channels, 1, 0) is None
    with pytest.raises(UsageError, match="2x1"):
        pick(layer, channels, 0, 1)


def test_layers_are_found_by_full_and_short_name() -> None:
    names = ("A.CryptoObject", "B.CryptoObject", "A.CryptoAsset")
    channels = {channel: pixels for name in names for channel, pixels in _channels(TWO, name).items()}
    header = {key: value for name in names for key, value in _header(name, name[0] + name[-5:]).items()}
    layers = list_layers(header, channels)
    assert find_layer(layers, "CryptoAsset").name == "A.CryptoAsset"
    assert find_layer(layers, "B.CryptoObject").name == "B.CryptoObject"
    assert find_layer(layers, "CryptoObject", view_layer="B").name == "B.CryptoObject"
    with pytest.raises(UsageError, match=r"'A.CryptoObject' and 'B.CryptoObject'"):
        find_layer(layers, "CryptoObject")
    with pytest.raises(UsageError, match="did you mean 'CryptoAsset'"):
        find_layer(layers, "CryptoAset")
    with pytest.raises(UsageError, match="enable the Cryptomatte passes"):
        find_layer((), "CryptoObject")


def test_layers_that_cannot_be_decoded() -> None:
    channels = _channels(TWO, "Crypto")
    other = list_layers(_header("Crypto", hash="CityHash"), channels)
    with pytest.raises(InputError, match="CityHash"):
        find_layer(other, "Crypto")
    with pytest.raises(InputError, match="channels are missing"):
        find_layer(list_layers(_header("Crypto"), {}), "Crypto")


_name = st.text(st.characters(exclude_categories=("Cs",)), min_size=1, max_size=8)


@given(_name, st.lists(_name, max_size=5))
def test_wildcards_match_what_they_say(text: str, others: list[str]) -> None:
    known = [text, *others]
    layer = CryptomatteLayer("Crypto", (), {name: name_to_id(name) for name in known})
    literal = text.replace("*", "\\*").replace("?", "\\?")
    if "\\" not in text:
        assert ids_of(layer, [literal]) == {name_to_id(text)}
        starts = {name_to_id(name) for name in known if name.startswith(text)}
        assert ids_of(layer, [literal + "*"]) - {name_to_id(text + "*")} == starts - {name_to_id(text + "*")}
    assert ids_of(layer, ["*"]) >= {name_to_id(name) for name in known}
    same_length = {name_to_id(name) for name in known if len(name) == len(text)}
    marks = "?" * len(text)
    assert ids_of(layer, [marks]) - {name_to_id(marks)} == same_length - {name_to_id(marks)}
