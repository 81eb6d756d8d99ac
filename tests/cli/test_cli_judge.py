"""``nst styles judge``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from nst_process import Nst, make_nst, sentence, write_judge, write_pictures


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    made = make_nst(tmp_path)
    write_pictures(tmp_path / "photos", 3, size=(96, 80))
    write_judge(tmp_path, ("somebody_swirl", "other"))
    return made


BASE = ("styles", "judge", "identity", "--paintings", "paintings", "--network", "judge.pth")


def test_the_identity_is_judged_as_the_plates_are(nst: Nst) -> None:
    (nst.folder / "held_out.txt").write_text("photos/plate.0001.png\nphotos/plate.0003.png\n")
    arguments = [
        *BASE[:3],
        "swirl",
        *BASE[3:],
        "--photos",
        "held_out.txt",
        "--own",
        "identity=other",
        "--progress",
        "none",
    ]
    result = nst(*arguments, "--json")
    assert result.returncode == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["network"]["name"] == "squeezenet1_0"
    assert len(found["network"]["sha256"]) == 64
    identity, swirl = found["styles"]
    assert (identity["style"], identity["own"], identity["pictures"]) == ("identity", "other", 2)
    assert identity["hits"] == identity["chance"]
    assert identity["loss"] == pytest.approx(1)
    assert swirl["own"] is None
    table = nst(*arguments)
    assert "style loss (worst)" in table.stdout
    assert "1.00 (1.00)" in table.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["--photos", "gone"], 6, "gone"),
        (["--photos", "photos", "--own", "identity"], 2, "udnie=picabia_udnie"),
        (["--photos", "photos", "--own", "identity=others"], 2, "'other'"),
        (["--photos", "photos", "--own", "someone=other"], 2, "is not judged"),
        (["--photos", "photos", "--network", "styles/swirl.safetensors"], 6, "holds no network"),
        (["--photos", "photos", "--network", "gone.pth"], 6, "gone"),
        (["--photos", "list.txt"], 6, "which is not there"),
        (["--photos", "small"], 6, "at least 64 px"),
        (["--photos", "photos", "--paintings", "one"], 6, "several paintings"),
    ],
)
def test_bad_input_is_one_sentence(nst: Nst, arguments: list[str], code: int, word: str) -> None:
    (nst.folder / "list.txt").write_text("photos/nobody.png\n")
    write_pictures(nst.folder / "small", 1)
    write_pictures(nst.folder / "one", 1)
    result = nst(*BASE, *arguments, "--progress", "none")
    assert result.returncode == code, result.stderr
    assert word in sentence(result)


def test_without_a_judge_it_is_said_what_to_fetch(nst: Nst) -> None:
    result = nst(*BASE[:5], "--photos", "photos", "--progress", "none", BRUSHPASS_OFFLINE="1")
    assert result.returncode == 6
    assert "squeezenet1_0-b66bff10.pth" in sentence(result)
