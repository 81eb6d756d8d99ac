"""Curves between keyframes."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.contract.errors import UsageError
from nst_backend.contract.keyframes import Curve

frames = st.integers(-100_000, 100_000)
values = st.floats(-1e3, 1e3)
keys = st.dictionaries(frames, values, min_size=2, max_size=12).map(lambda found: sorted(found.items()))


@given(keys)
def test_it_passes_through_its_keys_and_holds_outside(found: list[tuple[int, float]]) -> None:
    curve = Curve.from_json([list(key) for key in found], "strength")
    for frame, value in found:
        assert curve.at(frame) == pytest.approx(value)
    assert curve.at(found[0][0] - 7) == found[0][1]
    assert curve.at(found[-1][0] + 7) == found[-1][1]


@given(keys, st.floats(0, 1))
def test_between_two_keys_it_is_a_line(found: list[tuple[int, float]], part: float) -> None:
    curve = Curve.from_json([list(key) for key in found], "strength")
    (start, first), (end, last) = found[0], found[1]
    assert curve.at(start + part * (end - start)) == pytest.approx(first + part * (last - first), abs=1e-6)


@given(keys, frames)
def test_it_stays_between_its_extremes(found: list[tuple[int, float]], frame: int) -> None:
    curve = Curve.from_json([list(key) for key in found], "strength")
    assert min(curve.values()) - 1e-9 <= curve.at(frame) <= max(curve.values()) + 1e-9


@given(keys)
def test_json_round_trip(found: list[tuple[int, float]]) -> None:
    curve = Curve.from_json([list(key) for key in found], "strength")
    assert Curve.from_json(json.loads(json.dumps(curve.to_json())), "strength") == curve


@given(values, frames)
def test_a_number_is_the_same_everywhere(value: float, frame: int) -> None:
    curve = Curve.from_json(value, "strength")
    assert curve.at(frame) == value
    assert curve.to_json() == value


@given(keys)
def test_keys_out_of_order_are_refused_by_name(found: list[tuple[int, float]]) -> None:
    with pytest.raises(UsageError, match=r"scale\[1\] is at frame"):
        Curve.from_json([list(key) for key in reversed(found)], "scale")


@pytest.mark.parametrize("value", [None, "1", True, [], [1, 2], [[1]], [[1, "a"]], [[1, float("inf")]], {}])
def test_anything_else_is_refused_with_the_form(value: object) -> None:
    with pytest.raises(UsageError, match="strength") as caught:
        Curve.from_json(value, "strength")
    assert "[[frame, value], ...]" in caught.value.remedy
