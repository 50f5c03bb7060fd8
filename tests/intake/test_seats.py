"""Who is in a room of which Twilio’s word was lost: asked for, after a while, and not too often."""

from dataclasses import dataclass, field
from datetime import timedelta
from email.utils import format_datetime
from math import inf

import pytest
from django.utils import timezone

from calls.intake.reconcile.seats import Seats
from calls.models import Line, Presence, Queue, Room
from calls.twilio import gateway
from tests.conftest import ACCOUNT, FarSide
from tests.flows.test_inbound import path_of
from tests.flows.test_queue import Waiter

pytestmark = pytest.mark.lane_b
ROOM = "CF" + "7" * 32


@dataclass
class Rooms:
    """Twilio's: one, by a name, and who is in it. `asked` is what was asked for."""

    name: str = ""
    there: set[str] = field(default_factory=set)
    asked: list[str] = field(default_factory=list)

    def rooms_named(self, name, *, until=None):
        self.asked.append("rooms")
        return [{"sid": ROOM, "friendly_name": name, "status": "init"}] if name == self.name else []

    def fetch_participant(self, room, sid, *, until=None):
        self.asked.append(sid)
        if sid not in self.there:
            raise gateway.Refused(20404, 404, "Not found")
        return {
            "call_sid": sid, "conference_sid": room, "account_sid": ACCOUNT, "status": "connected", "muted": False,
            "hold": False, "coaching": False, "end_conference_on_exit": True,
            "date_updated": format_datetime(timezone.now()),
        }  # fmt: skip


@pytest.fixture
def rooms(monkeypatch) -> Rooms:
    made = Rooms()
    for name in ("rooms_named", "fetch_participant"):
        monkeypatch.setattr(gateway, name, getattr(made, name))
    return made


@pytest.fixture
def dana(twilio, billing, quiet) -> Waiter:
    """She is sent into the room; that she came in nobody says."""
    Line.objects.update(flow=Line.Flow.QUEUE, queue=Queue.objects.create(name="Billing queue", team=billing))
    return Waiter(twilio).goes_on()


@pytest.fixture
def seats(compared) -> Seats:
    compared.due = inf  # the comparison of legs is another test's
    return Seats(compared)


def goes_on(seats: Seats, seconds: int) -> None:
    for _ in range(seconds):
        seats.step()
        seats.compared.pace.wait(1.0)


def says(twilio: FarSide, dana: Waiter, event: str, number: int, *, ago: float = 0) -> None:
    said = {
        "ConferenceSid": ROOM, "FriendlyName": f"call-{dana.call.pk}", "SequenceNumber": str(number),
        "StatusCallbackEvent": event, "CallSid": dana.sid,
        "Timestamp": format_datetime(timezone.now() - timedelta(seconds=ago)),
    }  # fmt: skip
    assert twilio.post(f"/twilio/conference/?call={dana.call.pk}", said).status_code == 204


def is_there(dana: Waiter) -> bool:
    return Presence.objects.filter(leg=dana.sid, present=True).exists()


def test_of_whom_no_join_was_heard_twilio_is_asked_after_ten_seconds(dana, rooms, seats):
    rooms.name, rooms.there = f"call-{dana.call.pk}", {dana.sid}
    assert dana.call.status == "in-menu"
    goes_on(seats, 9)
    assert rooms.asked == []
    goes_on(seats, 30)
    assert rooms.asked == ["rooms", dana.sid], "once is enough"
    assert (dana.call.status, is_there(dana)) == ("waiting", True)
    assert Room.objects.get().call == dana.call


def test_who_is_in_no_room_is_not_asked_for_all_the_time(dana, rooms, seats):
    goes_on(seats, 120)
    assert 3 <= len(rooms.asked) <= 4
    assert dana.call.status == "in-menu"


def test_who_hears_something_else_is_not_looked_for_in_the_room(dana, rooms, seats):
    """Their last document was none that leads there."""
    dana.says("/twilio/voice/?step=line")
    goes_on(seats, 40)
    assert rooms.asked == []


def test_of_whom_no_leave_was_heard_it_is_seen_by_what_they_asked_for(twilio, dana, rooms, seats):
    says(twilio, dana, "participant-join", 1, ago=60)
    dana.says("/twilio/voice/?step=line&visit=2")
    assert is_there(dana), "as far as anybody has said"
    goes_on(seats, 40)
    assert (dana.call.status, is_there(dana)) == ("in-menu", False)
    asked = len(rooms.asked)
    goes_on(seats, 60)
    assert len(rooms.asked) == asked
    says(twilio, dana, "participant-join", 2)
    assert (dana.call.status, is_there(dana)) == ("waiting", True), "what is said later counts"


def test_who_is_there_after_all_stays_and_is_not_asked_for_again(twilio, dana, rooms, seats):
    says(twilio, dana, "participant-join", 1, ago=60)
    rooms.there = {dana.sid}
    dana.says("/twilio/voice/?step=line&visit=2")
    goes_on(seats, 120)
    assert rooms.asked == [dana.sid]
    assert is_there(dana)


def test_while_twilio_is_away_it_is_not_asked(dana, rooms, seats):
    seats.compared.down_since = timezone.now()
    goes_on(seats, 60)
    assert rooms.asked == []


def test_the_next_look_of_the_wait_is_no_sign_that_she_has_left(twilio, dana, rooms, seats):
    says(twilio, dana, "participant-join", 1)
    dana.hears(dana.room.wait)
    goes_on(seats, 40)
    assert rooms.asked == [] and path_of(dana.room.wait).startswith("/twilio/queue/wait/")
