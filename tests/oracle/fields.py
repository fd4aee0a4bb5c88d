"""The 51 fields: which board column shows which source column, and as what.

46 fields of an order: 44 columns, the item name, and the total quantity (which has no board column). 5 of a subitem:
name, size and quantity, and the ids of its parent and of its board.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Kind = Literal["text", "long_text", "number", "date", "label"]


class Field(NamedTuple):
    """One column of the board."""

    title: str
    source: str
    kind: Kind


# In the order of the mapping, which the hash of a row follows.
FIELDS: tuple[Field, ...] = (
    Field("AAG ORDER NUMBER", "AAG ORDER NUMBER", "text"),
    Field("AAG SEASON", "AAG SEASON", "label"),
    Field("CUSTOMER ALT PO", "CUSTOMER ALT PO", "text"),
    Field("CUSTOMER SEASON", "CUSTOMER SEASON", "label"),
    Field("ORDER DATE PO RECEIVED", "ORDER DATE PO RECEIVED", "date"),
    Field("DROP", "DROP", "label"),
    Field("PO NUMBER", "PO NUMBER", "text"),
    Field("PATTERN ID", "PATTERN ID", "text"),
    Field("STYLE DESCRIPTION", "STYLE DESCRIPTION", "long_text"),
    Field("CATEGORY", "CATEGORY", "label"),
    Field("UNIT OF MEASURE", "UNIT OF MEASURE", "label"),
    Field("ORDER TYPE", "ORDER TYPE", "label"),
    Field("DESTINATION", "DESTINATION", "text"),
    Field("DESTINATION WAREHOUSE", "DESTINATION WAREHOUSE", "text"),
    Field("DELIVERY TERMS", "DELIVERY TERMS", "label"),
    Field("PLANNED DELIVERY METHOD", "PLANNED DELIVERY METHOD", "text"),
    Field("NOTES", "NOTES", "long_text"),
    Field("CUSTOMER PRICE", "CUSTOMER PRICE", "number"),
    Field("USA ONLY LSTP 75% EX WORKS", "USA ONLY LSTP 75% EX WORKS", "number"),
    Field("EX WORKS (USD)", "EX WORKS (USD)", "number"),
    Field("ADMINISTRATION FEE", "ADMINISTRATION FEE", "number"),
    Field("DESIGN FEE", "DESIGN FEE", "number"),
    Field("FX CHARGE", "FX CHARGE", "number"),
    Field("HANDLING", "HANDLING", "text"),
    Field("SURCHARGE FEE", "SURCHARGE FEE", "number"),
    Field("DISCOUNT", "DISCOUNT", "number"),
    Field("FINAL FOB (USD)", "FINAL FOB (USD)", "number"),
    Field("HS CODE", "HS CODE", "label"),
    Field("US DUTY RATE", "US DUTY RATE", "number"),
    Field("US DUTY", "US DUTY", "number"),
    Field("FREIGHT", "FREIGHT", "number"),
    Field("US TARIFF RATE", "US TARIFF RATE", "number"),
    Field("US TARIFF", "US TARIFF", "number"),
    Field("DDP US (USD)", "DDP US (USD)", "number"),
    Field("SMS PRICE USD", "SMS PRICE USD", "number"),
    Field("FINAL PRICES Y/N", "FINAL PRICES Y/N", "text"),
    Field("NOTES FOR PRICE", "NOTES FOR PRICE", "long_text"),
    Field("CUSTOMER", "CUSTOMER NAME", "label"),
    Field("STYLE", "CUSTOMER STYLE", "label"),
    Field("ALIAS RELATED ITEM", "ALIAS/RELATED ITEM", "text"),
    Field("COLOR", "CUSTOMER COLOUR DESCRIPTION", "label"),
    Field("CUSTOMER REQ IN DC DATE", "ETA CUSTOMER WAREHOUSE DATE", "date"),
    Field("CUSTOMER EX FACTORY DATE", "EX FACTORY DATE", "date"),
    Field("RANGE / COLLECTION", "RANGE / COLLECTION", "long_text"),
)
KINDS: dict[str, Kind] = {field.title: field.kind for field in FIELDS}
KEY_TITLE = "ORDER KEY"
SIZE_TITLE = "Size"
QUANTITY_TITLE = "Order Qty"
