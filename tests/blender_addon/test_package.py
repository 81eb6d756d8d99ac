"""The zip that artists install: what is in it, and that real Blenders take it without a word."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from installed_blender import RunInBlender

from build_tools.errors import BuildError
from build_tools.package import Package, build_package

if TYPE_CHECKING:
    from conftest import Blender

HERE = Path(__file__).parent
ROOT = HERE.parents[1]


def test_the_zip_holds_the_add_on_the_contract_and_the_wheel(extension_package: Package) -> None:
    with zipfile.ZipFile(extension_package.archive) as archive:
        names = set(archive.namelist())
        contract = {path.name for path in (ROOT / "nst_backend/contract").glob("*.py")}
        assert {f"contract/{name}" for name in contract} <= names
        for name in contract:
            assert archive.read(f"contract/{name}") == (ROOT / "nst_backend/contract" / name).read_bytes()
        wheels = [name for name in names if name.endswith(".whl")]
        assert len(wheels) == 1
        assert wheels[0].startswith("backend_wheel/brushpass-")
        assert {"__init__.py", "blender_manifest.toml", "LICENSE"} <= names
        assert not [name for name in names if "__pycache__" in name or name.startswith(("tests", "nst_backend", "."))]
        with archive.open(wheels[0]) as stream, zipfile.ZipFile(stream) as wheel:
            held = set(wheel.namelist())
    packed = {path.relative_to(ROOT).as_posix() for path in (ROOT / "nst_backend").rglob("*.py")}
    assert packed == {name for name in held if name.endswith(".py")}
    assert [name for name in held if name.endswith(".safetensors")]


def test_the_repository_lists_the_zip_beside_it(extension_package: Package) -> None:
    index = json.loads((extension_package.repository / "index.json").read_text("utf-8"))
    (entry,) = index["data"]
    assert entry["id"] == "brushpass"
    assert entry["blender_version_min"] == "4.5.0"
    assert set(entry["permissions"]) == {"files", "network"}
    archive = extension_package.repository / entry["archive_url"]
    assert archive.read_bytes() == extension_package.archive.read_bytes()
    assert entry["archive_size"] == archive.stat().st_size


def test_it_installs_and_switches_off_and_on_without_a_word(blender: Blender, run_in_blender: RunInBlender) -> None:
    told = run_in_blender(blender, HERE / "bpy_enable.py")
    assert ".".join(map(str, told["version"])) == blender.version
    first, off, on, *rest = told["states"]
    assert rest == [off, on]
    assert first == on
    assert on[:2] == ["enabled", True]
    assert "BrushpassPreferences" in on[2]
    assert off == ["disabled", False, [], []]


def test_two_versions_are_refused_before_anything_is_built(tmp_path: Path) -> None:
    for name in ("pyproject.toml", "blender_manifest.toml"):
        text = (ROOT / name).read_text("utf-8")
        (tmp_path / name).write_text(text.replace('version = "0.1.0"', f'version = "0.{len(name)}.0"'), "utf-8")
    absent = tmp_path / "absent"
    with pytest.raises(BuildError, match=r"the versions differ: 0\.14\.0 in pyproject.toml, 0\.21\.0 in"):
        build_package(python=absent, blender=absent, root=tmp_path, out=tmp_path / "out", stage=tmp_path / "stage")
    assert not (tmp_path / "out").exists()
