"""The cache under previews, inside Blender's Python: used, shared with other Blenders, cleared, left empty."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import addon_utils
import bpy

sys.path.insert(0, str(Path(__file__).parent))
import bpy_styling as styling
import bpy_timeline as tl


def run(folder: str, python: str) -> dict[str, Any]:
    """What lies in the cache after each step."""
    work = Path(folder)
    styling.use_backend(python)
    chosen = tl.room("preferences").preferences()
    chosen.cache_path = str(work / "Zwischen speicher")
    root, locks = chosen.cache, tl.room("backend.locks")
    for name in ("blender-dead", "blender-alive"):
        (root / name).mkdir(parents=True)
        (root / name / "frame.png").write_bytes(b"x" * 1000)
        (root / f"{name}.lock").touch()
    scene, strip = styling.an_image_strip(work)
    scene.frame_set(4)
    told: dict[str, Any] = {}

    def folders() -> list[str]:
        return sorted(path.name for path in root.iterdir() if path.is_dir()) if root.is_dir() else []

    with locks.try_locked(root / "blender-alive.lock") as held:
        assert held
        told["preview"] = [sorted(bpy.ops.brushpass.preview()), _stage()]
        own = [name for name in folders() if name != "blender-alive"]
        told["folders"] = [len(own), folders()[0] if folders() else ""]
        told["cached"] = sorted({path.suffix for path in (root / own[0]).rglob("*.*")})
        told["size"] = [_measured(), sum(path.stat().st_size for path in root.rglob("*") if path.is_file())]
        told["cleared"] = [sorted(bpy.ops.brushpass.clear_cache()), folders(), _measured()]
        strip.transform.offset_x += 2
        told["again"] = [sorted(bpy.ops.brushpass.preview()), _stage(), len(folders())]
    bpy.ops.brushpass.clear_cache()
    told["all cleared"] = root.exists()
    strip.transform.offset_x += 2
    bpy.ops.brushpass.preview()
    chosen.cache_path = str(work / "taken")
    (work / "taken").write_text("")
    strip.transform.offset_x += 2
    told["refused"] = styling.refused(bpy.ops.brushpass.preview)
    told["moved"] = folders()
    chosen.cache_path = str(work / "Zwischen speicher")
    bpy.ops.brushpass.preview()
    told["before the end"] = len(folders())
    addon_utils.disable(tl.MODULE)
    told["at the end"] = folders()
    return told


def _stage() -> str:
    return str(tl.room("preview.previews").progress().stage.value)


def _measured() -> int:
    session = tl.room("session").session()
    bpy.ops.brushpass.measure_cache()
    while session.tick():
        pass
    return int(session.cache_size)
