"""What an artist is told of an exception in the work for the backend."""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

import pytest

Pure = Callable[[str], ModuleType]


@pytest.mark.parametrize(
    ("error", "kind", "sentence"),
    [
        (PermissionError(13, "Permission denied", "/film/a.exr"), "input", "'/film/a.exr' cannot be used"),
        (MemoryError(), "memory", "there is not enough memory"),
    ],
)
def test_what_the_machine_refuses_is_a_fault_and_not_printed(
    pure_package: Pure, capsys: pytest.CaptureFixture[str], error: Exception, kind: str, sentence: str
) -> None:
    fault = pure_package("backend.faults").fault_or_defect(error)
    assert fault.kind == kind
    assert sentence in fault.sentence()
    assert capsys.readouterr().err == ""


def test_a_fault_is_told_as_it_is(pure_package: Pure, capsys: pytest.CaptureFixture[str]) -> None:
    faults = pure_package("backend.faults")
    fault = faults.BackendError("the backend was stopped", kind="stopped")
    assert faults.fault_or_defect(fault) is fault
    assert capsys.readouterr().err == ""


def test_a_defect_is_told_in_a_sentence_and_printed_for_those_who_mend_it(
    pure_package: Pure, capsys: pytest.CaptureFixture[str]
) -> None:
    faults = pure_package("backend.faults")
    try:
        raise KeyError("strip")
    except KeyError as error:
        fault = faults.fault_or_defect(error)
    assert isinstance(fault, faults.BackendError)
    assert fault.kind == "defect"
    assert fault.sentence() == "a fault of Brushpass (KeyError('strip')): see the console"
    printed = capsys.readouterr().err
    assert printed.startswith("Traceback")
    assert 'raise KeyError("strip")' in printed
