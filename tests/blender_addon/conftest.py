"""The extension as artists get it: built, installed from its zip, and run in real Blenders.

Once for each state of the sources the zip is built by Blender's own tool
(``extension_package``). Once for each session and Blender it is installed from that zip
into a fresh ``BLENDER_USER_RESOURCES``. Every script then runs in a process of its own on
a copy of that folder, with the add-on enabled::

    def test_something(blender, run_in_blender):
        told = run_in_blender(blender, Path(__file__).with_name("bpy_something.py"), "argument")
        assert told["strips"] == 1

``bpy_something.py`` defines ``run(*arguments)``, whose result comes back through JSON.
``Path`` arguments arrive as text. The installed add-on is
``import_module("bl_ext.user_default.brushpass")``. An exception, a crash or a hang fails
the test with the end of what was printed; so does a traceback or a warning of Python that the
add-on printed without failing, unless ``quiet=False`` is given.

``pure_package`` imports modules of the rooms that need no Blender, in this process and out
of the same staged sources that go into the zip: ``pure_package("backend.process")``.
"""

from __future__ import annotations

import hashlib
import importlib
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from installed_blender import RunInBlender, copied, run_harness
from service_shots import environment, write_styles

from build_tools.locks import locked
from build_tools.package import Package, build_package, stage_sources

if TYPE_CHECKING:
    from conftest import Blender

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def extension_package(tmp_path_factory: pytest.TempPathFactory) -> Package:
    """The built zip and repository; shared by all test processes, so read, never write."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    cache = Path(os.environ.get("BRUSHPASS_TEST_CACHE", "") or shared)
    cache.mkdir(parents=True, exist_ok=True)
    folder = cache / f"extension-{_sources_digest()}"
    with locked(cache / f"{folder.name}.lock", waiting="another test process builds the extension"):
        if not (folder / "complete").exists():
            build_package(
                python=Path(sys.executable),
                blender=_any_blender(),
                out=folder / "dist",
                stage=folder / "stage" / "brushpass",
            )
            (folder / "complete").touch()
    return Package(next((folder / "dist").glob("*.zip")), folder / "dist" / "repository")


@pytest.fixture(scope="session")
def run_in_blender(extension_package: Package, tmp_path_factory: pytest.TempPathFactory) -> RunInBlender:
    """See the head of this file."""
    installed: dict[str, Path] = {}

    def run(blender: Blender, script: Path, *arguments: str | Path, timeout: float = 300.0, quiet: bool = True) -> Any:
        if blender.version not in installed:
            resources = tmp_path_factory.mktemp(f"installed-{blender.version}")
            run_harness(blender.python, "install", extension_package.archive, resources=resources)
            installed[blender.version] = resources
        with copied(installed[blender.version]) as resources:
            return run_harness(blender.python, script, *arguments, resources=resources, timeout=timeout, quiet=quiet)

    return run


@pytest.fixture(scope="session")
def pure_package(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], ModuleType]:
    """Imports a module of the extension that needs no Blender, by its name within it."""
    name = "brushpass_staged"
    folder = stage_sources(tmp_path_factory.mktemp("staged") / name)
    # The package without its own __init__, which is Blender's entrance.
    package = ModuleType(name)
    package.__path__ = [str(folder)]
    sys.modules[name] = package
    return lambda module: importlib.import_module(f"{name}.{module}")


@pytest.fixture
def film_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, for a backend that finds the styles of ``service_shots`` and no others."""
    write_styles(tmp_path / "styles")
    for name, value in environment(tmp_path).items():
        monkeypatch.setenv(name, value)
    work = tmp_path / "Film ä ö"
    work.mkdir()
    return work


@pytest.fixture
def told(blender: Blender, run_in_blender: RunInBlender, film_folder: Path, request: pytest.FixtureRequest) -> Any:
    """What the case that is this fixture's parameter tells; of the module's ``SCRIPT``, in a folder of its own."""
    return run_in_blender(
        blender, request.module.SCRIPT, request.param, film_folder, sys.executable, timeout=900.0, quiet=False
    )


def _any_blender() -> Path:
    for variable in ("BRUSHPASS_BPY_52", "BRUSHPASS_BPY_45"):
        named = os.environ.get(variable, "")
        if named and Path(named).is_file():
            return Path(named)
    pytest.skip("no Blender packs the extension: neither BRUSHPASS_BPY_52 nor BRUSHPASS_BPY_45 is set")


def _sources_digest() -> str:
    """Names the state of everything that goes into the zip."""
    digest = hashlib.sha256()
    files = [ROOT / "blender_manifest.toml", ROOT / "pyproject.toml", ROOT / "build_tools" / "package.py"]
    for folder in ("blender_addon", "nst_backend"):
        files += [path for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    for path in files:
        if "__pycache__" not in path.parts:
            digest.update(str(path.relative_to(ROOT)).encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
