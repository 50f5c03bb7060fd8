"""What runs beside a call: it is known by what Twilio says of it, to those who may know."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.core.exceptions import ValidationError
from django.utils import timezone

from calls.control import perform
from calls.floor import outcomes
from calls.floor.tapes import keep_private, watch_pauses
from calls.models import Action, Board, Leg, Membership, Report, StreamTarget, Sweep, Tap
from tests.control.test_tapes import desk, tape

__all__ = ["desk", "tape"]
pytestmark = pytest.mark.lane_b  # the rows of what runs beside a leg are written by hand-made statements
GT, MZ = "GT" + "7" * 32, "MZ" + "7" * 32
NOBODYS = uuid4()  # a wish that is gone by now
JSON = {"Accept": "application/json"}


def says(twilio: Any, call: Any, door: str, event: str, **more: str) -> None:
    name, sid = {"transcription": ("Transcription", GT), "stream": ("Stream", MZ)}[door]
    said = {"CallSid": call.legs.get(role="caller").pk, f"{name}Sid": sid, f"{name}Event": f"{door}-{event}"}
    assert twilio.post(f"/twilio/{door}/?call={call.pk}&a={NOBODYS}", said | more).status_code == 204


def speaks(twilio: Any, call: Any, words: str) -> None:
    data = '{"transcript":"' + words + '","confidence":0.98}'
    says(twilio, call, "transcription", "content", Track="inbound_track", Final="true", TranscriptionData=data)


def test_words_are_kept_and_are_no_news(twilio, dana_call):
    says(twilio, dana_call, "transcription", "started")
    before = Board.objects.get().revision
    for words in ("I want to pay.", "By card."):
        speaks(twilio, dana_call, words)
    assert Board.objects.get().revision == before
    assert Report.objects.filter(call=dana_call, door="transcription").count() == 3
    assert Tap.objects.get().status == "in-progress"


def test_who_may_transcribe_reads_what_was_said_and_nobody_else(twilio, dana_call, client, ben, wes):
    speaks(twilio, dana_call, "Call me back at 415 555 0177.")
    client.force_login(wes)
    assert client.get(f"/calls/{dana_call.pk}/", headers=JSON).json()["said"] == []
    Membership.objects.get(user=ben).group.permissions.add(permission("transcribe_call"))
    client.force_login(ben)
    (line,) = client.get(f"/calls/{dana_call.pk}/", headers=JSON).json()["said"]
    assert (line["who"], line["words"]) == ("inbound", "Call me back at ··· 0177.")
    assert "Call me back at" in client.get(f"/calls/{dana_call.pk}/").content.decode()


def permission(codename: str) -> Any:
    return Permission.objects.get(codename=codename)


@pytest.mark.parametrize("door", ["transcription", "stream"])
def test_it_ends_when_twilio_says_so_or_with_its_leg(twilio, dana_call, door):
    says(twilio, dana_call, door, "started")
    assert (Tap.objects.get().status, Tap.objects.get().ended_at) == ("in-progress", None)
    says(twilio, dana_call, door, "error")
    assert (Tap.objects.get().status, Tap.objects.get().ended_at is None) == ("failed", False)


def test_what_runs_beside_a_leg_is_over_with_it(twilio, dana_call, tape):
    assert Tap.objects.get().ended_at is None
    twilio.status(tape.leg, "completed", 9, CallDuration="30")
    leg = dana_call.legs.get(pk=tape.leg)
    assert (Tap.objects.get().status, Tap.objects.get().ended_at) == ("stopped", leg.ended_at)


def test_a_pause_that_somebody_else_takes_back_is_seen(tape, desk, clock):
    assert desk.press("pause").state == "confirmed"
    tape.status = "in-progress"  # by another application
    watch_pauses()
    assert desk.word() == "paused"  # it was looked at just now
    clock.goes_on(11)
    watch_pauses()
    assert desk.word() == "recording"


def test_a_recording_of_which_no_callback_tells_is_found_by_a_look(tape, desk, clock, rest, dana_call):
    Tap.objects.all().delete()
    dana_call.legs.filter(pk=tape.leg).update(registers={})
    rest.always = lambda sid, form: (201, tape.resource)
    assert desk.press("record").state == "accepted"  # that Twilio took it is not enough
    clock.goes_on(16)
    outcomes.follow_up()
    assert Action.objects.get().state == "confirmed"


def test_a_pause_is_tried_also_while_twilio_is_away_and_the_talk_is_to_stop(tape, desk, rest):
    now = timezone.now()
    Sweep.objects.update_or_create(pk=1, defaults={"failing_since": now, "tried_at": now})
    tape.posts = ["reset"]
    action = desk.press("pause")
    assert (action.state, len(tape.asked)) == ("unknown", 3)
    assert action.message.endswith("Assume that it still records, and stop the card talk.")


def test_twilios_numbers_are_words(tape, desk, rest):
    rest.refuses(400, 16108, "Requested resource is ambiguous")
    action = desk.press("stop_recording")
    assert action.message == (
        "Twilio refused: more than one recording of this leg runs, and it does not know which is meant (16108)."
    )


def test_what_twilio_does_not_know_any_more_is_stopped(twilio, dana_call, supervisors, rest, wish):
    says(twilio, dana_call, "stream", "started")
    Membership.objects.get(user=supervisors[0]).group.permissions.add(permission("stream_call"))
    rest.refuses(404, 20404, "Not found")
    answer = wish(supervisors[0], dana_call, "stop_stream")
    assert answer.json()["state"] == "confirmed"
    assert Tap.objects.get().status == "stopped"


def test_privacy_stops_the_rest_also_where_the_pause_is_not_answered(tape, desk, twilio, dana_call, rest):
    says(twilio, dana_call, "transcription", "started")
    asked = []

    def answer(sid: str, form: dict[str, str]) -> Any:
        asked.append(form["Status"])
        return None if form["Status"] == "paused" else (200, {"sid": GT, "status": "stopped"})

    rest.always = answer
    action = desk.press("privacy")
    assert (action.state, set(asked)) == ("unknown", {"paused", "stopped"})
    assert desk.word() == "pausing"
    assert action.message.endswith("Assume that it still records, and stop the card talk.")


def test_a_limit_is_counted_from_now_and_taken_away_again(client, dana_call, supervisors, rest, wish):
    """By Twilio it is counted from the answer: a call of five minutes may last fifteen."""
    Leg.objects.filter(call=dana_call).update(answered_at=timezone.now() - timedelta(minutes=5))
    answer = wish(supervisors[0], dana_call, "limit", minutes="10").json()
    assert answer["state"] == "confirmed"
    assert abs(int(rest.asked[-1][1]["TimeLimit"]) - 900) < 10
    ends = client.get(f"/calls/{dana_call.pk}/", headers=JSON).json()["call"]["beside"]["limit_at"]
    assert abs(datetime.fromisoformat(ends) - timezone.now() - timedelta(minutes=10)) < timedelta(minutes=1)
    wish(supervisors[0], dana_call, "limit", minutes="0")
    assert int(rest.asked[-1][1]["TimeLimit"]) >= 14_400
    assert client.get(f"/calls/{dana_call.pk}/", headers=JSON).json()["call"]["beside"] == {}


@pytest.mark.parametrize(
    "url, may",
    [
        ("wss://ears.example/listen", True),
        ("wss://ears.example:8443", True),
        ("ws://ears.example/", False),
        ("https://ears.example/", False),
        ("wss://ears.example/?call=1", False),
        ("wss://user:secret@ears.example/", False),
        ("x wss://ears.example/", False),
    ],
)
def test_where_the_sound_of_a_call_may_go(rows, url, may):
    target = StreamTarget(name="Ears", url=url)
    if may:
        target.full_clean()
    else:
        with pytest.raises(ValidationError):
            target.full_clean()


@pytest.fixture
def begins(tape: Any, dana_call: Any, rest: Any, wish: Any, supervisors: list[Any], monkeypatch: Any) -> Any:
    """`begins(perform, "ask", once)`: Ben wishes to record, and at this step of it, the first time, Kim has pressed
    privacy. Twilio answers with `rest.answers`, and then does it."""
    Tap.objects.all().delete()
    dana_call.legs.filter(pk=tape.leg).update(registers={})
    rest.always = lambda sid, form: tape.asked_for(sid, form) if "Status" in form else (201, tape.resource)

    def press(module: Any, name: str) -> Any:
        step, pressed = getattr(module, name), []

        def first(*args: Any, **kwargs: Any) -> Any:
            if not pressed:
                pressed.append(True)
                pressed.append(wish(supervisors[1], dana_call, "privacy").json())
            return step(*args, **kwargs)

        monkeypatch.setattr(module, name, first)
        wish(supervisors[0], dana_call, "record")
        return pressed[1]

    return press


def starts(rest: Any) -> int:
    return sum("RecordingChannels" in form for _, form in rest.asked)


@pytest.mark.parametrize("step", ["before it is sent", "between two tries"])
def test_privacy_withdraws_a_recording_that_twilio_was_not_asked_for_or_did_not_look_at(begins, rest, step):
    rest.refuses(429, 20429, "Too many")
    sent = step == "between two tries"
    told = begins(*((perform.CHANCE, "uniform") if sent else (perform, "claim")))
    assert told["state"] == "confirmed"
    assert Action.objects.get(verb="record").state == "overtaken"
    assert starts(rest) == sent


def test_a_recording_that_is_refused_while_privacy_is_switched_on_is_not_asked_for_again(begins, rest):
    slow = begins_slowly(rest, lambda: (429, {"code": 20429, "message": "Too many", "status": 429}))
    told = begins(perform, "ask")
    assert told["message"].endswith("Assume that it still records, and stop the card talk.")
    assert Action.objects.get(verb="record").state == "overtaken"
    assert slow == [1]


def begins_slowly(rest: Any, answer: Any) -> list[int]:
    asked, then = [], rest.always

    def told(sid: str, form: dict[str, str]) -> Any:
        if "RecordingChannels" not in form:
            return then(sid, form)
        asked.append(1)
        return answer()

    rest.always = told
    return asked


def test_a_recording_that_begins_after_privacy_was_switched_on_is_paused_as_soon_as_it_is_known(
    begins, rest, tape, twilio, dana_call, client, supervisors
):
    told = begins(perform, "ask")
    assert told["state"] == "unknown"
    assert told["message"].endswith("Assume that it still records, and stop the card talk.")
    record = Action.objects.get(verb="record")
    said = {"CallSid": tape.leg, "RecordingSid": tape.resource["sid"], "RecordingStatus": "in-progress"}
    assert twilio.post(f"/twilio/recording/?call={dana_call.pk}&a={record.pk}", said).status_code == 204
    assert Action.objects.get(verb="privacy").state == "unknown"
    keep_private()
    assert tape.status == "paused"
    assert {one.state for one in Action.objects.filter(verb="privacy")} == {"confirmed"}
    client.force_login(supervisors[0])
    assert client.get(f"/calls/{dana_call.pk}/", headers=JSON).json()["call"]["beside"]["recording"] == "paused"
    asked = len(rest.asked)
    keep_private()
    assert len(rest.asked) == asked
