"""Faults of building, told like every other fault of the project: problem and remedy."""

from __future__ import annotations

from nst_backend.contract.errors import NstError

__all__ = ["BuildError"]


class BuildError(NstError):
    """Something outside the project that building needs is missing or failed."""

    kind = "build"
