"""Twilio's side of a room: who is in it and how, what is asked of them, and what would be reported of it."""

from dataclasses import dataclass
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from tests.conftest import ACCOUNT

if TYPE_CHECKING:
    from tests.control.account import Account

Answer = tuple[int, Any]
NOT_THERE: Answer = (404, {"code": 20404, "message": "The requested resource was not found", "status": 404})
OVER: Answer = (400, {"code": 16022, "message": "Conference has already ended", "status": 400})
GONE = "participant-leave"
FLAGS = {
    "Muted": ("muted", "mute", "unmute"),
    "Hold": ("hold", "hold", "unhold"),
    "Coaching": ("coaching", "modify", "modify"),
    "EndConferenceOnExit": ("ends", "modify", "modify"),
}


@dataclass
class Place:
    """One participant. `ends`: the room ends with them; `behind`: the address behind the <Dial> by which they came;
    `wait`: where what they hear is asked for; `changed`: when Twilio says it last was (REST's date_updated)."""

    sid: str
    muted: bool = False
    hold: bool = False
    coaching: bool = False
    coaches: str = ""
    starts: bool = True
    ends: bool = False
    behind: str = ""
    wait: str = ""
    changed: str = ""


class Room:
    """`events`: path and query of its callbacks; `invited`: those who ring; `been`: who ever was there."""

    def __init__(self, account: "Account", name: str, events: str = "/twilio/conference/") -> None:
        self.account, self.name, self.events, self.sid = account, name, events, account.twilio.sid("CF")
        self.places: dict[str, Place] = {}
        self.invited: dict[str, Place] = {}
        self.been: set[str] = set()
        self.status = "init"
        self.told = 0

    @property
    def over(self) -> bool:
        return self.status == "completed"

    # What is asked of it ---------------------------------------------------------------------------------------

    def asked(self, sid: str, form: dict[str, str]) -> Answer:
        """POST to one participant, or to the room (`sid` empty), or "new": one more. `{"gone": …}`: DELETE."""
        place = self.places.get(sid) or self.invited.get(sid)
        if self.over:
            return OVER if sid in ("", "new") else NOT_THERE
        if sid == "new":
            return 201, self.resource(self.invites(form), "queued")
        if sid and place is None:
            return NOT_THERE
        if "gone" in form:
            self.is_out(sid)
            return 204, ""
        if form.get("Status") == "completed":
            self.is_over()
        if "AnnounceUrl" in form:
            listeners = [sid] if sid else list(self.places)
            self.account.waiting.append(lambda: self.announces(form["AnnounceUrl"], listeners))
        if place is None:
            return 200, {"sid": self.sid, "friendly_name": self.name, "status": self.status}
        place.coaches = form.get("CallSidToCoach", place.coaches)
        for flag, (name, on, off) in FLAGS.items():
            if flag in form:
                self.becomes(place, name, form[flag] == "true", on, off)
        return 200, self.resource(place)

    def invites(self, form: dict[str, str]) -> Place:
        true = {name for name, value in form.items() if value == "true"}
        place = Place(
            self.account.calls_in(self, form),
            muted="Muted" in true,
            coaching="Coaching" in true,
            coaches=form.get("CallSidToCoach", ""),
            starts="StartConferenceOnEnter" in true,
            ends="EndConferenceOnExit" in true,
            changed=now(),
        )
        self.invited[place.sid] = place
        return place

    def looked_at(self, sid: str) -> Answer:
        if not sid:
            return 200, {"sid": self.sid, "friendly_name": self.name, "status": self.status}
        place = self.places.get(sid)
        return NOT_THERE if place is None else (200, self.resource(place))

    def resource(self, place: Place, status: str = "connected") -> dict[str, Any]:
        return {
            "account_sid": ACCOUNT, "call_sid": place.sid, "conference_sid": self.sid, "muted": place.muted,
            "hold": place.hold, "coaching": place.coaching, "call_sid_to_coach": place.coaches or None,
            "end_conference_on_exit": place.ends, "status": status, "date_updated": place.changed,
        }  # fmt: skip

    # What happens there ----------------------------------------------------------------------------------------

    def enters(self, place: Place) -> None:
        place.changed = now()
        self.invited.pop(place.sid, None)
        self.places[place.sid] = place
        self.been.add(place.sid)
        self.reports("participant-join", place)
        if self.status == "init" and len(self.places) > 1 and any(each.starts for each in self.places.values()):
            self.status = "in-progress"
            self.reports("conference-start")

    def leaves(self, sid: str) -> Place | None:
        """By themselves, or because their leg is somewhere else now."""
        self.invited.pop(sid, None)
        place = self.places.pop(sid, None)
        if place is not None:
            self.reports(GONE, place)
            if place.ends or not (self.places or self.invited):
                self.is_over()
        return place

    def is_out(self, sid: str) -> None:
        """They did not leave by themselves: behind their <Dial> they go on, if there is anything."""
        invited = self.invited.pop(sid, None)
        place = self.leaves(sid) or invited
        if place is not None:
            self.account.is_out(place)

    def is_over(self) -> None:
        if self.over:
            return
        self.status = "completed"
        for sid in [*self.places, *self.invited]:
            self.is_out(sid)
        self.reports("conference-end")

    def becomes(self, place: Place, flag: str, value: bool, on: str, off: str) -> None:
        if getattr(place, flag) != value:
            setattr(place, flag, value)
            place.changed = now()
            self.reports(f"participant-{on if value else off}", place)

    def announces(self, url: str, listeners: list[str]) -> None:
        there = [sid for sid in listeners if sid in self.places]
        if not there:
            return
        self.account.all_hear(url, there)
        only = self.places.get(listeners[0]) if len(listeners) == 1 else None
        self.reports("announcement-end", only, AnnounceUrl=url)

    def reports(self, event: str, place: Place | None = None, **more: str) -> None:
        self.told += 1
        said = {
            "ConferenceSid": self.sid, "FriendlyName": self.name, "StatusCallbackEvent": event,
            "SequenceNumber": str(self.told), "Timestamp": now(), **more,
        }  # fmt: skip
        if place is not None:
            flags = {name: str(getattr(place, attribute)).lower() for name, (attribute, *_) in FLAGS.items()}
            said |= {"CallSid": place.sid, **flags}
        self.account.waiting.append(lambda: self.account.says(self.events, said))


def now() -> str:
    return format_datetime(timezone.now())
