"""Messages of specifications, runs and rendering: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "bad-spec": (
        "{count} {count:entry|entries} of the specification {count:is|are} wrong.",
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
    "folder-absent": (
        "The folder {folder} is not on this machine.",
        "Put the returns there, in one folder for each quarter, such as {folder}/2024Q4.",
    ),
    "not-writable": (
        "{folder} cannot be written: {reason}.",
        "Free the folder or its rights, then run the same command again; finished analyses are kept.",
    ),
    "analysis-failed": (
        "{count} of {total} {total:analysis|analyses} failed.",
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
    "render-defects": (
        "{count} {count:place|places} in the pages cannot be rendered.",
        "Correct them: {advice}",
    ),
    "not-a-website": (
        "The folder is not a Quarto website: {reason}.",
        "Render a folder whose _quarto.yml says `project: type: website`.",
    ),
    "pandoc-failed": (
        "The page could not be converted: {reason}.",
        "Look at the page named above for what pandoc does not understand.",
    ),
    "typst-failed": (
        "The page could not be set as PDF: {reason}.",
        "Typst says where:\n{hints}",
    ),
    "no-quarto": (
        "The program `quarto` was not found.",
        "Install Quarto 1.4 or newer, or leave out --renderer quarto: the embedded renderer needs nothing.",
    ),
    "quarto-failed": ("Quarto stopped with exit code {exit_code}: {reason}.", "Read its message above."),
    "locked": (
        "{quarter} is being worked on by process {pid} ({command}, since {since}).",
        "Wait until it ends, or end that process: the lock goes with it and need not be removed.",
    ),
    "changed-during-run": (
        "Data, a code list or the notebook were changed while it ran, so its result was not kept.",
        "Run it again once they are as they should be.",
    ),
    "no-warm-engine": (
        "The warm engine forks processes, which is not safe on this system ({system}).",
        "Leave --engine out, or use --engine kernel: the results are the same.",
    ),
    "no-dask": (
        "Dask is not installed here.",
        "Install it with the package: pip install programme-evaluation[dask].",
    ),
    "no-scheduler": (
        "No Dask scheduler answers at {address}: {reason}.",
        "Start one (dask scheduler, dask worker), or leave --scheduler out and run here.",
    ),
    "not-confirmed": (
        "Nothing was removed: there is no terminal to ask in.",
        "Look at the list above, then repeat the command with --yes.",
    ),
    "folder-not-empty": (
        "{folder} is not empty: it holds {count} {count:file or folder|files and folders}.",
        "Name a folder that does not exist yet; nothing is ever written over.",
    ),
    "no-template": (
        "The project template is not there.",
        "Install the package again, from its wheel or as a whole checkout.",
    ),
    "later-tables": (
        "The tables of this quarter are of a later version of the package (form {found}, not {known}).",
        "Use that version, or run the quarter again with this one.",
    ),
    "no-run": (
        "There is no run of {quarter}.",
        "Run `evaluation run {quarter}` first. Quarters that were run: {available}. {suggestion}",
    ),
    "no-manual-page": (
        "There is no manual page {page!r}.",
        "Pages: {available}. {suggestion}",
    ),
}
