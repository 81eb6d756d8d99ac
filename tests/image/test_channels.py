"""Going over whole channels says what going along the last axis says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nst_backend.image.channels import all_finite, finite, largest, spread, total


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@given(data=st.data())
def test_channels_agree_with_numpy(channels: int, data: st.DataObject) -> None:
    values = st.floats(-1e6, 1e6, width=32)
    picture = data.draw(arrays(np.float32, (3, 4, channels), elements=values))
    assert np.array_equal(largest(picture), picture.max(axis=-1))
    np.testing.assert_allclose(total(picture), picture.sum(axis=-1), rtol=1e-6, atol=0.5)
    assert np.array_equal(finite(picture), picture)
    plane = picture[:, :, 0]
    assert np.array_equal(spread(plane), np.repeat(plane[:, :, None], 3, axis=2))


def test_a_single_unknown_value_counts() -> None:
    picture = np.ones((2, 2, 3), np.float32)
    picture[0, 1, 2], picture[1, 0, 0], picture[1, 1, 1] = np.nan, np.inf, -np.inf
    assert all_finite(picture).tolist() == [[True, False], [False, False]]
    assert np.isnan(picture[0, 1, 2]), "the picture itself stays"
    assert finite(picture)[~np.isfinite(picture)].tolist() == [0.0, 0.0, 0.0]
    assert np.isposinf(finite(picture, otherwise=np.inf)[~np.isfinite(picture)]).all()
