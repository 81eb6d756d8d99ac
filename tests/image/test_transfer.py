"""The sRGB curve does not care how many values it is given at once."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from nst_backend.image.transfer import srgb_decode, srgb_encode


@pytest.mark.parametrize("curve", [srgb_encode, srgb_decode])
def test_equal_values_give_equal_results_wherever_they_stand(curve: Callable[[np.ndarray], np.ndarray]) -> None:
    values = np.random.default_rng(7).random(40_003, dtype=np.float32) * 4 - 1
    whole = curve(values)
    for start, stop in ((0, 1), (1, 40_003), (17, 117), (63, 40_000)):
        assert np.array_equal(curve(values[start:stop]), whole[start:stop])
