"""The command line: options, a JSON file, the environment; the nearer wins, in this order."""

import argparse
import json
import os
import secrets
import socket
import sys
from collections.abc import Mapping
from math import inf
from pathlib import Path
from typing import Any

from .exchange import Exchange
from .faults import DONE, NOT_DONE
from .from_json import WrongSetting
from .scenario import names, settings_of
from .server import listen, run_until_signalled
from .settings import Settings
from .summary import summary

ABOUT = """\
A local Twilio: answers the REST API of Programmable Voice, performs TwiML, and sends signed callbacks.
"""

EXAMPLE = """\
example: one number, its callers sped up ten times, thirty calls a minute, one callback in twenty doubled
  python -m simulator --account-sid AC… --auth-token … --speed 10 --seed 7 --traffic 30 --doubled 0.05 \\
      --number +15005550100,voice=http://127.0.0.1:8000/twilio/voice/,status=http://127.0.0.1:8000/twilio/status/

The application finds it with  client.api.base_url = "http://127.0.0.1:9911".
People find a page there on which they ring, answer, press and speak, and see every webhook.
Control doors (JSON):  GET /sim/health /sim/truth /sim/webhooks /sim/asked /sim/personas
  POST /sim/calls /sim/calls/{sid}/hangup /sim/calls/{sid}/digits /sim/faults /sim/behaviour /sim/traffic /sim/reset
       /sim/scenario /sim/settings (docs/simulator.md says what each takes)
Every setting can stand in the --config file, by the names that GET /sim/faults, /sim/behaviour and /sim/traffic show.

Faults, switched while it runs (the first rule that fits holds; an empty list ends those, {} all):
  POST /sim/faults {"callbacks": {"rules": [{"what": "lost", "event": "completed", "call": "+1415*", "times": 1}]}}
  POST /sim/faults {"rest": [{"what": "reset_after", "method": "POST", "path": "Calls/*", "times": 1, "chance": 0.5}]}
  POST /sim/faults {"outages": [{"what": "webhooks", "seconds": 60}], "clock_skew": -90}
REST requests:
"""

PLAIN = ("scenario", "account_sid", "auth_token", "host", "port", "speed", "start", "lasts", "log", "seed")
PLAIN += ("calls_per_second", "doors_for_all", "fail_on_errors")
FAULTS = ("late", "doubled", "reordered", "lost")


def main(arguments: list[str] | None = None, environment: Mapping[str, str] = os.environ) -> int:
    try:
        settings = read(arguments, environment)
        listening = listen(settings.host, settings.port)
        went_wrong = _run(settings, listening)
    except WrongSetting as error:
        print(f"simulator: {error}", file=sys.stderr)
        return 2
    return 1 if went_wrong and settings.fail_on_errors else 0


def _run(settings: Settings, listening: socket.socket) -> bool:
    """Whether anything went wrong in a run that lasted as long as it was to last."""
    host, port = listening.getsockname()[:2]
    speed = "max" if settings.speed == inf else f"{settings.speed:g}"
    scenario = f", scenario {settings.scenario}" if settings.scenario else ""
    token = "the default token" if settings.auth_token == Settings.auth_token else "a token of its own"
    account = f"account {settings.account_sid} with {token}"
    print(
        f"simulator: listening on http://{host}:{port}, {account}, speed {speed}, seed {settings.seed}{scenario}",
        flush=True,
    )
    went_wrong = False

    def sum_up(exchange: Exchange) -> None:
        nonlocal went_wrong
        lines, went_wrong = summary(exchange)
        print(lines, flush=True)

    run_until_signalled(settings, listening, sum_up)
    return went_wrong


def read(arguments: list[str] | None, environment: Mapping[str, str]) -> Settings:
    """Raises WrongSetting; argparse itself ends the program on unknown options."""
    given = _parser().parse_args(arguments)
    chosen = _from_environment(environment)
    if given.config:
        chosen = {**chosen, **_from_file(given.config)}
    chosen |= {name: getattr(given, name) for name in PLAIN if getattr(given, name) is not None}
    if given.api_key:
        chosen["api_keys"] = dict(_pair(key, ":", "--api-key SK…:secret") for key in given.api_key)
    if given.number:
        chosen["numbers"] = [_number(text) for text in given.number]
    places = dict(_pair(text, "=", "--place NAME=URL") for text in given.place or ())
    if given.application:
        places["application"] = given.application
    if places:
        chosen["places"] = {**chosen.get("places", {}), **places}
    if given.traffic is not None:
        chosen["traffic"] = {**chosen.get("traffic", {}), "calls_per_minute": given.traffic}
    faults = {name: getattr(given, name) for name in FAULTS if getattr(given, name) is not None}
    if given.late_seconds:
        faults["late_seconds"] = given.late_seconds
    if faults:
        callbacks = {**chosen.get("faults", {}).get("callbacks", {}), **faults}
        chosen["faults"] = {**chosen.get("faults", {}), "callbacks": callbacks}
    # Two runs that nobody wants to compare must not have the same SIDs: an application remembers them.
    return settings_of(chosen, seed=str(secrets.randbelow(100_000)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m simulator",
        description=ABOUT,
        epilog=EXAMPLE + _kinds_of_fault(),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    say = parser.add_argument
    say("--config", metavar="FILE", help="JSON file with any of the settings")
    say("--scenario", metavar="NAME", help=f"{', '.join(names())}, or the path of a .toml file (docs/scenarios.md)")
    say("--application", metavar="URL", help="where the application is, for a scenario (http://127.0.0.1:8000)")
    say("--place", metavar="NAME=URL", action="append", help="another place that a scenario names; may be repeated")
    say("--host", help="address to listen on (127.0.0.1)")
    say("--port", type=int, help="port to listen on; 0 takes a free one (9911)")
    say("--account-sid", metavar="AC…", help="the account (or SIMULATOR_ACCOUNT_SID)")
    say("--auth-token", metavar="TOKEN", help="signs callbacks and opens the REST API (or SIMULATOR_AUTH_TOKEN)")
    say("--api-key", metavar="SK…:SECRET", action="append", help="a key for the REST API; may be repeated")
    say(
        "--number",
        metavar="+1…,voice=URL,status=URL",
        action="append",
        help="a number of the account; also voice_method=, fallback=, status_method=, name=; may be repeated",
    )
    say(
        "--speed",
        type=_number_or_word,
        metavar="N",
        help="simulated seconds per real second (1), or max: as fast as can be computed; HTTP time-outs stay real",
    )
    say("--start", metavar="TIME", help="what time it is when the run begins, such as 2026-01-05T09:00 (UTC)")
    say("--for", type=float, dest="lasts", metavar="SECONDS", help="simulated seconds after which the program ends")
    say(
        "--fail-on-errors", action="store_true", default=None, help="then exit with 1 if anything was refused or failed"
    )
    say("--log", metavar="FILE", help="write down every request to the application, one JSON object a line")
    say("--seed", help="all randomness comes from it (any; the first line says which)")
    say("--traffic", type=float, metavar="CALLS", help="incoming calls a simulated minute (0)")
    say(
        "--calls-per-second",
        type=float,
        metavar="N",
        help="REST-created calls dialled a second, the rest queue (0: no limit)",
    )
    say("--late", type=float, metavar="P", help="probability that a callback comes late")
    say("--late-seconds", type=float, nargs=2, metavar=("LEAST", "MOST"), help="by how much (1 10)")
    say("--doubled", type=float, metavar="P", help="probability that a callback comes twice")
    say("--reordered", type=float, metavar="P", help="probability that a callback comes after the next one")
    say("--lost", type=float, metavar="P", help="probability that a callback never comes")
    say("--doors-for-all", action="store_true", default=None, help="open the /sim/ doors to other machines too")
    return parser


def _kinds_of_fault() -> str:
    titles = {"not carried out, but": NOT_DONE, "carried out, but": DONE}
    return "".join(
        f"  {title}\n" + "".join(f"    {what:14} {meaning}\n" for what, meaning in kinds.items())
        for title, kinds in titles.items()
    )


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    named = {"SIMULATOR_ACCOUNT_SID": "account_sid", "SIMULATOR_AUTH_TOKEN": "auth_token"}
    return {setting: environment[name] for name, setting in named.items() if environment.get(name)}


def _from_file(name: str) -> dict[str, Any]:
    try:
        content = json.loads(Path(name).read_text())
    except OSError as error:
        raise WrongSetting(f"Cannot read {name}: {error.strerror}.") from None
    except ValueError as error:
        raise WrongSetting(f"{name} is not JSON: {error}.") from None
    if not isinstance(content, dict):
        raise WrongSetting(f"{name} must hold a JSON object.")
    return content


NUMBER_PARTS = {
    "voice": "voice_url",
    "voice_method": "voice_method",
    "fallback": "voice_fallback_url",
    "status": "status_callback",
    "status_method": "status_callback_method",
    "name": "friendly_name",
}


def _number(text: str) -> dict[str, str]:
    phone_number, *parts = _split_parts(text)
    number = {"phone_number": phone_number}
    for part in parts:
        name, value = _pair(part, "=", "--number +1…,voice=URL")
        if name not in NUMBER_PARTS:
            raise WrongSetting(f"--number has no {name}; known are {', '.join(NUMBER_PARTS)}.")
        number[NUMBER_PARTS[name]] = value
    return number


def _number_or_word(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def _split_parts(text: str) -> list[str]:
    """Splits at commas, but not at those inside a URL (…#rp=ct,rt): a part begins with a name we know."""
    parts: list[str] = []
    for piece in text.split(","):
        if parts and piece.partition("=")[0] not in NUMBER_PARTS and len(parts) > 1:
            parts[-1] += f",{piece}"
        else:
            parts.append(piece)
    return parts


def _pair(text: str, separator: str, usage: str) -> tuple[str, str]:
    left, found, right = text.partition(separator)
    if not found:
        raise WrongSetting(f"{text!r} is not understood; write {usage}.")
    return left, right
