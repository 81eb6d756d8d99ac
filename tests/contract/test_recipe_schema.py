"""The JSON Schema is valid and agrees with the validator."""

from __future__ import annotations

from typing import Any

import pytest
from jsonschema import Draft202012Validator
from test_recipe import FULL, SMALL, changed, without

from nst_backend.contract.errors import UsageError
from nst_backend.contract.recipe import Recipe
from nst_backend.contract.schema import recipe_schema

GOOD: list[dict[str, Any]] = [
    FULL,
    SMALL,
    Recipe.from_json(SMALL).to_json(),
    changed("x_studio", 1),
    changed("temporal.preroll", "auto"),
    changed("compute.tile", "auto"),
    changed("regions.0.strength", 0),
    changed("regions.0.strength", [[1, 0.5]]),
    changed("output.depth", None),
    changed("regions.1.matte", {"coco": {"path": "a.json", "categories": ["person", 3]}}),
    changed("regions.1.matte", {"union": [{"background": {}}, {"everything": {}}]}),
    changed("regions.1.matte", {"feather": {"matte": {"everything": {}}, "distance": 2}}),
]
BAD: list[dict[str, Any]] = [
    without("plate"),
    without("version"),
    without("plate.path"),
    without("output.path"),
    without("regions.0.style"),
    changed("plate.path", 7),
    changed("plate.fps", 0),
    changed("plate.exposure", 17),
    changed("regions", {}),
    changed("regions.0.strength", 1.5),
    changed("regions.0.strength", [[1, 2.0]]),
    changed("regions.0.strength", [[1]]),
    changed("regions.0.strength", []),
    changed("regions.0.statistics", "shots"),
    changed("regions.0.enabled", 1),
    changed("regions.0.matte", {}),
    changed("regions.0.matte", {"cryptomat": {}}),
    changed("regions.0.matte", {"cryptomatte": {"layer": "CryptoObject"}}),
    changed("regions.0.matte", {"grow": {"matte": {"everything": {}}, "distance": -1}}),
    changed("regions.0.matte", {"subtract": [{"everything": {}}]}),
    changed("regions.0.matte", {"everything": {}, "background": {}}),
    changed("temporal.flow", "vectr"),
    changed("temporal.smoothing", 0.98),
    changed("temporal.preroll", "some"),
    changed("output.depth", "12"),
    changed("compute.tile", 4),
    changed("compute.seed", 1.5),
    changed("compute.seed", -1),
]


@pytest.fixture(scope="module")
def validator() -> Draft202012Validator:
    schema = recipe_schema()
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


@pytest.mark.parametrize("data", GOOD)
def test_both_take_a_good_recipe(validator: Draft202012Validator, data: dict[str, Any]) -> None:
    Recipe.from_json(data)
    assert [error.message for error in validator.iter_errors(data)] == []


@pytest.mark.parametrize("data", BAD)
def test_both_refuse_a_bad_recipe(validator: Draft202012Validator, data: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        Recipe.from_json(data)
    assert not validator.is_valid(data)


def test_the_schema_carries_help_defaults_and_limits() -> None:
    smoothing = recipe_schema()["properties"]["temporal"]["properties"]["smoothing"]
    assert smoothing["default"] == 0.9
    assert (smoothing["minimum"], smoothing["maximum"]) == (0, 0.97)
    assert smoothing["description"]
