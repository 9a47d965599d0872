"""Inferences that a specification can ask for, with their options; `auto` leaves the choice to the rule."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from evaluation.run.model import Model
from evaluation.run.question import Seed

ConfLevel = Annotated[float, Field(gt=0, lt=1)]
Draws = Annotated[int, Field(gt=0)]


class Auto(Model):
    """The rule of the size study chooses (see `evaluation.infer`)."""

    method: Literal["auto"] = "auto"
    draws: Draws = 9999
    seed: Seed | None = None
    conf_level: ConfLevel = 0.95


class Clustered(Model):
    """Clustered standard errors."""

    method: Literal["clustered"]
    correction: Literal["CR1", "CR0", "CR2", "CR3"] = "CR1"
    count_effects: Literal["nonnested", "all", "none"] = "nonnested"
    conf_level: ConfLevel = 0.95


class Randomisation(Model):
    """Randomisation inference over the other assignments that the rule admits."""

    method: Literal["randomisation"]
    statistic: Literal["estimate", "t"] = "estimate"
    draws: Draws = 9999
    seed: Seed | None = None
    max_exact: Draws = 50_000
    alternative: Literal["two-sided", "greater", "less"] = "two-sided"
    conf_level: ConfLevel = 0.95


class WildClusterBootstrap(Model):
    """Wild cluster bootstrap."""

    method: Literal["wild_cluster_bootstrap"]
    multiplier: Literal["rademacher", "webb", "mammen"] = "rademacher"
    bootstrap_type: Literal["11", "13", "31", "33"] = "11"
    impose_null: bool = True
    draws: Draws = 9999
    seed: Seed | None = None
    conf_level: ConfLevel = 0.95


class IbragimovMuller(Model):
    """Treated and untreated clusters as two samples of unequal variance."""

    method: Literal["ibragimov_muller"]
    conf_level: ConfLevel = 0.95


class FewTreated(Model):
    """Few treated clusters, judged by the residuals of the others or by changes of sign."""

    method: Literal["conley_taber", "ferman_pinto", "sign_changes"]
    draws: Draws = 9999
    seed: Seed | None = None
    conf_level: ConfLevel = 0.95


class Rearrangement(Model):
    """One treated cluster, which may vary rho times as much as the others."""

    method: Literal["rearrangement"]
    rho: float = Field(2.0, gt=0)
    conf_level: ConfLevel = 0.95


class Conformal(Model):
    """One treated cluster, its periods with the measure against its others."""

    method: Literal["conformal"]
    permutations: Literal["moving_block", "iid"] = "moving_block"
    norm: float = Field(1.0, gt=0)
    draws: Draws = 9999
    seed: Seed | None = None
    conf_level: ConfLevel = 0.95


InferenceChoice = Annotated[
    Auto
    | Clustered
    | Randomisation
    | WildClusterBootstrap
    | IbragimovMuller
    | FewTreated
    | Rearrangement
    | Conformal,
    Field(discriminator="method"),
]
