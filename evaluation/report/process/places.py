"""Where places lie on a schematic map: the districts of Prague on a grid, towns by their coordinates.

The grid is our own: 57 equal tiles, each beside those of its neighbours as far as a grid allows; it shows no
shape and no distance. Coordinates are rounded to a hundredth of a degree (about one kilometre); of the
districts of Prague, to the middle of the district. Source: list of Czech municipalities with coordinates,
https://github.com/33bcdd/souradnice-mest (2023, free to use); of the two places called Veselíčko the one
near Přerov, as in ``data/reference/mpsv_municipalities.csv``.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

_GRID = """
 -          -           Suchdol     -             Dolní_Chabry  Březiněves  Čakovice         -                -          -
 -          -           Lysolaje    Troja         Ďáblice       18          19               Vinoř            -          -
 Přední_Kopanina Nebušice 6         7             8             9           14               Satalice         20         Klánovice
 Zličín     17          5           1             3             10          Štěrboholy       Dolní_Počernice  Běchovice  21
 Řeporyje   13          Slivenec    2             4             15          Dolní_Měcholupy  Dubeč            Koloděje   Královice
 -          Lochkov     Velká_Chuchle  12         Kunratice     11          Petrovice        22               Nedvězí    -
 -          16          Zbraslav    Libuš         Šeberov       Újezd       Křeslice         Benice           Kolovraty  -
 -          Lipence     -           -             -             -           -                -                -          -
"""  # noqa: E501 -- the picture of the grid


def _district(cell: str) -> str:
    return f"Praha {cell}" if cell.isdecimal() else f"Praha-{cell.replace('_', ' ')}"


TILES: Mapping[str, tuple[int, int]] = MappingProxyType(
    {
        _district(cell): (column, row)
        for row, line in enumerate(_GRID.strip().splitlines())
        for column, cell in enumerate(line.split())
        if cell != "-"
    }
)
"""District -> column and row of its tile, counted from the north-west."""

TOWNS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "Brno": (16.61, 49.20),
        "Chomutov": (13.41, 50.46),
        "Jindřichův Hradec": (15.01, 49.14),
        "Kadaň": (13.27, 50.38),
        "Křižánky": (16.06, 49.69),
        "Most": (13.63, 50.50),
        "Ostrava": (18.26, 49.82),
        "Otrokovice": (17.53, 49.21),
        "Pardubice": (15.78, 50.03),
        "Plzeň": (13.38, 49.75),
        "Štětí": (14.37, 50.45),
        "Velké Hamry": (15.32, 50.71),
        "Veselíčko": (17.51, 49.53),
        "Vír": (16.32, 49.56),
        "Praha 7": (14.43, 50.10),
        "Praha 14": (14.56, 50.11),
    }
)
"""Town -> longitude and latitude in degrees."""

LANDMARKS: Mapping[str, tuple[float, float]] = MappingProxyType(
    {
        "České Budějovice": (14.47, 48.97),
        "Karlovy Vary": (12.87, 50.23),
        "Liberec": (15.05, 50.77),
        "Olomouc": (17.25, 49.59),
    }
)
"""Cities that are no pilots and show where one is."""


def tile_words(district: str) -> str:
    """Return what stands on the tile of a district: its number, or the beginning of its name.

    Examples
    --------
    >>> tile_words("Praha 14"), tile_words("Praha-Dolní Počernice"), tile_words("Praha-Libuš")
    ('14', 'D.Poč', 'Libuš')
    """
    name = district.removeprefix("Praha").strip(" -")
    first, _, second = name.partition(" ")
    return f"{first[0]}.{second[:3]}" if second else name[:5]
