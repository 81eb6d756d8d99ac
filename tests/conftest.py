"""Fixtures shared by all tests: the test data, real Blenders, rendered demo frames."""

from __future__ import annotations

import hashlib
import os
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import settings

from build_tools.locks import locked

# The machines that run this are shared: a slow example is not a fault.
settings.register_profile("brushpass", deadline=None, max_examples=40)
settings.load_profile("brushpass")

ROOT = Path(__file__).resolve().parents[1]

BLENDER_VERSIONS = ("4.5", "5.2")
_DEMO_SETTINGS = ("--frames", "4", "--size", "192x108", "--samples", "4", "--threads", "1")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of test photographs, paintings, footage and weights.

    Found through ``BRUSHPASS_DATA`` or beside the checkout; tests that need it
    skip where it is absent.
    """
    for candidate in (os.environ.get("BRUSHPASS_DATA", ""), str(ROOT.parent / "shared" / "data")):
        if candidate and Path(candidate).is_dir():
            return Path(candidate)
    pytest.skip("the test data folder is absent (set BRUSHPASS_DATA)")


# ---- Real Blenders


@dataclass(frozen=True)
class Blender:
    """A Python that has ``bpy`` of one Blender version."""

    version: str
    """``4.5`` or ``5.2``."""
    python: Path

    def run(
        self, script: Path | str, *arguments: str | Path, timeout: float = 300.0, cwd: Path = ROOT
    ) -> subprocess.CompletedProcess[str]:
        """Run ``python script -- arguments`` in a process of its own and expect success.

        A ``script`` given as text is a module's dotted name (``python -m``). Preferences
        are a fresh, empty folder. A non-zero exit, or more than ``timeout`` seconds,
        fails the test with the end of what was printed.
        """
        target = [str(script)] if isinstance(script, Path) else ["-m", script]
        command = [str(self.python), *target, "--", *map(str, arguments)]
        with tempfile.TemporaryDirectory(prefix="brushpass-blender-") as home:
            environment = {**os.environ, "BLENDER_USER_RESOURCES": home, "PYTHONUNBUFFERED": "1"}
            try:
                result = subprocess.run(
                    command,
                    cwd=cwd,
                    env=environment,
                    timeout=timeout,
                    capture_output=True,
                    text=True,
                    errors="replace",
                    check=False,
                )
            except subprocess.TimeoutExpired as late:
                printed = (late.stdout or b"").decode(errors="replace") + (late.stderr or b"").decode(errors="replace")
                pytest.fail(f"Blender {self.version} took over {timeout:g} s:\n{_tail(printed)}", pytrace=False)
        if result.returncode != 0:
            printed = _tail(result.stdout + result.stderr)
            pytest.fail(f"Blender {self.version} ended with {result.returncode}:\n{printed}", pytrace=False)
        return result


def _tail(text: str, lines: int = 40) -> str:
    return "\n".join(text.splitlines()[-lines:])


def find_blender(version: str) -> Blender:
    """The Blender that ``BRUSHPASS_BPY_45`` or ``BRUSHPASS_BPY_52`` names.

    Skips the test where the variable is absent; fails it where
    ``BRUSHPASS_REQUIRE_BLENDERS`` (such as ``4.5,5.2``) lists the version.
    """
    variable = "BRUSHPASS_BPY_" + version.replace(".", "")
    named = os.environ.get(variable, "")
    if named and Path(named).is_file():
        return Blender(version, Path(named))
    problem = f"{variable} names no file: {named}" if named else f"{variable} is not set"
    required = os.environ.get("BRUSHPASS_REQUIRE_BLENDERS", "").replace(" ", "").split(",")
    if named or version in required:
        pytest.fail(f"Blender {version} is required, but {problem}; run `python3 build.py env`", pytrace=False)
    pytest.skip(f"no Blender {version}: {problem}")


@pytest.fixture(scope="session", params=[pytest.param(v, marks=pytest.mark.blender(v)) for v in BLENDER_VERSIONS])
def blender(request: pytest.FixtureRequest) -> Blender:
    """A real Blender; a test that asks for it runs once for each supported version."""
    return find_blender(request.param)


@pytest.fixture(scope="session")
def demo_frames(blender: Blender, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Frames 1–4 of the demo scene at 192x108, as the pattern ``…/frame.####.exr``.

    Rendered once for each Blender version and state of the scene; ``scene.json`` with the
    cameras lies beside the frames. Shared by all test processes: read, never write.
    """
    # The parent of a worker's base folder belongs to the whole run.
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    cache = Path(os.environ.get("BRUSHPASS_TEST_CACHE", "") or shared)
    folder = cache / f"demo-{blender.version}-{_demo_key(blender)}"
    folder.mkdir(parents=True, exist_ok=True)
    lock = folder.with_suffix(folder.suffix + ".lock")
    with locked(lock, waiting="another process renders the demo for its tests"):
        # Whole frames are kept by the renderer itself, so a repeated call is cheap but not free.
        if not (folder / "complete").exists():
            blender.run("demo.render", "--out", folder, *_DEMO_SETTINGS, timeout=600.0)
            (folder / "complete").touch()
    return folder / "frame.####.exr"


def _demo_key(blender: Blender) -> str:
    digest = hashlib.sha256(repr((_DEMO_SETTINGS, str(blender.python))).encode())
    for source in sorted((ROOT / "demo").glob("*.py")):
        digest.update(source.name.encode() + b"\0" + source.read_bytes())
    return digest.hexdigest()[:16]
