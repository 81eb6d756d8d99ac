"""The quick way to a layer's statistics gives what the plain one gives."""

from __future__ import annotations

import pytest
import torch

from nst_backend.styles.moments import moments


@pytest.mark.parametrize("shape", [(1, 3, 5, 7), (2, 16, 97, 131), (1, 64, 60, 80)])
@pytest.mark.parametrize("innermost", [True, False])
def test_moments_are_those_of_double_precision(shape: tuple[int, int, int, int], innermost: bool) -> None:
    torch.manual_seed(5)
    # An offset far from zero, where sums of squares lose their digits.
    x = torch.rand(shape) * 3.0 + 40.0
    if innermost:
        x = x.contiguous(memory_format=torch.channels_last)
    mean, var = moments(x)
    exact_var, exact_mean = torch.var_mean(x.double(), dim=(2, 3), correction=0)
    assert mean.dtype is var.dtype is torch.float32
    torch.testing.assert_close(mean.double(), exact_mean, rtol=1e-6, atol=0)
    torch.testing.assert_close(var.double(), exact_var, rtol=2e-5, atol=0)


def test_training_gets_its_gradient() -> None:
    x = torch.rand(1, 4, 6, 6).contiguous(memory_format=torch.channels_last).requires_grad_()
    mean, var = moments(x)
    (mean + var).sum().backward()
    assert x.grad is not None
    assert float(x.grad.abs().min()) > 0.0
