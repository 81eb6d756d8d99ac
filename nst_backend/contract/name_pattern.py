"""Names of objects and materials with wildcards: ``Hair*``; ``\\*`` and ``\\?`` are the signs themselves."""

from __future__ import annotations

import re

__all__ = ["has_wildcard", "name_pattern"]


def has_wildcard(name: str) -> bool:
    """Whether ``*`` or ``?`` stands in it without a backslash."""
    return re.search(r"(?<!\\)[*?]", name) is not None


def name_pattern(name: str) -> re.Pattern[str]:
    """What a whole name has to match: ``*`` any text, ``?`` any character; case counts."""
    tokens = re.findall(r"\\[*?]|.", name, re.DOTALL)
    signs = {"*": ".*", "?": ".", "\\*": r"\*", "\\?": r"\?"}
    return re.compile("".join(signs.get(token) or re.escape(token) for token in tokens), re.DOTALL)
