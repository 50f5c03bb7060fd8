"""Which reports prove which wish. Pure: from the plan, the signs that were seen, and the legs as they are now.

A sign is a report that names the action (`a=` in an address of ours): the request for one of its documents, or the
callback of a leg that it dialled. Signs are a set: they come in any order, and again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from calls.twilio.reports import Report

Signs = Mapping[str, Any]


class Seen(Protocol):
    """What a leg shows of itself."""

    @property
    def ended_at(self) -> Any: ...

    @property
    def answered_at(self) -> Any: ...

    @property
    def status(self) -> str: ...

    @property
    def parent_id(self) -> str | None: ...


class Verdict(NamedTuple):
    state: str  # confirmed | failed
    code: str = ""
    message: str = ""


CONFIRMED = Verdict("confirmed")
NOT_ANSWERED = {
    "busy": "was busy",
    "no-answer": "did not answer",
    "failed": "could not be reached",
    "canceled": "did not answer",
}


def with_sign(seen: Signs, report: Report) -> dict[str, Any]:
    """The signs and this report's: `legs` (sids that the wish dialled), `dial` (how its <Dial> went), or the step of
    the document that was asked for."""
    found = dict(seen)
    if report.door == "status":
        found["legs"] = sorted({*found.get("legs", ()), report.call_sid})
        return found
    if report.dial_status:
        found["dial"] = "answered" if report.talked else report.dial_status
        if report.dialled_sid:
            found["legs"] = sorted({*found.get("legs", ()), report.dialled_sid})
    if report.step:
        found[report.step.partition(".")[0]] = report.call_sid
    return found


def verdict(proof: Mapping[str, Any], seen: Signs, legs: Mapping[str, Seen]) -> Verdict | None:
    """What has become of the wish; None as long as nobody can tell. `legs`: all of the call, by sid."""
    if "ended" in proof:
        return CONFIRMED if all_ended(proof["ended"], legs) else None
    if "joined" in proof:
        return of_transfer(proof, seen, legs)
    if "heard" in proof:
        if "after" in seen:
            return CONFIRMED
        return left(proof["heard"], legs, "before it was over" if "say" in seen else "before it began")
    if "there" in proof:
        if "leave" in seen:
            return Verdict("confirmed", "", "Handed over. What is heard there is the other application’s.")
        return CONFIRMED if proof["sign"] in seen else left(proof["there"], legs, "before it got there")
    if "ran" in proof:
        new = [leg for sid, leg in legs.items() if leg.parent_id == proof["ran"] and sid not in proof["children"]]
        if "after" in seen or new:
            return CONFIRMED
        if proof.get("comes_back"):
            return left(proof["ran"], legs, "before it was over")
        return CONFIRMED if all_ended([proof["ran"]], legs) else None
    return None


def of_transfer(proof: Mapping[str, Any], seen: Signs, legs: Mapping[str, Seen]) -> Verdict | None:
    """Answered counts, not ringing. Busy is a failure, and the caller is back where the plan said."""
    dialled = [legs[sid] for sid in seen.get("legs", ()) if sid in legs]
    if seen.get("dial") == "answered" or any(leg.answered_at is not None for leg in dialled):
        return CONFIRMED
    moved = legs.get(proof["joined"])
    if moved is not None and moved.ended_at is not None:
        if any(leg.ended_at is None for leg in dialled):
            return None  # they may have talked: how the other leg ended says so
        return Verdict("failed", "left", f"The caller was gone before {proof['who']} answered.")
    ends = [word for word in (seen.get("dial", ""), *(leg.status for leg in dialled)) if word in NOT_ANSWERED]
    if ends:
        return Verdict("failed", f"target_{ends[0]}", f"{proof['who']} {NOT_ANSWERED[ends[0]]}. {proof['back']}")
    return None


def left(sid: str, legs: Mapping[str, Seen], when: str) -> Verdict | None:
    leg = legs.get(sid)
    if leg is None or leg.ended_at is None:
        return None
    return Verdict("failed", "left", f"The leg ended {when}.")


def all_ended(sids: list[str], legs: Mapping[str, Seen]) -> bool:
    """A leg that we never heard of proves nothing, and an empty promise is never kept."""
    return bool(sids) and all(sid in legs and legs[sid].ended_at is not None for sid in sids)
