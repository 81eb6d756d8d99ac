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
    from .bridge import engine, rendering
    from .capture import node_landing, node_record
    from .capture import operators as capture_operators
    from .check import operator as check_operator
    from .check import results as check
    from .picking import node_eyedropper, node_finding
    from .restyle import operator as restyle_operator
    from .style_node import adding, data_layers, node, node_owner, passes, tending, wiring

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
        adding,
        capture_operators,
        rendering,
        tending,
        restyle_operator,
        check,
        check_operator,
        node_eyedropper,
    )
