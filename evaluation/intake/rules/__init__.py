"""One group of rules per file: each takes everything that is checked together and yields defects."""

from evaluation.intake.rules.codes import invalid_codes
from evaluation.intake.rules.completeness import late_files, missing_units, other_quarters
from evaluation.intake.rules.cross import broken_rules, missing_references
from evaluation.intake.rules.jumps import jumps
from evaluation.intake.rules.keys import duplicate_keys
from evaluation.intake.rules.personal import personal_data
from evaluation.intake.rules.swapped import swapped_columns

RULES = (
    invalid_codes,
    duplicate_keys,
    broken_rules,
    missing_references,
    other_quarters,
    missing_units,
    late_files,
    jumps,
    swapped_columns,
    personal_data,
)
"""Every rule, in the order in which defects are found; none hides another."""

__all__ = ["RULES"]
