"""``build.py package``: the extension as Blender installs it, and a repository that serves it.

The extension is ``blender_addon`` with copies of what it shares with the rest (the
contract, and how Pythons are found and files locked), and with the backend's wheel, as data
that the artist's own environment is made from.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from .errors import BuildError
from .paths import ROOT
from .process import lines

__all__ = ["DIST", "SHARED", "STAGE", "Package", "build_package", "stage_sources"]

DIST = ROOT / "dist"
"""Where ``build.py package`` leaves what is to be published."""

STAGE = ROOT / "build" / "extension" / "brushpass"
"""The extension's sources as they will lie in Blender; also what the type checker reads."""

WHEEL_FOLDER = "backend_wheel"
_WHEEL_SOURCES = ("nst_backend", "pyproject.toml", "README.md", "LICENSE")
SHARED = {
    "nst_backend/contract": "contract",
    "build_tools/locks.py": "backend/locks.py",
    "build_tools/pythons.py": "backend/pythons.py",
}
"""What has its home elsewhere in the checkout, and where the extension has it."""
_UNWANTED = shutil.ignore_patterns("__pycache__", "*.pyc", ".*")
_VERSION = re.compile(r'^version = "([^"]+)"$', re.MULTILINE)
# Finds the package without loading it: Blender's libraries take seconds and may want a display.
_COMMAND_LINE = """
import importlib.util, pathlib
folder = pathlib.Path(importlib.util.find_spec("bpy").origin).parent
print(*folder.glob("*/scripts/addons_core/bl_pkg/cli/blender_ext.py"))
"""


@dataclass(frozen=True)
class Package:
    """What was built."""

    archive: Path
    """``brushpass-VERSION.zip``."""
    repository: Path
    """A folder with ``index.json`` and the archive, to be served as it is."""


def build_package(
    *,
    python: Path,
    blender: Path,
    out: Path = DIST,
    stage: Path = STAGE,
    root: Path = ROOT,
    say: Callable[[str], None] = print,
) -> Package:
    """Build the archive and the repository into ``out``.

    ``python`` has setuptools and builds the wheel, ``blender`` is a Python with ``bpy``,
    whose own tool packs and validates. Raises :class:`BuildError` where one of them
    refuses, or where the versions of the manifest and of the project differ.
    """
    version = _agreed_version(root)
    stage_sources(stage, root=root)
    wheel = _build_wheel(python, stage, root=root)
    say(f"wheel: {wheel.name}, {wheel.stat().st_size / 2**20:.1f} MiB")
    out.mkdir(parents=True, exist_ok=True)
    archive = out / f"brushpass-{version}.zip"
    tool = _blender_tool(blender)
    _run([blender, tool, "build", "--source-dir", stage, "--output-filepath", archive], "packing the extension")
    _run([blender, tool, "validate", archive], "validating the extension")
    repository = out / "repository"
    _remove(repository)
    repository.mkdir()
    shutil.copy2(archive, repository)
    _run([blender, tool, "server-generate", "--repo-dir", repository], "listing the extension")
    say(f"extension: {archive}, {archive.stat().st_size / 2**20:.1f} MiB")
    say(f"repository: {repository}")
    return Package(archive, repository)


def stage_sources(stage: Path = STAGE, *, root: Path = ROOT) -> Path:
    """Lay the extension's own files out in ``stage``, which is emptied first; the wheel is not among them."""
    _remove(stage)
    shutil.copytree(root / "blender_addon", stage, ignore=_UNWANTED)
    for source, target in SHARED.items():
        if (root / source).is_dir():
            shutil.copytree(root / source, stage / target, ignore=_UNWANTED)
        else:
            shutil.copy2(root / source, stage / target)
    for name in ("blender_manifest.toml", "LICENSE"):
        shutil.copy2(root / name, stage)
    return stage


def _build_wheel(python: Path, stage: Path, *, root: Path) -> Path:
    """The backend's wheel, in the stage.

    Made from a copy: setuptools leaves a ``build`` folder among its sources, and packs
    what an earlier build left there.
    """
    sources = stage.with_name(stage.name + "-wheel-sources")
    _remove(sources)
    sources.mkdir(parents=True)
    for name in _WHEEL_SOURCES:
        if (root / name).is_dir():
            shutil.copytree(root / name, sources / name, ignore=_UNWANTED)
        else:
            shutil.copy2(root / name, sources)
    folder = stage / WHEEL_FOLDER
    command: list[str | Path] = [python, "-m", "pip", "wheel", "--no-deps", "--no-build-isolation"]
    command += ["--disable-pip-version-check", "--no-input", "--wheel-dir", folder, sources]
    _run(command, "building the wheel")
    _remove(sources)
    return next(folder.glob("brushpass-*.whl"))


def _agreed_version(root: Path) -> str:
    found = {}
    for name in ("pyproject.toml", "blender_manifest.toml"):
        match = _VERSION.search((root / name).read_text(encoding="utf-8"))
        found[name] = match.group(1) if match else "none"
    if len(set(found.values())) != 1:
        told = ", ".join(f"{version} in {name}" for name, version in found.items())
        raise BuildError(f"the versions differ: {told}", remedy="write the same version into both")
    return found["pyproject.toml"]


def _blender_tool(blender: Path) -> Path:
    """Blender's own command line for extensions, a script of plain Python."""
    printed = list(lines([blender, "-c", _COMMAND_LINE], name="looking for Blender's extension tool", cwd=ROOT))
    tool = Path(printed[-1]) if printed and printed[-1] else None
    if tool is None or not tool.is_file():
        raise BuildError(f"{blender} has no Blender extension tool", remedy="run `python3 build.py env`")
    return tool


def _run(command: list[str | Path], name: str) -> None:
    for _ in lines(command, name=name, cwd=ROOT):
        pass


def _remove(folder: Path) -> None:
    if folder.exists():
        shutil.rmtree(folder)
