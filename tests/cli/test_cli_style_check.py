"""``nst styles check``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nst_process import Nst, make_nst, sentence, write_pictures

from nst_backend.contract.errors import ExitCode


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "photos", 3, size=(160, 144))
    return made


def test_the_identity_passes_with_nothing_of_its_own(nst: Nst) -> None:
    result = nst("styles", "check", "identity", "--photos", "photos", "--gate", "--json", "--progress", "none")
    assert result.returncode == 0, result.stderr
    (report,) = json.loads(result.stdout)
    assert report["outside"] == []
    assert report["noise"] == pytest.approx(1, rel=0.05)
    photographs = report["groups"][0]
    assert (photographs["kind"], photographs["pictures"]) == ("photographs", 3)
    assert photographs["measures"]["mesh"]["value"] == pytest.approx(photographs["measures"]["mesh"]["plate"])


def test_a_style_outside_the_limits_is_named_and_the_gate_tells(nst: Nst) -> None:
    arguments = ["styles", "check", "identity", "swirl", "--photos", "photos", "--count", "1", "--progress", "none"]
    gated = nst(*arguments, "--gate")
    assert gated.returncode == ExitCode.FRAMES_FAILED
    assert "1 of 2 styles are outside the limits (swirl)" in sentence(gated)
    assert "swirl: dots" in gated.stdout
    assert nst(*arguments).returncode == 0
    assert "mesh (plate)" in gated.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["swril"], 2, "swirl"),
        (["swirl", "--photos", "gone"], 6, "no photographs"),
        (["swirl", "--photos", "small"], 6, "at least 128 px"),
    ],
)
def test_bad_input_is_one_sentence(nst: Nst, arguments: list[str], code: int, word: str) -> None:
    write_pictures(nst.folder / "small", 1)
    result = nst("styles", "check", *arguments, "--progress", "none")
    assert result.returncode == code
    assert word in sentence(result)
