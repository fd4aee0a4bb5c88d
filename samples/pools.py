"""What the values of a sample order are drawn from. All invented; labels of a column stay far below 500."""

from __future__ import annotations

AAG_SEASONS = tuple(f"{year} {part}" for year in (2024, 2025, 2026) for part in ("SPRING", "SUMMER", "FALL", "WINTER"))
AAG_QUARTERS = ("2025 Q1", "2025 Q2", "2025 Q3", "2025 Q4", "2026 Q1", "2026 Q2")

# Every customer writes its seasons in its own way; each way is a function of year and half-year.
SEASON_STYLES = (
    ("SPRING SUMMER {year}", "FALL WINTER {year}"),
    ("SP{short}", "FA{short}"),
    ("SS{short}", "FW{short}"),
    ("Spring {year}", "Fall {year}"),
    ("SPRING", "FALL"),
    ("{year} - S/S", "{year} - A/W"),
    ("S{short}", "F{short}"),
    ("Spring/Summer '{short}", "Autumn/Winter '{short}"),
)

DROPS = ("DROP01", "DROP02", "DROP03", "DROP 1", "DROP 2", "drop01", "D1", "D2", "D3", "CORE", "REPEAT", "LAUNCH")
CATEGORIES = (
    *("WOMENS",) * 5,
    *("MENS",) * 5,
    *("UNISEX", "KIDS", "GIRLS", "BOYS", "ACCESSORIES", "SWIM", "GOLF", "Womens", "mens", "OUTERWEAR"),
)
UNITS = (*("PCE",) * 12, "PCS", "pce", "SET", "PAIR", "EA", "PACK", "PK2", "DOZ")
ORDER_TYPES_OPEN = (*("ACTIVE",) * 14, "Active", "active", " ACTIVE ", *("RECEIVED",) * 3, "Received", "received")
ORDER_TYPES_CANCELLED = (*("CANCELLED",) * 6, "Cancelled", "cancelled", " CANCELLED")
TERMS = (*("FOB",) * 6, *("DDP",) * 5, "EXW", "CIF", "FCA", "DAP", "fob", "LDP")
METHODS = ("SEA", "SEA", "SEA", "AIR", "AIR", "COURIER", "SEA-AIR", "TRUCK", "Sea", "air")
DESTINATIONS = (
    *("MISSISSIPPI", "LOS ANGELES", "NEW JERSEY", "SYDNEY", "MELBOURNE", "LONDON", "ROTTERDAM", "TORONTO", "AUCKLAND"),
    *("MONTRÉAL", "KÖLN", "東京", "香港 DC", "São Paulo", "Łódź", "دبي", "Cd. de México", "U.S. – EAST"),
)
WAREHOUSES = ("DC-01", "DC-02", "3PL WEST", "3PL EAST", "MAIN", "WH 7")
PROMOS = ("HOT 30", "GLOBAL EDIT", "SUMMER PUSH", "CORE")
RANGES = ("FALL 2025 CORE", "SPRING CAPSULE", "COURT", "TRAIL", "STUDIO", "Essentials “All Day”", "LINKS & TEES")
CODES = ("A10", "B20", "B21", "C05", "K9", "M77", "P-4", "Z00")
CHANNELS = ("WHOLESALE", "RETAIL", "ECOM", "OUTLET")
YES_NO = ("Y", "N", "YES", "NO", "y", "TBC")
MONTHS = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")

GARMENTS = (
    *("CREW TEE", "POLO", "QUARTER ZIP", "HOODIE", "JOGGER", "LEGGING", "SPORTS BRA", "TANK", "SHORT", "CHINO"),
    *("VEST", "RAIN SHELL", "SWIM TRUNK", "ONE PIECE", "SKORT", "DRESS", "SOCK", "CAP", "BOXER BRIEF", "OVERSHIRT"),
)
STYLE_NAMES = ("NALLA", "ORLA", "BRYCE", "TARN", "KITE", "MARLOW", "SABLE", "WREN", "DUNE", "FJORD", "PIPER", "ZEPHYR")

_SHADES = ("", "DARK ", "LIGHT ", "WASHED ", "DEEP ", "PALE ")
_HUES = (
    *("WHITE", "BLACK", "NAVY", "MALTESE BLUE", "DEAN BLUE", "OLIVE", "SAND", "STONE", "ROSE", "CORAL", "TEAL", "PLUM"),
    *("CHARCOAL", "RUST", "SAGE", "MINT", "LILAC", "AMBER", "COBALT", "IVORY", "CLAY", "FOREST", "SKY", "HEATHER GREY"),
)
COLOURS = (
    *(f"{shade}{hue}" for shade in _SHADES for hue in _HUES),
    *(f"{400 + place * 7} - {hue}" for place, hue in enumerate(_HUES)),
    *(f"{hue}/WHITE" for hue in _HUES[1:]),
    *("ÉCRU", "GRÈGE", "BLÅ", "深蓝", "ЧЁРНЫЙ", "ROSÉ 🌹", '"INK" 02', "RED; #C00", "50% GREY", "O'HARA GREEN"),
)

HS_CODES = tuple(
    f"{chapter}.{heading}.{sub}"
    for chapter in ("6109", "6110", "6104", "6203", "6212", "6115")
    for heading in ("10", "20", "90")
    for sub in ("10.50", "90.20", "20.00", "00.26")
)

NOTES = (
    "ADDED 20.5.25",
    "ADDED 3.6.25 / QTY REVISED",
    "PRICE TBC",
    'Customer said "no polybags" on this one',
    "Ship with PO below;\r\nhold for trims\r\n\r\nthen release",
    "tab\tseparated\tfrom a sheet",
    "Don't split {cartons} – ask first",
    "Hangtag: ☀️ summer 👕🏖️ edition",
    "客户要求 6 月底前发货",
    "Отгрузка частями",
    "هام: شحن جوي",
    "query { boards { id } } mutation",
    "100% organic & <recycled>; 50/50",
    '::{"outputs":{"rows":1}}::',
    "C:\\orders\\new\\table.xlsx",
    "line one\nline two\rline three",
)
PRICE_NOTES = (
    "FINAL",
    "final as of 12/5",
    "SMS pending",
    "incl. hangtag",
    "MOQ surcharge applies\nsee quote",
    "≥ 500 pcs",
)
LONG_PHRASE = "Re-confirm carton marks, ratio pack and routing guide before ex-factory. "
