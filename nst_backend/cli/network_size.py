"""``--network-size``, for commands that measure styles: which of a style's networks."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..contract.messages import Event, EventKind, Reporter
from ..contract.recipe import ComputeOptions, NetworkSize
from .options import add_option

if TYPE_CHECKING:
    from ..styles.library import LibraryStyle

__all__ = ["add_network_size", "sized_name", "tell_sizes"]


def add_network_size(parser: argparse.ArgumentParser) -> None:
    """``--network-size`` as jobs have it; it is read back as an option of :class:`ComputeOptions`."""
    add_option(parser, ComputeOptions, "network_size")


def tell_sizes(styles: Sequence[LibraryStyle], size: NetworkSize, reporter: Reporter) -> None:
    """Warn of each style that is measured by another network than ``size``."""
    for style in styles:
        if notice := style.size_notice(size):
            reporter.emit(Event(EventKind.WARNING, {"problem": notice, "remedy": ""}))


def sized_name(style: str, size: NetworkSize) -> str:
    """How a table names a style whose network of ``size`` was measured."""
    return style if size == "full" else f"{style} ({size})"
