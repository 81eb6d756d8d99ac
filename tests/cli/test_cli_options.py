"""Options made from dataclasses."""

from __future__ import annotations

import argparse
import dataclasses
from typing import Any

import pytest

from nst_backend.cli.main import build_parser
from nst_backend.cli.options import add_options, given_options, option_summary, read_value
from nst_backend.contract.errors import UsageError
from nst_backend.contract.recipe import (
    ComputeOptions,
    OutputOptions,
    PlateOptions,
    Region,
    TemporalOptions,
)
from nst_backend.training.config import TrainingRecipe

CLASSES = (Region, PlateOptions, TemporalOptions, OutputOptions, ComputeOptions)


def parse(cls: type, *arguments: str, skip: tuple[str, ...] = ()) -> dict[str, Any]:
    parser = argparse.ArgumentParser()
    add_options(parser, cls, skip=skip)
    return given_options(parser.parse_args(arguments), cls)


@pytest.mark.parametrize("cls", CLASSES)
def test_every_field_but_extra_is_an_option_with_help(cls: type) -> None:
    parser = argparse.ArgumentParser()
    add_options(parser, cls)
    text = " ".join(parser.format_help().split())
    for entry in dataclasses.fields(cls):
        assert ("--" + entry.name.replace("_", "-") in text) == (entry.name != "extra")


def test_only_what_is_given_counts() -> None:
    assert parse(TemporalOptions) == {}
    assert parse(TemporalOptions, "--smoothing", "0") == {"smoothing": 0}


@pytest.mark.parametrize(
    ("cls", "arguments", "expected"),
    [
        (TemporalOptions, ["--preroll", "auto"], {"preroll": "auto"}),
        (TemporalOptions, ["--preroll", "12"], {"preroll": 12}),
        (OutputOptions, ["--depth", "16"], {"depth": "16"}),
        (OutputOptions, ["--mattes", "--no-keep-channels"], {"mattes": True, "keep_channels": False}),
        (OutputOptions, ["--size", "50%"], {"size": "50%"}),
        (PlateOptions, ["--frames", "1-48x2", "--exposure=-1.5"], {"frames": "1-48x2", "exposure": -1.5}),
        (Region, ["--strength", "0.5"], {"strength": 0.5}),
        (Region, ["--strength", "1:0,24:1"], {"strength": [[1, 0], [24, 1]]}),
        (Region, ["--strength", "[[1, 0], [24, 1]]"], {"strength": [[1, 0], [24, 1]]}),
        (Region, ["--style", "12"], {"style": "12"}),
        (Region, ["--preserve-colour", "1"], {"preserve_colour": 1}),
    ],
)
def test_text_becomes_what_a_recipe_holds(cls: type, arguments: list[str], expected: dict[str, Any]) -> None:
    assert parse(cls, *arguments) == expected


@pytest.mark.parametrize(
    ("cls", "arguments", "problem"),
    [
        (TemporalOptions, ["--smoothing", "1"], "--smoothing is 1"),
        (TemporalOptions, ["--smoothing", "much"], "--smoothing is 'much'"),
        (TemporalOptions, ["--preroll", "-3"], "--preroll is -3"),
        (OutputOptions, ["--depth", "12"], "--depth is 12"),
        (Region, ["--strength", "24:1,1:0"], "--strength[1] is at frame 1"),
        (Region, ["--preserve-colour", "2"], "--preserve-colour is 2"),
        (ComputeOptions, ["--tile", "4"], "--tile is 4"),
    ],
)
def test_mistakes_speak_of_the_flag(cls: type, arguments: list[str], problem: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(cls, *arguments)
    assert caught.value.problem.startswith(problem)
    assert caught.value.remedy


def test_summaries_hold_unit_limits_and_default() -> None:
    fields = {entry.name: entry for entry in dataclasses.fields(TrainingRecipe)}
    assert option_summary(fields["crop"]) == "side of the training crops (px; 64 to 1024; default: 192)"
    assert option_summary(fields["steps"]).endswith("(from 1; default: 10000)")


def test_lists_of_texts_are_separated_by_commas() -> None:
    @dataclasses.dataclass(frozen=True, kw_only=True)
    class Names:
        names: tuple[str, ...] = ()

    assert read_value(Names, "names", "a, b ,c", "names") == ["a", "b", "c"]


@pytest.mark.parametrize(
    ("command", "option"),
    [("train --paintings p", "photos"), ("train-mattes --out o", "plates"), ("train-mattes --out o", "judge")],
)
def test_an_option_for_folders_may_be_repeated(command: str, option: str) -> None:
    told = build_parser().parse_args([*command.split(), f"--{option}", "a", "b", f"--{option}", "c"])
    assert getattr(told, option) == ["a", "b", "c"]
