"""The control doors under /sim/: for tests and demonstrations. They are no part of Twilio's API."""

import json
from dataclasses import dataclass, field
from ipaddress import ip_address
from random import Random
from typing import Any
from urllib.parse import urlsplit

from .calls import Application, Call, Number
from .clock import speed_in_words
from .director import Director
from .exchange import Exchange
from .faults import Faults
from .from_json import WrongSetting, as_json, build, changed
from .legs import decide, hang_up
from .listening import key, say
from .page import FRESH, PAGE, page_file
from .people import Manner, manner_of_chosen_caller
from .picture import Picture
from .settings import Behaviour, Habits
from .switchboard import ring_application, ring_in
from .traffic import TrafficGenerator
from .truth import call_truth, truth
from .ways import SCRIPT, USUAL, Chosen, address, built_in
from .ways import known as known_persona
from .web import Request, Response

OPEN = ("calls_per_second", "rest_concurrency", "barred", "choices", "timing")
KEYS = "0123456789*#ABCD"
# What the carrier may say of a caller.
NAMES = ("forwarded_from", "caller_name")


@dataclass
class Played:
    name: str
    places: dict[str, str] = field(default_factory=dict)
    to: list[str] = field(default_factory=list)


@dataclass
class Reset:
    """As after a start with that seed; without one, with another."""

    seed: str = ""


async def answer(
    exchange: Exchange, traffic: TrafficGenerator, director: Director, picture: Picture, request: Request
) -> Response:
    if not exchange.settings.doors_for_all and not _is_loopback(request.client):
        return _wrong(403, "The control doors are open to this machine only (see --doors-for-all).")
    origin = request.headers.get("origin")
    if origin and urlsplit(origin).netloc != request.headers.get("host"):
        # A browser on this machine also visits other places.
        return _wrong(403, "The control doors are not open to the pages of other sites.")
    try:
        return await _answer(exchange, traffic, director, picture, request)
    except (WrongSetting, ValueError) as error:
        return _wrong(400, str(error))


async def _answer(
    exchange: Exchange, traffic: TrafficGenerator, director: Director, picture: Picture, request: Request
) -> Response:
    match request.method, request.path.strip("/").split("/")[1:]:
        case "GET", []:
            return page_file("index.html")
        case "GET", ["page", name] if name in PAGE:
            return page_file(name)
        case "GET", ["picture"]:
            asked = dict(request.query)
            return Response(200, picture.since(asked.get("run", ""), int(asked.get("since", 0))), FRESH)
        case "GET", ["health"]:
            speed = speed_in_words(exchange.clock.speed)
            figures = {"live": len(exchange.live), "calls": len(exchange.calls)}
            return Response(200, {"status": "ok", "speed": speed, **figures})
        case "GET", ["truth"]:
            return Response(200, truth(exchange))
        case "GET", ["webhooks"]:
            return Response(200, {"webhooks": _webhooks(exchange, dict(request.query))})
        case "GET", ["asked"]:
            return Response(200, {"asked": list(exchange.asked)})
        case "POST", ["reset"]:
            await exchange.reset(build(Reset, _json(request), where="reset").seed)
            traffic.apply()
            director.begin()
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
                case "POST", ["answer" | "decline" as what]:
                    if decide(call, "answers" if what == "answer" else "rejects"):
                        return Response(202, {})
                    return _wrong(409, "This leg does not ring by hand.")
                case "POST", ["digits"]:
                    return _key(exchange, call, _json(request))
        case _, ["calls", sid, *_] if sid not in exchange.calls:
            return _wrong(404, f"There is no call {sid}.")
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
        case "GET", ["personas"]:
            known = {**built_in(), **exchange.settings.personas}
            return Response(200, {name: persona.about for name, persona in known.items()})
        case "GET", ["scenario"]:
            return Response(200, director.as_json())
        case "POST", ["scenario"]:
            return _play(director, _json(request))
        case "POST", ["traffic"]:
            wish = changed(exchange.settings.traffic, _json(request), where="traffic")
            known_persona(Chosen(mix=wish.mix), exchange.settings.personas, where="traffic")
            there = [number.phone_number for number in exchange.numbers.values()]
            if unknown := [number for number in wish.numbers if number not in there]:
                raise WrongSetting(f"traffic: there is no number {', '.join(unknown)}; there are {', '.join(there)}.")
            exchange.settings.traffic = wish
            traffic.apply()
            return Response(200, as_json(exchange.settings.traffic))
    return _wrong(404, f"There is no door {request.method} {request.path}.")


def _webhooks(exchange: Exchange, wanted: dict[str, str]) -> list[dict[str, object]]:
    """Oldest first; ?subject= (the SID of a call or conference), ?purpose= and ?token= narrow them down."""
    return [
        webhook.as_json()
        for webhook in exchange.post.log
        if all(wanted.get(name) in (None, getattr(webhook, name)) for name in ("subject", "purpose", "token"))
    ]


def _place(exchange: Exchange, asked: dict[str, Any]) -> Response:
    """{"from", "to", "hang_up_after"?, "talks"?, "waits"?, "message"?, "digits"?: ["1", …], "says"?: ["hello", …],
    "persona"?: "angry caller", "mix"?: {"fax": 1, …}, "conversation"?: ["me: …", …],
    "forwarded_from"?: "+1…", "caller_name"?: "…", "by_habit"?: true} → 201, the call.

    Without a script they stay until somebody else hangs up; by habit they behave like callers of the traffic.
    In place of `to`: {"application": "AP…", "parameters"?: {…}}, as a Voice SDK client in a browser connects.
    """
    known = {"from", "to", "application", "parameters", "by_habit", *SCRIPT, *NAMES}
    if unknown := set(asked) - known:
        raise WrongSetting(f"There is no {', '.join(sorted(unknown))} in a call.")
    caller = address(str(asked.get("from") or ""), "from")
    number, application = _called(exchange, str(asked.get("to") or ""), str(asked.get("application") or ""))
    dice = exchange.chance.dice("placed", exchange.count("placed"))
    manner = _manner_of_caller(exchange, asked, dice)
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


def _called(exchange: Exchange, to: str, sid: str) -> tuple[Number | None, Application | None]:
    """The number that is rung, or else the application that a client connects to."""
    number, application = exchange.number(to), exchange.applications.get(sid)
    if number is None and application is None:
        if sid:
            raise WrongSetting(f"application: there is no TwiML application {sid!r}.")
        there = ", ".join(one.phone_number for one in exchange.numbers.values()) or "none"
        raise WrongSetting(f"to: there is no number {to!r}; there are: {there}.")
    return number, application


def _manner_of_caller(exchange: Exchange, asked: dict[str, Any], dice: Random) -> Manner:
    script = {name: asked[name] for name in SCRIPT if asked.get(name) is not None}
    for name in ("digits", "says"):
        if isinstance(script.get(name), str):
            script[name] = [script[name]]
    if asked.get("by_habit") and not script.keys() & {"persona", "mix"}:
        script["persona"] = USUAL
    personas = exchange.settings.personas
    chosen = known_persona(build(Chosen, script, where="call"), personas)
    return manner_of_chosen_caller(chosen, exchange.settings.habits or Habits(), dice, personas)


def _key(exchange: Exchange, call: Call, asked: dict[str, Any]) -> Response:
    """{"digits": "1"} or {"speech": "…"} → {"heard": false} if no verb was listening, as without a <Gather>."""
    digits = str(asked.get("digits") or "")
    if asked.get("speech"):
        return Response(200, {"heard": say(exchange, call, str(asked["speech"]))})
    if not digits:
        raise WrongSetting("Say what was keyed: digits, or speech.")
    if strange := "".join(one for one in digits if one not in KEYS):
        raise WrongSetting(f"digits: a telephone has the keys {KEYS}, and no {strange!r}.")
    if key(call, digits):
        return Response(200, {"heard": True})
    return Response(200, {"heard": False, "why": f"Nobody was listening when {digits} was pressed."})


def _set_faults(exchange: Exchange, asked: dict[str, Any]) -> Response:
    """{"callbacks"?: {"late", "late_seconds", "doubled", "reordered", "lost", "rules"}, "rest"?: [rule, …],
    "clock_skew"?: 90, "outages"?: [{"what"?, "seconds"?, …}]} → what holds now.

    Of the rules, the first that fits holds: see CallbackRule, RestFault and Outage in faults.py.
    What is not named stays as before; {"rest": []} ends all REST faults, {} all faults.
    """
    faults = changed(exchange.settings.faults, asked, where="faults") if asked else Faults()
    faults.begin(exchange.clock.now())
    exchange.settings.faults = faults
    return Response(200, as_json(faults))


def _set_behaviour(exchange: Exchange, asked: dict[str, Any]) -> Response:
    """{"rules"?: [{"who", "answer"?, "after"?, …}], "habits"?: {…}, "add"?: one rule that goes before the others}."""
    if unknown := set(asked) - {"rules", "habits", "add"}:
        raise WrongSetting(f"There is no {', '.join(sorted(unknown))} in behaviour; known are rules, habits, add.")
    if "rules" in asked:
        exchange.settings.behaviour = [_rule(exchange, rule) for rule in asked["rules"]]
    if "add" in asked:
        exchange.settings.behaviour.insert(0, _rule(exchange, asked["add"]))
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


def _play(director: Director, asked: dict[str, Any]) -> Response:
    """{"name": "distressed-caller", "places"?: {"application": "http://…"}, "to"?: ["+1…", …]} → 201, what is played.

    It goes on beside what is played already. `to`: whom all its callers call, in place of whom the file says.
    {"stop": "distressed-caller"}: nobody comes any more.
    """
    if "stop" in asked:
        director.stop(str(asked["stop"]))
        return Response(200, director.as_json())
    wish = build(Played, asked, where="scenario")
    director.play(wish.name, wish.places, wish.to)
    return Response(201, director.as_json())


def _rule(exchange: Exchange, given: object) -> Behaviour:
    return known_persona(build(Behaviour, given, where="rule"), exchange.settings.personas)


def _json(request: Request) -> dict[str, Any]:
    try:
        asked = json.loads(request.body or b"{}")
    except ValueError:
        raise WrongSetting("The body must be JSON.") from None
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
