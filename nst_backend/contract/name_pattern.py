"""Names of objects and materials with wildcards: ``Hair*``; ``\\*`` and ``\\?`` are the signs themselves."""

from __future__ import annotations

import re

__all__ = ["RAW_ID", "as_pattern", "has_wildcard", "name_pattern", "plain_name"]

RAW_ID = re.compile(r"<([0-9a-f]{8})>")
"""A bare id in place of a name."""


def has_wildcard(name: str) -> bool:
    """Whether ``*`` or ``?`` stands in it without a backslash."""
    return re.search(r"(?<!\\)[*?]", name) is not None


def name_pattern(name: str) -> re.Pattern[str]:
    """What a whole name has to match: ``*`` any text, ``?`` any character; case counts."""
    tokens = re.findall(r"\\[*?]|.", name, re.DOTALL)
    signs = {"*": ".*", "?": ".", "\\*": r"\*", "\\?": r"\?"}
    return re.compile("".join(signs.get(token) or re.escape(token) for token in tokens), re.DOTALL)


def as_pattern(name: str) -> str:
    """A name as a matte's list of names holds it."""
    return re.sub(r"[*?]", r"\\\g<0>", name)


def plain_name(pattern: str) -> str | None:
    """The one name that a pattern stands for; None for wildcards and bare ids."""
    if has_wildcard(pattern) or RAW_ID.fullmatch(pattern):
        return None
    return pattern.replace("\\*", "*").replace("\\?", "?")
