"""The control doors under /sim/: for tests and demonstrations. They are no part of Twilio's API."""

import json
from dataclasses import replace
from ipaddress import ip_address
from typing import Any

from .calls import Call
from .exchange import Exchange
from .legs import hang_up
from .listening import key, say
from .people import ANSWERS, Manner, manner_of_caller
from .settings import Behaviour, Faults, Habits, WrongSetting, as_json, build, changed
from .switchboard import ring_application, ring_in
from .traffic import TrafficGenerator
from .truth import call_truth, truth
from .web import Request, Response

OPEN = ("calls_per_second", "rest_concurrency", "choices", "timing")
# What the carrier may say of a caller.
NAMES = ("forwarded_from", "caller_name")
SCRIPT = ("hang_up_after", "talks", "waits", "message")


async def answer(exchange: Exchange, traffic: TrafficGenerator, request: Request) -> Response:
    if not exchange.settings.doors_for_all and not _is_loopback(request.client):
        return _wrong(403, "The control doors are open to this machine only (see --doors-for-all).")
    try:
        return await _answer(exchange, traffic, request)
    except (WrongSetting, ValueError) as error:
        return _wrong(400, str(error))


async def _answer(exchange: Exchange, traffic: TrafficGenerator, request: Request) -> Response:
    match request.method, request.path.strip("/").split("/")[1:]:
        case "GET", ["health"]:
            return Response(200, {"status": "ok", "live": len(exchange.live), "calls": len(exchange.calls)})
        case "GET", ["truth"]:
            return Response(200, truth(exchange))
        case "GET", ["webhooks"]:
            return Response(200, {"webhooks": _webhooks(exchange, dict(request.query))})
        case "GET", ["asked"]:
            return Response(200, {"asked": list(exchange.asked)})
        case "POST", ["reset"]:
            await exchange.reset()
            traffic.apply()
            return Response(200, {})
        case "POST", ["calls"]:
            return _place(exchange, _json(request))
        case method, ["calls", sid, *what] if (call := exchange.calls.get(sid)) is not None:
            match method, what:
                case "GET", []:
                    return Response(200, call_truth(call))
                case "POST", ["hangup"]:
                    hang_up(exchange, call, by="caller" if call.direction == "inbound" else "callee")
                    return Response(202, {})
                case "POST", ["digits"]:
                    return _key(exchange, call, _json(request))
        case "GET", ["faults"]:
            return Response(200, as_json(exchange.settings.faults))
        case "POST", ["faults"]:
            return _set_faults(exchange, _json(request))
        case "GET", ["behaviour"]:
            return Response(200, _behaviour(exchange))
        case "POST", ["behaviour"]:
            return _set_behaviour(exchange, _json(request))
        case "GET", ["settings"]:
            return Response(200, _open_settings(exchange))
        case "POST", ["settings"]:
            return _set_open_settings(exchange, _json(request))
        case "GET", ["traffic"]:
            return Response(200, as_json(exchange.settings.traffic))
        case "POST", ["traffic"]:
            exchange.settings.traffic = changed(exchange.settings.traffic, _json(request), where="traffic")
            traffic.apply()
            return Response(200, as_json(exchange.settings.traffic))
    return _wrong(404, f"There is no door {request.method} {request.path}.")


def _webhooks(exchange: Exchange, wanted: dict[str, str]) -> list[dict[str, object]]:
    """Oldest first; ?subject= (the SID of a call or conference) and ?purpose= narrow them down."""
    return [
        webhook.as_json()
        for webhook in exchange.post.log
        if wanted.get("subject") in (None, webhook.subject) and wanted.get("purpose") in (None, webhook.purpose)
    ]


def _place(exchange: Exchange, asked: dict[str, Any]) -> Response:
    """{"from", "to", "hang_up_after"?, "talks"?, "waits"?, "message"?, "digits"?: ["1", …], "says"?: ["hello", …],
    "forwarded_from"?: "+1…", "caller_name"?: "…", "by_habit"?: true} → 201, the call.

    Without a script they stay until somebody else hangs up; by habit they behave like callers of the traffic.
    In place of `to`: {"application": "AP…", "parameters"?: {…}}, as a Voice SDK client in a browser connects.
    """
    known = {"from", "to", "application", "parameters", "digits", "says", "by_habit", *SCRIPT, *NAMES}
    if unknown := set(asked) - known:
        raise WrongSetting(f"There is no {', '.join(sorted(unknown))} in a call.")
    number = exchange.number(str(asked.get("to", "")))
    application = exchange.applications.get(str(asked.get("application", "")))
    if (number is None and application is None) or not asked.get("from"):
        raise WrongSetting(
            f"A call needs `from`, and `to` must be one of {[n.phone_number for n in exchange.numbers.values()]}."
        )
    dice = exchange.chance.dice("placed", exchange.count("placed"))
    manner = manner_of_caller(exchange.settings.habits or Habits(), dice) if asked.get("by_habit") else Manner()
    script: dict[str, Any] = {name: float(asked[name]) for name in SCRIPT if asked.get(name) is not None}
    manner = replace(manner, **script)
    for name in ("digits", "says"):
        if name in asked:
            given = asked[name]
            manner = replace(manner, **{name: (given,) if isinstance(given, str) else tuple(map(str, given))})
    caller = str(asked["from"])
    if number is not None:
        call = ring_in(exchange, caller=caller, number=number, manner=manner, dice=dice)
        for name in NAMES:
            setattr(call, name, str(asked.get(name) or ""))
        return Response(201, call_truth(call))
    assert application is not None  # noqa: S101 - one of the two is there
    given = tuple((str(name), str(value)) for name, value in dict(asked.get("parameters") or {}).items())
    call = ring_application(
        exchange, caller=caller, application=application, manner=manner, dice=dice, parameters=given
    )
    return Response(201, call_truth(call))


def _key(exchange: Exchange, call: Call, asked: dict[str, Any]) -> Response:
    """{"digits": "1"} or {"speech": "…"} → {"heard": false} if no verb was listening, as without a <Gather>."""
    if asked.get("speech"):
        return Response(200, {"heard": say(exchange, call, str(asked["speech"]))})
    if not asked.get("digits"):
        raise WrongSetting("Say what was keyed: digits, or speech.")
    return Response(200, {"heard": key(call, str(asked["digits"]))})


def _set_faults(exchange: Exchange, asked: dict[str, Any]) -> Response:
    """{"callbacks"?: {"late", "late_seconds", "doubled", "reordered", "lost"}, "rest"?: [rule, …]} → what holds now.

    A rule, of which the first that fits holds: {"what": "reset_after", "method"?: "POST", "path"?: "Calls/*",
    "times"?: 1, "chance"?: 1.0, "seconds"?: 5} (see RestFault in settings.py).
    What is not named stays as before; {"rest": []} ends all REST faults, {} all faults.
    """
    exchange.settings.faults = changed(exchange.settings.faults, asked, where="faults") if asked else Faults()
    return Response(200, as_json(exchange.settings.faults))


def _set_behaviour(exchange: Exchange, asked: dict[str, Any]) -> Response:
    """{"rules"?: [{"who", "answer"?, "after"?, …}], "habits"?: {…}, "add"?: one rule that goes before the others}."""
    if unknown := set(asked) - {"rules", "habits", "add"}:
        raise WrongSetting(f"There is no {', '.join(sorted(unknown))} in behaviour; known are rules, habits, add.")
    if "rules" in asked:
        exchange.settings.behaviour = [_rule(rule) for rule in asked["rules"]]
    if "add" in asked:
        exchange.settings.behaviour.insert(0, _rule(asked["add"]))
    if "habits" in asked:
        current = exchange.settings.habits or Habits()
        exchange.settings.habits = (
            None if asked["habits"] is None else changed(current, asked["habits"], where="habits")
        )
    return Response(200, _behaviour(exchange))


def _behaviour(exchange: Exchange) -> dict[str, Any]:
    settings = exchange.settings
    return {"rules": [as_json(rule) for rule in settings.behaviour], "habits": as_json(settings.habits or Habits())}


def _set_open_settings(exchange: Exchange, asked: dict[str, Any]) -> Response:
    """{"choices"?: {…}, "timing"?: {…}, "calls_per_second"?: 1}: what Twilio's pages leave open, and the pace."""
    if unknown := set(asked) - set(OPEN):
        raise WrongSetting(
            f"There is no {', '.join(sorted(unknown))} that can be set here; known are {', '.join(OPEN)}."
        )
    new = changed(exchange.settings, asked)
    for name in asked:
        setattr(exchange.settings, name, getattr(new, name))
    return Response(200, _open_settings(exchange))


def _open_settings(exchange: Exchange) -> dict[str, Any]:
    return {name: value for name, value in as_json(exchange.settings).items() if name in OPEN}


def _rule(given: object) -> Behaviour:
    rule = build(Behaviour, given, where="rule")
    if rule.answer is not None and rule.answer not in ANSWERS:
        raise WrongSetting(f"rule.answer must be one of {', '.join(sorted(ANSWERS))}, not {rule.answer!r}.")
    return rule


def _json(request: Request) -> dict[str, Any]:
    asked = json.loads(request.body or b"{}")
    if not isinstance(asked, dict):
        raise WrongSetting("The body must be a JSON object.")
    return asked


def _wrong(status: int, sentence: str) -> Response:
    return Response(status, {"error": sentence})


def _is_loopback(client: str) -> bool:
    try:
        return ip_address(client).is_loopback
    except ValueError:
        return False
