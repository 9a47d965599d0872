"""Messages of keys and of the store of what was accepted: code -> what is wrong, what to do next."""

from __future__ import annotations

MESSAGES: dict[str, tuple[str, str]] = {
    "key-absent": (
        "There is no key in {variable}.",
        "Put 64 hexadecimal digits into {variable}, or the path of a key file into {variable}_FILE; "
        "`evaluation intake new-key FILE` writes one. See docs/vintages.md.",
    ),
    "key-unreadable": (
        "The key cannot be read: {reason}.",
        "A key is 64 hexadecimal digits in one line; restore it from where you keep its copy.",
    ),
    "key-readable-by-others": (
        "The key file can be read by others (rights {mode}).",
        "Take their rights away (chmod 600), and think about a new key: somebody may have read this one.",
    ),
    "key-inside-project": (
        "The key file lies inside the project.",
        "Keep it elsewhere: what lies in the project is copied, committed and shared.",
    ),
    "key-not-written": (
        "The key file cannot be written: {reason}.",
        "Name a file that does not exist yet, outside the project; a key is never written over.",
    ),
    "store-busy": (
        "After {seconds} {seconds:second|seconds} the store is still being worked on by process {pid} "
        "({command}, since {since}).",
        "Wait until it ends, or end that process: the lock goes with it and nothing is left half done.",
    ),
    "store-failed": (
        "The store cannot be read or written: {reason}.",
        "Free the disk or the rights and repeat the command; what was accepted before is whole.",
    ),
    "store-key": (
        "The store is encrypted with the key {needed}; the key given is {given}.",
        "Put that key into EVALUATION_STORE_KEY, or the path of its file into EVALUATION_STORE_KEY_FILE.",
    ),
    "register-unreadable": (
        "The register of the store cannot be read: {reason}.",
        "Restore the folder data/vintages/ from a backup, as a whole.",
    ),
    "register-changed": (
        "Entry {seq} of the register (vintage {vintage}) is not what it was when it was made.",
        "Restore the folder data/vintages/ from a backup, as a whole, and find out who changed it.",
    ),
    "register-older": (
        "The register does not know {count} {count:file|files} of the store: it is older than "
        "{count:that file|they are}, or missing.",
        "Restore the folder data/vintages/ from a backup, as a whole; nothing was touched.",
    ),
    "vintage-missing": (
        "Vintage {seq} (from {unit}, {quarter}) cannot be read: {reason}.",
        "Restore its file from a backup; nothing is computed without it.",
    ),
    "vintage-changed": (
        "Vintage {seq} (from {unit}, {quarter}) is not what was accepted: its hash is {found}, "
        "not {expected}.",
        "Restore its file from a backup and find out who changed it; nothing is computed from it.",
    ),
    "vintage-locked": (
        "Vintage {seq} (from {unit}, {quarter}) cannot be opened: {reason}.",
        "Restore its file and its key file from a backup; without the data key it is lost.",
    ),
    "no-vintages": (
        "Nothing has been accepted yet.",
        "Check what the districts sent and accept it: `evaluation intake accept FOLDER --as NAME`.",
    ),
    "bad-moment": (
        "{value!r} is not a quarter, a day or a moment.",
        "Write 2024Q4, 2025-01-31 or 2025-01-31T12:00:00+01:00.",
    ),
    "nobody": ("Nobody is named who accepts or destroys the data.", "Name a person with --as."),
    "round-over": (
        "The round {quarter} is over: data of {current} have been accepted since.",
        "Accept them in the current round, with --round {current}: what was known in {quarter} stays.",
    ),
    "already-accepted": (
        "{count} {count:value or row differs|values or rows differ} from what {unit} sent before.",
        "Say why with --reason, or send a file of corrections; what was sent before is kept.",
    ),
    "pseudonym-key": (
        "The pseudonyms of the store were made with the key {needed}; the key given is {given}.",
        "Use that key, or link both first: `evaluation intake rotate-key pseudonym`. "
        "Otherwise nobody could be followed over time.",
    ),
    "purge-without-reason": (
        "No reason is given for destroying data.",
        "Say why with --reason; it stays in the register.",
    ),
    "nothing-to-purge": (
        "No vintage ends in {until} or before.",
        "Look at `evaluation intake log`; {count} {count:vintage also holds|vintages also hold} later "
        "periods.",
    ),
    "corrections-unreadable": (
        "The file of corrections cannot be read: {reason}.",
        "Save it as CSV in UTF-8, with as many fields in every row as in the first.",
    ),
    "correction-without-reason": (
        "The correction has no reason.",
        "Say in the column reason why the value changes; it stays in the register.",
    ),
    "correction-key": (
        "A row of {sheet} is found by {needed}; the correction gives {given}.",
        "Fill in these columns, and leave those of other sheets blank.",
    ),
    "correction-unknown-row": (
        "{sheet} has no row {key}.",
        "Check the key; a row that was never sent is sent in a workbook, not corrected.",
    ),
    "correction-unknown-column": (
        "{sheet} has no column {column!r} that could be corrected.",
        "Columns: {available}; * withdraws the row. {suggestion}",
    ),
    "correction-old-value": (
        "{column} is {known}, not {old}.",
        "Look at what is known now, and correct the column old or the key.",
    ),
    "not-protected": (
        "{sheet} cannot be stored as the contract asks: {reason}.",
        "Correct the value, or the keys pseudonym, bands and to_quarter of the contract.",
    ),
    "sheet-without-time": (
        "The sheet {sheet} of the contract has no field of the type quarter.",
        "Give it one: without it nobody could say what was known when.",
    ),
    "rotation-incomplete": (
        "Pseudonyms of two keys are linked through the identifiers themselves.",
        "Give them with --identifiers FILE, one a line, and their kind with --kind; see docs/vintages.md.",
    ),
    "identifiers-unreadable": (
        "The file of identifiers cannot be read: {reason}.",
        "Save it as text in UTF-8, one identifier a line.",
    ),
    "corrections-refused": (
        "{count} corrected {count:value is|values are} not allowed by the contract.",
        "Correct them; nothing of the file was accepted.",
    ),
}
