"""Operators that choose pictures, and begin, cancel, resume and discard their training.

Postponed annotations are off in this file: Blender reads the properties from them.
"""

from collections.abc import Callable, Set
from pathlib import Path
from typing import ClassVar

import bpy

from ..contract.errors import InputError, NstError
from ..jobs.progress import State
from . import asking, watch
from .file_images import write_image
from .names import PICTURES, style_name
from .order import discard, training_folder
from .training import Training

__all__ = ["register", "unregister"]


class _Refusing:
    """Faults of :meth:`act` are reported in a sentence."""

    bl_options: ClassVar = {"REGISTER"}

    def execute(self, context: bpy.types.Context) -> Set[str]:
        try:
            self.act(context)
        except NstError as fault:
            self.report({"ERROR"}, fault.sentence())
            return {"CANCELLED"}
        return {"FINISHED"}

    def act(self, context: bpy.types.Context) -> None:
        raise NotImplementedError


class BRUSHPASS_OT_train_pictures(_Refusing, bpy.types.Operator):
    """Choose pictures whose style is to be learnt; nothing starts yet"""

    bl_idname = "brushpass.train_pictures"
    bl_label = "Train Style from Image"

    directory: bpy.props.StringProperty(subtype="DIR_PATH", options={"SKIP_SAVE"})
    files: bpy.props.CollectionProperty(type=bpy.types.OperatorFileListElement, options={"SKIP_SAVE"})
    filter_image: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})
    filter_folder: bpy.props.BoolProperty(default=True, options={"HIDDEN", "SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Set[str]:
        context.window_manager.fileselect_add(self)
        return {"RUNNING_MODAL"}

    def act(self, context: bpy.types.Context) -> None:
        chosen = [Path(self.directory) / entry.name for entry in self.files if entry.name]
        if not chosen:
            raise InputError("no picture is chosen", remedy="choose one or several")
        for path in chosen:
            if path.suffix.lower() not in PICTURES or not path.is_file():
                raise InputError(f"{path.name} is no picture", remedy="choose a JPEG, PNG or TIFF file")
        for path in chosen:
            asking.add_picture(path)


def _images(operator: bpy.types.Operator, context: bpy.types.Context) -> list[tuple[str, str, str]]:
    # Blender keeps no reference to the strings of its own.
    global _listed
    _listed = [(image.name, image.name, "") for image in bpy.data.images if image.source != "VIEWER"]
    return _listed


_listed: list[tuple[str, str, str]] = []


class BRUSHPASS_OT_train_image(_Refusing, bpy.types.Operator):
    """Choose an image of this file whose style is to be learnt; nothing starts yet"""

    bl_idname = "brushpass.train_image"
    bl_label = "Image of This File"
    bl_property = "image"

    image: bpy.props.EnumProperty(name="Image", items=_images, options={"SKIP_SAVE"})

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        if any(image.source != "VIEWER" for image in bpy.data.images):
            return True
        cls.poll_message_set("This file has no image")
        return False

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Set[str]:
        context.window_manager.invoke_search_popup(self)
        return {"RUNNING_MODAL"}

    def act(self, context: bpy.types.Context) -> None:
        image = bpy.data.images[self.image]
        asking.add_picture(write_image(image), Path(image.name).stem)


class BRUSHPASS_OT_train_remove(bpy.types.Operator):
    """Take this picture out of the list"""

    bl_idname = "brushpass.train_remove"
    bl_label = "Remove"

    index: bpy.props.IntProperty(options={"SKIP_SAVE"})

    def execute(self, context: bpy.types.Context) -> Set[str]:
        asking.form().pictures.remove(self.index)
        return {"FINISHED"}


class _Trains(_Refusing):
    """Begins a training; in a Blender without windows it waits for it."""

    def train(self, ask: Callable[[], Training]) -> None:
        training = watch.start(ask)
        if not bpy.app.background:
            self.report({"INFO"}, f"Training {training.order.title} in the background")
            return
        watch.wait()
        progress = training.progress
        for warning in progress.warnings:
            self.report({"WARNING"}, warning)
        if progress.fault is not None:
            raise progress.fault
        if progress.state is State.CANCELLED:
            self.report({"WARNING"}, training.ended_in_words())


class BRUSHPASS_OT_train_style(_Trains, bpy.types.Operator):
    """Learn the styles of these pictures, in the background"""

    bl_idname = "brushpass.train_style"
    bl_label = "Train Style"

    def act(self, context: bpy.types.Context) -> None:
        self.train(asking.ask)


class BRUSHPASS_OT_train_resume(_Trains, bpy.types.Operator):
    """Go on with this training from the step where it stopped"""

    bl_idname = "brushpass.train_resume"
    bl_label = "Resume"

    name: bpy.props.StringProperty(options={"SKIP_SAVE"})

    def act(self, context: bpy.types.Context) -> None:
        self.train(lambda: asking.again(self.name))


class BRUSHPASS_OT_train_cancel(bpy.types.Operator):
    """Stop after this step, which is kept; once more stops at once"""

    bl_idname = "brushpass.train_cancel"
    bl_label = "Cancel"

    @classmethod
    def poll(cls, context: bpy.types.Context) -> bool:
        return watch.now.running

    def execute(self, context: bpy.types.Context) -> Set[str]:
        if watch.now.training is not None:
            watch.now.training.cancel()
        return {"FINISHED"}


class BRUSHPASS_OT_train_discard(_Refusing, bpy.types.Operator):
    """Delete what this training has learnt so far; this cannot be undone"""

    bl_idname = "brushpass.train_discard"
    bl_label = "Discard"

    name: bpy.props.StringProperty(options={"SKIP_SAVE"})

    def invoke(self, context: bpy.types.Context, event: bpy.types.Event) -> Set[str]:
        return {*context.window_manager.invoke_confirm(self, event)}

    def act(self, context: bpy.types.Context) -> None:
        discard(training_folder() / style_name(self.name))
        watch.look_again()


class BRUSHPASS_OT_train_dismiss(bpy.types.Operator):
    """Say no more of this"""

    bl_idname = "brushpass.train_dismiss"
    bl_label = "Dismiss"

    def execute(self, context: bpy.types.Context) -> Set[str]:
        watch.now.refused = None
        if not watch.now.running:
            watch.now.training = None
        return {"FINISHED"}


_CLASSES = (
    BRUSHPASS_OT_train_pictures,
    BRUSHPASS_OT_train_image,
    BRUSHPASS_OT_train_remove,
    BRUSHPASS_OT_train_style,
    BRUSHPASS_OT_train_resume,
    BRUSHPASS_OT_train_cancel,
    BRUSHPASS_OT_train_discard,
    BRUSHPASS_OT_train_dismiss,
)

register, unregister = bpy.utils.register_classes_factory(_CLASSES)
