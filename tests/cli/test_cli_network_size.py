"""Which of a style's networks ``nst styles check`` and ``nst styles judge`` measure."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from nst_process import write_judge, write_pictures

from nst_backend.cli.main import run
from nst_backend.contract.errors import ExitCode
from nst_backend.contract.messages import SilentReporter
from nst_backend.contract.recipe import Recipe
from nst_backend.pipeline.shot import open_shot
from nst_backend.styles.card import StyleCard
from nst_backend.styles.config import NetworkConfig
from nst_backend.styles.library import StyleLibrary
from nst_backend.styles.network import StyleNetwork
from nst_backend.styles.saving import save_small, save_styles

torch.set_num_threads(1)

STYLES = ["both", "as_full", "as_small"]
NOTICE = "style 'as_full' has no small network, so its own paints"


def network(seed: int) -> StyleNetwork:
    torch.manual_seed(seed)
    made = StyleNetwork(NetworkConfig(width=4, blocks=1, levels=1))
    with torch.no_grad():
        made.tail.bias.fill_(0.4)
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Styles: ``both`` has two networks, ``as_full`` its full one alone, ``as_small`` its small one as its own."""
    styles = tmp_path / "styles"
    monkeypatch.setenv("BRUSHPASS_STYLES", str(styles))
    monkeypatch.chdir(tmp_path)
    full, small = network(1), network(2)
    for name, own in (("both", full), ("as_full", full), ("as_small", small)):
        save_styles(own, [StyleCard(name=name, network=f"{name}.safetensors", sha256="", config=own.config)], styles)
    save_small(small, "small", {}, [StyleLibrary([styles]).find("both")], styles)
    write_pictures(tmp_path / "photos", 1, size=(160, 144))
    write_judge(tmp_path, ("one", "other"))
    return tmp_path


CHECK = ["styles", "check", *STYLES, "--photos", "photos"]
JUDGE = ["styles", "judge", *STYLES, "--photos", "photos", "--paintings", "paintings", "--network", "judge.pth"]
JUDGE += [word for style in STYLES for word in ("--own", f"{style}=one")]


def measured(
    capsys: pytest.CaptureFixture[str], command: list[str], *options: str
) -> tuple[dict[str, Any], list[str], list[str]]:
    """What was found by the style's name, which network that was of, and the lines on standard error."""
    assert run([*command, *options, "--json", "--progress", "none"]) == ExitCode.DONE
    said = capsys.readouterr()
    found = json.loads(said.out)
    reports = found if isinstance(found, list) else found["styles"]
    sizes = [report.pop("network_size") for report in reports]
    return {report.pop("style"): report for report in reports}, sizes, said.err.splitlines()


@pytest.mark.parametrize("command", [CHECK, JUDGE])
def test_the_network_that_is_asked_for_is_measured(
    folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    own, sizes, said = measured(capsys, command)
    assert (sizes, said) == (["full", "full", "full"], [])
    assert own["both"] == own["as_full"] != own["as_small"]
    small, sizes, said = measured(capsys, command, "--network-size", "small")
    assert sizes == ["small", "full", "full"]
    assert small["both"] == small["as_small"] == own["as_small"]
    assert small["as_full"] == own["as_full"]
    assert [line for line in said if "as_full" in line] == [line for line in said if NOTICE in line] != []


def test_the_table_tells_which_network_it_is_of(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for command in (CHECK, JUDGE):
        assert run([*command, "--network-size", "small", "--progress", "none"]) == ExitCode.DONE
        table = capsys.readouterr().out
        assert "both (small)" in table
        assert "as_full (" not in table


@pytest.mark.parametrize("command", [CHECK, JUDGE])
def test_sizes_are_those_of_a_job(folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]) -> None:
    assert run([*command, "--network-size", "tiny"]) == ExitCode.USAGE
    assert "--network-size is 'tiny': give one of 'full', 'small'" in capsys.readouterr().err


def test_a_job_says_the_same_of_a_style_without_a_small_network(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (said,) = measured(capsys, CHECK, "--network-size", "small")[2][:1]
    recipe = {
        "version": 1,
        "plate": {"path": "photos/plate.####.png"},
        "regions": [{"name": "all", "matte": {"everything": {}}, "style": "as_full"}],
        "output": {"path": "out.####.png"},
        "compute": {"device": "cpu", "network_size": "small"},
    }
    shot = open_shot(Recipe.from_json(recipe), base=folder, reporter=SilentReporter())
    shot.plate.close()
    assert [f"nst: warning: {warning.removeprefix('all: ')}" for warning in shot.warnings] == [said]


@pytest.mark.parametrize(
    "command",
    [
        ["styles", "gallery", "both", "--photos", "photos", "-o", "page.html"],
        ["evaluate", "photos/plate.####.png", "--plate", "photos/plate.####.png"],
        ["optimize", "photos/plate.0001.png", "paintings/one.png", "-o", "painted.png"],
    ],
)
def test_who_has_no_choice_of_networks_takes_no_such_option(
    folder: Path, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    assert run([*command, "--network-size", "small"]) == ExitCode.USAGE
    assert "does not know '--network-size'" in capsys.readouterr().err
