"""Train Style from Image: pictures chosen, the training followed, what it left."""

from __future__ import annotations

import bpy

from ..contract.errors import NstError
from ..jobs.progress import State
from ..jobs.remedies import Remedy, remedy_of
from ..settings import styles
from ..settings.owner import Owner
from ..training import asking, watch
from ..training.estimate import expected
from ..training.order import TrainingOrder
from ..training.training import Training
from .backend_help import draw_open_preferences
from .problem import draw_problem
from .sections import Section
from .status_bar import tell
from .thumbnails import picture, thumbnail

__all__ = ["SECTION", "draw_training", "register", "unregister"]

_SAMPLE_SCALE = 9.0
_FETCHED = "PyTorch's VGG-19 judges the painting: where it is not on this machine, 548 MB are downloaded, once"
_OFFLINE = (
    "PyTorch's VGG-19 judges the painting: where it is not on this machine, choose its file, or allow online access "
    "in Blender's System preferences"
)


def draw_training(layout: bpy.types.UILayout) -> None:
    """What runs or ended, what can be resumed, and the form."""
    training = watch.now.training
    if watch.now.refused is not None:
        _draw_fault(layout.box(), "Not Started", watch.now.refused)
    if training is not None and watch.now.running:
        _draw_running(layout, training)
        return
    if training is not None:
        _draw_ended(layout, training)
    for folder, order in watch.others():
        _draw_unfinished(layout, folder.name, order)
    said = asking.form()
    if said.pictures:
        _draw_form(layout, said)
    row = layout.row(align=True)
    text = "Add Image" if said.pictures else "Train Style from Image"
    row.operator_context = "INVOKE_DEFAULT"
    row.operator("brushpass.train_pictures", text=text, icon="FILE_IMAGE")
    row.operator("brushpass.train_image", text="", icon="IMAGE_DATA")


def _draw_running(layout: bpy.types.UILayout, training: Training) -> None:
    progress = training.progress
    layout.label(text=training.order.title, icon="BRUSH_DATA")
    row = layout.row(align=True)
    row.progress(factor=progress.part, text=progress.text().capitalize())
    row.operator("brushpass.train_cancel", text="", icon="X")
    sample = picture(training.sample)
    if sample:
        layout.template_icon(sample, scale=_SAMPLE_SCALE)
        caption = layout.column()
        caption.active = False
        caption.label(text="A photograph, and as it is painted by now")


def _draw_ended(layout: bpy.types.UILayout, training: Training) -> None:
    progress, box = training.progress, layout.box()
    if progress.fault is not None:
        _draw_fault(box, training.order.title, progress.fault)
    else:
        _draw_heading(box, training.order.title)
    if progress.state is State.CANCELLED:
        draw_problem(box, training.ended_in_words(), icon="INFO")
    elif progress.state is State.DONE:
        learnt = [entry for painting in training.order.paintings if (entry := styles.find(painting.name)) is not None]
        text = "It is in the list of styles" if learnt else "The list of styles is asked for"
        draw_problem(box, text, icon="INFO")
        row = box.row()
        for entry in learnt:
            row.template_icon(thumbnail(entry), scale=4.0)
    for warning in progress.warnings:
        draw_problem(box, warning, icon="INFO")


def _draw_fault(layout: bpy.types.UILayout, heading: str, fault: NstError) -> None:
    _draw_heading(layout, heading)
    draw_problem(layout, fault.sentence())
    if remedy_of(fault) is Remedy.PREFERENCES:
        draw_open_preferences(layout)


def _draw_heading(layout: bpy.types.UILayout, heading: str) -> None:
    row = layout.row()
    row.label(text=heading, icon="BRUSH_DATA")
    row.operator("brushpass.train_dismiss", text="", icon="X", emboss=False)


def _draw_unfinished(layout: bpy.types.UILayout, name: str, order: TrainingOrder) -> None:
    layout.label(text=f"{order.title}: {order.done} of {order.steps} steps", icon="BRUSH_DATA")
    row = layout.row(align=True)
    row.operator("brushpass.train_resume", icon="PLAY").name = name
    row.operator("brushpass.train_discard", text="", icon="TRASH").name = name


def _draw_form(layout: bpy.types.UILayout, said: bpy.types.PropertyGroup) -> None:
    for index, entry in enumerate(said.pictures):
        _draw_picture(layout.box(), index, entry)
    layout.use_property_split = True
    layout.use_property_decorate = False
    layout.prop(said, "artist")
    layout.prop(said, "licence")
    layout.prop(said, "photographs")
    layout.prop(said, "quality")
    if said.quality == "STEPS":
        layout.prop(said, "steps")
    chosen = asking.chosen_network(styles.catalogue())
    layout.prop(said, "joins", placeholder=chosen.name if chosen is not None else "")
    layout.prop(said, "loss_network", placeholder="PyTorch's own")
    if not said.loss_network:
        draw_problem(layout, _FETCHED if bpy.app.online_access else _OFFLINE, icon="INFO")
    draw_problem(layout, expected(said.steps_each * len(said.pictures), said.step_seconds), icon="INFO")
    row = layout.row()
    row.scale_y = 1.5
    row.operator("brushpass.train_style", icon="BRUSH_DATA")


def _draw_picture(layout: bpy.types.UILayout, index: int, entry: bpy.types.PropertyGroup) -> None:
    icon = picture(asking.file_of(entry))
    body = layout
    if icon:
        body = layout.split(factor=0.3)
        body.template_icon(icon, scale=3.0)
    column = body.column(align=True)
    row = column.row(align=True)
    row.prop(entry, "title", text="")
    row.operator("brushpass.train_remove", text="", icon="X").index = index
    problem = asking.picture_problem(entry)
    row = column.row(align=True)
    row.alert = bool(problem)
    row.prop(entry, "name", text="")
    if problem:
        draw_problem(layout, problem)


def _hear(training: Training) -> None:
    state = training.progress.state
    if state is State.DONE:
        tell(f"{training.order.title} is in the list of styles")
    elif state is State.CANCELLED:
        tell(f"{training.order.title}: {training.ended_in_words()}")


def _draw(layout: bpy.types.UILayout, owner: Owner, context: bpy.types.Context) -> None:
    draw_training(layout)


def register() -> None:
    watch.listeners.append(_hear)


def unregister() -> None:
    watch.listeners.remove(_hear)


SECTION = Section(name="training", label="Train a Style", order=32, draw=_draw)
