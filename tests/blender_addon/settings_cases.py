"""The cases that a script ran in one Blender."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

__all__ = ["Cases"]


@dataclass(frozen=True)
class Cases:
    """What each case told, and the folder that holds a folder for each."""

    folder: Path
    answers: dict[str, dict[str, Any]]

    def told(self, case: str) -> Any:
        """What a case returned; fails with its traceback where it did not."""
        answer = self.answers[case]
        if "failed" in answer:
            pytest.fail(answer["failed"], pytrace=False)
        return answer["result"]
