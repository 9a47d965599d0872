"""The contract of what is sent: sheets, fields, keys, rules, and who has to send when."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

from pydantic import ConfigDict, StringConstraints, model_validator
from pydantic import Field as Key

from evaluation.intake.codelist import CodeList
from evaluation.intake.typed import Model, Quarter, Words

Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
FieldType = Literal["string", "integer", "number", "quarter", "date", "boolean"]


class Constraints(Model):
    """What the values of a field must meet (vocabulary of Frictionless Table Schema)."""

    required: bool = False
    minimum: float | None = None
    maximum: float | None = None
    enum: tuple[str, ...] = ()
    pattern: Annotated[str, StringConstraints(max_length=100)] | None = None

    @model_validator(mode="after")
    def _possible(self) -> Constraints:
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            raise ValueError("a maximum that is not below the minimum")
        try:
            re.compile(self.pattern or "")
        except re.error:
            raise ValueError("a pattern that is a regular expression") from None
        return self


class Field(Model):
    """One column.

    Text is taken from a code list, an enumeration or a pattern, or becomes a pseudonym: free text is never
    accepted. `pseudonym`, `bands` and `to_quarter` say how a value is protected before it is stored.
    """

    name: Name
    type: FieldType
    title: Words
    description: Words | None = None
    codes: Name | None = None
    constraints: Constraints = Constraints()
    pseudonym: Name | None = None
    bands: tuple[int, ...] = ()
    to_quarter: bool = False

    @model_validator(mode="after")
    def _no_free_text(self) -> Field:
        bound = self.codes or self.constraints.enum or self.constraints.pattern or self.pseudonym
        if self.type == "string" and not bound:
            raise ValueError(
                "a field of text with codes, enum, pattern or pseudonym: free text is not accepted"
            )
        if self.codes and self.type != "string":
            raise ValueError("type string where there are codes")
        return self

    @property
    def is_number(self) -> bool:
        """Whether its values are counted or measured."""
        return self.type in {"integer", "number"}


class Rule(Model):
    """A condition between the values of a row, or of the rows of other sheets with the same key."""

    id: Name
    check: Annotated[str, StringConstraints(min_length=1, max_length=200)]
    severity: Literal["error", "warning"] = "error"
    messages: Words


class Soft(Model):
    """A comparison with last quarter that warns.

    `counts`: how likely the count is if only the common growth of all units acts; `robust_z`: how far the
    change lies from the median change, in normal standard deviations.
    """

    field: Name
    method: Literal["counts", "robust_z"]
    limit: Annotated[float, Key(gt=0)] | None = None


class Reference(Model):
    """The fields of another sheet that must hold the values."""

    resource: Name
    fields: tuple[Name, ...]


class ForeignKey(Model):
    """Fields whose values must stand in another sheet."""

    fields: tuple[Name, ...]
    reference: Reference


class Sheet(Model):
    """One sheet of a workbook, or one CSV file."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: Name
    title: Words
    description: Words | None = None
    required: bool = True
    fields: tuple[Field, ...] = Key(min_length=1)
    primary_key: tuple[Name, ...] = Key(alias="primaryKey", min_length=1)
    foreign_keys: tuple[ForeignKey, ...] = Key((), alias="foreignKeys")
    rules: tuple[Rule, ...] = ()
    soft: tuple[Soft, ...] = ()

    @model_validator(mode="after")
    def _known_fields(self) -> Sheet:
        names = [field.name for field in self.fields]
        if len(set(names)) < len(names):
            raise ValueError("fields with names of their own")
        used = {*self.primary_key, *(soft.field for soft in self.soft)}
        used |= {field for key in self.foreign_keys for field in key.fields}
        if used - set(names):
            raise ValueError(
                f"keys and soft checks of fields that the sheet has, not {sorted(used - set(names))}"
            )
        return self

    @cached_property
    def by_name(self) -> Mapping[str, Field]:
        """The fields by their name."""
        return {field.name: field for field in self.fields}


class Panel(Model):
    """Who has to send what: a row per unit and quarter in one sheet."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    sheet: Name
    unit: Name
    time: Name
    first: Quarter = Key(alias="from")
    last: Quarter | None = Key(None, alias="to")


class Explanations(Model):
    """The sheet in which a sender gives coded reasons for what was warned of."""

    sheet: Name
    field: Name
    reason: Name


class Deadline(Model):
    """How many days after the end of the quarter the submission is due."""

    days: Annotated[int, Key(ge=1, le=366)]


class Agreement(Model):
    """A contract as its file says it."""

    schema_version: Literal[1]
    name: Name
    title: Words
    panel: Panel
    deadline: Deadline
    sheets: tuple[Sheet, ...] = Key(min_length=1)
    explanations: Explanations | None = None

    @model_validator(mode="after")
    def _known_sheets(self) -> Agreement:
        fields = {sheet.name: {*sheet.by_name} for sheet in self.sheets}
        if len(fields) < len(self.sheets):
            raise ValueError("sheets with names of their own")
        wanted = [(self.panel.sheet, {self.panel.unit, self.panel.time})]
        references = [key.reference for sheet in self.sheets for key in sheet.foreign_keys]
        wanted += [(one.resource, {*one.fields}) for one in references]
        if self.explanations:
            wanted.append((self.explanations.sheet, {self.explanations.field, self.explanations.reason}))
        for sheet, names in wanted:
            if names - fields.get(sheet, set()):
                raise ValueError(f"a sheet {sheet!r} with the fields {sorted(names)}")
        return self


@dataclass(frozen=True)
class Contract:
    """A contract with its code lists.

    Attributes
    ----------
    agreement : Agreement
    codelists : Mapping[str, CodeList]
        Every list that a field names.
    """

    agreement: Agreement
    codelists: Mapping[str, CodeList]

    @property
    def name(self) -> str:
        """Name of the contract."""
        return self.agreement.name

    @property
    def panel(self) -> Panel:
        """Who has to send what."""
        return self.agreement.panel

    @property
    def sheets(self) -> tuple[Sheet, ...]:
        """The sheets in their order."""
        return self.agreement.sheets

    @cached_property
    def version(self) -> str:
        """Fingerprint of everything that decides what is accepted."""
        lists = {name: [one.model_dump() for one in found.entries] for name, found in self.codelists.items()}
        plain = json.dumps([self.agreement.model_dump(), lists], sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()[:12]

    @cached_property
    def by_name(self) -> Mapping[str, Sheet]:
        """The sheets by their name."""
        return {sheet.name: sheet for sheet in self.sheets}

    def codes(self, field: Field) -> CodeList | None:
        """Return the code list of a field."""
        return self.codelists[field.codes] if field.codes else None

    def units(self, quarter: str | None) -> CodeList | None:
        """Return the list of those who send, as it stands in a quarter."""
        found = self.codes(self.by_name[self.panel.sheet].by_name[self.panel.unit])
        return CodeList(found.id, found.title, found.valid(quarter)) if found else None
