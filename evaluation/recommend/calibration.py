"""`recommend`: which inference is valid, measured on a design's own data before there was a programme."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from evaluation.checks import CheckResult
from evaluation.design import Note, StudyDesign, require_panel
from evaluation.design.note import Number
from evaluation.errors import DesignError, InferenceError, require_option
from evaluation.estimate import Estimate
from evaluation.estimators import twfe
from evaluation.inference._assignments import assignments
from evaluation.recommend.choice import LEVEL, Measured, choose
from evaluation.recommend.procedures import ONE_BY_ONE, PROCEDURES, RANDOMISATION, is_fast
from evaluation.recommend.trials import Trials, trials
from evaluation.recommend.untouched import MIN_PERIODS, Untouched, untouched

METHODS = ("clustered", "clustered_cr2", "clustered_cr3", "wild_cluster_bootstrap", "randomisation")
DRAWS = 1000
_POWER_SHARE = 4  # one trial in so many is repeated with an effect


def recommend(
    design: StudyDesign,
    estimator: Callable[[StudyDesign], Estimate] = twfe,
    *,
    methods: Sequence[str] = METHODS,
    draws: int | None = None,
    levels: Sequence[float] = (0.01, 0.05, 0.10),
    seed: int = 108,
    on_step: Callable[[int, int], None] | None = None,
) -> CheckResult:
    """Measure how often each inference rejects a true null on the design's own data, and choose one.

    In the periods before the first start nothing has been done, so every effect found there is false. Pilots
    are pretended in them, drawn by the rule of the design: as many, in the same strata, with the same gaps
    between starts. The rejection rate of an inference is the share of these trials in which its p-value is
    at most the level; an effect of 2.8 standard deviations of the placebo estimates gives its power. The idea
    is that of Bertrand, Duflo and Mullainathan (2004), doi:10.1162/003355304772839588. Outcomes after the
    start do not enter.

    Chosen is the inference with the greatest power among those that reject a true null at 5 % in at most
    7.5 % of trials (Bradley 1978, doi:10.1111/j.2044-8317.1978.tb00581.x), one Monte Carlo standard error
    allowed; of those whose power cannot be told apart, the one that rejects least above 5 %.

    Parameters
    ----------
    design : StudyDesign
        With a treatment that stays. With fewer than four periods before the first start, units that are never
        treated are used in all periods instead.
    estimator : callable
        From a design to an estimate with one term, for example ``partial(twfe, family="poisson")``.
    methods : sequence of str
        Of clustered, clustered_cr2, clustered_cr3, wild_cluster_bootstrap, multiplier_bootstrap,
        randomisation; conley_taber, ferman_pinto, ibragimov_muller, sign_changes; and rearrangement and
        conformal, which exist for a single treated cluster only.
    draws : int, optional
        Trials without an effect, by default 1,000, or 200 of a Poisson fit and others that are repeated for
        each assignment; a quarter as many have one.
    levels : sequence of float
        5 % is always among them.
    seed : int
    on_step : callable, optional
        Called with the number of trials done, and of all.

    Returns
    -------
    CheckResult
        ``inference_calibration``, informational. Table: method, level, rejection, mc_error (Monte Carlo
        standard error), power, power_mc_error (at 5 %, else NaN). Numbers: chosen, reason ("most_powerful",
        "only_valid", "powerless", "none_valid"), rejection and power of the chosen one, level, draws,
        with_effect, unidentified, effect, estimand, estimator, source ("periods_before",
        "comparison_units"), starts, periods, first_period, last_period, units, clusters, treated_clusters,
        excluded and undefined: methods that the estimate does not carry, or that do not exist in any trial.
        Note ``placebos_among_comparisons`` where never treated units were used.

    Raises
    ------
    DesignError
        If the untouched part is too small or the estimate has several terms.
    InferenceError
        If a method is unknown, an option wrong, no method can be used or the rule admits one assignment only.

    Examples
    --------
    >>> import evaluation as ev
    >>> panel = ev.simulate.did_panel(n_units=22, n_treated=3, n_periods=16, start=11, seed=1)
    >>> design = ev.StudyDesign.from_frame(panel, outcome="outcome", unit="unit", time="period",
    ...                                    cohort="cohort")
    >>> ev.recommend(design, methods=("clustered", "randomisation"), draws=100).numbers["chosen"]
    'randomisation'
    """
    wanted, every = _options(methods, draws, levels)
    data = untouched(require_panel(design, "recommend"))
    fitted = _first(data, estimator)
    used = [method for method in wanted if _contract(method) in fitted.contracts]
    if not used:
        raise InferenceError("no-method-carried", estimator=fitted.estimator, methods=", ".join(wanted))
    draws = draws or (DRAWS if is_fast(fitted, data.panel) else DRAWS // ONE_BY_ONE)
    rounds = _rounds(data, estimator, used, draws=draws, seed=seed, on_step=on_step)
    measured = [_measured(name, column, rounds) for column, name in enumerate(used)]
    existing = [one for one in measured if np.isfinite(one.p_value).any()]
    choice = choose(existing)
    table = pd.DataFrame([row for one in existing for row in one.rows(every)])
    facts = _facts(data, fitted, rounds) | choice.numbers()
    facts |= {
        "draws": draws,
        "excluded": tuple(method for method in wanted if method not in used),
        "undefined": tuple(one.method for one in measured if one not in existing),
    }
    return CheckResult("inference_calibration", None, table, facts, _notes(data))


def _options(
    methods: Sequence[str], draws: int | None, levels: Sequence[float]
) -> tuple[tuple[str, ...], tuple[float, ...]]:
    for method in methods:
        require_option(InferenceError, "recommend", "methods", method, (*PROCEDURES, RANDOMISATION))
    if draws is not None and (draws < 1 or int(draws) != draws):
        raise InferenceError("bad-draws", value=draws)
    for level in levels:
        if not 0 < level < 1:
            raise InferenceError("bad-level", value=level)
    return tuple(dict.fromkeys(methods)), tuple(sorted({*levels, LEVEL}))


def _contract(method: str) -> str:
    return "refit" if method == RANDOMISATION else PROCEDURES[method].contract


def _first(data: Untouched, estimator: Callable[[StudyDesign], Estimate]) -> Estimate:
    """Fit the first false pilots, to see what the estimate carries."""
    false = data.starting(data.starts[0])
    count = assignments(false).count
    if count < 2:
        raise InferenceError("nothing-to-permute", admissible=count)
    fitted = estimator(false)
    if len(fitted.terms) != 1:
        raise DesignError("several-terms", what="recommend", terms=len(fitted.terms))
    if fitted.refit is None:
        raise DesignError("no-refit", what="recommend")
    return fitted


def _rounds(
    data: Untouched,
    estimator: Callable[[StudyDesign], Estimate],
    methods: Sequence[str],
    *,
    draws: int,
    seed: int,
    on_step: Callable[[int, int], None] | None,
) -> list[Trials]:
    """Divide the trials among the false starts."""
    starts, done = data.starts, 0
    plain, powered = (_divided(n, len(starts)) for n in (draws, max(draws // _POWER_SHARE, 1)))
    total = sum(plain) + sum(powered)

    def step(more: int) -> None:
        nonlocal done
        done += more
        if on_step is not None:
            on_step(done, total)

    return [
        trials(
            data.starting(at),
            estimator,
            methods,
            draws=one,
            with_effect=other,
            rng=np.random.default_rng([seed, at]),
            step=step,
        )
        for at, one, other in zip(starts, plain, powered, strict=True)
        if one
    ]


def _divided(n: int, parts: int) -> list[int]:
    return [n // parts + (i < n % parts) for i in range(parts)]


def _measured(method: str, column: int, rounds: Sequence[Trials]) -> Measured:
    every = np.concatenate([one.null[:, column] for one in rounds])
    noise = sum(one.noise * len(one.null) ** 2 for one in rounds) / len(every) ** 2
    return Measured(
        method=method,
        p_value=every,
        p_value_with_effect=np.concatenate([one.power[:, column] for one in rounds]),
        noise=noise if method == RANDOMISATION else 0.0,
    )


def _facts(data: Untouched, fitted: Estimate, rounds: Sequence[Trials]) -> dict[str, Number]:
    panel, false = data.panel, data.starting(data.starts[0])
    return {
        "estimator": fitted.estimator,
        "estimand": fitted.estimand,
        "outcome": panel.names.outcome,
        "source": data.source,
        "starts": len(rounds),
        "periods": panel.n_periods,
        "first_period": str(panel.periods[0]),
        "last_period": str(panel.periods[-1]),
        "units": panel.n_units,
        "clusters": panel.cluster.n_groups,
        "treated_clusters": false.n_treated_clusters,
        "with_effect": sum(len(one.power) for one in rounds),
        "unidentified": sum(one.unidentified for one in rounds),
        "effect": float(np.mean([one.effect for one in rounds])),
    }


def _notes(data: Untouched) -> tuple[Note, ...]:
    """Return what was known of the data, and where the trials could not use the periods before."""
    synthetic = tuple(note for note in data.panel.notes if note.code == "synthetic_data")
    if data.source == "periods_before":
        return synthetic
    told: dict[str, Number] = {"needed": MIN_PERIODS, "units": data.panel.n_units}
    return (*synthetic, Note("placebos_among_comparisons", told))
