"""Run inside Blender's Python: enable the installed extension, call a script, write its answer.

``bpy_harness.py ANSWER install ZIP`` or ``bpy_harness.py ANSWER SCRIPT ARGUMENTS…``; see conftest.py.
"""

from __future__ import annotations

import json
import os
import runpy
import sys
import traceback
from pathlib import Path
from typing import Any

import bpy  # isort: skip
import addon_utils  # isort: skip - found only once bpy is loaded

MODULE = "bl_ext.user_default.brushpass"


def install(archive: str) -> list[str]:
    """Install and enable the zip as the preferences do it; returns the enabled add-ons."""
    outcome = bpy.ops.extensions.package_install_files(filepath=archive, repo="user_default", enable_on_install=True)
    assert outcome == {"FINISHED"}, outcome
    assert addon_utils.check(MODULE) == (True, True), addon_utils.check(MODULE)
    return [addon.module for addon in bpy.context.preferences.addons]


def main(answer: str, script: str, *arguments: str) -> None:
    """Write what ``install`` or the script's ``run`` returns."""
    addon_utils.enable("bl_pkg")
    result: Any
    if script == "install":
        result = install(*arguments)
    else:
        assert addon_utils.enable(MODULE, default_set=True) is not None, "the add-on could not be enabled"
        result = runpy.run_path(script)["run"](*arguments)
    partial = Path(answer).with_suffix(".partial")
    partial.write_text(json.dumps(result), encoding="utf-8")
    os.replace(partial, answer)


if __name__ == "__main__":
    code = 0
    try:
        main(*sys.argv[1:])
    except BaseException:
        traceback.print_exc()
        code = 1
    # Blender 4.5 as a module may hang while it shuts down.
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
