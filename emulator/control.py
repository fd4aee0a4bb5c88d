"""`/_control`: faults and figures for a script beside the emulator. With the token; nothing of it is Monday's."""

from __future__ import annotations

import hmac
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from typing import Any

from emulator.faults import Fault
from emulator.keys import Reply
from emulator.service import Service


def answer(service: Service, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Reply:
    """The answer to a control request. A revoked token still opens the control, so that it can be given back."""
    given = headers.get("authorization", "").encode("utf-8", "replace")
    if not service.config.control:
        return _json({"error": "The control is switched off."}, 404)
    if not hmac.compare_digest(given, service.config.token.encode()):
        return _json({"error": "The control wants the emulator's token in Authorization."}, 401)
    act = _ACTS.get((method, path))
    if act is None:
        return _json({"error": f"There is no {method} {path}: see emulator/README.md."}, 404)
    try:
        asked = json.loads(body) if body else None
        with service.lock:
            return _json(act(service, asked))
    except ValueError as error:
        return _json({"error": f"The request makes no sense: {error}"}, 400)


def _json(body: dict[str, Any], status: int = 200) -> Reply:
    headers = (("Content-Type", "application/json; charset=utf-8"),)
    return Reply(status, headers, json.dumps(body, ensure_ascii=False).encode())


def _state(service: Service, asked: Any) -> dict[str, Any]:
    boards = {
        str(board.id): {"name": board.name, "items": board.active_items, "groups": len(board.groups)}
        for board in service.state.boards.values()
    }
    return {
        "boards": boards,
        "calls": service.calls,
        "mutations": len(service.history),
        "points": service.meter.points_total,
        "refusals": service.meter.refusals,
        "rules": [asdict(rule) for rule in service.faults.rules],
        "struck": [{"call": call, **asdict(fault)} for call, fault in service.faults.struck],
    }


def _faults(service: Service, asked: Any) -> dict[str, Any]:
    rules = asked if isinstance(asked, list) else [asked]
    if not all(isinstance(rule, dict) for rule in rules):
        raise ValueError("give one fault as an object, or a list of them.")
    service.faults.add([Fault.read(rule) for rule in rules])
    return {"rules": len(service.faults.rules)}


def _clear(service: Service, asked: Any) -> dict[str, Any]:
    service.faults.clear()
    return {"rules": 0}


def _restore(service: Service, asked: Any) -> dict[str, Any]:
    service.revoked = False
    service.meter.restart_day()
    return {"revoked": False}


def _forget(service: Service, asked: Any) -> dict[str, Any]:
    service.keys.forget_all()
    return {}


_ACTS: dict[tuple[str, str], Callable[[Service, Any], dict[str, Any]]] = {
    ("GET", "/_control/state"): _state,
    ("POST", "/_control/faults"): _faults,
    ("POST", "/_control/faults/clear"): _clear,
    ("POST", "/_control/restore"): _restore,
    ("POST", "/_control/keys/forget"): _forget,
}
