"""Started by a second Blender with ``--python``, or by Blender's Python.

See :mod:`.isolate` and :mod:`..compositor.capture`. The add-on need not be enabled there, and is not
enabled here: the modules are imported as those of a package without its registration.
"""

import importlib
import os
import sys
from importlib.machinery import ModuleSpec
from importlib.util import module_from_spec
from pathlib import Path

import bpy  # noqa: F401  # Blender's Python has no bpy.types before it.

_PACKAGE = "brushpass_isolating"
_MODULES = {"strip": "sequencer.isolate", "node": "compositor.capture.plate"}

if __name__ == "__main__":
    spec = ModuleSpec(_PACKAGE, None, is_package=True)
    spec.submodule_search_locations = [str(Path(__file__).resolve().parents[1])]
    sys.modules[_PACKAGE] = module_from_spec(spec)
    kind, *arguments = sys.argv[sys.argv.index("--") + 1 :]
    code = importlib.import_module(f"{_PACKAGE}.{_MODULES[kind]}").main(arguments)
    sys.stdout.flush()
    sys.stderr.flush()
    # Blender 4.5 as a module may hang while it shuts down, where an engine was registered.
    os._exit(code)
