"""``build.py`` itself: old Pythons, usage, and one sentence for every fault."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "build.py", *sorted((ROOT / "build_tools").glob("*.py"))]
FOREIGN = [
    ROOT / "nst_backend" / "__init__.py",
    *(ROOT / "nst_backend" / "contract" / f"{n}.py" for n in ("__init__", "errors")),
]


def build(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / "build.py"), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("source", [*SOURCES, *FOREIGN], ids=lambda path: path.stem)
def test_sources_keep_to_the_grammar_of_python_3_9(source: Path) -> None:
    tree = ast.parse(source.read_text("utf-8"), feature_version=(3, 9))
    # zip(strict=) and dataclass(kw_only=, slots=) came later and are no matter of grammar.
    later = {"strict", "kw_only", "slots"}
    assert not {word.arg for word in ast.walk(tree) if isinstance(word, ast.keyword)} & later


def test_only_the_standard_library_is_imported() -> None:
    allowed = {*sys.stdlib_module_names, "build_tools", "nst_backend"}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text("utf-8"))):
            if isinstance(node, ast.Import):
                assert {alias.name.split(".")[0] for alias in node.names} <= allowed, source.name
            elif isinstance(node, ast.ImportFrom) and not node.level:
                assert (node.module or "").split(".")[0] in allowed, source.name
                if (node.module or "").startswith("nst_backend"):
                    assert node.module == "nst_backend.contract.errors"


def test_the_version_is_judged_before_anything_newer_is_read() -> None:
    body = ast.parse((ROOT / "build.py").read_text("utf-8")).body
    kinds = [type(node) for node in body]
    judged = kinds.index(ast.If)
    before = [node for node in body[:judged] if not isinstance(node, ast.Expr)]
    assert [ast.unparse(node) for node in before] == ["import sys"]
    assert not any(isinstance(node, ast.JoinedStr) for node in ast.walk(ast.Module(body, [])))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "demo | test | env | package"),
        (("dmo",), "invalid choice"),
        (("demo", "--size", "wide"), "'wide' is not a size"),
        (("demo", "--size", "9x99999999999"), "is not a size"),
        (("demo", "--frames", "0"), "'0' is not a number from 1"),
        (("demo", "--frames", "1e3"), "'1e3' is not a number"),
        (("demo", "--blender", "2.79"), "invalid choice"),
    ],
)
def test_bad_usage_is_told_and_ends_with_2(arguments: tuple[str, ...], said: str) -> None:
    result = build(*arguments)
    assert result.returncode == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


def test_help_names_every_command() -> None:
    result = build("--help")
    assert result.returncode == 0
    assert all(word in result.stdout for word in ("demo", "test", "env", "package"))
