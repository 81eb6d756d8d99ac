"""The matte of a recipe: what it accepts, keeps and refuses."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.contract.errors import UsageError
from nst_backend.contract.matte_options import CryptomatteMatte, Grow, Matte

_text = st.text(st.characters(exclude_characters="\0", exclude_categories=("Cs",)), min_size=1).filter(str.strip)
_leaves = st.one_of(
    st.fixed_dictionaries({"layer": _text, "names": st.lists(_text, min_size=1, max_size=3)}).map(
        lambda options: {"cryptomatte": options}
    ),
    st.fixed_dictionaries({"path": _text, "channel": st.sampled_from(["luma", "alpha"])}).map(lambda o: {"images": o}),
    st.fixed_dictionaries(
        {"path": _text, "categories": st.lists(_text | st.integers(0, 99)), "ids": st.lists(st.integers(0, 2**40))}
    ).map(lambda options: {"coco": options}),
    st.sampled_from([{"background": {}}, {"everything": {}}, {"everything": {"new": [1]}, "note": "kept"}]),
)


def _nodes(children: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    lists = st.tuples(st.sampled_from(["union", "intersect", "subtract"]), st.lists(children, min_size=2, max_size=3))
    moves = st.tuples(
        st.sampled_from(["grow", "shrink", "feather"]),
        st.fixed_dictionaries({"matte": children, "distance": st.floats(0, 500)}),
    )
    return st.one_of(lists, moves).map(lambda pair: {pair[0]: pair[1]})


mattes = st.recursive(_leaves, _nodes, max_leaves=6)


@given(mattes)
def test_round_trip_keeps_everything_and_obeys_the_schema(value: Any) -> None:
    matte = Matte.from_json(value, "matte")
    assert matte.to_json() == value
    assert Matte.from_json(json.loads(json.dumps(matte.to_json())), "matte") == matte
    jsonschema.Draft202012Validator(Matte.json_schema()).validate(value)


def test_options_are_typed() -> None:
    matte = Matte.from_json({"grow": {"matte": {"cryptomatte": {"names": ["A, b", "C*"]}}, "distance": 3}}, "m")
    assert isinstance(matte.options, Grow)
    assert matte.options.distance == 3.0
    assert matte.children[0].options == CryptomatteMatte(layer="CryptoObject", names=("A, b", "C*"))
    assert [node.kind for node in matte.walk()] == ["grow", "cryptomatte"]


def _nest(levels: int) -> Any:
    value: Any = {"everything": {}}
    for _ in range(levels):
        value = {"union": [value]}
    return value


@pytest.mark.parametrize(
    ("value", "says"),
    [
        ({}, "matte is {}"),
        ("Suzanne", "matte is 'Suzanne'"),
        ({"cryptomate": {"names": ["A"]}}, "did you mean 'cryptomatte'"),
        ({"everything": {}, "background": {}}, "'everything' and 'background'"),
        ({"cryptomatte": {"layer": "CryptoObject"}}, "matte.cryptomatte.names is missing"),
        ({"cryptomatte": {"names": []}}, "matte.cryptomatte: names is empty"),
        ({"cryptomatte": {"names": [3]}}, "matte.cryptomatte.names[0] is 3"),
        ({"images": {"path": "a.png", "channel": "grean"}}, "did you mean 'green'"),
        ({"union": [{"everything": {}}, {"images": {}}]}, "matte.union[1].images.path is missing"),
        ({"union": []}, "at least 1"),
        ({"subtract": [{"everything": {}}]}, "at least 2"),
        ({"grow": {"matte": {"everything": {}}, "distance": -1}}, "matte.grow.distance is -1"),
        ({"grow": {"matte": {"grow": {"distance": 1}}, "distance": 1}}, "matte.grow.matte.grow.matte is missing"),
        (_nest(40), "nested too deeply"),
        (_nest(400), "nested too deeply"),
        (_nest(5000), "nested too deeply"),
        ({"union": [{"everything": {}}] * 5000}, "too many parts"),
    ],
)
def test_refusals_name_the_key_and_the_remedy(value: Any, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        Matte.from_json(value, "matte")
    assert says in caught.value.sentence()
    assert caught.value.remedy


@pytest.mark.parametrize(
    "value", [{}, {"union": [{"images": {}}]}, {"grow": {"matte": {}, "distance": 1}}, {"rotoscope": {}}]
)
def test_the_schema_refuses_what_the_code_refuses(value: Any) -> None:
    assert not jsonschema.Draft202012Validator(Matte.json_schema()).is_valid(value)
    with pytest.raises(UsageError):
        Matte.from_json(value, "matte")
