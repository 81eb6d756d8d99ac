"""``nst styles``, ``nst schema``, ``nst doctor``: what is there."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from nst_process import ROOT, Nst, make_nst, sentence, write_pictures

from nst_backend.cli.recipe_tables import recipe_tables


@pytest.fixture
def nst(tmp_path: Path) -> Nst:
    return make_nst(tmp_path)


def test_the_library_as_table_and_json(nst: Nst) -> None:
    table = nst("styles").stdout
    assert "identity" in table
    assert "swirl" in table
    rows = {row["name"]: row for row in json.loads(nst("styles", "--json").stdout)}
    assert rows["swirl"]["title"] == "Swirl"
    assert rows["swirl"]["ready"]
    (nst.folder / "styles/swirl.safetensors").unlink()
    rows = {row["name"]: row for row in json.loads(nst("styles", "--json").stdout)}
    assert not rows["swirl"]["ready"]


def test_an_imported_network_paints(nst: Nst, shared_data: Path) -> None:
    source = shared_data / "weights/fast_neural_style_udnie.safetensors"
    result = nst("styles", "import", source, "--name", "picabia", "-o", "styles", "--stable")
    assert result.returncode == 0, result.stderr
    assert (nst.folder / result.stdout.strip()).is_file()
    write_pictures(nst.folder / "in", 1)
    painted = nst("stylize", "in/plate.0001.png", "--style", "picabia", "-o", "a.png")
    assert painted.returncode == 0, painted.stderr
    assert "--overwrite" in sentence(nst("styles", "import", source, "--name", "picabia", "-o", "styles"))


def test_an_import_goes_to_the_users_folder_and_is_found_there(nst: Nst, shared_data: Path) -> None:
    source = shared_data / "weights/fast_neural_style_candy.safetensors"
    assert nst("styles", "import", source, "--name", "candy").returncode == 0
    rows = {row["name"]: row for row in json.loads(nst("styles", "--json").stdout)}
    assert Path(rows["candy"]["folder"]).is_relative_to(nst.folder / "home")


@pytest.mark.parametrize(
    ("arguments", "code", "word"),
    [
        (["gone.pth", "--name", "x"], 6, "gone.pth"),
        (["junk.pth", "--name", "x"], 6, "junk.pth"),
        (["junk.pth", "--name", "../x"], 2, "--name"),
        (["junk.pth"], 2, "--name"),
    ],
)
def test_a_bad_import_is_one_sentence(nst: Nst, arguments: list[str], code: int, word: str) -> None:
    (nst.folder / "junk.pth").write_bytes(b"not a checkpoint")
    result = nst("styles", "import", *arguments)
    assert result.returncode == code
    assert word in sentence(result)


def test_the_schema_command_prints_a_valid_schema(nst: Nst) -> None:
    schema = json.loads(nst("schema").stdout)
    Draft202012Validator.check_schema(schema)
    assert set(schema["properties"]) >= {"version", "plate", "regions", "temporal", "output", "compute"}


def test_the_tables_of_the_recipe_page_are_up_to_date(nst: Nst) -> None:
    page = (ROOT / "docs/recipe.md").read_text(encoding="utf-8")
    assert recipe_tables() in page, "put the output of 'nst schema --markdown' into docs/recipe.md"
    assert nst("schema", "--markdown").stdout.strip() == recipe_tables()


def test_every_command_is_documented() -> None:
    from nst_backend.cli.main import _COMMANDS

    page = (ROOT / "docs/cli.md").read_text(encoding="utf-8")
    names = [module.__name__.rpartition(".")[2].replace("_", "-") for module in _COMMANDS]
    assert [name for name in names if f"nst {name}" not in page] == []


def test_doctor_finds_what_is_there(nst: Nst) -> None:
    result = nst("doctor", "--json")
    assert result.returncode == 0, result.stdout
    findings = json.loads(result.stdout)
    assert {"Python", "torch", "device", "video", "colour", "styles", "cache"} <= {
        entry["subject"] for entry in findings
    }
    assert [entry for entry in findings if entry["state"] == "fault"] == []
    assert "swirl" in next(entry["text"] for entry in findings if entry["subject"] == "styles")


def test_doctor_names_each_fault_and_what_to_do(nst: Nst) -> None:
    (nst.folder / "styles/swirl.safetensors").unlink()
    (nst.folder / "home").mkdir()
    (nst.folder / "home/cache").write_text("a file where the cache folder should be")
    result = nst("doctor", "--json")
    assert result.returncode == 6
    faults = {entry["subject"]: entry for entry in json.loads(result.stdout) if entry["state"] == "fault"}
    assert set(faults) == {"styles", "cache"}
    assert all(entry["remedy"] for entry in faults.values())
    assert "swirl" in faults["styles"]["text"]


def test_doctor_survives_a_missing_package(nst: Nst) -> None:
    broken = nst.folder / "broken"
    broken.mkdir()
    (broken / "av.py").write_text("raise ModuleNotFoundError('No module named av')")
    path = f"{broken}{os.pathsep}{nst.environment['PYTHONPATH']}"
    result = nst("doctor", PYTHONPATH=path)
    assert result.returncode == 6
    assert "Traceback" not in result.stderr
    assert "pip install av" in result.stdout
