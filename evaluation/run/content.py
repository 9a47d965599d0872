"""A question as its page sees it: results, labels, captions, and the fragments that every page has."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from evaluation import report
from evaluation.disclosure import Publishable
from evaluation.locales import text
from evaluation.report import Labels, say
from evaluation.run.markdown import attribute, callout, details, numbered, on_screen, plain, raw
from evaluation.run.navigation import title_of, yaml_text
from evaluation.run.origin import parameter_table, provenance_table


@dataclass(frozen=True, eq=False)
class Content:
    """A question as its page sees it.

    Attributes
    ----------
    result : Mapping
        The file of results.
    published : Mapping[str, Publishable]
    labels : Labels
    lang : str
    """

    result: Mapping[str, Any]
    published: Mapping[str, Publishable]
    labels: Labels
    lang: str

    @classmethod
    def of(cls, result: Mapping[str, Any], lang: str) -> Self:
        """Read a result for one language."""
        published = {name: Publishable.from_json(value) for name, value in result["published"].items()}
        return cls(result, published, labels_of(result, lang), lang)

    @property
    def lead(self) -> Publishable:
        """The value that leads the page: captions and warnings are about it."""
        return next(iter(self.published.values()))


def labels_of(result: Mapping[str, Any], lang: str) -> Labels:
    """Return what the specification and the catalogue call things."""
    spec = result["spec"]
    unit = spec.get("outcome_unit")
    columns = {
        name: column["meaning"][lang] + (f" ({column['unit'][lang]})" if column.get("unit") else "")
        for name, column in (result.get("columns") or {}).items()
    }
    return Labels(
        outcome=(spec.get("outcome_label") or spec["title"])[lang],
        outcome_unit=unit[lang] if unit else "",
        unit=spec["unit_label"][lang] if spec.get("unit_label") else "",
        synthetic=bool(spec.get("synthetic")),
        columns=columns,
        events=tuple((event["quarter"], event["label"][lang]) for event in spec.get("events") or ()),
    )


def common(content: Content, manifest: Mapping[str, Any]) -> dict[str, str]:
    """Return the fragments that every page has: head, question, parameters, provenance."""
    result, lang = content.result, content.lang
    origin = raw(provenance_table(content, manifest))
    return {
        "_metadata.yml": yaml_text(_metadata(content)),
        "_question.qmd": plain(result["spec"]["question"][lang]) + "\n",
        "_tbl-parameters.qmd": numbered(
            "tbl-parameters", raw(parameter_table(content)), text(lang, "caption-parameters")
        ),
        "_tbl-provenance.qmd": numbered("tbl-provenance", origin, text(lang, "caption-provenance")),
    }


def _metadata(content: Content) -> dict[str, Any]:
    spec, lang = content.result["spec"], content.lang
    quarter = report.number(content.result["quarter"], lang, "quarter")
    return {
        "title": title_of(content.result, lang),
        "subtitle": text(lang, "page-cutoff", quarter=quarter),
        "description": spec["question"][lang],
        "document": {"header": text(lang, "document-synthetic") if spec.get("synthetic") else ""},
    }


def warned(content: Content, lines: list[str]) -> str:
    """Synthetic data in a callout of their own, every other warning in one."""
    lang = content.lang
    synthetic = [say(lang, "note-synthetic_data")] if content.labels.synthetic else []
    rest = [line for line in dict.fromkeys(lines) if line not in synthetic]
    parts = [callout("important", text(lang, "page-synthetic-title"), plain(line)) for line in synthetic]
    if rest:
        body = "\n".join(f"- {plain(line)}" for line in rest)
        parts.append(callout("warning", text(lang, "page-warnings-title"), body))
    return "\n".join(parts)


def caveats(content: Content) -> list[str]:
    """Return what the catalogue says against the data."""
    caveat = content.result["spec"].get("caveat")
    return [caveat[content.lang]] if caveat else []


def paragraphs(lines: Iterable[str]) -> str:
    """Return sentences as paragraphs of their own."""
    return "".join(f"{plain(line)}\n\n" for line in lines)


def led(lead: str, rest: str) -> str:
    """Return what a page leads with: one finding in bold, and the words that follow."""
    return f"::: {{.lead}}\n**{plain(lead)}**\n:::\n\n{plain(rest)}\n"


def caption(content: Content, name: str, about: Publishable | None = None) -> str:
    """Return a caption that says where data are synthetic."""
    return report.caption(content.lang, f"caption-{name}", about or content.lead, content.labels)


def drawn(content: Content, name: str, figure: report.Figure) -> dict[str, str]:
    """Return a figure with its words, its table behind a click, and its data as files."""
    lang = content.lang
    image = f"![]({name}.svg){{fig-alt={attribute(figure.alt)}}}"
    parts = [
        numbered(f"fig-{name}", image, caption(content, name)),
        details(text(lang, "data-behind"), figure.data_table_html),
        on_screen(f"[{text(lang, 'download-csv')}]({name}.csv)"),
    ]
    return {f"{name}.svg": figure.svg, f"{name}.csv": figure.csv, f"_fig-{name}.qmd": "\n".join(parts)}


def links(lang: str, **more: str) -> str:
    """Return the links at the foot of a page: the computation, the results, the manifest, and more."""
    targets = {
        "computation": "notebook.ipynb",
        "results": "results.json",
        **more,
        "manifest": "../manifest.json",
    }
    return on_screen("\n".join(f"- [{text(lang, f'link-{name}')}]({to})" for name, to in targets.items()))
