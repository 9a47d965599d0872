"""Wild cluster bootstrap: cluster-robust t statistics of data made with the residuals' signs changed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evaluation.design import Grouping, Note
from evaluation.design.note import Number
from evaluation.errors import InferenceError, require_option
from evaluation.estimate import Estimate, Inference, require
from evaluation.inference._blocks import Blocks, blocks
from evaluation.inference._invert import accepted, hull
from evaluation.inference._multipliers import MOST_EXACT, MULTIPLIERS, N_VALUES, drawn, every_sign
from evaluation.inference._wild_lines import TYPES, Line, Sums
from evaluation.inference.clustered import cluster_covariance
from evaluation.inference.methods import METHODS
from evaluation.inference.size_study import FEW_TREATED

Floats = NDArray[np.float64]

TIE = 1e-9
"""Statistics closer than this share of the larger count as equal, that is as extreme."""


def wild_cluster_bootstrap(  # noqa: PLR0913 -- what the literature tells apart, all by keyword
    estimate: Estimate,
    *,
    cluster: str | None = None,
    draw_by: str | None = None,
    multiplier: Literal["rademacher", "webb", "mammen"] = "rademacher",
    bootstrap_type: Literal["11", "13", "31", "33"] = "11",
    impose_null: bool = True,
    null: float = 0.0,
    draws: int = 9999,
    seed: int = 0,
    conf_level: float = 0.95,
) -> Inference:
    """Compare the t statistic with those of outcomes whose residuals are multiplied by random signs.

    Each draw multiplies the residuals of cluster g, of the regression in which the null hypothesis holds
    (WCR) or of the estimate itself (WCU), by one number v_g, and takes the cluster-robust t statistic of the
    regression of the new outcome. Only sums over clusters are needed: with m the product of the bread B with
    the term's weights, s_h the scores and G_g the cross products of the clusters,

        t* = sum_h v_h a_h / sqrt(sum_g u_g^2),  a_h = m's_h,  u_g = v_g a_g - m'G_g B sum_h v_h s_h,

    both linear in the null, so that the confidence set of all nulls with p > 1 - conf_level costs little more
    than one p-value. Where all signs of WCR are enumerated the data are among the draws (types 11 and 13) and
    p = #{|t*| >= |t|} / 2^G, else (1 + #{|t*| >= |t|}) / (1 + B): equal statistics count as extreme. Cameron,
    Gelbach and Miller (2008), doi:10.1162/rest.90.3.414; Roodman, MacKinnon, Nielsen and Webb (2019),
    doi:10.1177/1536867X19830877; six values, Webb (2023), doi:10.1111/caje.12661; signs drawn for parts of
    clusters, MacKinnon and Webb (2018), doi:10.1111/ectj.12107.

    Parameters
    ----------
    estimate : Estimate
        With moments, also averages of such estimates: linear, or Poisson, whose working regression of the
        last step is used.
    cluster : str, optional
        A grouping of the design; by default the design's cluster.
    draw_by : str, optional
        A grouping within the clusters by which the signs are drawn; by default the clusters.
    multiplier : {"rademacher", "webb", "mammen"}
        Two values, six values, or two with a third moment of one.
    bootstrap_type : {"11", "13", "31", "33"}
        First digit 3: a cluster's residuals are those of the regression without it, which are not made too
        small by its own leverage. Second digit 3: t statistics with CR3 instead of CR1. MacKinnon, Nielsen
        and Webb (2023), doi:10.1002/jae.2969.
    impose_null : bool
        WCR, else WCU.
    null : float
        The value that is tested.
    draws : int
        B; Rademacher signs are enumerated instead where there are few clusters, see `MOST_EXACT`.
    seed : int
    conf_level : float

    Returns
    -------
    Inference
        std_error (that of CR1 or CR3), p_value and the smallest interval that holds the confidence set, (k,);
        conf_set; distribution (B, k), the t statistics under the null. Note ``signs``: distinct, used, exact,
        smallest_p; ``few_treated_wild`` where fewer than ten clusters are treated; ``cluster_alone`` for
        terms that one cluster determines, for which CR3 does not exist.

    Raises
    ------
    InferenceError
        If there is one cluster only, `draw_by` is not nested in the clusters (or finer, with a type other
        than 11), an option is wrong or the
        estimate has no moments.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=12, n_treated=6, n_periods=6, effect=1.5, seed=3)
    >>> columns = {"outcome": "outcome", "unit": "unit", "time": "period", "cohort": "cohort"}
    >>> result = ev.twfe(ev.StudyDesign.from_frame(panel, **columns)).infer(wild_cluster_bootstrap)
    >>> dict(result.inference.notes[0].numbers)["used"]
    4096
    """
    require(estimate, "moments", "wild_cluster_bootstrap", METHODS)
    assert estimate.moments is not None
    require_option(InferenceError, "wild_cluster_bootstrap", "multiplier", multiplier, MULTIPLIERS)
    require_option(InferenceError, "wild_cluster_bootstrap", "bootstrap_type", bootstrap_type, TYPES)
    if draws < 1 or int(draws) != draws:
        raise InferenceError("bad-draws", value=draws)
    group, finer = _groups(estimate, cluster, draw_by, bootstrap_type)
    data = blocks(estimate.moments, finer)
    exact = multiplier == "rademacher" and 2.0**data.n_clusters <= MOST_EXACT
    signs = (
        every_sign(data.n_clusters) if exact else drawn(data.n_clusters, draws, MULTIPLIERS[multiplier], seed)
    )
    sums = _cluster_sums(data, group)
    lines = [
        Line.of(data, contrast, sums, impose_null=impose_null, bootstrap_type=bootstrap_type)
        for contrast in estimate.moments.weights_of(len(estimate.terms))
    ]
    among = exact and impose_null and bootstrap_type[0] == "1"
    tests = _tests(estimate, lines, sums, signs, exact=among)
    sets = tuple(tuple(accepted(test.p_value, test.value, test.error, 1 - conf_level)) for test in tests)
    error = _reported(estimate, cluster, tests, bootstrap_type)
    return Inference.of(
        "wild_cluster_bootstrap",
        len(tests),
        conf_level=conf_level,
        std_error=error,
        p_value=np.array([test.p_value(null) for test in tests]),
        conf_low=np.array([hull(found)[0] for found in sets]),
        conf_high=np.array([hull(found)[1] for found in sets]),
        conf_set=sets,
        distribution=np.column_stack(
            [test.statistics(null) * test.error / one for test, one in zip(tests, error, strict=True)]
        ),
        notes=(
            _signs(data.n_clusters, tests[0], multiplier, enumerated=exact),
            *_few(estimate, group, impose_null=impose_null),
            *_alone(error),
        ),
    )


@dataclass(frozen=True, eq=False)
class _Test:
    """The bootstrap of one term for any null, r = value - null away from the estimate.

    Attributes
    ----------
    value, error : float
        The estimate and the root of its sum of squared cluster sums.
    numerator : ndarray, shape (2, B)
        That of t* is its first row plus r times its second.
    variance : ndarray, shape (3, B)
        Its rows are the factors of 1, 2r and r^2.
    exact : bool
    """

    value: float
    error: float
    numerator: Floats
    variance: Floats
    exact: bool

    def _parts(self, null: float) -> tuple[float, Floats, Floats]:
        r = self.value - null
        variance = self.variance[0] + r * (2 * self.variance[1] + r * self.variance[2])
        return r, self.numerator[0] + r * self.numerator[1], np.maximum(variance, 0.0)

    def p_value(self, null: float) -> float:
        """Share of the draws at least as extreme; the one that happened is among all signs of WCR only."""
        r, numerator, variance = self._parts(null)
        if not self.error > 0:
            return float("nan")
        extreme = int(np.count_nonzero(numerator**2 >= (r / self.error) ** 2 * variance * (1 - TIE)))
        used = len(numerator)
        return extreme / used if self.exact else (1 + extreme) / (1 + used)

    def statistics(self, null: float) -> Floats:
        """Return the t statistics, without the factor of CR1."""
        _, numerator, variance = self._parts(null)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(numerator / np.sqrt(variance))


def _groups(
    estimate: Estimate, cluster: str | None, draw_by: str | None, bootstrap_type: str
) -> tuple[Grouping, Grouping]:
    """Return the clusters of the standard error and those for which signs are drawn."""
    group = estimate.design.group(cluster) if cluster else estimate.design.cluster
    finer = estimate.design.group(draw_by) if draw_by else group
    if not finer.nested_in(group):
        raise InferenceError("not-nested", column=finer.name, cluster=group.name)
    if bootstrap_type != "11" and not group.nested_in(finer):
        raise InferenceError("not-whole", bootstrap_type=bootstrap_type, column=finer.name)
    return group, finer


def _tests(
    estimate: Estimate, lines: list[Line], sums: Sums, signs: Iterator[Floats], *, exact: bool
) -> list[_Test]:
    """Sum the draws, chunk by chunk."""
    parts: list[list[Floats]] = [[] for _ in lines]
    for chunk in signs:
        for part, line in zip(parts, lines, strict=True):
            part.append(line.draw(chunk, sums))
    rows = [np.concatenate(part, axis=1) for part in parts]
    return [
        _Test(float(value), line.error, some[:2], some[2:], exact)
        for value, line, some in zip(estimate.value, lines, rows, strict=True)
    ]


def _reported(estimate: Estimate, cluster: str | None, tests: list[_Test], bootstrap_type: str) -> Floats:
    """Return the standard errors: CR3 is the sum of squares itself, CR1 has a factor."""
    if bootstrap_type[1] == "3":
        return np.array([test.error for test in tests])
    return np.asarray(np.sqrt(np.diag(cluster_covariance(estimate, cluster=cluster))))


def _cluster_sums(data: Blocks, group: Grouping) -> Sums:
    """From the clusters that draw to those of the standard error; the same ones, as a rule."""
    codes = np.unique([group.codes[units[0]] for units in data.members], return_inverse=True)[1]
    if len(np.unique(codes)) == len(codes):
        return lambda values: values
    belongs = np.zeros((int(codes.max()) + 1, len(codes)))
    belongs[codes, np.arange(len(codes))] = 1.0
    return lambda values: belongs @ values


def _signs(n_clusters: int, test: _Test, multiplier: str, *, enumerated: bool) -> Note:
    used = test.numerator.shape[1]
    numbers: dict[str, Number] = {
        "clusters": n_clusters,
        "used": used,
        "exact": enumerated,
        "smallest_p": 2 / used if test.exact else 1 / (1 + used),
    }
    distinct = N_VALUES[multiplier] ** n_clusters
    if distinct < 2**53:
        numbers["distinct"] = distinct
    return Note("signs", numbers)


def _few(estimate: Estimate, group: Grouping, *, impose_null: bool) -> tuple[Note, ...]:
    """With few treated clusters WCR hardly ever rejects and WCU does so too often."""
    treated = group.count(estimate.design.treated_units)
    if treated >= FEW_TREATED:
        return ()
    numbers = {"treated_clusters": treated, "clusters": group.n_groups, "restricted": impose_null}
    return (Note("few_treated_wild", numbers),)


def _alone(error: Floats) -> tuple[Note, ...]:
    lost = int(np.isnan(error).sum())
    return (Note("cluster_alone", {"terms": lost, "of": len(error)}),) if lost else ()
