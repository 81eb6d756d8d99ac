"""Where the checkout keeps things."""

from __future__ import annotations

from pathlib import Path

__all__ = ["ENVIRONMENTS", "ROOT"]

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""

ENVIRONMENTS = ROOT / ".envs"
"""The folder of virtual environments; safe to delete at any time."""
