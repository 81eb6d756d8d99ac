"""Picking names for a Style node, from its beginning to its end, in however many windows. Main thread."""

from __future__ import annotations

import bpy
import numpy as np
from numpy.typing import NDArray

from ... import compat
from ...contract.errors import UsageError
from ...preview.names import Layer, NamesSource
from ...preview.opening_plate import OpeningPlate
from ...preview.painter import OpenPlate
from ...preview.picked import add_name, names_of
from ...preview.picker import Picker
from ...preview.shown_render import ShownRender
from ...session import session
from ...settings.owner import Owner
from ...settings.recipe import recipe_of_plate
from ..style_node.node_name import NODE_ID
from ..style_node.node_owner import node_owner
from .node_plate import NodePlate, node_plate
from .render_views import render_views, view_of, view_under

__all__ = ["NodePicking"]


class NodePicking:
    """The names under a pointer, for the active region of one node.

    Raises :class:`UsageError`, here and in :meth:`step`, where there is nothing to pick in.
    """

    def __init__(self, node: bpy.types.Node, scene: bpy.types.Scene) -> None:
        # Names, for undo makes everything anew.
        self._scene, self._node = scene.name, node.name
        self._added = ""
        self._clicked = False
        self._pixel: tuple[int, int] | None = None
        self._picker: Picker | None = None
        self._opening: OpeningPlate | None = None
        self._begin()
        if not self.areas():
            self.close()
            raise UsageError(
                "no editor shows the render",
                remedy="switch on Backdrop and view a node, or choose Render Result in an Image Editor",
            )

    @property
    def matte(self) -> tuple[object, NDArray[np.uint8]] | None:
        """Coverage of what the pointer is over, with what tells it from others; None until it is there."""
        picker = self._picker
        matte = picker.matte if picker is not None else None
        return None if picker is None or matte is None else ((picker.plate.job, picker.name), matte)

    @property
    def text(self) -> str:
        """What there is to say."""
        picker = self._picker
        if picker is None:
            text = "Eyedropper: opening the passes…"
        elif picker.fault is not None:
            text = picker.fault.sentence()
        else:
            text = f"Eyedropper: {picker.name or 'nothing with a name here'}"
        return f"{text}      ({self._added})" if self._added else text

    def shown_in(self, area: bpy.types.Area) -> ShownRender | None:
        """Where an area shows what is picked in."""
        view = view_of(area, self._tree())
        return None if view is None else self._plate.shown_in(view)

    def areas(self) -> list[bpy.types.Area]:
        """All that show it."""
        tree = self._tree()
        views = (view for window in bpy.context.window_manager.windows for view in render_views(window, tree))
        return [view.area for view in views if self._plate.shown_in(view) is not None]

    def point(self, window: bpy.types.Window, x: int, y: int) -> bool:
        """The pointer is there in a window; whether that is over the picture.

        Between a click and its name it stays where it was clicked.
        """
        view = view_under(window, self._tree(), x, y)
        shown = None if view is None else self._plate.shown_in(view)
        pixel = None
        if view is not None and shown is not None:
            pixel = shown.pixel(x - view.region.x + 0.5, y - view.region.y + 0.5)
        if not self._clicked:
            self._pixel = pixel
            if self._picker is not None:
                self._picker.point(pixel)
        return pixel is not None

    def click(self) -> None:
        """Add what is under the pointer, once that is known."""
        self._clicked = True

    def step(self) -> bool:
        """Take over answers; whether anything changed that is drawn."""
        if (self._found(), self._named()) != (self._plate, self._names):
            self._begin()
        opened = self._opening.step() if self._opening is not None else None
        if opened is None:
            return False
        if self._picker is None:
            self._picker = self._make_picker(opened)
            self._picker.point(self._pixel)
        changed = self._picker.step()
        if self._clicked and self._picker.knows:
            self._clicked = False
            self._take(self._picker.name)
            self._picker.point(self._pixel)
            return True
        return changed

    def close(self) -> None:
        """Give up what the backend is asked and has open."""
        for part in (self._picker, self._opening):
            if part is not None:
                part.close()
        self._picker = self._opening = None

    # ---- inside

    def _begin(self) -> None:
        self.close()
        self._plate, self._names = self._found(), self._named()
        self._pixel = None
        self._opening = OpeningPlate(
            session().client,
            folder=self._plate.folder,
            plate=self._plate.plate,
            number=self._plate.number,
            looked_at=recipe_of_plate(self._owner()),
        )

    def _make_picker(self, opened: OpenPlate) -> Picker:
        try:
            return Picker(session().client, opened, self._names)
        except UsageError as fault:
            if not isinstance(self._names, Layer):
                raise
            raise UsageError(fault.problem, remedy="render the frame again: the pass is on now") from fault

    def _take(self, name: str | None) -> None:
        if name is None:
            return
        owner = self._owner()
        new = add_name(owner, name)
        region = owner.settings.regions[owner.settings.active_region].name
        if new:
            bpy.ops.ed.undo_push(message=f"Pick {name}")
        self._added = f"{name} {'was added to' if new else 'is already in'} {region}"

    def _found(self) -> NodePlate:
        return node_plate(self._the_node(), bpy.data.scenes[self._scene])

    def _named(self) -> NamesSource:
        return names_of(self._owner())

    def _owner(self) -> Owner:
        return node_owner(self._the_node())

    def _the_node(self) -> bpy.types.Node:
        node = self._tree().nodes.get(self._node)
        if node is None or node.bl_idname != NODE_ID:
            raise UsageError(f"the node {self._node!r} is gone", remedy="select another node, and pick again")
        return node

    def _tree(self) -> bpy.types.NodeTree:
        scene = bpy.data.scenes.get(self._scene)
        tree = None if scene is None else compat.compositor_tree(scene)
        if tree is None:
            raise UsageError(f"the compositor of {self._scene!r} is gone", remedy="pick again")
        return tree
