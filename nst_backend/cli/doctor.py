"""``nst doctor``: whether everything that Brushpass needs is there, and what to do where it is not."""

from __future__ import annotations

import argparse
import importlib
import os
import platform
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import platformdirs

from ..contract.errors import ExitCode, NstError
from .faults import log_folder
from .reporters import QuietReporter

__all__ = ["Finding", "add", "examine", "run"]

_OLDEST_PYTHON = (3, 11)
_LITTLE_MEMORY = 4 * 1024**3
# Import name and the name to install.
_PACKAGES = {
    "numpy": "numpy",
    "torch": "torch",
    "torchvision": "torchvision",
    "cv2": "opencv-python-headless",
    "OpenEXR": "OpenEXR",
    "av": "av",
    "PyOpenColorIO": "opencolorio",
    "safetensors": "safetensors",
    "platformdirs": "platformdirs",
    "rich": "rich",
}
_OPTIONAL = {"rich", "torchvision"}
_ENCODERS = {"libx264": "H.264", "prores_ks": "ProRes", "ffv1": "FFV1"}


@dataclass(frozen=True)
class Finding:
    """One thing looked at: ``ok``, ``note`` (works with a limit) or ``fault``."""

    subject: str
    state: Literal["ok", "note", "fault"]
    text: str
    remedy: str = ""


def add(commands: Any) -> None:
    """Add the command to the parser."""
    text = "Check this installation and say what to do about each fault."
    parser = commands.add_parser("doctor", help=text, description=text, allow_abbrev=False)
    parser.add_argument("--json", action="store_true", help="print a JSON list")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace, reporter: QuietReporter) -> int:
    """Print the findings; the exit code tells whether one is a fault."""
    findings = list(examine())
    if arguments.json:
        import json

        print(json.dumps([asdict(finding) for finding in findings], indent=2, ensure_ascii=False))
    else:
        signs = {"ok": " ok ", "note": "note", "fault": "FAIL"}
        for finding in findings:
            remedy = f": {finding.remedy}" if finding.remedy else ""
            print(f"[{signs[finding.state]}] {finding.subject:<10} {finding.text}{remedy}")
    return ExitCode.INPUT if any(finding.state == "fault" for finding in findings) else ExitCode.DONE


def examine() -> Iterator[Finding]:
    """Look at everything, one after the other; a check that breaks is a finding itself."""
    checks: tuple[Callable[[], Iterator[Finding]], ...] = (
        _python, _packages, _torch, _memory, _video, _colour, _styles, _folders,
    )  # fmt: skip
    for check in checks:
        subject = check.__name__.lstrip("_")
        try:
            yield from check()
        except ImportError as error:
            yield Finding(subject, "fault", f"cannot be checked, {error}", "install what is missing")
        except (NstError, OSError, RuntimeError) as error:
            yield Finding(subject, "fault", " ".join(str(error).split()), "repair the installation")


def _python() -> Iterator[Finding]:
    text = f"{platform.python_version()} on {platform.platform()}"
    if sys.version_info < _OLDEST_PYTHON:
        yield Finding("Python", "fault", text, "use Python 3.11 or later")
    else:
        yield Finding("Python", "ok", text)


def _packages() -> Iterator[Finding]:
    from importlib import metadata

    for name, package in _PACKAGES.items():
        state: Literal["note", "fault"] = "note" if name in _OPTIONAL else "fault"
        try:
            importlib.import_module(name)
        except ImportError as error:
            reason = "is not installed" if isinstance(error, ModuleNotFoundError) else f"cannot be loaded ({error})"
            yield Finding(package, state, reason, f"pip install {package}")
            continue
        try:
            yield Finding(package, "ok", metadata.version(package))
        except metadata.PackageNotFoundError:
            yield Finding(package, "ok", "there, of unknown version")


def _torch() -> Iterator[Finding]:
    import torch

    threads = f"{torch.get_num_threads()} threads of {os.cpu_count()} processors"
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            free, total = torch.cuda.mem_get_info(index)
            name = torch.cuda.get_device_name(index)
            yield Finding("device", "ok", f"cuda:{index} {name}, {free / 2**30:.1f} of {total / 2**30:.1f} GiB free")
    elif torch.backends.mps.is_available():
        yield Finding("device", "ok", f"mps, {threads}")
    else:
        remedy = "frames take seconds; for a GPU install the torch build of its vendor, see pytorch.org"
        yield Finding("device", "note", f"cpu only, {threads}", remedy)


def _memory() -> Iterator[Finding]:
    if not hasattr(os, "sysconf") or "SC_PHYS_PAGES" not in os.sysconf_names:
        return
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    text = f"{total / 2**30:.1f} GiB"
    if total < _LITTLE_MEMORY:
        yield Finding("memory", "note", text, "style large frames with compute.tile 512")
    else:
        yield Finding("memory", "ok", text)


def _video() -> Iterator[Finding]:
    import av

    library = ".".join(map(str, av.library_versions["libavcodec"]))
    missing = [name for codec, name in _ENCODERS.items() if codec not in av.codecs_available]
    if missing:
        yield Finding(
            "video", "note", f"cannot write {', '.join(missing)}", "install av from PyPI, or write image sequences"
        )
    else:
        yield Finding("video", "ok", f"libavcodec {library}, writes {', '.join(_ENCODERS.values())}")


def _colour() -> Iterator[Finding]:
    import PyOpenColorIO

    from ..image.spaces import colour_space

    for name in ("Linear Rec.709", "ACEScg", "sRGB"):
        colour_space(name)
    place = os.environ.get("OCIO")
    text = f"OpenColorIO {PyOpenColorIO.__version__}, Linear Rec.709, ACEScg and sRGB are known"
    yield Finding("colour", "ok", text + (f", OCIO is {place}" if place else ""))


def _styles() -> Iterator[Finding]:
    from ..styles.library import StyleLibrary

    styles = StyleLibrary().styles()
    lost = sorted(name for name, style in styles.items() if not style.weights.is_file())
    if lost:
        yield Finding("styles", "fault", f"the weights of {', '.join(lost)} are missing", "put them beside the cards")
    if not styles:
        yield Finding("styles", "note", "there are none", "import one with 'nst styles import', or train one")
    else:
        yield Finding(
            "styles", "ok", f"{len(styles)} found: {', '.join(sorted(styles)[:8])}{' …' if len(styles) > 8 else ''}"
        )


def _folders() -> Iterator[Finding]:
    cache = Path(platformdirs.user_cache_dir("brushpass", appauthor=False))
    for what, folder in (("cache", cache), ("logs", log_folder()), ("temporary", Path(tempfile.gettempdir()))):
        try:
            folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=folder):
                yield Finding(what, "ok", f"{folder} can be written")
        except OSError as error:
            yield Finding(
                what, "fault", f"{folder} cannot be written ({error.strerror})", "give it back its permissions"
            )
