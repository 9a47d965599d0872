"""Messages of inference and combinations: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "contract-missing": (
        "{method} needs the {contract} of an estimate, which {estimator} does not carry.",
        "This estimate can be given to: {available}.",
    ),
    "one-cluster": (
        "There {clusters:is|are} {clusters} {clusters:cluster|clusters} ({column!r}); cluster-robust "
        "inference needs at least two.",
        "Cluster on a smaller unit, or use randomisation inference.",
    ),
    "bad-lags": (
        "{value} lags are not possible here: between 0 and {most}.",
        "Leave lags= out for the usual number, or give a smaller one.",
    ),
    "one-term": (
        "{method} tests one effect, and this estimate has {terms}.",
        "Average them first, with aggregate or combine, or use: {available}.",
    ),
    "too-few-clusters": (
        "{method} needs at least {needed_treated} treated and {needed_untreated} untreated clusters; of "
        "{column!r} there are {treated} and {untreated}.",
        "Use randomisation, which needs no number of clusters, or cluster on a smaller unit.",
    ),
    "too-few-complete": (
        "{method} needs untreated clusters that are observed in all periods in which a treated one is; of "
        "{column!r} there are {complete}.",
        "At least two are needed: leave out periods that few clusters have, or use ibragimov_muller.",
    ),
    "several-treated": (
        "{method} is for one treated cluster; those treated of {column!r}: {treated}.",
        "Use conley_taber or randomisation for several, or a grouping that holds all treated units in one.",
    ),
    "always-treated": (
        "{method} compares treated periods with others, and the treated cluster is treated in all {periods}.",
        "Give periods before the start too.",
    ),
    "bad-rho": (
        "rho={value} is no positive number.",
        "Say how many times as large the standard deviation of the treated cluster may be, such as rho=2.",
    ),
    "bad-norm": ("norm={value} is no positive number.", "Use norm=1, or norm=2 for effects of few periods."),
    "mixed-clusters": (
        "In {clusters} {clusters:cluster|clusters} of {column!r} units are treated differently ({examples}).",
        "{method} compares whole clusters: cluster on the unit of treatment, or use clustered.",
    ),
    "bad-sizes": (
        "{count} {count:cluster|clusters} of {of} {count:has|have} no positive size in sizes= (for example "
        "{examples}).",
        "Give each cluster a size by its name, such as the number of inhabitants.",
    ),
    "bad-coordinates": (
        "{count} {count:unit|units} of {of} {count:has|have} no place on the Earth in coordinates= "
        "(for example {examples}).",
        "Give each unit, by its name, its latitude and longitude in degrees, in this order.",
    ),
    "bad-cutoff": (
        "cutoff_km={value} is no distance.",
        "Give the kilometres up to which errors go together, such as cutoff_km=50; 0 takes each unit alone.",
    ),
    "not-nested": (
        "The groups {column!r} are not nested in the clusters {cluster!r}.",
        "Signs are drawn for parts of clusters: choose groups that lie within one cluster each.",
    ),
    "not-whole": (
        "bootstrap_type={bootstrap_type!r} leaves out whole clusters, and signs are drawn for parts of them "
        "({column!r}).",
        "Leave draw_by= out, or use bootstrap_type='11'.",
    ),
    "bad-contrast": (
        "A contrast of shape {shape} is no set of independent combinations of {terms} {terms:term|terms}.",
        "Give one row per hypothesis and one column per term; no row may follow from the others.",
    ),
    "bad-items": (
        "The items {items} cannot make an index; wrong: {wrong}.",
        "Name each column once, and in reverse= only columns that are among them.",
    ),
    "constant-item": (
        "{count} {count:item does|items do} not vary in the reference rows, of {of} ({examples}).",
        "Leave out what is the same for all, or choose other reference rows.",
    ),
    "dependent-items": (
        "The items {items} follow from each other, or hardly any row has two of them.",
        "Leave out sums and copies of other items.",
    ),
    "bad-p-value": (
        "{count} {count:p-value lies|p-values lie} outside [0, 1].",
        "Pass probabilities; leave out what was not tested, or give NaN for it.",
    ),
    "no-results": ("There are no results to compare.", "Give at least one outcome with its result."),
    "no-joint-distribution": (
        "The results on {outcomes} outcomes have no joint distribution.",
        "They need the same units and one method: randomisation with the same draws, or estimates with "
        "influence values.",
    ),
    "nothing-to-permute": (
        "The assignment rule admits {admissible} {admissible:assignment|assignments}, "
        "so there is nothing to compare with.",
        "Strata that are treated entirely or not at all give no other assignment; use coarser strata.",
    ),
    "bad-conf-level": (
        "conf_level={value} is not between 0 and 1.",
        "Write 0.95 for an interval of 95 %.",
    ),
    "bad-level": (
        "levels={value} does not lie between 0 and 1.",
        "Write 0.05 for a test at 5 %.",
    ),
    "no-method-carried": (
        "An estimate by {estimator} carries none of the inferences that were to be compared ({methods}).",
        "Add 'randomisation' to methods=, which refits the estimate.",
    ),
    "bad-draws": ("draws={value} is not a positive whole number.", "Use for example draws=9999."),
    "not-combinable": (
        "These estimates cannot be combined: {reason}.",
        "Estimates are combined when they come from the same units in the same order.",
    ),
}
