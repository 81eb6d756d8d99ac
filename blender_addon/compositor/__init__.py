"""The Style node of the compositor: frames painted in the very render that makes them."""

from __future__ import annotations

__all__ = ["register", "unregister"]


def register() -> None:
    """Called where the add-on is switched on."""
    # Not at the head: what needs no Blender is read without it.
    from . import engine, node, node_owner, operators, passes, rendering, tending, wiring

    passes.register()
    wiring.register()
    engine.register()
    node.register()
    node_owner.register()
    operators.register()
    rendering.register()
    tending.register()


def unregister() -> None:
    """Called where it is switched off."""
    from . import engine, node, node_owner, operators, passes, rendering, tending, wiring

    tending.unregister()
    rendering.unregister()
    operators.unregister()
    node_owner.unregister()
    node.unregister()
    engine.unregister()
    wiring.unregister()
    passes.unregister()
