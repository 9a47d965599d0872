"""Errors that teach: what is wrong, how many, one example, what to do next.

Each error has a code; its two English sentences stand in ``MESSAGES`` below, other languages
translate them in ``evaluation/locales`` under ``error-<code>`` and ``error-<code>-fix``.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from typing import Any

MESSAGES: dict[str, tuple[str, str]] = {
    # --- data ---------------------------------------------------------------------------------
    "missing-column": (
        "The data have no column {column!r} (asked for as {role}).",
        "Columns present: {available}. {suggestion}",
    ),
    "not-a-frame": (
        "A dataframe is needed, not {type}.",
        "Give a pandas, polars or Arrow table with one row per unit and period.",
    ),
    "no-rows": ("The data have no rows.", "Check the file and the filters that were applied to it."),
    "not-numeric": (
        "{count} values of column {column!r} are not numbers.",
        "Write them as numbers (12.5) or leave them empty where nothing was observed.",
    ),
    "not-finite": (
        "{count} values of column {column!r} are infinite, or too large to calculate with.",
        "Correct the calculation that made them, or leave them empty.",
    ),
    "duplicate-column": (
        "{count} column names occur more than once.",
        "Give every column a name of its own.",
    ),
    "mixed-labels": (
        "The values of column {column!r} (the {role}) cannot be put in order: {kinds}.",
        "Use text only, or whole numbers only, in this column.",
    ),
    "missing-key": (
        "{count} rows have no value in column {column!r} (the {role}).",
        "Every row needs its unit and its period; complete or remove these rows.",
    ),
    "duplicate-unit-period": (
        "{count} pairs of unit and period occur more than once.",
        "Keep one row per unit and period; if they are individual records, add them up first.",
    ),
    "bad-time": (
        "{count} values of column {column!r} are not periods that can be read.",
        "Use years (2021), quarters (2021Q3), months (2021-09), dates, or whole numbers; "
        "one kind per column.",
    ),
    "varies-within-unit": (
        "Column {column!r} (the {role}) changes within {count} units.",
        "It must be the same in all periods of a unit.",
    ),
    "negative-weight": (
        "{count} values of column {column!r} (the {role}) are negative or zero where they must be positive.",
        "Weights are at least zero, exposures are greater than zero.",
    ),
    "unknown-code": (
        "{count} rows have a code in column {column!r} that the code list {code_list!r} does not contain.",
        "{suggestion} Correct the code, or add it to the code list with its source.",
    ),
    "unreadable-file": ("The file cannot be read: {reason}.", "{advice}"),
    "time-out-of-range": (
        "No row of the data lies in or before {quarter}.",
        "The data begin in {first}; choose a later quarter or check the period column.",
    ),
    "not-a-count": (
        "{count} values of column {column!r} are not counts.",
        "A count is a whole number of zero or more, written with digits only.",
    ),
    "not-a-flag": ("{count} values of column {column!r} are neither yes nor no.", "Write 1 or 0."),
    "unit-not-in-data": (
        "Column {column!r} nowhere holds {unit!r}, which the catalogue names as treated.",
        "{suggestion} Correct data/catalogue.yml or the data.",
    ),
    # --- design -------------------------------------------------------------------------------
    "cohort-or-treatment": (
        "Exactly one of cohort= and treatment= must be given.",
        "cohort= names the column with the first treated period; "
        "treatment= names one or more columns with the treatment of each period.",
    ),
    "no-treated": (
        "No unit is treated in any of the {periods} periods ({first} to {last}).",
        "Check the treatment column, or use data that reach beyond the first treatment ({earliest}).",
    ),
    "no-comparison": (
        "All {units} units are treated in every period, so there is nothing to compare them with.",
        "Add units that are not treated, or periods before the treatment.",
    ),
    "no-period-before": (
        "No period lies before the first treatment ({first}, anticipation {anticipation}).",
        "Add earlier periods; without them the groups cannot be compared as they were.",
    ),
    "not-absorbing": (
        "{what} needs a treatment that starts once and stays.",
        "Give the first treated period as cohort=, or use an estimator for treatments that switch.",
    ),
    "treated-not-admissible": (
        "{count} treated units are not admissible under the assignment rule.",
        "Every treated unit must be one that could have been chosen; correct the column {column!r}.",
    ),
    "assignment-unit-split": (
        "{count} units of assignment ({column!r}) hold both treated and untreated units.",
        "All admissible units of an assignment unit share one treatment; "
        "restrict the admissible units or choose the unit itself as the unit of assignment.",
    ),
    "assignment-unit-strata": (
        "{count} units of assignment ({column!r}) lie in more than one stratum ({strata!r}).",
        "Treatment is exchanged within strata only: give all units of an assignment unit the same stratum.",
    ),
    "bad-anticipation": (
        "anticipation={value} is not a whole number of periods.",
        "Use 0, or the number of periods before the start in which an effect is allowed for.",
    ),
    "unknown-group": (
        "The design knows no grouping {group!r}.",
        "Known: {available}. Name the column in groups=, cluster= or strata= of StudyDesign.from_frame.",
    ),
    "unknown-unit": ("The design has no unit {unit!r}.", "{suggestion}"),
    "not-identified": (
        "The effect of {term} cannot be told apart from the unit and period effects or the covariates.",
        "The treatment must vary within units and differ between units in the same period.",
    ),
    "unknown-option": (
        "{estimator}: {option}={value!r} is not known.",
        "Use one of: {available}. {suggestion}",
    ),
    "negative-outcome": (
        "{count} values of the outcome are negative; the Poisson family needs counts or rates of at least 0.",
        "Use family='gaussian', or check the outcome.",
    ),
    "outcome-not-share": (
        "{count} values of the outcome lie outside 0 to 1, which the logit family needs.",
        "Use family='gaussian' or 'poisson', or an outcome that is a share or yes/no as 1/0.",
    ),
    "separated-cells": (
        "In {count} of {of} treated cells (cohort/period) the outcome of every unit is 0, or 1 for logit: "
        "the {family} estimate is infinite there.",
        "Use family='gaussian', longer periods, or larger cohorts.",
    ),
    "no-finite-estimate": (
        "The Poisson estimate of {term} is infinite: a treatment or covariate singles out cells "
        "whose outcome "
        "is zero throughout.",
        "Use family='gaussian', fewer covariates, or periods that hold at least one event.",
    ),
    "no-convergence": (
        "{what} did not converge in {iterations} iterations.",
        "Look for units or periods whose outcome is almost always zero, or use fewer covariates.",
    ),
    "no-never-treated": (
        "Every unit is treated sooner or later ({cohorts} cohorts), so there is no never-treated control.",
        "Use control_group='not_yet_treated', or add units that are never treated.",
    ),
    "no-cohort": (
        "No cohort has an untreated period to start from within the {periods} periods.",
        "With anticipation={anticipation} a cohort needs that many periods more before its start.",
    ),
    "nothing-imputed": (
        "{what}: of {cells} observations under treatment none can be imputed.",
        "A unit needs an observation before its treatment (two with unit trends), and each period an "
        "untreated unit; covariates must vary among the untreated.",
    ),
    "exclude-self-alone": (
        "exclude_self=True needs two clusters ({column!r}) in each cohort and period; {cells} hold one.",
        "Leave it out, or choose by= so that these cells do not enter.",
    ),
    "bad-pretrends": (
        "pretrends={value} is not a whole number of periods.",
        "Use 0, or the number of periods before the start whose effects are wanted.",
    ),
    "not-group-time": (
        "An estimate by {estimator} has no cohorts and event times to average over.",
        "Give aggregate what att_gt returns.",
    ),
    "nothing-to-aggregate": (
        "None of the {terms} effects is left to be averaged by {by!r}.",
        "Widen min_event_time and max_event_time, or look at the notes of cells that could not be estimated.",
    ),
    "outcome-all-missing": (
        "The outcome {column!r} has no observed value.",
        "Check the column and the filters that were applied to the data.",
    ),
    "exposure-not-used": (
        "{estimator} with family {family!r} does not use an exposure.",
        "Leave exposure= out of the design, or use family='poisson'.",
    ),
    "part-not-used": (
        "{estimator} does not use {what}, and the design holds them.",
        "Make the design without {what}=, or use an estimator that takes them, such as att_gt or etwfe.",
    ),
    "needs-balance": (
        "{what} needs every unit in every period; {cells} cells have no observation.",
        "Leave out the units with gaps, or use twfe_weights, which allows them.",
    ),
    "weights-change": (
        "{what} needs weights that stay the same within a unit.",
        "Use the weights of one period, or twfe_weights, which allows any.",
    ),
    "no-reference": (
        "No treated unit is observed at distance {reference} from its treatment.",
        "Choose reference= among the distances observed: {available}.",
    ),
    "window-needed": (
        "Effects by distance of a treatment that is not absorbing, or of several, need a window; "
        "first={first}, last={last} is none.",
        "Give first= and last=, for example first=-3, last=4: all changes beyond them share one effect.",
    ),
    "several-cohorts": (
        "Treatment starts at {cohorts} different times, and the four means need one of them.",
        "Name it as cohort=, one of {available}; or use att_gt, which estimates each.",
    ),
    "unknown-cohort": (
        "No unit starts in {cohort!r}.",
        "Give as cohort= one of the first treated periods: {available}.",
    ),
    "wrong-side": (
        "{option}= holds periods that do not lie {option} the start of treatment: {periods}.",
        "Choose among {available}.",
    ),
    "empty-cell": (
        "No observation is left for {cell} (start {start}).",
        "Each of the four means needs one: use other periods, or an earlier or later cohort.",
    ),
    "no-placebo-period": (
        "There are {periods} periods before the first treatment; a placebo in time needs at least two.",
        "Use data that begin earlier.",
    ),
    "no-placebo-unit": (
        "There are {units} admissible comparison units; a placebo in space needs at least two.",
        "Widen the admissible units, or use data with more comparison units.",
    ),
    "rule-too-long": (
        "The rule chooses {treated} units and compares {comparison}, but there are {units} units.",
        "Shorten the lists of the rule.",
    ),
    "rule-outside-panel": (
        "The programme does not start within the panel ({first} to {last}) after its first period.",
        "The rule needs the period before the start and the start itself.",
    ),
    "several-terms": (
        "{what} needs an estimate with one term, not {terms}.",
        "Aggregate it first, for example with aggregate(estimate, by='simple').",
    ),
    "no-pre-period-terms": (
        "The estimate has no terms before treatment.",
        "Give an event study, or group-time effects of at least three periods.",
    ),
    # --- inference ----------------------------------------------------------------------------
    "contract-missing": (
        "{method} needs the {contract} of an estimate, which {estimator} does not carry.",
        "This estimate can be given to: {available}.",
    ),
    "one-cluster": (
        "There are {clusters} clusters ({column!r}); cluster-robust inference needs at least two.",
        "Cluster on a smaller unit, or use randomisation inference.",
    ),
    "not-nested": (
        "The groups {column!r} are not nested in the clusters {cluster!r}.",
        "Signs are drawn for parts of clusters: choose groups that lie within one cluster each.",
    ),
    "bad-p-value": (
        "{count} p-value(s) lie outside [0, 1].",
        "Pass probabilities; leave out what was not tested, or give NaN for it.",
    ),
    "no-results": ("There are no results to compare.", "Give at least one outcome with its result."),
    "no-joint-distribution": (
        "The results on {outcomes} outcomes have no joint distribution.",
        "They need the same units and one method: randomisation with the same draws, or estimates with "
        "influence values.",
    ),
    "nothing-to-permute": (
        "The assignment rule admits {admissible} assignment(s), so there is nothing to compare with.",
        "Strata that are treated entirely or not at all give no other assignment; use coarser strata.",
    ),
    "bad-conf-level": (
        "conf_level={value} is not between 0 and 1.",
        "Write 0.95 for an interval of 95 %.",
    ),
    "bad-draws": ("draws={value} is not a positive whole number.", "Use for example draws=9999."),
    # --- combination --------------------------------------------------------------------------
    "not-combinable": (
        "These estimates cannot be combined: {reason}.",
        "Estimates are combined when they come from the same units in the same order.",
    ),
    # --- disclosure ---------------------------------------------------------------------------
    "not-two-by-two": (
        "A table of two groups and two times cannot be made of {name}.",
        "Give dd_table the published result of did_2x2; for others use table.",
    ),
    "not-publishable": (
        "{type} cannot be published.",
        "Give a Result, a CheckResult or a Cells table to disclosure.publish.",
    ),
    "not-published": (
        "{what} accepts published values only, not {type}.",
        "Pass it through evaluation.publish first.",
    ),
    "bad-cells": (
        "Every column of a table of cells must be a key, a count or derived from a count; wrong: {columns}.",
        "Name it in keys=, counts= or depends=; counts are numbers.",
    ),
    "bad-published": (
        "These published values are of version {version!r}, this program reads version {known}.",
        "Run the analysis again.",
    ),
    "no-figure": ("There is no figure for {name!r}.", "Show it as a table."),
    # --- specification ------------------------------------------------------------------------
    "bad-spec": (
        "{count} entries of the specification are wrong.",
        "Correct them; the allowed keys and values are in data/schema/analysis.schema.json.",
    ),
    "bad-yaml": (
        "The file is not valid YAML: {reason}.",
        "Check indentation and quotation marks at that line.",
    ),
    "unknown-quarter": (
        "{quarter!r} is not a quarter of this project.",
        "Quarters declared in evaluation.toml: {available}. {suggestion}",
    ),
    "unknown-analysis": (
        "There is no analysis {analysis!r}.",
        "Analyses present: {available}. {suggestion}",
    ),
    "unknown-dataset": (
        "The catalogue has no data set {dataset!r}.",
        "Data sets present: {available}. {suggestion}",
    ),
    "unknown-parameter": (
        "The notebook {notebook} has no parameter {parameter!r}.",
        "Its parameters cell declares: {available}. {suggestion}",
    ),
    "bad-parameter": (
        "Parameter {parameter!r} cannot be {value!r}: {reason}.",
        "Parameters are text, numbers, true/false or lists of them.",
    ),
    "no-project": (
        "No evaluation.toml was found in {folder} or above it.",
        "Go to the project's folder, or name it with --project.",
    ),
    "bad-project": ("evaluation.toml is not right: {reason}.", "Correct the entry; see docs/project.md."),
    "duplicate-id": (
        "Two analyses have the id {analysis!r}.",
        "Give each file in analyses/ an id of its own.",
    ),
    "no-analyses": ("The folder analyses/ holds no analysis.", "Write one; see docs/analyses.md."),
    "unknown-key": ("The key {key!r} is not known.", "Allowed here: {available}. {suggestion}"),
    "key-missing": ("The key {key!r} is missing.", "Add it; see docs/analyses.md."),
    "bad-value": ("{key} cannot be {value!r}.", "Write {expected}."),
    "missing-file": ("{file} does not exist.", "Files present: {available}. {suggestion}"),
    # --- run ----------------------------------------------------------------------------------
    "bad-notebook": (
        "The notebook cannot be used: {reason}.",
        "Restore the file from version control; it must be a Jupyter notebook (nbformat 4) "
        "with a parameters cell.",
    ),
    "data-absent": (
        "The data set {dataset!r} is not on this machine.",
        "Get it from {publisher} ({address}) and put {file} into data/raw/ or into the folder that "
        "EVALUATION_DATA names.",
    ),
    "not-writable": (
        "{folder} cannot be written: {reason}.",
        "Free the folder or its rights, then run the same command again; finished analyses are kept.",
    ),
    "analysis-failed": (
        "{count} of {total} analyses failed.",
        "The others are finished and kept. Correct the cause and run the same command again.",
    ),
    "nothing-to-render": (
        "There are no results of {quarter} to render.",
        "Run `evaluation run {quarter}` first.",
    ),
    "failed-notebook": (
        "The notebook ended with an error and is not published: {reason}.",
        "Correct the cause named above and run the analysis again.",
    ),
    "render-defects": ("{count} places in the pages cannot be rendered.", "Correct them: {advice}"),
    "not-a-website": (
        "The folder is not a Quarto website: {reason}.",
        "Render a folder whose _quarto.yml says `project: type: website`.",
    ),
    "pandoc-failed": (
        "The page could not be converted: {reason}.",
        "Look at the page named above for what pandoc does not understand.",
    ),
    "no-quarto": (
        "The program `quarto` was not found.",
        "Install Quarto 1.4 or newer, or leave out --renderer quarto: the embedded renderer needs nothing.",
    ),
    "quarto-failed": ("Quarto stopped with exit code {exit_code}: {reason}.", "Read its message above."),
}


class EvaluationError(Exception):
    """A user's error or a failed step: shown on one screen, never as a traceback.

    Parameters
    ----------
    code : str
        Key of `MESSAGES`.
    where : str
        File, sheet, row, cell or key.
    example : str
        One example of the defect.
    **values
        What the two sentences of the code name.

    Raises
    ------
    KeyError
        If the code, or a value that its sentences name, is unknown.

    Examples
    --------
    >>> raise DataError("no-rows", where="panel.csv")
    Traceback (most recent call last):
    evaluation.errors.DataError: panel.csv: The data have no rows.
    Check the file and the filters that were applied to it.
    """

    exit_code = 2

    def __init__(self, code: str, *, where: str = "", example: str = "", **values: Any) -> None:
        self.code = code
        self.where = where
        self.example = example
        self.values = values
        what, fix = MESSAGES[code]
        self.what = what.format(**values)
        self.fix = fix.format(**values).strip()
        super().__init__(str(self))

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        middle = [f"Example: {self.example}"] if self.example else []
        return "\n".join([head, *middle, self.fix])

    def __reduce__(self) -> tuple[Any, ...]:
        """Keep code and values across processes."""
        return _restore, (type(self), self.code, self.where, self.example, self.values)


def _restore(
    kind: type[EvaluationError], code: str, where: str, example: str, values: dict[str, Any]
) -> EvaluationError:
    return kind(code, where=where, example=example, **values)


class DataError(EvaluationError):
    """The data are not what the design or the contract needs."""


class DesignError(EvaluationError):
    """The data are readable but the comparison that was asked for is not possible."""


class InferenceError(EvaluationError):
    """An inference method that this estimate or design does not admit."""


class DisclosureError(EvaluationError):
    """Something that was not, or may not be, published."""


class SpecError(EvaluationError):
    """A specification, parameter or project file is wrong."""


class RunError(EvaluationError):
    """A step of the run could not be carried out."""

    exit_code = 1


def did_you_mean(word: str, options: Iterable[str]) -> str:
    """Return a sentence that offers the nearest option, or nothing.

    Examples
    --------
    >>> did_you_mean("distrct", ["district", "quarter"])
    "Did you mean 'district'?"
    """
    close = difflib.get_close_matches(str(word), [str(option) for option in options], n=1)
    return f"Did you mean {close[0]!r}?" if close else ""


def require_option(
    kind: type[EvaluationError], function: str, option: str, value: str, known: Iterable[str]
) -> None:
    """Refuse the value of an option that is not one of the known ones.

    Raises
    ------
    EvaluationError
        Of this kind, with code ``unknown-option``.

    Examples
    --------
    >>> require_option(DesignError, "twfe", "family", "gaussian", ("gaussian", "poisson"))
    """
    known = tuple(known)
    if value not in known:
        raise kind(
            "unknown-option",
            estimator=function,
            option=option,
            value=value,
            available=listed(known),
            suggestion=did_you_mean(value, known),
        )


def listed(items: Iterable[object], most: int = 12) -> str:
    """Join items for a message and say how many were left out.

    Examples
    --------
    >>> listed(["a", "b", "c"], most=2)
    'a, b (+1 more)'
    """
    names = [str(item) for item in items]
    more = f" (+{len(names) - most} more)" if len(names) > most else ""
    return (", ".join(names[:most]) + more) or "none"
