"""Networks that begin with what another has learnt.

Styles that join a trained backbone add rows to its tables, or go on from their own, and change nothing else of it.

Source: Dumoulin, Shlens, Kudlur 2017, section 3.3: all that a further style needs of a
network that has learnt several is its own scales and shifts.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import torch
from torch import nn

from .network import ConditionalNorm, ConditionalScale, StyleNetwork

__all__ = ["continued_network", "joining_network", "table_parameters", "with_rows_of"]


def joining_network(base: StyleNetwork, rows: Sequence[int | None]) -> StyleNetwork:
    """What :func:`continued_network` gives, with tables that can be trained and a backbone that cannot."""
    network = continued_network(base, rows)
    network.requires_grad_(False)
    for parameter in table_parameters(network):
        parameter.requires_grad_(True)
    return network


def continued_network(base: StyleNetwork, rows: Sequence[int | None]) -> StyleNetwork:
    """The backbone of ``base`` with a row for each of ``rows``: that row of its own tables, or their mean for None."""
    network = StyleNetwork(replace(base.config, styles=len(rows)))
    tables = set(_table_names(base))
    state = {
        name: torch.stack([value.mean(0) if row is None else value[row] for row in rows]) if name in tables else value
        for name, value in base.state_dict().items()
    }
    network.load_state_dict(state)
    return network


def with_rows_of(base: StyleNetwork, joined: StyleNetwork, rows: Sequence[int]) -> StyleNetwork:
    """``base`` with the rows of ``joined`` at ``rows`` of its tables: in place of its own, or after them.

    With the others it paints what it painted before, bit for bit.
    """
    count = max(base.config.styles, *(row + 1 for row in rows))
    network = StyleNetwork(replace(base.config, styles=count))
    learnt = joined.state_dict()
    tables = set(_table_names(base))
    state = base.state_dict()
    for name in tables:
        table = learnt[name].new_zeros(count, learnt[name].shape[1])
        table[: base.config.styles] = state[name]
        table[list(rows)] = learnt[name]
        state[name] = table
    network.load_state_dict(state)
    return network


def table_parameters(network: StyleNetwork) -> Iterator[nn.Parameter]:
    """The scales and shifts of all styles, ``(S, C)`` each."""
    named = dict(network.named_parameters())
    return (named[name] for name in _table_names(network))


def _table_names(network: StyleNetwork) -> Iterator[str]:
    for name, module in network.named_modules():
        if isinstance(module, (ConditionalNorm, ConditionalScale)):
            yield f"{name}.scale"
            yield f"{name}.shift"
