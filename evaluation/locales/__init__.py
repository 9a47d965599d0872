"""Every label and sentence for people, in Czech and English."""

from __future__ import annotations

from functools import cache
from io import BytesIO
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import Translations

from evaluation.errors import MESSAGES, english

languages = ("cs", "en")


@cache
def _catalogue(lang: str) -> tuple[Translations, frozenset[str], frozenset[str]]:
    """Read one .po file: the translations, their keys, and those of them with plural forms."""
    if lang not in languages:
        raise KeyError(lang)
    with (Path(__file__).parent / f"{lang}.po").open("rb") as file:
        catalogue = read_po(file, locale=lang, abort_invalid=True)
    compiled = BytesIO()
    write_mo(compiled, catalogue)
    compiled.seek(0)
    plural = frozenset(message.id[0] for message in catalogue if not isinstance(message.id, str))
    single = frozenset(message.id for message in catalogue if isinstance(message.id, str) and message.id)
    return Translations(compiled), single | plural, plural


def keys(lang: str) -> frozenset[str]:
    """Return the keys of one language.

    Examples
    --------
    >>> "label-estimate" in keys("cs")
    True
    """
    return _catalogue(lang)[1]


def text(lang: str, key: str, /, n: float | None = None, **values: Any) -> str:
    """Return one label or sentence.

    Parameters
    ----------
    lang : {"cs", "en"}
    key : str
        Key of the catalogue. ``error-<code>`` and ``error-<code>-fix`` are read from
        `evaluation.errors.MESSAGES` in English.
    n : int or float, optional
        Chooses the plural form, where the key has several, and fills ``{count}`` unless `values` does. A
        number with decimals takes the form of ``<key>-decimal``: Czech says 5 minut, but 2,5 minuty.
    **values
        What the sentence names.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If the language or the key is unknown, or a value is missing.

    Examples
    --------
    >>> text("cs", "count-unit", 3)
    '3 sledované jednotky'
    """
    if lang == "en" and key.startswith("error-"):
        return _english_error(key).format(**{name: english(value) for name, value in values.items()})
    translations, known, plural = _catalogue(lang)
    if key not in known:
        raise KeyError(key)
    if n is None or key not in plural:
        return str(translations.gettext(key)).format(**({} if n is None else {"count": n}) | values)
    if not float(n).is_integer():
        return text(lang, f"{key}-decimal", **{"count": n, **values})
    return str(translations.ngettext(key, key, int(n))).format(**{"count": n, **values})


def _english_error(key: str) -> str:
    code = key.removeprefix("error-")
    what, fix = MESSAGES.get(code) or MESSAGES[code.removesuffix("-fix")]
    return what if code in MESSAGES else fix
