"""Column settings as the API shows them: `settings` (the form since 2025-10) and the older text `settings_str`."""

from __future__ import annotations

import json
from typing import Any

from emulator.model import Column

# Colours of our own for status chips and groups, in the order in which they are dealt out.
PALETTE = (
    "#037f4c #00c875 #9cd326 #cab641 #ffcb00 #784bd1 #a25ddc #0086c0 #579bfc #66ccff #bb3354 #df2f4a #ff007f #ff5ac4 "
    "#ff642e #fdab3d #7f5347 #c4c4c4 #757575"
).split()


def colour(number: int) -> str:
    """The colour of the n-th label or group."""
    return PALETTE[number % len(PALETTE)]


def settings(column: Column) -> dict[str, Any]:
    """`settings` of a column."""
    labels = column.labels
    if labels is None:
        return dict(column.settings)
    if column.type == "dropdown":
        listed = [
            {"id": ident, "label": text, "is_deactivated": ident in labels.inactive}
            for ident, text in labels.texts.items()
        ]
        return {**column.settings, "labels": listed}
    return {
        **column.settings,
        "labels": [
            {
                "id": ident,
                "index": ident,
                "label": text,
                "hex": colour(ident),
                "is_done": False,
                "is_deactivated": ident in labels.inactive,
            }
            for ident, text in labels.texts.items()
        ],
    }


def settings_str(column: Column) -> str:
    """`settings_str` of a column: a JSON text in the older shape."""
    labels = column.labels
    shape: dict[str, Any] = dict(column.settings)
    if labels is not None and column.type == "dropdown":
        shape["labels"] = [{"id": ident, "name": text} for ident, text in labels.texts.items()]
        shape["deactivated_labels"] = sorted(labels.inactive)
    elif labels is not None:
        shape["labels"] = {str(ident): text for ident, text in labels.texts.items()}
        shape["labels_colors"] = {str(ident): {"color": colour(ident)} for ident in labels.texts}
    return json.dumps(shape, ensure_ascii=False)
