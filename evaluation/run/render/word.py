"""Word documents: the reference document that pandoc takes styles, header and footer from."""

from __future__ import annotations

import io
import re
import subprocess
import zipfile
from collections.abc import Mapping
from functools import cache
from xml.sax.saxutils import escape

from evaluation.run.render.pandoc import pandoc
from evaluation.run.render.wordstyles import STYLES, TABLE

_NAMESPACES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
)
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_CONTENT = "application/vnd.openxmlformats-officedocument.wordprocessingml"
_SECTION = (
    '<w:sectPr><w:headerReference w:type="default" r:id="rId91"/>'
    '<w:footerReference w:type="default" r:id="rId92"/>'
    '<w:footnotePr><w:numRestart w:val="eachSect"/></w:footnotePr>'
    '<w:pgSz w:w="11906" w:h="16838"/><w:pgMar w:top="1418" w:right="1418" w:bottom="1418" '
    'w:left="1418" w:header="709" w:footer="709" w:gutter="0"/></w:sectPr>'
)
_FIXED = (1980, 1, 1, 0, 0, 0)


def reference(*, locale: str, header: str, footer: str, page_of: tuple[str, str, str]) -> bytes:
    """Return pandoc's reference document with the styles, language, header and footer of a report.

    Parameters
    ----------
    locale : str
        Such as ``cs-CZ``.
    header, footer : str
    page_of : tuple of str
        The words before, between and after the number of the page and that of all pages.
    """
    parts = dict(_default())
    parts["word/styles.xml"] = _styles(parts["word/styles.xml"].decode(), locale).encode()
    parts["word/header1.xml"] = _part("hdr", "Header", _text(header)).encode()
    parts["word/footer1.xml"] = _part("ftr", "Footer", _footer(footer, page_of)).encode()
    _put(parts, "word/document.xml", r"<w:sectPr>.*?</w:sectPr>", _SECTION)
    relations = "".join(
        f'<Relationship Type="{_RELATION}/{kind}" Id="{name}" Target="{kind}1.xml"/>'
        for name, kind in (("rId91", "header"), ("rId92", "footer"))
    )
    _put(parts, "word/_rels/document.xml.rels", "</Relationships>", f"{relations}</Relationships>")
    types = "".join(
        f'<Override PartName="/word/{kind}1.xml" ContentType="{_CONTENT}.{kind}+xml"/>'
        for kind in ("header", "footer")
    )
    _put(parts, "[Content_Types].xml", "</Types>", f"{types}</Types>")
    return _zipped(parts)


def without_traces(document: bytes) -> bytes:
    """Return a document without the properties that pandoc adds: they name files of this machine."""
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    _put(parts, "docProps/custom.xml", r"<property .*</property>", "")
    return _zipped(parts)


@cache
def _default() -> tuple[tuple[str, bytes], ...]:
    command = [pandoc(), "--print-default-data-file=reference.docx"]
    made = subprocess.run(command, capture_output=True, check=True).stdout
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        return tuple((name, archive.read(name)) for name in archive.namelist())


def _zipped(parts: Mapping[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(zipfile.ZipInfo(name, _FIXED), content)
    return file.getvalue()


def _put(parts: dict[str, bytes], name: str, pattern: str, text: str) -> None:
    parts[name] = re.sub(pattern, lambda _: text, parts[name].decode(), flags=re.DOTALL).encode()


def _styles(xml: str, locale: str) -> str:
    """Put our styles in the place of those of the same id, and the language of the text."""
    language = f'<w:lang w:val="{locale}" w:eastAsia="{locale}" w:bidi="{locale}"/>'
    xml = re.sub(r"<w:lang [^>]*/>", language, xml, count=1)
    made = "".join(style.xml() for style in STYLES) + TABLE
    for name in [*(style.id for style in STYLES), "Table"]:
        xml = re.sub(rf'<w:style (?=[^>]*w:styleId="{name}")[^>]*>.*?</w:style>', "", xml, flags=re.DOTALL)
    return xml.replace("</w:styles>", f"{made}</w:styles>")


def _text(text: str) -> str:
    return f'<w:r><w:t xml:space="preserve">{escape(text)}</w:t></w:r>' if text else ""


def _field(code: str) -> str:
    return f'<w:fldSimple w:instr="{code}"><w:r><w:t>1</w:t></w:r></w:fldSimple>'


def _footer(text: str, page_of: tuple[str, str, str]) -> str:
    before, between, after = map(_text, page_of)
    number = f"{before}{_field('PAGE')}{between}{_field('NUMPAGES')}{after}"
    return f"{_text(text)}<w:r><w:tab/></w:r>{number}"


def _part(tag: str, style: str, inside: str) -> str:
    stops = '<w:tabs><w:tab w:val="right" w:pos="9070"/></w:tabs>'
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><w:{tag} {_NAMESPACES}><w:p><w:pPr>'
        f'<w:pStyle w:val="{style}"/>{stops}</w:pPr>{inside}</w:p></w:{tag}>'
    )
