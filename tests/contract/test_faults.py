"""Errors, and names that are nearly right."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nst_backend.contract import errors
from nst_backend.contract.errors import ExitCode, NstError, nearest
from nst_backend.contract.messages import SilentReporter, stop_if_cancelled


@given(st.text(), st.text())
def test_a_sentence_is_one_line(problem: str, remedy: str) -> None:
    sentence = NstError(problem, remedy=remedy).sentence()
    assert len(sentence.splitlines()) <= 1
    assert all(word in sentence for word in (*problem.split(), *remedy.split()))


def test_exit_codes_are_the_documented_ones() -> None:
    assert {code.name: int(code) for code in ExitCode} == {
        "DONE": 0, "USAGE": 2, "FRAMES_FAILED": 3, "CANCELLED": 4, "OUT_OF_MEMORY": 5, "INPUT": 6,
    }  # fmt: skip
    kinds = [getattr(errors, name) for name in errors.__all__ if name.endswith(("Error", "Failed", "Memory", "User"))]
    assert all(issubclass(kind, NstError) and kind.exit_code in set(ExitCode) for kind in kinds)


def test_nearest_is_helpful() -> None:
    assert nearest("Sterry_Night", ["starry_night", "udnie"]) == "did you mean 'starry_night'?"
    assert nearest("zzz", ["b", "a"]) == "known are 'a', 'b'"
    assert nearest("zzz", []) == "there are none"
    assert nearest("zzz", map(str, range(20))).endswith("and 8 more")


def test_cancelling_is_an_error_of_its_own() -> None:
    class Stopped(SilentReporter):
        def cancelled(self) -> bool:
            return True

    stop_if_cancelled(SilentReporter())
    with pytest.raises(errors.CancelledByUser):
        stop_if_cancelled(Stopped())
