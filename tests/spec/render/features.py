"""A site that uses every feature of the renderer, in both languages."""

from __future__ import annotations

import json
from pathlib import Path

SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 200" width="400" height="200">'
    '<rect width="400" height="200" fill="#fff"/><rect x="60" y="100" width="80" height="80" fill="#0072B2"/>'
    '<rect x="220" y="20" width="80" height="160" fill="#D55E00"/></svg>'
)
CONFIG = """\
project: {{type: website, output-dir: ../../site/{lang}}}
lang: {lang}
profile: {{default: public}}
website:
  title: {title}
  navbar:
    left: [{{href: index.qmd, text: {home}}}]
    right: [{{text: {other_name}, href: ../{other}/index.html}}]
  sidebar:
    contents:
      - index.qmd
      - section: {analyses}
        contents: [{{href: a/index.qmd}}, {{href: b/index.qmd}}, {{href: a/computation.ipynb}}]
bibliography: works.bib
format: {{html: {{toc: true, number-sections: true, code-fold: true, css: own.css}}}}
"""
CSS = "/* .commented {} */ .own { border-left: .3rem solid; padding-left: 1rem; background: url(mark.svg); }"
BIBLIOGRAPHY = """\
@book{novak2020, author = {Novák, Jan and Dvořáková, Petra}, title = {Bydlení a dávky}, year = {2020},
  publisher = {Academia}, address = {Praha}, edition = {2}, isbn = {978-80-200-0000-1}}
@article{smith2019, author = {Smith, Jane}, title = {Housing first}, journal = {Policy Review}, year = {2019},
  volume = {12}, number = {3}, pages = {1--20}, doi = {10.1000/xyz}}
@incollection{mala2018, author = {Malá, Eva}, title = {Kapitola}, booktitle = {Sborník},
  editor = {Krátký, Petr}, year = {2018}, publisher = {Argo}, address = {Praha}, pages = {10--15}}
@misc{mmr2024, author = {{Ministerstvo pro místní rozvoj}}, title = {Zpráva o bydlení}, year = {2024},
  url = {https://mmr.gov.cz/zprava}, urldate = {2024-12-31}}
@misc{hidden2021, author = {Tajný, Karel}, title = {Neveřejné dílo}, year = {2021}}
"""
WORDS = {
    "cs": {
        "title": "Zpráva",
        "home": "Úvod",
        "other": "en",
        "other_name": "English",
        "analyses": "Rozbory",
        "page": "s. 12",
    },
    "en": {
        "title": "Report",
        "home": "Start",
        "other": "cs",
        "other_name": "Česky",
        "analyses": "Analyses",
        "page": "p. 12",
    },
}
BODY = """
Viz @fig-both, @fig-right, @fig-drawn, @tbl-numbers, @eq-mean, @sec-boxes. [@novak2020, s. 12; @smith2019]
and @mala2018; [@mmr2024].

## Obrázky {#sec-figures}

::: {#fig-both layout-ncol=2}
![Vlevo](bars.svg){#fig-left fig-alt="Two bars, the second is higher."}

![Vpravo](bars.svg){#fig-right fig-alt="Two bars again, the second is higher."}

Dva obrázky vedle sebe
:::

{{< embed computation.ipynb#fig-drawn >}}

{{< embed computation.ipynb#printed echo=true >}}

::: {layout-ncol=2}
First column.

![](bars.svg){fig-alt="Two bars in a column." fig-align="center" width="200"}
:::

## Tabulka

| a | b |
|---|--:|
| bydlení | 2 |

: Čísla {#tbl-numbers}

## Rovnice

$$ \\bar x = \\frac{1}{n} \\sum_i x_i $$ {#eq-mean}

## Rámečky {#sec-boxes}

::: {.callout-note}
## Nadpis *rámečku*
Poznámka.

![Uvnitř](bars.svg){#fig-inside fig-alt="Two bars in a box."}

::: {.callout-tip appearance="simple" title="Vnořený" icon=false}
Rada.
:::
:::

::: {.callout-warning collapse="true"}
Sbalené upozornění.
:::

::: {.callout-caution collapse="false" appearance="minimal"}
Otevřené.
:::

::: {.callout-important}
Důležité.
:::

::: {.panel-tabset group="jazyk"}
### Python
Panel Pythonu.

### R
Panel R.
:::

::: {.panel-tabset group="jazyk"}
### Python
Druhý panel Pythonu.

### R
Druhý panel R.
:::

## Podmínky

::: {.content-visible when-profile="internal"}
Vnitřní sdělení: HESLO-VNITRNI. ![](secret.svg){fig-alt="HESLO"} [HESLO](secret.csv) [@hidden2021]

## HESLO-NADPIS
:::

::: {.content-hidden when-profile="internal"}
Jen pro veřejnost.
:::

[Jen HTML.]{.content-visible when-format="html"} [Jen papír.]{.content-visible when-format="pdf"}
[S přílohou.]{.content-visible when-meta="params.annex"}
[Bez mapy.]{.content-visible unless-meta="params.map"}
[Nikdy.]{.content-hidden when-format="html"}

<!-- HESLO-KOMENTAR -->

::: {.own lang=en}
Own class. {{< meta params.name >}}, {{< var unit >}}, {{{< meta title >}}}.
:::

{{< include _part.qmd >}}

```{.python code-fold="show" code-summary="Vlastní kód"}
x = 1
```

Text s poznámkou.[^1]

[^1]: Poznámka pod čarou.
"""
FRONT = """---
title: Všechno na *jedné* stránce
subtitle: Podtitul
description: Co všechno umí „tato“ stránka.
author: [Jan Novák, {name: Eva Malá, affiliation: MMR}]
date: 2024-12-31
keywords: [bydlení, dávky]
categories: [housing]
params: {annex: true, map: false, name: Jméno}
---
"""
SECOND = """---
title: Čas
description: Druhá
date: 2023-01-05
author: Eva Malá
---

## Část

Dávky.
"""
INDEX = """---
title: Úvod
author: Jan Novák
listing:
  - {id: cards, contents: ["*/index.qmd"], type: grid, sort: title}
  - {id: rows, contents: ["*/index.qmd"], type: table, fields: [title, author, date, categories],
     sort: date desc}
  - {id: plain, contents: [b/index.qmd]}
---

Text.

::: {#cards}
:::

::: {#rows}
:::
"""


def _cell(
    kind: str, source: str, *outputs: dict[str, object], tags: tuple[str, ...] = ()
) -> dict[str, object]:
    cell: dict[str, object] = {"cell_type": kind, "source": source, "metadata": {"tags": list(tags)}}
    return cell | ({"outputs": list(outputs)} if kind == "code" else {})


def notebook() -> str:
    """An executed notebook: parameters, text, a figure, printed lines."""
    drawn = {"output_type": "display_data", "data": {"image/svg+xml": SVG}, "metadata": {}}
    printed = {"output_type": "stream", "name": "stdout", "text": "printed line\n"}
    plot = '#| label: fig-drawn\n#| fig-cap: Kreslené\n#| fig-alt: "Two bars drawn by the notebook."\nplot()'
    cells = [
        _cell("markdown", "# Výpočet\n\nSlova."),
        _cell("code", "HESLO = 1", tags=("parameters",)),
        _cell("code", plot, drawn),
        _cell(
            "code",
            '#| code-fold: show\n#| code-summary: "Kód \\"v uvozovkách\\""\nprint(x)',
            printed,
            tags=("printed",),
        ),
        _cell("code", "#| code-fold: false\ny = 2"),
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


def write_features(root: Path, lang: str) -> Path:
    """Write source/<lang> and return it."""
    source = root / "source" / lang
    files = {
        "_quarto.yml": CONFIG.format(lang=lang, **WORDS[lang]),
        "_variables.yml": "unit: jednotka",
        "own.css": CSS,
        "mark.svg": SVG,
        "works.bib": BIBLIOGRAPHY,
        "index.qmd": INDEX,
        "a/index.qmd": FRONT + BODY.replace("s. 12", WORDS[lang]["page"]),
        "a/_part.qmd": "Vložená část.",
        "a/computation.ipynb": notebook(),
        "a/bars.svg": SVG,
        "a/secret.svg": SVG,
        "a/secret.csv": "HESLO",
        "b/index.qmd": SECOND,
    }
    for name, text in files.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return source
