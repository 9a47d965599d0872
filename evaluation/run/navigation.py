"""`_quarto.yml` of a staged project: the common file, the one of the language, and the navigation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from evaluation.locales import languages, text
from evaluation.report import number
from evaluation.run.render.metadata import merge


def yaml_text(value: Mapping[str, Any]) -> str:
    """Write YAML: keys in their order, Czech letters as they are."""
    written: str = yaml.safe_dump(dict(value), allow_unicode=True, sort_keys=False, width=1000)
    return written


def title_of(result: Mapping[str, Any], lang: str) -> str:
    """Return the title; it says where data are synthetic."""
    title = str(result["spec"]["title"][lang])
    mark = text(lang, "synthetic-in-caption")
    return title + mark if result["spec"].get("synthetic") and mark.strip() not in title else title


def project_file(
    layers: Sequence[str], name: str, quarter: str, results: Sequence[Mapping[str, Any]], lang: str
) -> str:
    """Return the project file of one language.

    Parameters
    ----------
    layers : sequence of str
        Texts of ``_quarto.yml`` and ``_quarto-<lang>.yml``; the later wins.
    name : str
        Title of the site.
    quarter : str
    results : sequence of Mapping
    lang : str
    """
    declared = [yaml.safe_load(layer) or {} for layer in layers]
    done = [one for one in results if one["status"] == "ok"]
    some = any(one["spec"].get("synthetic") for one in done)
    about = document(name, quarter, lang, header=text(lang, "document-synthetic-some") if some else "")
    return yaml_text(merge(*declared, _navigation(name, quarter, done, lang), {"document": about}))


def document(name: str, quarter: str, lang: str, *, header: str) -> dict[str, str]:
    """Return what stands around each page of a printed report: the date is the last day of the data."""
    when = number(quarter, lang, "quarter")
    footer = text(lang, "document-footer", name=name, quarter=when)
    return {"author": name, "date": last_day(quarter), "header": header, "footer": footer}


def last_day(quarter: str) -> str:
    """Return the last day of a quarter.

    Examples
    --------
    >>> last_day("2024Q1"), last_day("2024Q4")
    ('2024-03-31', '2024-12-31')
    """
    year, part = quarter.split("Q")
    return f"{year}-{('03-31', '06-30', '09-30', '12-31')[int(part) - 1]}"


def internal(settings: str, lang: str) -> str:
    """Return a project file for internal use: it says so on every page, and has the technical notes."""
    declared: dict[str, Any] = yaml.safe_load(settings)
    site = declared["website"]
    mark = text(lang, "page-internal")
    site |= {
        "title": f"{site['title']} · {mark}",
        "page-footer": f"{mark[0].upper()}{mark[1:]}. {site['page-footer']}",
    }
    site["sidebar"]["contents"].append({"text": text(lang, "page-technical"), "href": "technical.qmd"})
    return yaml_text({**declared, "profile": {"default": "internal"}})


def _navigation(name: str, quarter: str, done: Sequence[Mapping[str, Any]], lang: str) -> dict[str, Any]:
    when = number(quarter, lang, "quarter")
    others = [other for other in languages if other != lang]
    home = {"text": text(lang, "page-home"), "href": "index.qmd"}
    analyses = [
        {
            "section": title_of(one, lang),
            "href": f"{one['id']}/index.qmd",
            "contents": [
                {"text": text(lang, "page-computation-short"), "href": f"{one['id']}/notebook.ipynb"}
            ],
        }
        for one in done
    ]
    return {
        "project": {"type": "website", "output-dir": f"../../site/{lang}"},
        "lang": lang,
        "website": {
            "title": f"{name} · {when}",
            "navbar": {
                "left": [home],
                "right": [
                    {"text": text(lang, "page-other-language"), "href": f"../{other}/index.html"}
                    for other in others
                ],
            },
            "sidebar": {"contents": [home, *analyses]},
            "page-footer": text(lang, "page-footer", quarter=when),
        },
    }
