"""The Style node of the compositor: frames painted in the very render that makes them."""

from __future__ import annotations

from types import ModuleType

__all__ = ["register", "unregister"]


def register() -> None:
    """Called where the add-on is switched on."""
    for part in _parts():
        part.register()


def unregister() -> None:
    """Called where it is switched off."""
    for part in reversed(_parts()):
        part.unregister()


def _parts() -> tuple[ModuleType, ...]:
    # Not at the head: what needs no Blender is read without it.
    from . import (
        capture_operators,
        check,
        check_operator,
        data_layers,
        engine,
        node,
        node_eyedropper,
        node_finding,
        node_landing,
        node_owner,
        node_record,
        operators,
        passes,
        rendering,
        restyle_operator,
        tending,
        wiring,
    )

    return (
        passes,
        data_layers,
        wiring,
        engine,
        node_record,
        node,
        node_owner,
        node_landing,
        node_finding,
        operators,
        capture_operators,
        rendering,
        tending,
        restyle_operator,
        check,
        check_operator,
        node_eyedropper,
    )
