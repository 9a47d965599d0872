"""Workbooks are archives: what an archive may not hold is refused before anything is unpacked."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from io import BytesIO

from evaluation.errors import DataError
from evaluation.intake.sheets import Limits

_OLD = b"\xd0\xcf\x11\xe0"
_OUTSIDE = re.compile(r"(^|[/\\])\.\.([/\\]|$)|^[/\\]|^[A-Za-z]:|[\x00-\x1f]")
_DECLARED = re.compile(rb"<!(DOCTYPE|ENTITY)", re.IGNORECASE)
_MACROS = ("vbaproject", "vbadata", "/macrosheets/", "/activex/", "basic/", "scripts/")
_LINKS = ("externallinks/", "connections.xml", "querytables/", "/embeddings/", "object ")
_MOST_PARTS = 2_000


def unpack(name: str, content: bytes, suffix: str, limits: Limits) -> Mapping[str, bytes]:
    """Return the XML parts of a workbook.

    Raises
    ------
    DataError
        If it is no archive, unpacks to too much, points outside of itself, declares entities, or holds
        macros or links to other files.
    """
    if content.startswith(_OLD):
        raise DataError("intake-encrypted", where=name)
    try:
        archive = zipfile.ZipFile(BytesIO(content))
    except (zipfile.BadZipFile, ValueError, RuntimeError):
        raise DataError("intake-damaged", where=name, suffix=suffix, reason="no archive") from None
    with archive:
        infos = archive.infolist()
        _refuse_names(name, [info.filename for info in infos], limits)
        parts: dict[str, bytes] = {}
        left = limits.unpacked
        for info in infos:
            if not info.filename.lower().endswith((".xml", ".rels")):
                continue
            parts[info.filename] = _bounded(archive, info, left, name, limits)
            left -= len(parts[info.filename])
    _refuse_contents(name, parts)
    return parts


def _bounded(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: int, name: str, limits: Limits) -> bytes:
    """Unpack one part, but never more than what is left: what an archive says of its sizes may be untrue."""
    with archive.open(info) as stream:
        found = stream.read(left + 1)
    if len(found) > left:
        raise DataError("intake-bomb", where=name, limit=limits.unpacked)
    return found


def _refuse_names(name: str, parts: list[str], limits: Limits) -> None:
    outside = next((part for part in parts if _OUTSIDE.search(part)), None)
    if outside is not None:
        raise DataError("intake-parts", where=name, example_part=outside[:80])
    if len(parts) > _MOST_PARTS:
        raise DataError("intake-bomb", where=name, limit=limits.unpacked)
    lower = [part.lower() for part in parts]
    if any(mark in part for part in lower for mark in _MACROS):
        raise DataError("intake-macros", where=name)
    if any(mark in part for part in lower for mark in _LINKS):
        raise DataError("intake-links", where=name)


def _refuse_contents(name: str, parts: Mapping[str, bytes]) -> None:
    for part, content in parts.items():
        if _DECLARED.search(content) or content[:2] in {b"\xff\xfe", b"\xfe\xff"}:
            raise DataError("intake-parts", where=name, example_part=part[:80])
        if b"macroEnabled" in content:
            raise DataError("intake-macros", where=name)
