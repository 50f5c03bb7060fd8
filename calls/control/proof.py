"""Which reports prove which wish. Pure: from the plan, the signs that were seen, and the legs as they are now.

A sign is a report that names the action (`a=` in an address of ours): the request for one of its documents, or the
callback of a leg that it dialled. Signs are a set: they come in any order, and again.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from calls.intake.taps import RUNS, TapState
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

    @property
    def role(self) -> str: ...


class Seat(Protocol):
    """A leg in a room, as it is now."""

    @property
    def room_id(self) -> str: ...

    @property
    def present(self) -> bool: ...

    @property
    def muted(self) -> bool: ...

    @property
    def held(self) -> bool: ...

    @property
    def coaching(self) -> bool: ...

    @property
    def coaches(self) -> str: ...


class Place(Protocol):
    """Where somebody waits, as it is now."""

    @property
    def queue_id(self) -> int: ...

    @property
    def before(self) -> int: ...


class Verdict(NamedTuple):
    state: str  # confirmed | failed
    code: str = ""
    message: str = ""


CONFIRMED = Verdict("confirmed")
TALK = ("agent", "consult", "external", "bot")
NOT_ANSWERED = {
    "busy": "{} was busy.",
    "no-answer": "{} did not answer.",
    "failed": "{} could not be reached.",
    "canceled": "{} did not answer.",
}


def with_sign(seen: Signs, report: Report) -> dict[str, Any]:
    """The signs and this report's: `legs` (sids that the wish dialled), `taps` (of what it began beside one), `dial`
    (how its <Dial> went), `answered` (the leg of which Twilio took a change), or the step of the document that was
    asked for."""
    found = dict(seen)
    if report.door == "conference":
        found["announced"] = report.event.removeprefix("announcement-")
        return found
    if report.door in ("status", "participant"):
        found["legs"] = sorted({*found.get("legs", ()), report.call_sid})
        return found
    if report.tap_sid:
        found["taps"] = sorted({*found.get("taps", ()), report.tap_sid})
        return found
    if report.door == "rest":
        found["answered"] = report.call_sid
        return found
    if report.dial_status:
        found["dial"] = "answered" if report.talked else report.dial_status
        if report.dialled_sid:
            found["legs"] = sorted({*found.get("legs", ()), report.dialled_sid})
    if report.step:
        found[report.step.partition(".")[0]] = report.call_sid
    return found


def verdict(
    proof: Mapping[str, Any],
    seen: Signs,
    legs: Mapping[str, Seen],
    seats: Mapping[str, Seat] | None = None,
    taps: Mapping[str, TapState] | None = None,
) -> Verdict | None:
    """What has become of the wish; None as long as nobody can tell.

    `legs`: all of the call, by sid; `seats`: those of them that are in a room now; `taps`: what runs beside them, or
    did. A proof of several parts (`all`) is
    whole when each part is, and broken when one is.
    """
    seats, taps = seats or {}, taps or {}
    if "all" in proof:
        found = [verdict(part, seen, legs, seats, taps) for part in proof["all"]]
        broken = next((one for one in found if one is not None and one.state == "failed"), None)
        return broken or (CONFIRMED if all(found) else None)
    if "flags" in proof:
        return of_flags(proof["flags"], legs, seats)
    if "seated" in proof:
        if all(sid in seats for sid in proof["seated"]):
            return CONFIRMED
        lost = [left(sid, legs, "before both were in the room") for sid in proof["seated"]]
        return next(filter(None, lost), None)
    if "gone" in proof:
        # Who phoned in may be in the next room already.
        rooms = {seats[sid].room_id for sid in proof["gone"] if sid in seats}
        return None if rooms and proof.get("room", "") in ("", *rooms) else CONFIRMED
    if "entered" in proof:
        return of_entering(proof, seen, legs, seats)
    if "began" in proof:
        return of_beginning(proof, seen, legs, taps)
    if "tapes" in proof:
        return of_tapes(proof, legs, taps)
    if "silent" in proof:
        return CONFIRMED if all(sid in taps and over(taps[sid], proof, legs) for sid in proof["silent"]) else None
    if "coming" in proof:
        return CONFIRMED if all(is_quiet(wish, proof, legs, taps) for wish in proof["coming"]) else None
    if "answered" in proof:
        taken = Verdict("confirmed", "", proof.get("words", "")) if "answered" in seen else None
        return taken or left(proof["answered"], legs, "before it could be done")
    if "announced" in proof:
        return of_announcement(proof, seen, legs)
    if "ended" in proof:
        return CONFIRMED if all_ended(proof["ended"], legs) else None
    if "joined" in proof:
        return of_transfer(proof, seen, legs)
    if "heard" in proof:
        if "after" in seen:
            return CONFIRMED
        when = "before it was over" if "say" in seen else "before it began"
        return left(proof["heard"], legs, when) or not_alone(proof, legs, seats, when)
    if "withdrawn" in proof:
        return of_withdrawal(proof, legs)
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


def of_flags(
    flags: Mapping[str, Mapping[str, bool | str]], legs: Mapping[str, Seen], seats: Mapping[str, Seat]
) -> Verdict | None:
    """`flags`: by leg, what of muted, held and coaching is to be true of it, and what not, and whom it `coaches`."""
    for sid in flags:
        if sid in legs and (gone := left(sid, legs, "before it could be done")) is not None:
            return gone
    done = all(
        sid in seats and all(getattr(seats[sid], name) == value for name, value in wanted.items())
        for sid, wanted in flags.items()
    )
    return CONFIRMED if done else None


def of_entering(
    proof: Mapping[str, Any], seen: Signs, legs: Mapping[str, Seen], seats: Mapping[str, Seat]
) -> Verdict | None:
    """Somebody was called into the room: being there counts, not answering. `entered` is who, `back` what then is."""
    dialled = [sid for sid in seen.get("legs", ()) if sid in legs]
    wanted = proof.get("as", {})
    for sid in dialled:
        if sid in seats and all(getattr(seats[sid], name) == value for name, value in wanted.items()):
            return CONFIRMED
    ends = [legs[sid].status for sid in dialled if legs[sid].ended_at is not None]
    if not ends or len(ends) < len(dialled):
        return None
    word, back = ends[0], proof.get("back", "")
    if word in NOT_ANSWERED:
        return Verdict("failed", f"target_{word}", f"{NOT_ANSWERED[word].format(proof['entered'])} {back}".strip())
    return Verdict("failed", "left", f"{proof['entered']} was gone before being heard in the room. {back}".strip())


def of_beginning(
    proof: Mapping[str, Any], seen: Signs, legs: Mapping[str, Seen], taps: Mapping[str, TapState]
) -> Verdict | None:
    """`began`: the leg. What the wish began runs, or has run; that Twilio took the request is not enough."""
    found = [taps[sid] for sid in seen.get("taps", ()) if sid in taps]
    if any(tap.status == "failed" for tap in found):
        return Verdict("failed", "tap_failed", proof["failed"])
    if any(tap.word >= RUNS for tap in found):
        return CONFIRMED
    return left(proof["began"], legs, "before it began")


def of_tapes(proof: Mapping[str, Any], legs: Mapping[str, Seen], taps: Mapping[str, TapState]) -> Verdict | None:
    """`tapes`: recordings, each with its leg; `are`: "paused" or "in-progress", by a look that was asked for `after`
    that moment (ms). What is over is as good as paused, and cannot go on."""
    found = {sid: over(taps[sid], proof, legs) for sid in proof["tapes"] if sid in taps}
    if proof["are"] == "in-progress" and found and all(found.values()):
        return Verdict("failed", "left", "The recording was over before it could go on.")
    done = [ended or taps[sid].seen(proof["are"], proof["after"]) for sid, ended in found.items()]
    return CONFIRMED if all(done) and len(done) == len(proof["tapes"]) else None


def over(tap: TapState, proof: Mapping[str, Any], legs: Mapping[str, Seen]) -> bool:
    leg = legs.get(proof["beside"][tap.sid])
    return not tap.live or leg is not None and leg.ended_at is not None


def is_quiet(wish: str, proof: Mapping[str, Any], legs: Mapping[str, Seen], taps: Mapping[str, TapState]) -> bool:
    """`coming`: wishes that begin something beside a leg, each with its leg. What they began is paused, by a look that
    was asked for `after` that moment (ms), or over. As long as nobody knows of it, it may yet begin."""
    leg = legs.get(proof["coming"][wish])
    found = [tap for tap in taps.values() if tap.made == wish]
    done = bool(found) and all(not tap.live or tap.seen("paused", proof["after"]) for tap in found)
    return done or leg is not None and leg.ended_at is not None


def of_announcement(proof: Mapping[str, Any], seen: Signs, legs: Mapping[str, Seen]) -> Verdict | None:
    """`announced`: the legs that hear it."""
    if seen.get("announced") == "end" or "after" in seen:
        return CONFIRMED
    if seen.get("announced") == "fail":
        return Verdict("failed", "announcement", "Twilio could not play it into the room.")
    heard = [sid for sid in proof["announced"] if sid not in legs or legs[sid].ended_at is None]
    return None if heard else Verdict("failed", "left", "Everybody was gone before it was over.")


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
        return Verdict("failed", f"target_{ends[0]}", f"{NOT_ANSWERED[ends[0]].format(proof['who'])} {proof['back']}")
    return None


def not_alone(
    proof: Mapping[str, Any], legs: Mapping[str, Seen], seats: Mapping[str, Seat], when: str
) -> Verdict | None:
    """What is heard while waiting (`alone_in` a room) is over as soon as somebody comes in to talk."""
    mates = [sid for sid, seat in seats.items() if sid != proof["heard"] and seat.room_id == proof.get("alone_in")]
    if not any(sid in legs and legs[sid].role in TALK for sid in mates):
        return None
    return Verdict("failed", "answered", f"Somebody answered {when}: they talk.")


def of_withdrawal(proof: Mapping[str, Any], legs: Mapping[str, Seen]) -> Verdict | None:
    """Somebody is not to be rung any more. Who had picked up by then talks."""
    leg = legs.get(proof["withdrawn"])
    if leg is not None and leg.answered_at is not None:
        return Verdict("failed", "answered", f"{proof['who']} answered in the same moment: they talk.")
    return CONFIRMED if all_ended([proof["withdrawn"]], legs) else None


def of_place(proof: Mapping[str, Any], place: Place) -> Verdict:
    """Where somebody waits is a row of ours: read again in the transaction that wrote it, and nobody else says so."""
    if place.queue_id != proof["queue"] or (proof["at"] == "front" and place.before):
        return Verdict("failed", "not_placed", "They wait where they were.")
    return Verdict("confirmed", "", "Done: they are the first." if proof["at"] == "front" else "Done: they wait there.")


def left(sid: str, legs: Mapping[str, Seen], when: str) -> Verdict | None:
    leg = legs.get(sid)
    if leg is None or leg.ended_at is None:
        return None
    return Verdict("failed", "left", f"The leg ended {when}.")


def all_ended(sids: list[str], legs: Mapping[str, Seen]) -> bool:
    """A leg that we never heard of proves nothing, and an empty promise is never kept."""
    return bool(sids) and all(sid in legs and legs[sid].ended_at is not None for sid in sids)
