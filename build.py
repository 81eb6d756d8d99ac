"""Brushpass's one command for developers: environments, the demo, the tests, the extension.

    python3 build.py demo     render the demo scene and style it
    python3 build.py test     make what is missing, then lint, type-check and test
    python3 build.py env      make or show the environments
    python3 build.py package  build the extension and its repository into dist/

Runs on any Python from 3.9 on; it finds or asks for the others itself.
"""

import sys

if sys.version_info < (3, 9):  # noqa: UP036 - the one file that older Pythons must be able to read
    sys.exit("build.py needs Python 3.9 or newer: run it with a newer python3 (this is " + sys.version.split()[0] + ")")

from build_tools.commandline import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
