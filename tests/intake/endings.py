"""What must be known in the end of a script: on a floor without rows, and by Twilio's own REST API."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from calls.intake.lifecycle import NOTHING, LegState, hear
from calls.intake.rooms import ABSENT, EMPTY, Attendance, PresenceState, RoomState, attendance, hear_presence, hear_room
from calls.intake.settle import CallState, Party, settle
from calls.intake.statements import statements
from calls.twilio.reports import Report, from_rest
from tests.intake.scripts import Script
from tests.intake.teller import Cast, Teller, stamp


class Floor:
    """All legs, presences and rooms that reports were about: what the database holds, in three dictionaries."""

    def __init__(self) -> None:
        self.legs: dict[str, LegState] = {}
        self.presences: dict[tuple[str, str], PresenceState] = {}
        self.rooms: dict[str, RoomState] = {}

    def hear(self, report: Report) -> None:
        for sid, statement in statements(report):
            self.legs[sid] = hear(self.legs.get(sid, NOTHING), statement)
        if report.conference_sid:
            room = report.conference_sid
            self.rooms[room] = hear_room(self.rooms.get(room, EMPTY), report)
            if report.call_sid:
                key = (room, report.call_sid)
                self.presences[key] = hear_presence(self.presences.get(key, ABSENT), report)

    def hear_all(self, reports: Iterable[Report]) -> "Floor":
        for report in reports:
            self.hear(report)
        return self

    def attendance(self, room: str, sid: str) -> Attendance:
        presence = self.presences.get((room, sid), ABSENT)
        return attendance(presence, self.legs.get(sid, NOTHING), self.rooms.get(room, EMPTY))

    def call(self, script: Script, cast: Cast) -> CallState:
        """The call, had all its legs been put into one."""
        room = cast.sid("CF", "room")
        parties = []
        for name, role in script.roles.items():
            state = self.legs.get(sid := cast.sid("CA", name))
            if state is not None:
                there = self.attendance(room, sid)
                seat = {"in_room": there.present, "in_room_since": there.joined_at if there.present else None}
                silent = there.muted or there.held or there.coaching
                seat |= {"speaks": there.present and not silent}
                seat |= {"held": there.held, "held_since": there.held_since}
                parties.append(Party(sid, role, state, state.parent_sid, **seat))
        direction = "inbound" if "P" in script.roles else "outbound-api"
        return settle(parties, direction=direction, kind="")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Floor) and vars(self) == vars(other)


def differences(script: Script, cast: Cast, floor: Floor) -> list[str]:
    """Where the floor is not what the script says it must be, in words."""

    def seconds(at: datetime | None) -> float | None:
        return None if at is None else (at - cast.began).total_seconds()

    wrong: list[str] = []

    def compare(what: str, is_: Any, must: Any) -> None:
        if is_ != must:
            wrong.append(f"{what} is {is_!r}, not {must!r}")

    call = floor.call(script, cast)
    compare("call.status", call.status, script.ending["status"])
    compare("call.outcome", call.outcome, script.ending["outcome"])
    compare("call.ended_by", call.ended_by, script.ending["ended_by"])
    for name in ("started", "answered", "ended"):
        compare(f"call.{name}", seconds(getattr(call, f"{name}_at")), script.ending[name])
    for name, must in script.legs.items():
        leg = floor.legs.get(cast.sid("CA", name), NOTHING)
        compare(f"{name}.status", leg.status, must["status"])
        for when in ("started", "answered", "ended"):
            compare(f"{name}.{when}", seconds(getattr(leg, f"{when}_at")), must[when])
        compare(f"{name}.ringing", seconds(leg.ringing_at), must.get("ringing"))
        compare(f"{name}.inferred", leg.inferred, must.get("inferred", False))
        compare(f"{name}.duration", leg.duration, must.get("duration"))
        compare(f"{name}.sip_code", leg.sip_code, must.get("sip"))
        compare(f"{name}.parent", leg.parent_sid, cast.sid("CA", must["parent"]) if "parent" in must else "")
        compare(f"{name}.conflict", leg.conflict, False)
        tapes = {cast.sid("RE", "tape"): must["tape"]} if "tape" in must else {}
        compare(f"{name}.recordings", {tap.sid: tap.status for tap in leg.tapped}, tapes)
    for name, must in script.present.items():
        there = floor.attendance(cast.sid("CF", "room"), cast.sid("CA", name))
        for flag in ("present", "inferred", "muted"):
            compare(f"{name} {flag}", getattr(there, flag), must.get(flag, False))
        compare(f"{name} held", there.held, False)
        compare(f"{name} joined", seconds(there.joined_at), must["joined"])
        compare(f"{name} left", seconds(there.left_at), must.get("left"))
        compare(f"{name} hold_seconds", there.hold_seconds, must.get("hold_seconds", 0.0))
    if script.room:
        room = floor.rooms.get(cast.sid("CF", "room"), EMPTY)
        compare("room.status", room.status, script.room["status"])
        compare("room.ended", seconds(room.ended_at), script.room.get("ended"))
    return wrong


def truth(script: Script, cast: Cast, asked: float = 200) -> list[Report]:
    """What Twilio's REST API says of every leg of the script when all is over."""
    teller = Teller(cast)
    script.tell(teller)
    reports = []
    for name, must in script.legs.items():
        said = teller.legs[name]

        def date(at: float | None) -> str | None:
            return None if at is None else stamp(cast.began + timedelta(seconds=at))

        resource = {
            "sid": said["CallSid"],
            "account_sid": cast.account,
            "parent_call_sid": said.get("ParentCallSid"),
            "from": said["From"],
            "to": said["To"],
            "direction": said["Direction"],
            "status": must["status"],
            "date_created": date(must["started"]),
            "start_time": date(must["answered"] if must["answered"] is not None else must["started"]),
            "end_time": date(must["ended"]),
            "duration": None if must.get("duration") is None else str(must["duration"]),
            "price": None,
            "answered_by": None,
        }
        reports.append(from_rest(resource, asked_at=cast.began + timedelta(seconds=asked)))
    return reports
