"""The look of a Word document: which styles differ from those of pandoc, and how."""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

ACCENT, FAINT, LINE = "00538A", "5A6470", "C3CAD2"
FONT = '<w:rFonts w:ascii="Calibri" w:hAnsi="Calibri" w:eastAsia="Calibri" w:cs="Calibri"/>'


@dataclass(frozen=True)
class Style:
    """A style of paragraphs.

    Attributes
    ----------
    name : str
        As Word shows it; pandoc's filters name it so.
    based_on : str
        Id of another style.
    size : int
        Half points.
    colour : str
        Six hexadecimal digits; empty for that of the text around.
    bold : bool
    paragraph : str
        What else belongs to the paragraph, as WordprocessingML.
    following : str
        Id of the style of the next paragraph.
    """

    name: str
    based_on: str = "Normal"
    size: int = 21
    colour: str = ""
    bold: bool = False
    paragraph: str = ""
    following: str = "BodyText"

    @property
    def id(self) -> str:
        """The name without its spaces, with capitals, as Word writes it."""
        return "".join(word[0].upper() + word[1:] for word in self.name.split())

    def xml(self) -> str:
        """Return the style as WordprocessingML."""
        colour = f'<w:color w:val="{self.colour}"/>' if self.colour else ""
        bold = "<w:b/><w:bCs/>" if self.bold else '<w:b w:val="0"/><w:bCs w:val="0"/>'
        based = f'<w:basedOn w:val="{self.based_on}"/>' if self.id != "Normal" else ""
        default = ' w:default="1"' if self.id == "Normal" else ""
        run = f'{FONT}{bold}{colour}<w:sz w:val="{self.size}"/><w:szCs w:val="{self.size}"/>'
        return (
            f'<w:style w:type="paragraph"{default} w:styleId="{self.id}">'
            f"<w:name w:val={quoteattr(self.name)}/>"
            f'{based}<w:next w:val="{self.following}"/><w:qFormat/>'
            f"<w:pPr>{self.paragraph}</w:pPr><w:rPr>{run}</w:rPr></w:style>"
        )


def _room(before: int, after: int) -> str:
    return f'<w:spacing w:before="{before}" w:after="{after}" w:line="264" w:lineRule="auto"/>'


def _heading(level: int, size: int) -> Style:
    room = f'<w:keepNext/><w:keepLines/>{_room(300, 100)}<w:outlineLvl w:val="{level - 1}"/>'
    return Style(f"heading {level}", size=size, colour=ACCENT, bold=True, paragraph=room)


def _box(edge: str, *, below: bool) -> str:
    side = f'<w:left w:val="single" w:sz="24" w:space="8" w:color="{edge}"/>'
    keep = "<w:keepNext/>" if not below else ""
    shade = '<w:shd w:val="clear" w:color="auto" w:fill="F3F5F7"/>'
    return f'{keep}<w:pBdr>{side}</w:pBdr>{shade}{_room(0 if below else 200, 80)}<w:ind w:left="170"/>'


_CENTRED = '<w:tabs><w:tab w:val="center" w:pos="4535"/><w:tab w:val="right" w:pos="9070"/></w:tabs>'

STYLES = (
    Style("Normal", paragraph=_room(0, 0), following="Normal"),
    Style("Body Text", paragraph=_room(80, 120)),
    Style("Compact", "BodyText", paragraph=_room(20, 20), following="Compact"),
    Style("Title", size=42, colour=ACCENT, bold=True, paragraph=_room(0, 80)),
    Style("Subtitle", size=24, colour=FAINT, paragraph=_room(0, 80)),
    Style("Author", size=19, colour=FAINT, paragraph=_room(0, 0)),
    Style("Date", size=19, colour=FAINT, paragraph=_room(0, 200)),
    _heading(1, 29),
    _heading(2, 24),
    _heading(3, 21),
    _heading(4, 21),
    Style("TOC Heading", size=22, colour=ACCENT, bold=True, paragraph=_room(200, 80)),
    Style("Table Caption", size=19, paragraph=f"<w:keepNext/>{_room(240, 80)}"),
    Style("Table Note", size=18, colour=FAINT, paragraph=_room(40, 40)),
    Style("Image Caption", size=19, paragraph=_room(60, 240)),
    Style("Captioned Figure", paragraph=f"<w:keepNext/>{_room(160, 0)}"),
    Style("Callout Title", size=21, colour=ACCENT, bold=True, paragraph=_box(ACCENT, below=False)),
    Style("Callout", "BodyText", paragraph=_box(ACCENT, below=True)),
    Style("Tab Title", colour=ACCENT, bold=True, paragraph=f"<w:keepNext/>{_room(200, 60)}"),
    Style("Lead", size=23, paragraph=_box(ACCENT, below=False)),
    Style("Equation", paragraph=f"{_CENTRED}{_room(120, 120)}"),
    Style("Header", size=17, colour=FAINT, following="Header"),
    Style("Footer", size=17, colour=FAINT, following="Footer"),
)

_CELLS = '<w:top w:w="40" w:type="dxa"/><w:left w:w="70" w:type="dxa"/><w:bottom w:w="40" w:type="dxa"/>'
TABLE = (
    '<w:style w:type="table" w:customStyle="1" w:styleId="Table"><w:name w:val="Table"/><w:qFormat/>'
    f'<w:rPr><w:sz w:val="18"/></w:rPr><w:tblPr><w:tblBorders>'
    f'<w:bottom w:val="single" w:sz="4" w:color="{LINE}"/>'
    f'<w:insideH w:val="single" w:sz="4" w:color="{LINE}"/>'
    f'</w:tblBorders><w:tblCellMar>{_CELLS}<w:right w:w="70" w:type="dxa"/></w:tblCellMar></w:tblPr>'
    '<w:tblStylePr w:type="firstRow"><w:rPr><w:b/></w:rPr><w:tcPr><w:tcBorders>'
    '<w:bottom w:val="single" w:sz="8" w:color="1A1F26"/></w:tcBorders></w:tcPr></w:tblStylePr></w:style>'
)
