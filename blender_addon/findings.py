"""What is found wrong with a file before it is rendered."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from .contract.errors import NstError

__all__ = ["Finding", "Severity", "first_error", "retold"]

Severity = Literal["error", "warning"]


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing, and where: an ``error`` fails a frame or makes it black or stale, a ``warning`` need not."""

    severity: Severity
    fault: NstError
    """The sentence, its remedy and its kind."""
    scene: str = ""
    node: str = ""
    strip: str = ""

    @property
    def where(self) -> str:
        """Scene and node or strip, such as ``'Shot', 'Style'``."""
        return ", ".join(repr(name) for name in (self.scene, self.node or self.strip) if name) or "the backend"

    def sentence(self) -> str:
        """On one line: how bad, where, what, what to do."""
        return f"{self.severity}: {self.where}: {self.fault.sentence()}"

    def to_json(self) -> dict[str, Any]:
        """The same for programs; places that it is not about are None."""
        return {
            "severity": self.severity,
            "kind": self.fault.kind,
            "problem": self.fault.problem,
            "remedy": self.fault.remedy,
            "scene": self.scene or None,
            "node": self.node or None,
            "strip": self.strip or None,
        }


def first_error(findings: Iterable[Finding]) -> Finding | None:
    """The first that keeps a render from being right."""
    return next((finding for finding in findings if finding.severity == "error"), None)


def retold(fault: NstError, problem: str) -> NstError:
    """A fault of the same kind and remedy, told with more words."""
    told = NstError(problem, remedy=fault.remedy)
    told.kind, told.exit_code = fault.kind, fault.exit_code
    return told
