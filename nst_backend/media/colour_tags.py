"""The colour space that an EXR header names, as OpenColorIO calls it in Blender's configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["INTEROP_IDS", "PRIMARIES", "scene_linear_space"]

# Identifiers of the Color Interop Forum's "recommended texture and CG colour
# spaces", which Blender 5 writes as `colorInteropID`.
INTEROP_IDS: dict[str, str] = {
    "lin_rec709_scene": "Linear Rec.709",
    "lin_rec2020_scene": "Linear Rec.2020",
    "lin_p3d65_scene": "Linear DCI-P3 D65",
    "lin_ap1_scene": "ACEScg",
    "lin_ap0_scene": "ACES2065-1",
    "lin_ciexyzd65_scene": "Linear CIE-XYZ D65",
}

# CIE x, y of red, green, blue and white (ITU-R BT.709 and BT.2020, SMPTE RP 431-2
# with D65, SMPTE ST 2065-1, S-2014-004 for AP1).
PRIMARIES: dict[str, tuple[float, ...]] = {
    "Linear Rec.709": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329),
    "Linear Rec.2020": (0.708, 0.292, 0.17, 0.797, 0.131, 0.046, 0.3127, 0.329),
    "Linear DCI-P3 D65": (0.68, 0.32, 0.265, 0.69, 0.15, 0.06, 0.3127, 0.329),
    "ACEScg": (0.713, 0.293, 0.165, 0.83, 0.128, 0.044, 0.32168, 0.33767),
    "ACES2065-1": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
}
# Wider than the rounding of any writer, narrower than the gap between two spaces.
_TOLERANCE = 2e-3


def scene_linear_space(header: Mapping[str, Any]) -> str | None:
    """The space by ``colorInteropID``, else by ``chromaticities``; None where neither names a known one."""
    identifier = header.get("colorInteropID")
    if isinstance(identifier, str) and identifier in INTEROP_IDS:
        return INTEROP_IDS[identifier]
    given = header.get("chromaticities")
    if isinstance(given, tuple) and len(given) == 8:
        for name, known in PRIMARIES.items():
            if all(abs(a - b) < _TOLERANCE for a, b in zip(given, known, strict=True)):
                return name
    return None
