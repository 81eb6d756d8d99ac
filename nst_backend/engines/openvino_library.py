"""OpenVINO, without the report of its use.

``import openvino`` starts a process that tells a statistics service of the import,
unless ``openvino-telemetry``, which comes along with it, cannot be imported. Here it cannot.
Whatever needs OpenVINO takes it from this module; ``ImportError`` and ``OSError`` where it is not there.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

__all__ = ["openvino", "opset"]

_REPORTER = "openvino_telemetry"


@contextmanager
def _kept_out(name: str) -> Iterator[None]:
    """To import a module of that name fails while the block runs."""
    missing = name not in sys.modules
    if missing:
        sys.modules[name] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        if missing:
            del sys.modules[name]


with _kept_out(_REPORTER):
    import openvino
    from openvino import opset13 as opset
