"""Everything that happened on one call, in one list by time: its legs, the wishes on it, and what Twilio said. Pure."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from calls.desk import words
from calls.desk.said import said

Line = dict[str, Any]
# At one moment: what Twilio said, what it made of a leg, what somebody then wished.
RANK = {"report": 0, "leg": 1, "call": 2, "alarm": 3, "action": 4}


def story(
    call: Mapping[str, Any], reports: Iterable[Mapping[str, Any]], alarms: Iterable[Mapping[str, Any]] = ()
) -> list[Line]:
    """Lines with `at` (ISO), `kind` (report, leg, call, alarm, action) and words; the oldest first.

    `call`, `reports` as browsers get them: what is masked there is masked here.
    """
    lines = [
        *(line for leg in call["legs"] for line in of_leg(leg)),
        *(of_action(action) for action in call["actions"]),
        *(of_report(report) for report in reports),
        *(line for alarm in alarms for line in of_alarm(alarm)),
        *of_call(call),
    ]
    return sorted(lines, key=lambda line: (line["at"], RANK[line["kind"]]))


def of_call(call: Mapping[str, Any]) -> list[Line]:
    if not call["ended_at"]:
        return []
    why = words.ended_by(call)
    return [{"at": call["ended_at"], "kind": "call", "what": words.state_of(call).word, "more": why}]


def of_alarm(alarm: Mapping[str, Any]) -> list[Line]:
    """When it was raised, perhaps before the call began; and when it was over."""
    what = gettext(words.ALARMS.get(alarm["kind"], alarm["kind"]))
    red = alarm["severity"] == "red"
    icon, over = ("breach", gettext("over the limit")) if red else ("attention", gettext("nearly over the limit"))
    if alarm["owner"] and alarm["acked_at"]:
        over = gettext("{0}, {1} sees to it").format(over, alarm["owner"])
    line = {"kind": "alarm", "icon": icon, "what": f"{what}, {alarm['where']}"}
    times = [(alarm["raised_at"], over), (alarm["cleared_at"], gettext("in order again"))]
    return [line | {"at": at, "more": more} for at, more in times if at]


def of_leg(leg: Mapping[str, Any]) -> list[Line]:
    changes = [
        (leg["started_at"], gettext("begins") if leg["direction"] == "inbound" else gettext("is dialled")),
        (leg["ringing_at"], gettext("rings")),
        (leg["answered_at"], gettext("is connected")),
        (leg["ended_at"], end_of(leg)),
    ]
    letter, who, look = words.letter_of(leg), words.party_of(leg), words.leg_look({**leg, "ended_at": None})
    return [
        {"at": at, "kind": "leg", "letter": letter, "look": look, "what": who, "more": more}
        for at, more in changes
        if at
    ]


def end_of(leg: Mapping[str, Any]) -> str:
    code = f" ({leg['sip_code']})" if leg["sip_code"] and leg["sip_code"] != 200 else ""
    if leg["healed"]:
        word = gettext("left the call, callback lost")
    elif leg["status"] == "completed":
        word = gettext("left the call")
    else:
        word = words.leg_word({**leg, "held": False, "unverified": False})
    return word + code


def of_action(action: Mapping[str, Any]) -> Line:
    failed = action["state"] in {"failed", "unknown", "refused", "overtaken", "abandoned"}
    return {
        "at": action["requested_at"],
        "kind": "action",
        "verb": action["verb"],
        "what": f"{words.verb_of(action['verb'])} {said(action.get('what', ''))}".strip(),
        "more": action["by"],
        "state": action["state"],
        "bad": failed,
        "steps": steps_of(action),
        "message": action["message"] if failed else "",
    }


def steps_of(action: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The steps that were reached, each with milliseconds since it was recorded (None for the first)."""
    state = action["state"]
    reached = [("requested", None), ("sending", action["sent_at"]), ("accepted", action["accepted_at"])]
    if action["settled_at"] or state == "unknown":
        reached.append((state, action["settled_at"]))
    begin = datetime.fromisoformat(action["requested_at"])
    return [
        {"word": gettext(words.STEPS.get(step, step)), "ms": after(begin, at) if at else None}
        for step, at in reached
        if at or step in ("requested", state)
    ]


def after(begin: datetime, at: str) -> int:
    return round((datetime.fromisoformat(at) - begin).total_seconds() * 1000)


def of_report(report: Mapping[str, Any]) -> Line:
    more = report["door"] + (f" ×{report['deliveries']}" if report["deliveries"] > 1 else "")
    if report["verdict"] != "heard":
        more += f", {report['verdict']}"
    return {
        "at": report["at"],
        "kind": "report",
        "what": report["says"] or report["door"],
        "more": more,
        "sid": report["sid"],
    }
