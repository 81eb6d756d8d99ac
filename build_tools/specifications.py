"""What each environment holds."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from pathlib import Path

from .paths import ROOT

__all__ = ["BLENDERS", "Specification", "backend", "blender", "declared"]

BLENDERS = {"4.5": (3, 11), "5.2": (3, 13)}
"""Supported Blender versions and the Python that each is built for."""

_FORMAT = 1
_CHECKS = {
    "backend": "import torch, torchvision, numpy, cv2, OpenEXR, av, PyOpenColorIO; torchvision.ops.nms",
    "blender": "import importlib.metadata as m; m.distribution('bpy').locate_file('bpy').stat()",
}


@dataclass(frozen=True)
class Specification:
    """A virtual environment: Pythons to choose from, what pip installs, and a proof that it works."""

    name: str
    pythons: tuple[tuple[int, int], ...]
    """Acceptable (major, minor) versions, the preferred first."""
    packages: tuple[str, ...]
    """Arguments for one ``pip install``, so that pip sees all ranges at once."""
    check: str
    """Python statements that fail where the environment is broken."""
    declared: str = ""
    """Whatever else the content depends on, such as the project's own dependency lists."""

    @property
    def digest(self) -> str:
        """Names this content; another digest means that the environment is outdated."""
        return hashlib.sha256(json.dumps([_FORMAT, asdict(self)], sort_keys=True).encode()).hexdigest()


def backend(root: Path = ROOT) -> Specification:
    """The project itself, editable, with everything it needs and what developing needs."""
    return Specification(
        name="backend",
        pythons=((3, 13), (3, 12), (3, 11), (3, 14)),
        packages=("--editable", f"{root}[dev]"),
        check=_CHECKS["backend"],
        declared=declared((root / "pyproject.toml").read_text(encoding="utf-8")),
    )


def blender(version: str) -> Specification:
    """Blender as a Python module; ``version`` is a key of :data:`BLENDERS`."""
    return Specification(
        name=f"blender-{version}",
        pythons=(BLENDERS[version],),
        packages=(f"bpy=={version}.*",),
        check=_CHECKS["blender"],
    )


def declared(pyproject: str) -> str:
    """The parts of ``pyproject.toml`` that decide what gets installed, without comments.

    The settings of linters and tests are left out: they change often and install nothing.
    (Python 3.9 and 3.10 have no TOML reader, and whole tables are all that is needed.)
    """
    kept = []
    inside = False
    for line in pyproject.splitlines():
        text = line.strip()
        if text.startswith("[") and not line[:1].isspace():
            table = text.strip("[]")
            inside = table.split(".")[0] in {"build-system", "project"} or table.startswith("tool.setuptools")
        if inside and text and not text.startswith("#"):
            kept.append(text)
    return "\n".join(kept)
