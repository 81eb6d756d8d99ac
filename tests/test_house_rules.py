"""The rules of docs/architecture.md, held by reading every file's syntax tree."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from build_tools.package import SHARED

ROOT = Path(__file__).resolve().parents[1]
BACKEND = ROOT / "nst_backend"
PARTS = ("nst_backend", "blender_addon", "demo", "build_tools", "benchmarks", "tests")
MOST_LINES = 450
BLENDERS_OWN = {
    "addon_utils", "bl_math", "blf", "bmesh", "bpy", "bpy_extras", "gpu", "gpu_extras", "idprop", "imbuf", "mathutils",
}  # fmt: skip
"""Modules that come with Blender itself."""


def python_files(*parts: str) -> list[Path]:
    return [path for part in parts for path in sorted((ROOT / part).rglob("*.py")) if "__pycache__" not in path.parts]


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, anywhere in it, by its absolute dotted name."""
    package = list(path.relative_to(ROOT).with_suffix("").parts[:-1])
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            stem = ".".join([*base, *filter(None, [node.module])])
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def room_order() -> dict[str, int]:
    """The row of each room in the table of docs/architecture.md."""
    text = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    rows = [re.findall(r"`(\w+)/`", line.split("|")[1]) for line in text.splitlines() if line.startswith("| `")]
    return {room: index for index, row in enumerate(rows) for room in row}


def names_of(node: ast.AST) -> str:
    """``torch.load`` for the attribute of that name."""
    if isinstance(node, ast.Attribute):
        return f"{names_of(node.value)}.{node.attr}"
    return node.id if isinstance(node, ast.Name) else ""


def test_the_table_names_every_room() -> None:
    rooms = {path.parent.name for path in BACKEND.glob("*/__init__.py")}
    assert rooms == set(room_order())


def test_a_room_imports_only_rooms_above_it() -> None:
    order = room_order()
    wrong = set()
    for path in python_files("nst_backend"):
        parts = path.relative_to(BACKEND).parts
        if len(parts) < 2:
            continue
        for name in imports(path):
            target = name.split(".")
            if target[0] != "nst_backend" or len(target) < 2 or target[1] == parts[0]:
                continue
            if order[target[1]] >= order[parts[0]]:
                wrong.add(f"{path.relative_to(ROOT)} imports {target[1]}")
    assert not wrong


def test_the_backend_never_imports_blender() -> None:
    found = [
        path for path in python_files("nst_backend") for name in imports(path) if name.split(".")[0] in ("bpy", "bmesh")
    ]
    assert not found


def test_importing_the_package_imports_nothing() -> None:
    assert list(imports(BACKEND / "__init__.py")) == []


def test_the_contract_is_standard_library_and_itself() -> None:
    files = python_files("nst_backend/contract")
    assert len(files) > 5
    wrong = []
    for path in files:
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom) and node.level:
                # The add-on holds a copy under another name: nothing outside the folder, nothing by full name.
                wrong += [path] if node.level > 1 else []
            elif isinstance(node, (ast.Import, ast.ImportFrom)):
                modules = [alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""]
                wrong += [path for name in modules if name.split(".")[0] not in sys.stdlib_module_names]
    assert not wrong


def test_imports_within_the_backend_are_relative() -> None:
    wrong = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files("nst_backend")
        for node in ast.walk(tree(path))
        if (isinstance(node, ast.ImportFrom) and not node.level and (node.module or "").split(".")[0] == "nst_backend")
        or (isinstance(node, ast.Import) and any(alias.name.split(".")[0] == "nst_backend" for alias in node.names))
    ]
    assert not wrong


# ---- The add-on


def test_the_add_on_imports_only_what_blenders_python_brings() -> None:
    wrong = {
        f"{path.relative_to(ROOT)} imports {name}"
        for path in python_files("blender_addon")
        for name in imports(path)
        if name.split(".")[0] not in {*sys.stdlib_module_names, *BLENDERS_OWN, "numpy", "blender_addon"}
    }
    assert not wrong


def test_imports_within_the_add_on_are_relative_and_stay_in_it() -> None:
    for path in python_files("blender_addon"):
        depth = len(path.relative_to(ROOT).parts) - 1
        for node in ast.walk(tree(path)):
            if isinstance(node, ast.ImportFrom):
                assert node.level <= depth, path
                assert (node.module or "").split(".")[0] != "blender_addon", path


def test_the_rooms_that_need_no_blender_import_none() -> None:
    files = python_files("blender_addon/backend")
    assert files
    assert not [path for path in files for name in imports(path) if name.split(".")[0] in BLENDERS_OWN]


def test_one_file_tells_blenders_apart() -> None:
    found = {
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files("blender_addon")
        if path != ROOT / "blender_addon/compat.py"
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and names_of(node).startswith("bpy.app.version")
    }
    assert not found


def test_what_the_add_on_shares_has_one_home() -> None:
    assert not [name for name in SHARED.values() if (ROOT / "blender_addon" / name).exists()]


@pytest.mark.parametrize("part", PARTS)
def test_files_stay_short(part: str) -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in python_files(part)
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > MOST_LINES
    }
    assert not long


def test_checkpoints_are_loaded_as_tensors_only() -> None:
    calls = [
        (path, node)
        for path in python_files(*PARTS)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and names_of(node.func) == "torch.load"
    ]
    assert calls
    for path, call in calls:
        given = {keyword.arg: keyword.value for keyword in call.keywords}
        value = given.get("weights_only")
        assert isinstance(value, ast.Constant), path
        assert value.value is True, path


def test_nothing_is_unpickled() -> None:
    modules = {"pickle", "cPickle", "dill", "joblib", "shelve", "marshal"}
    assert not [path for path in python_files("nst_backend") for name in imports(path) if name.split(".")[0] in modules]


@pytest.mark.parametrize("part", ["nst_backend", "blender_addon", "demo"])
def test_no_sys_path_tricks(part: str) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in python_files(part)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and names_of(node) in ("sys.path", "site.addsitedir")
    ]
    assert not found


def test_annotations_are_postponed_and_exports_are_named() -> None:
    for path in python_files("nst_backend", "blender_addon/backend"):
        body = [node for node in tree(path).body if not (isinstance(node, ast.Expr) and path.name == "__init__.py")]
        if not body:
            continue
        assert "__future__" in set(imports(path)), path
        exported = [
            node
            for node in body
            if isinstance(node, ast.Assign) and any(names_of(name) == "__all__" for name in node.targets)
        ]
        assert exported, path
