"""Messages of designs and estimators: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "cohort-or-treatment": (
        "Exactly one of cohort= and treatment= must be given.",
        "cohort= names the column with the first treated period; "
        "treatment= names one or more columns with the treatment of each period.",
    ),
    "no-treated": (
        "No unit is treated in any of the {periods} {periods:period|periods} ({first} to {last}).",
        "Check the treatment column, or use data that reach beyond the first treatment ({earliest}).",
    ),
    "no-comparison": (
        "All {units} {units:unit is|units are} treated in every period, so there is nothing to compare with.",
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
    "needs-panel": (
        "{what} needs a panel, in which the same units are observed in several periods; this is a {design}.",
        "Use att_gt, or average the observations by district and period and make a StudyDesign of them.",
    ),
    "treated-not-admissible": (
        "{count} treated {count:unit is|units are} not admissible under the assignment rule.",
        "Every treated unit must be one that could have been chosen; correct the column {column!r}.",
    ),
    "assignment-unit-split": (
        "{count} {count:unit|units} of assignment ({column!r}) {count:holds|hold} both treated and "
        "untreated units.",
        "All admissible units of an assignment unit share one treatment; "
        "restrict the admissible units or choose the unit itself as the unit of assignment.",
    ),
    "assignment-unit-strata": (
        "{count} {count:unit|units} of assignment ({column!r}) {count:lies|lie} in more than one "
        "stratum ({strata!r}).",
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
        "{count} {count:value of the outcome is|values of the outcome are} negative; "
        "the Poisson family needs counts or rates of at least 0.",
        "Use family='gaussian', or check the outcome.",
    ),
    "outcome-not-share": (
        "{count} {count:value|values} of the outcome {count:lies|lie} outside 0 to 1, which logit needs.",
        "Use family='gaussian' or 'poisson', or an outcome that is a share or yes/no as 1/0.",
    ),
    "separated-cells": (
        "In {count} of {of} treated {of:cell|cells} (cohort/period) the outcome of every unit is 0, "
        "or 1 for logit: the {family} estimate is infinite there.",
        "Use family='gaussian', longer periods, or larger cohorts.",
    ),
    "no-finite-estimate": (
        "The Poisson estimate of {term} is infinite: a treatment or covariate singles out cells "
        "whose outcome "
        "is zero throughout.",
        "Use family='gaussian', fewer covariates, or periods that hold at least one event.",
    ),
    "no-convergence": (
        "{what} did not converge in {iterations} {iterations:iteration|iterations}.",
        "Look for units or periods whose outcome is almost always zero, or use fewer covariates.",
    ),
    "no-never-treated": (
        "Every unit is treated sooner or later ({cohorts} {cohorts:cohort|cohorts}), so there is no "
        "never-treated control.",
        "Use control_group='not_yet_treated', or add units that are never treated.",
    ),
    "no-cohort": (
        "No cohort has an untreated period to start from within the {periods} {periods:period|periods}.",
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
    "learners-need-dr": (
        "learners= was given with method={method!r}, whose standard errors would be wrong with them.",
        "Use method='dr', in which the errors of both models cancel to first order, or leave learners= out.",
    ),
    "learners-need-covariates": (
        "learners= was given, but the design has no covariates for them.",
        "Name the columns as covariates= of the design, or leave learners= out.",
    ),
    "bad-folds": (
        "folds={folds} is no whole number from 1 to the number of clusters, {clusters}.",
        "Use for example folds=5; folds=1 learns and predicts on the same units.",
    ),
    "learner-result": (
        "The {role} learner predicted an array of shape {shape}, {missing} of it missing or infinite, where "
        "{wanted} is needed.",
        "Its predict must return one number for each row of the covariates it is given.",
    ),
    "learner-no-probability": (
        "The propensity learner predicted values from {low} to {high}, which are no probabilities.",
        "Let it return the probability of being treated, for example of a logit, between 0 and 1.",
    ),
    "not-group-time": (
        "An estimate by {estimator} has no cohorts and event times to average over.",
        "Give aggregate what att_gt returns.",
    ),
    "nothing-to-aggregate": (
        "None of the {terms} {terms:effect|effects} is left to be averaged by {by!r}.",
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
    "pretrends-singular": (
        "The covariance of {terms} {terms:effect|effects} before treatment is singular "
        "({clusters} {clusters:cluster|clusters}).",
        "Estimate fewer of them, for example by grouping distances with first= of event_study.",
    ),
    "needs-balance": (
        "{what} needs every unit in every period; {cells} {cells:cell has|cells have} no observation.",
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
    "bad-window": (
        "A window from first={first} to last={last} does not hold the reference {reference} and the start.",
        "Give whole numbers, first at most {reference} and last at least 0.",
    ),
    "no-stack": (
        "None of the {cohorts} {cohorts:cohort|cohorts} has the whole window from {first} to {last} and a "
        "control in it.",
        "Make the window shorter.",
    ),
    "no-placebo-period": (
        "Before the first treatment there {periods:is|are} {periods} {periods:period|periods}; "
        "a placebo in time needs at least two.",
        "Use data that begin earlier.",
    ),
    "no-placebo-panel": (
        "Before the first treatment there {periods:is|are} {periods} {periods:period|periods}, and {units} "
        "{units:unit is|units are} never treated: too few to pretend pilots in.",
        "Use data that begin at least {needed} periods before the first treatment, or more units that are "
        "never treated than treated ones in each stratum, in as many periods.",
    ),
    "no-placebo-unit": (
        "There {units:is|are} {units} admissible comparison {units:unit|units}; a placebo in space "
        "needs at least two.",
        "Widen the admissible units, or use data with more comparison units.",
    ),
    "rule-too-long": (
        "The rule chooses {treated} and compares {comparison} units, but there {units:is|are} {units}.",
        "Shorten the lists of the rule.",
    ),
    "rule-outside-panel": (
        "The programme does not start within the panel ({first} to {last}) after its first period.",
        "The rule needs the period before the start and the start itself.",
    ),
    "no-refit": (
        "{what} fits the estimate again on other data, and this estimate carries no refit.",
        "Give it the estimate as its estimator or aggregate() returned it.",
    ),
    "bad-parts": (
        "Leaving out one at a time by {by!r} makes {parts} parts; between 2 and {most} are needed.",
        "Choose by='cohort', 'cluster', 'unit' or a grouping of the design with another number of parts.",
    ),
    "bad-leading": (
        "{leading} cannot lead a comparison of estimators of the family {family!r}: it estimates another "
        "quantity, or needs options that were not given.",
        "Give its options=, choose another family=, or another estimator as leading=.",
    ),
    "several-terms": (
        "{what} needs an estimate with one term, not {terms}.",
        "Aggregate it first, for example with aggregate(estimate, by='simple').",
    ),
    "no-pre-period-terms": (
        "The estimate has no terms before treatment.",
        "Give an event study, or group-time effects of at least three periods.",
    ),
}
