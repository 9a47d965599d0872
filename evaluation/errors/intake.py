"""Messages of files that are refused as a whole: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "intake-type": (
        "Files of the type {suffix!r} are not read.",
        "Save the return as xlsx, csv, ods, sav or dta.",
    ),
    "intake-name": (
        "The name of the file, or what it points to, lies outside the folder.",
        "Put a copy of the file itself into the folder, under a plain name.",
    ),
    "intake-empty": ("The file is empty.", "Send the file again; it may have been cut off on its way."),
    "intake-large": (
        "The file has {size} bytes; up to {limit} are read.",
        "Send the filled-in template only, without pictures and further sheets.",
    ),
    "intake-bomb": (
        "The file would unpack to more than {limit} bytes.",
        "Copy the values into a fresh template and send that.",
    ),
    "intake-parts": (
        "The file contains parts that point outside of it: {example_part!r}.",
        "Copy the values into a fresh template and send that.",
    ),
    "intake-macros": ("The workbook contains macros.", "Save it as xlsx without macros and send that."),
    "intake-links": (
        "The workbook takes values from other files.",
        "Replace the links by values (Data > Edit links > Break link) and send the workbook again.",
    ),
    "intake-rows": (
        "The sheet {sheet!r} reaches to row {rows}; up to {limit} rows are read.",
        "Delete what lies below the filled-in rows, also where it is only formatted.",
    ),
    "intake-columns": (
        "The sheet {sheet!r} reaches to column {columns}; up to {limit} columns are read.",
        "Delete what lies beside the filled-in columns, also where it is only formatted.",
    ),
    "intake-sheets": (
        "The file has {sheets} sheets; up to {limit} are read.",
        "Send the filled-in template only.",
    ),
    "intake-encrypted": (
        "The workbook is protected by a password, or is of the old type xls.",
        "Save it as xlsx without a password and send that.",
    ),
    "intake-damaged": (
        "The file cannot be read as {suffix}: {reason}.",
        "Open it, save it again under the same type, and send that.",
    ),
    "intake-encoding": (
        "The file is no text in UTF-8, UTF-16 or Windows-1250.",
        "Save it as CSV with the encoding UTF-8.",
    ),
    "intake-many": (
        "The folder holds {files} files; up to {limit} are checked at once.",
        "Name the folder with the returns of one quarter.",
    ),
    "no-submissions": (
        "{folder} holds no file that can be checked.",
        "Put the returns there as xlsx, csv, ods, sav or dta.",
    ),
    "intake-received": (
        "The list of dates on which files came in is wrong.",
        "It has the columns file and received, with dates such as 2025-01-15.",
    ),
    "intake-days": (
        "Of {count} {count:return|returns} it is not known when {count:it|they} came in, so nobody can say "
        "whether {count:it was|they were} in time.",
        "Add them to the list received.csv in the same folder: columns file and received, with dates such as "
        "2025-01-15.",
    ),
    "no-rounds": (
        "The folder {folder} has no returns of a quarter up to {quarter}.",
        "Put them into one folder for each quarter, such as {folder}/{quarter}.",
    ),
}
