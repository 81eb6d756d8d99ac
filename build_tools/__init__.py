"""What ``build.py`` does. Standard library only, for Python 3.9 and newer."""
