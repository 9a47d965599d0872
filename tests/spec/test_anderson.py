"""Anderson's index: two items by hand, the formula written out, missing items, and what is refused."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from evaluation.errors import DataError, InferenceError
from evaluation.inference import anderson_index


def answers(n: int = 200) -> pd.DataFrame:
    rng = np.random.default_rng(1)
    common = rng.normal(size=n)
    table = {
        name: common + rng.normal(size=n) * scale for name, scale in zip("abc", (0.2, 0.2, 2), strict=True)
    }
    return pd.DataFrame(table | {"before": np.arange(n) < n // 2})


def test_two_copies_share_a_weight_by_hand() -> None:
    """a and b, correlated by r, and c, unrelated: rows of the inverse add up to 1/(1+r), 1/(1+r) and 1."""
    a = np.array([1.0, -1, 1, -1, 0, 0, 0, 0])
    c = np.array([0.0, 0, 0, 0, 1, -1, 1, -1])
    b = np.array([1.0, -1, 0, 0, 0, 0, 0, 0])
    index = anderson_index(pd.DataFrame({"a": a, "b": b, "c": c}), ["a", "b", "c"])
    r = 2 / np.sqrt(4 * 2)
    wanted = np.array([1 / (1 + r), 1 / (1 + r), 1])
    np.testing.assert_allclose(index.table.weight, wanted / wanted.sum())
    np.testing.assert_allclose(index.table.std_dev, np.sqrt(np.array([4, 2, 4]) / 7))
    z = np.column_stack([a, b, c]) / np.sqrt(np.array([4, 2, 4]) / 7)
    np.testing.assert_allclose(index.value, z @ wanted / wanted.sum())
    assert index.notes == ()


def test_missing_items_and_reference_rows_written_out() -> None:
    frame = answers()
    frame.loc[frame.index % 7 == 0, "a"] = np.nan
    frame.loc[frame.index % 11 == 0, "c"] = np.nan
    frame.loc[0, ["a", "b", "c"]] = np.nan
    index = anderson_index(frame, ["a", "b", "c"], reference="before", reverse=["b"])
    z = frame[["a", "b", "c"]] * [1, -1, 1]
    z = (z - z[frame.before].mean()) / z[frame.before].std()
    covariance = np.eye(3)
    for i, j in itertools.combinations_with_replacement(range(3), 2):
        both = z.iloc[:, [i, j]].dropna().to_numpy()
        covariance[i, j] = covariance[j, i] = np.cov(both[:, 0], both[:, 1])[0, 1]
    sums = np.linalg.inv(covariance).sum(axis=1)
    np.testing.assert_allclose(index.table.weight, sums / sums.sum(), rtol=1e-9)
    assert index.table.reversed.tolist() == [False, True, False]
    wanted = (z * sums).sum(axis=1) / (z.notna() * sums).sum(axis=1)
    np.testing.assert_allclose(index.value[1:], wanted[1:], rtol=1e-9)
    assert np.isnan(index.value[0])
    numbers = dict(index.notes[0].numbers)
    assert numbers == {"rows": int(z.isna().any(axis=1).sum()), "of": 200, "without": 1}


def test_it_has_the_smallest_variance_of_all_averages() -> None:
    """Weights of the inverse covariance: no other average of the standardised items varies less."""
    frame = answers()
    index = anderson_index(frame, ["a", "b", "c"])
    z = ((frame - frame.mean()) / frame.std())[["a", "b", "c"]].to_numpy(float)
    for other in np.random.default_rng(2).dirichlet(np.ones(3), size=50):
        assert index.value.var() <= (z @ other).var()


def test_units_of_measurement_and_the_kind_of_table_do_not_matter() -> None:
    frame = answers()
    whole = anderson_index(frame, ["a", "b", "c"], reference="before").value
    scaled = frame.assign(a=100 * frame.a + 7, b=-frame.b)
    found = anderson_index(pl.from_pandas(scaled), ["a", "b", "c"], reference="before", reverse=["b"]).value
    np.testing.assert_allclose(found, whole, rtol=1e-9)


def test_a_negative_weight_is_said() -> None:
    rng = np.random.default_rng(3)
    a, e, f = rng.normal(size=(3, 300))
    frame = pd.DataFrame({"a": a, "b": a + 0.3 * e, "c": a + e + 0.2 * f})
    note = anderson_index(frame, ["a", "b", "c"]).notes[0]
    assert note.code == "index_negative_weight"
    assert note.numbers["items"] >= 1


@pytest.mark.parametrize(
    ("items", "options", "error", "said"),
    [
        (["a", "b", "a"], {}, InferenceError, "wrong: a"),
        (["a", "b"], {"reverse": ["c"]}, InferenceError, "wrong: c"),
        (["a", "same"], {}, InferenceError, r"1 item does not vary in the reference rows, of 2 \(same\)"),
        (["a", "b", "sum"], {}, InferenceError, "follow from each other"),
        (["a", "d"], {}, DataError, "'d'"),
    ],
)
def test_what_is_wrong_is_said(items: list[str], options: dict[str, Any], error: type, said: str) -> None:
    frame = answers().assign(same=4.0, sum=lambda rows: rows.a + rows.b)
    with pytest.raises(error, match=said):
        anderson_index(frame, items, **options)
