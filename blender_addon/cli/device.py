"""``--device``: another device than the file's settings name, for this run alone."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

__all__ = ["add_device", "on_device"]


def add_device(parser: argparse.ArgumentParser, *, default: str) -> None:
    """``--device``, with what is meant without it."""
    parser.add_argument("--device", metavar="NAME", help=f"auto, cpu, cuda, cuda:1 or mps (default: as {default})")


@contextmanager
def on_device(owners: Iterable[Any], device: str | None) -> Iterator[None]:
    """Let strips or nodes ask for ``device`` meanwhile; the file that is saved later has its own again."""
    chosen = [owner.brushpass.compute for owner in owners] if device is not None else []
    before = [compute.device for compute in chosen]
    for compute in chosen:
        compute.device = device
    try:
        yield
    finally:
        for compute, own in zip(chosen, before, strict=True):
            compute.device = own
