"""Odd rows: every value that the cleaning rules speak about, and what lies at their edges. For two engines to agree on.

`odd_orders(n)` gives each oddity on a row of its own first, then rows with two or three oddities at once.
"""

from __future__ import annotations

import datetime as dt
import random
import uuid
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from samples.schema import Row, Value, columns, positions

NBSP = "\u00a0"
PLAIN: dict[str, Value] = {
    "CUSTOMER NAME": "TELFAR",
    "CUSTOMER STYLE": "ODD100",
    "CUSTOMER COLOUR DESCRIPTION": "WHITE",
    "AAG SEASON": "2025 FALL",
    "PO NUMBER": "777",
    "ORDER TYPE": "ACTIVE",
    "UNIT OF MEASURE": "PCE",
    "S": 4,
    "M": 6,
    "TOTAL QTY": 10,
}


class Oddity(NamedTuple):
    """One odd thing: its name, and the cells that it changes in a plain row."""

    name: str
    cells: dict[str, Value]


NOTHING = (
    "",
    " ",
    "\t",
    "\r\n",
    NBSP,
    "\u2003\u3000",
    "nan",
    "NaN",
    " NAN\t",
    "None",
    "NONE",
    "null",
    "NULL ",
    f"{NBSP}nuLL",
)
SOMETHING = (
    *("nan.", "none given", "nullable", "N/A", "n.a.", "-", "0", "nan nan", "'null'", '"nan"', "NaN0"),
    *(
        " both ",
        "\tTabs\t",
        f"{NBSP}nbsp{NBSP}",
        "\u2009thin\u202f",
        "\u3000wide\u3000",
        "\u200bzero width",
        "\ufeffmark",
    ),
    *("in\tner", "a  b", f"a{NBSP}b", "a\r\nb", "a\nb", "a\rb", "a\n\r\nb", "\n\nlead", "a\u2028b", "a\u0085b"),
    *("bell\x07", "\x1bescape", "de\x7flete", "ver\x0btical", "form\x0cfeed", "\x1funit", "\x9cc1", "\x01nan\x02"),
    *(
        "O'Neil",
        'say "hi"',
        "back\\slash",
        "\\N",
        "%s {0} ${x}",
        "; DROP TABLE x --",
        "{{ ref('x') }}",
        "[a] (b",
        "a|b||c|;",
    ),
    *(
        "Straße",
        "ﬁne ŉ",
        "ΐς Σίσυφος",
        "ıIiİ",
        "ǆ ǅ Ǆ",
        "é e\u0301",
        "ａＢｃ",
        "が か\u3099",
        "中文字",
        "Ελλάδα",
        "ԱԲգ ა",
    ),
    *("😀", "👩‍👩‍👧 🇦🇺", "𝒳 𐐨𐐀", "אבג", "ابجد", "हिन्दी", "\u202ertl\u202c", "::{'outputs':1}::", "<b>&amp;</b>"),
)
NUMBERS = (
    *(
        "0",
        "-0",
        "0.0",
        "+5",
        "-5",
        "- 5",
        "+ 5",
        "5.",
        ".5",
        "-.5",
        ".",
        "-",
        "+",
        "$",
        "%",
        ",",
        "$,%",
        "()",
        "( )",
        "-()",
    ),
    *(
        "1,234.50",
        "$1,234.50",
        "$ 1,234.50",
        "1234.50$",
        "12 %",
        "12%",
        "%12",
        "-$5",
        "$-5",
        "-$ 5",
        "1,2,3",
        ",5",
        "5,",
    ),
    *(
        "(5.00)",
        "( 5.00 )",
        "$(5.00)",
        "($5.00)",
        "(5.00)%",
        "(-5)",
        "(+5)",
        "((5))",
        "(5",
        "5)",
        "()5",
        "-(5)",
        "(5) (6)",
    ),
    *(
        "--5",
        "+-5",
        "5-",
        "1 234",
        "1.2.3",
        "1e3",
        "1E-3",
        "0x10",
        "1_000",
        "5 USD",
        "TBC",
        "#REF!",
        "Infinity",
        "-inf",
    ),
    *(
        "TRUE",
        "true",
        "FALSE",
        "NaN",
        "none",
        "٣",
        "５",
        "½",
        "²",
        "1٫5",
        "−5",
        "5\u00a0",
        f"${NBSP}5",
        "\t7\t",
        "8\n",
        "9\x07",
    ),
    *(
        "0.00005",
        "-0.00005",
        "0.00004999",
        "1.23455",
        "1.23445",
        "-1.23455",
        "2.99995",
        "0.123456789012345678901234567890",
    ),
    *("00012.5", "000000000000000000000000000001", "99999999999999", "99999999999999.9999", "99999999999999.99995"),
    *("100000000000000", "-99999999999999.9999", "123456789012345678901234567890", "1" * 60, "0." + "0" * 50 + "1"),
)
TRUE_RATES = ("TRUE", "True", " true ", "tRuE\x07", "TRUE.", "TRUE%", "FALSE", "1", "(TRUE)")
ORDER_TYPES = (
    *(
        "ACTIVE",
        "active",
        " Active ",
        "CANCELLED",
        "cancelled",
        "CanCelled\t",
        f"{NBSP}CANCELLED",
        "RECEIVED",
        "Received",
    ),
    *("FORECAST", "forecast", "ON HOLD", None, "nan"),
)
CUSTOMERS = (
    *(
        "GREYSON CLOTHIERS",
        "greyson clothiers",
        " Greyson ",
        f"{NBSP}GREYSON{NBSP}",
        "GREYSON  CLOTHIERS",
        "GREYSON CLOTHIERS.",
    ),
    *(
        "UNE PIECE",
        "une piece (au)",
        "DAVID JONES(UNE PIECE)",
        "DAVID JONES (UNE PIECE)",
        "UNE PIECE X",
        "TITLE 9",
        "title nine",
    ),
    *(
        "FARADAY LABS, INC (LAMBS)",
        "faraday labs, inc (lambs)",
        "GET LAMBS",
        "LAMBS",
        "Peloton Private Label",
        "B'HOOD",
        "bhood",
    ),
    *(
        "STARLIGHT CHILDREN'S FOUNDATION (AU)",
        "EXOTIC_ATHLETICA",
        "RHYTHM\t(AU)",
        "RHYTHM\r\n(AU)",
        "Bogg\u0131",
        "BOGGİ",
        "AJÉ",
    ),
    *("Straße & Söhne", "mode ﬁne", "東京 衣料", "Nobody's Brand", "ＡＪＥ", "AJE\x07", "x" * 260),
)
ORDER_NUMBERS = (
    *(
        "ODD-a",
        " ODD-b ",
        "\tODD-c\t",
        f"{NBSP}ODD-d",
        "ODD-e\x07",
        "ODD-f\r\n",
        "ODD  g",
        "ODD\tg2",
        "ODD-#",
        "#",
        "##",
        "ODD#2",
        "ODD#2#2",
    ),
    *(
        "ODD-Straße",
        "ODD-ﬁ",
        "ODD-ς",
        "ODD-ı",
        "ODD-İ",
        "ODD-é",
        "ODD-e\u0301",
        "ODD-E2",
        "ODD-É2",
        "ODD-ｗ",
        "ODD-w",
        "ODD-😀",
        "ODD-中",
    ),
    *(
        "L" * 250,
        "M" * 255,
        "N" * 256,
        "#" * 128,
        "#" * 127,
        "ß" * 128,
        "o" * 300,
        "ODD-'q'",
        'ODD-"q"',
        "ODD-\\",
        "ODD-%",
        "ODD-_",
    ),
)
# Orders under one number: how the rows differ decides which is the first.
SHARED: tuple[tuple[str, tuple[dict[str, Value], ...]], ...] = (
    ("SH-style", ({"CUSTOMER STYLE": "b"}, {"CUSTOMER STYLE": "A"}, {"CUSTOMER STYLE": "C"})),
    ("SH-colour", ({"CUSTOMER COLOUR DESCRIPTION": "Écru"}, {"CUSTOMER COLOUR DESCRIPTION": "Zinc"})),
    ("SH-null", ({"PO NUMBER": "0"}, {"PO NUMBER": None}, {"PO NUMBER": "nan", "DESTINATION": "X"})),
    ("SH-total", ({"TOTAL QTY": 10}, {"TOTAL QTY": None}, {"TOTAL QTY": -1}, {"TOTAL QTY": 9})),
    ("SH-hash", ({"NOTES": "one"}, {"NOTES": "two"}, {"NOTES": "three"}, {"NOTES": None})),
    ("SH-sizes", ({"S": 6, "M": 4}, {"S": None, "M": 10}, {"S": 10, "M": None}, {"S": 5, "M": 5, "L": 0})),
    ("SH-same", ({}, {}, {})),
    ("SH-rejected", ({"CUSTOMER STYLE": None}, {}, {"CUSTOMER COLOUR DESCRIPTION": " "}, {"CUSTOMER STYLE": "A0"})),
    ("SH-spelt", ({"AAG ORDER NUMBER": "sh-SPELT"}, {"AAG ORDER NUMBER": " SH-Spelt "}, {"CUSTOMER STYLE": "0"})),
    ("SH-#", ({}, {"CUSTOMER STYLE": "Z"})),
    ("SH", ({}, {"CUSTOMER STYLE": "Z"})),
    ("K" * 253, ({}, {"CUSTOMER STYLE": "Z"})),
    ("K" * 254, ({}, {"CUSTOMER STYLE": "Z"})),
)
DATES = (dt.date(1, 1, 1), dt.date(1753, 1, 1), dt.date(1900, 1, 1), dt.date(2024, 2, 29), dt.date(9999, 12, 31), None)
QUANTITIES: tuple[dict[str, Value], ...] = (
    {"S": None, "M": None, "TOTAL QTY": None},
    {"S": 0, "M": 0, "TOTAL QTY": 0},
    {"S": -3, "M": 6, "TOTAL QTY": 3},
    {"S": -3, "M": -1, "TOTAL QTY": -4},
    {"S": 2147483647, "M": 1, "TOTAL QTY": None},
    {"S": 2147483647, "M": 2147483647, "L": -2147483648, "TOTAL QTY": 2147483647},
    {"S": 1, "M": 1, "TOTAL QTY": 3},
    {"2XL": 1, "XXL": 2, "2X": 3, "TOTAL QTY": 16},
    {"OS": 1, "ONE SIZE": 2, "TOTAL QTY": 13},
    {"30/30": 1, "30X30": 2, "30-30L": 3, "30": 4, "TOTAL QTY": 20},
    {"0": 5, "0w": 6, "0-3M": 7, "TOTAL QTY": 28},
    {"S(6-8)": 5, "32DDD": 2, "4XT": 1, "TOTAL QTY": 18},
    {"ORDER TYPE": "CANCELLED", "S": 3},
    {"INFOR COLOUR CODE": "12", "TOTAL QTY": 10},
)
LENGTHS: tuple[dict[str, Value], ...] = (
    {"NOTES": "n" * 1999},
    {"NOTES": "n" * 2000},
    {"NOTES": "n" * 2001},
    {"NOTES": "  " + "n" * 2000 + "  "},
    {"NOTES": "n" * 1998 + "😀😀😀"},
    {"NOTES": "😀" * 2000},
    {"NOTES": "中" * 2001},
    {"NOTES": "line\r\n" * 500},
    {"NOTES": "blank at the cut " * 200},
    {"NOTES": "long " * 4000},
    {"DESTINATION": "d" * 5000},
    {"DESTINATION": "中" * 4001},
    {"CUSTOMER STYLE": "S" * 200, "CUSTOMER COLOUR DESCRIPTION": "c" * 100},
    {"CUSTOMER STYLE": "S" * 244},
    {"CUSTOMER STYLE": "S" * 245},
    {"CUSTOMER STYLE": "😀" * 130, "CUSTOMER COLOUR DESCRIPTION": "😀" * 120},
    {"CUSTOMER SEASON": "s" * 248},
    {"CUSTOMER SEASON": "s" * 249},
    {"CUSTOMER SEASON": "ß" * 130},
)
REQUIRED = ("AAG ORDER NUMBER", "CUSTOMER NAME", "CUSTOMER STYLE", "CUSTOMER COLOUR DESCRIPTION")
NUMBER_COLUMNS = ("CUSTOMER PRICE", "EX WORKS (USD)", "DISCOUNT", "US DUTY RATE", "DDP US (USD)")


@cache
def oddities() -> tuple[Oddity, ...]:
    """Every oddity but those that take several rows of one number."""
    return tuple(_oddities())


def _oddities() -> Iterator[Oddity]:
    for at, nothing in enumerate(NOTHING):
        yield Oddity(f"nothing {at} in texts", {"NOTES": nothing, "DESTINATION": nothing, "CUSTOMER PRICE": nothing})
        yield Oddity(f"nothing {at} in seasons", {"CUSTOMER SEASON": nothing, "HS CODE": nothing})
        yield Oddity(f"nothing {at} in a required column", {REQUIRED[at % 4]: nothing})
    for at, something in enumerate(SOMETHING):
        yield Oddity(f"text {at}", {"DESTINATION": something, "PO NUMBER": something, "HANDLING": something})
        yield Oddity(f"long text {at}", {"NOTES": something, "STYLE DESCRIPTION": something})
        yield Oddity(f"season {at}", {"CUSTOMER SEASON": something})
        yield Oddity(f"style {at}", {"CUSTOMER STYLE": something})
    for at, number in enumerate(NUMBERS):
        yield Oddity(f"number {at}", {NUMBER_COLUMNS[at % len(NUMBER_COLUMNS)]: number, "FX CHARGE": number})
    for rate in TRUE_RATES:
        yield Oddity(f"tariff rate {rate!r}", {"US TARIFF RATE": rate, "US TARIFF": rate, "US DUTY RATE": rate})
    for order_type in ORDER_TYPES:
        yield Oddity(f"order type {order_type!r}", {"ORDER TYPE": order_type})
    for at, customer in enumerate(CUSTOMERS):
        yield Oddity(f"customer {at}", {"CUSTOMER NAME": customer})
    for at, number in enumerate(ORDER_NUMBERS):
        yield Oddity(f"order number {at}", {"AAG ORDER NUMBER": number})
    for date in DATES:
        yield Oddity(f"date {date}", {"ORDER DATE PO RECEIVED": date, "EX FACTORY DATE": date})
    for at, cells in enumerate(QUANTITIES):
        yield Oddity(f"quantities {at}", cells)
    for at, cells in enumerate(LENGTHS):
        yield Oddity(f"length {at}", cells)
    yield Oddity("no season at all", {"AAG SEASON": None, "CUSTOMER SEASON": "null"})
    yield Oddity("nothing required", dict.fromkeys(REQUIRED))


def odd_orders(rows: int, seed: int = 1) -> list[Row]:
    """`rows` odd rows, no two alike but for the rows that are meant to be: the same for the same two numbers.

    The first ones are the oddities one by one, then the shared numbers, then combinations.
    """
    rng = random.Random(f"{seed}:odd")
    made = [_row(rng, f"ODD-{at:05d}", oddity.cells) for at, oddity in enumerate(oddities())]
    for number, variants in SHARED:
        made += [_row(rng, number, cells) for cells in variants]
    alone = [oddity for oddity in oddities() if "AAG ORDER NUMBER" not in oddity.cells]
    while len(made) < rows:
        cells: dict[str, Value] = {}
        for oddity in rng.sample(alone, rng.choice((2, 2, 3))):
            cells |= oddity.cells
        # A tenth of the combinations share their number with the one before.
        serial = len(made) - (len(made) % 10 == 0)
        made.append(_row(rng, f"ODC-{serial:05d}", cells))
    return made[:rows]


def _row(rng: random.Random, number: str, cells: dict[str, Value]) -> Row:
    place = positions()
    row: Row = [None] * len(columns())
    row[0] = str(uuid.UUID(int=rng.getrandbits(128), version=4))
    for column, value in ({"AAG ORDER NUMBER": number} | PLAIN | cells).items():
        row[place[column]] = value
    return row
