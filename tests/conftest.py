"""Fixtures shared by all tests: the test data, real Blenders, rendered demo frames."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

import pytest
from blenders import BLENDER_VERSIONS, ROOT, Blender, find_blender
from hypothesis import settings

from build_tools.locks import locked

# The machines that run this are shared: a slow example is not a fault.
settings.register_profile("brushpass", deadline=None, max_examples=40)
settings.load_profile("brushpass")

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
