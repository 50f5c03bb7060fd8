"""Faults of the REST API: which request one hits, and what becomes of that request.

The kinds are listed in simulator/faults.py, NOT_DONE and DONE.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from fnmatch import fnmatchcase

from ..chance import happens
from ..errors import Refused
from ..exchange import Exchange
from ..faults import RestFault
from ..web import Request, Response

Perform = Callable[[Request], Response]

REFUSALS = {
    "400": (400, 21220),
    "401": (401, 20003),
    "403": (403, 20003),
    "404": (404, 20404),
    "409": (409, 20409),
    "429": (429, 20429),
    "500": (500, 20500),
    "503": (503, 20503),
}
BAD_GATEWAY = b"<html><head><title>502 Bad Gateway</title></head><body><h1>502 Bad Gateway</h1></body></html>"
LATE, DRIP = 10.0, 1.0  # seconds


def hitting(exchange: Exchange, request: Request) -> RestFault | None:
    """The rule that this request falls under, counted down; before all rules, an outage."""
    if outage := exchange.settings.faults.outage(exchange.clock.now(), "all", "rest"):
        return RestFault(outage.rest)
    rules = exchange.settings.faults.rest
    if not rules:
        return None
    path = "/".join(request.path.split("/")[4:]).removesuffix(".json")
    about = ("rest", request.method, path)
    dice = exchange.chance.dice(*about, exchange.count("/".join(about)))
    # Each rule has its throw, also one that does not fit: see chance.py.
    lucky = [rule for rule in rules if happens(dice, rule.chance)]
    rule = next((rule for rule in lucky if _fits(rule, request.method, path)), None)
    if rule is not None and rule.times is not None:
        rule.times -= 1
    return rule


def _fits(rule: RestFault, method: str, path: str) -> bool:
    # Places and things take turns in a path: Calls, Calls/CA…, Conferences/CF…/Participants. A POST to a place creates.
    creates = method == "POST" and path.count("/") % 2 == 0
    return (
        rule.times != 0
        and rule.method in ("*", method)
        and fnmatchcase(path, rule.path)
        and not (creates and rule.what == "not_applied")
    )


def answered(fault: RestFault | None, request: Request, perform: Perform) -> tuple[Response, bool]:
    """What is answered, and whether what was asked for was done."""
    if fault is None:
        response = perform(request)
        return response, response.status < 400
    if (instead := _instead(fault, request, perform)) is not None:
        return instead, False
    response = perform(request)
    return _damaged(fault, response), response.status < 400


def _instead(fault: RestFault, request: Request, perform: Perform) -> Response | None:
    match fault.what:
        case "502":
            return Response(502, BAD_GATEWAY, {"Content-Type": "text/html"})
        case "reset_before":
            return Response(0, delivery="reset")
        case "silent_before":
            return Response(0, delivery="silent", seconds=fault.seconds)
        case "not_applied":
            as_it_is = perform(replace(request, method="GET", body=b""))
            return Response(204) if request.method == "DELETE" and as_it_is.status == 200 else as_it_is
        case what if what in REFUSALS:
            status, code = REFUSALS[what]
            return Response(status, Refused(code, request.path).body() | {"status": status})
    return None


def _damaged(fault: RestFault, response: Response) -> Response:
    match fault.what:
        case "reset_after":
            return replace(response, delivery="reset")
        case "silent_after":
            return replace(response, delivery="silent", seconds=fault.seconds)
        case "late":
            return replace(response, delivery="late", seconds=LATE if fault.seconds is None else fault.seconds)
        case "drip":
            return replace(response, delivery="drip", seconds=DRIP if fault.seconds is None else fault.seconds)
        case "cut":
            whole = json.dumps(response.content).encode()
            return replace(response, content=whole[: len(whole) // 2], headers={"Content-Type": "application/json"})
        case "201" if response.status < 300:
            return replace(response, status=201)
        case "204" if response.status < 300:
            return replace(response, status=204, content=None)
    return response
