"""What may be dialled outside the directory: how often, and when a password is asked for first."""

import logging
import threading
from datetime import timedelta
from uuid import uuid4

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connections, transaction
from django.test import Client
from django.utils import timezone

from calls.control import dialling
from calls.desk.sign_in import TRIES
from calls.models import Action, Audit, Call, Leg, append_audit
from tests.conftest import LINE, group, person
from tests.control.conftest import may_all

# How often ----------------------------------------------------------------------------------------------------------

NUMBER = "+14155550188"


@pytest.fixture
def calls(billing):
    """Ten callers of Billing."""
    return [Call.objects.create(team=billing, started_at=timezone.now()) for _ in range(10)]


def dialled(by, call, times, *, state="confirmed", ago=timedelta(minutes=5), number=NUMBER, **fields):
    """So often, so long ago, and over again."""
    at = timezone.now() - ago
    fields = {"sent_at": at, "accepted_at": at, "fingerprint": "", "verb": "transfer", "exclusive": False} | fields
    Action.objects.bulk_create(
        Action(by=by, call=call, dials=number, state=state, key=uuid4(), requested_at=at, **fields)
        for _ in range(times)
    )


def dial(by, call, number=NUMBER, *, stepped_up=True, now=None):
    """As a wish does it: "" if it was granted, else the code of the refusal."""
    now = now or timezone.now()
    with transaction.atomic():
        call = Call.objects.select_for_update(of=("self",)).get(pk=call.pk)
        if refusal := dialling.cap_refusal(by, call, number, stepped_up=stepped_up, now=now):
            return refusal.code
        action = Action(by=by, call=call, dials=number, verb="transfer", fingerprint="", key=uuid4(), requested_at=now)
        action.save(force_insert=True)
        append_audit(dialling.alarms(by, call, now), at=now)
    return ""


def at_the_same_moment(wishes):
    together, told = threading.Barrier(len(wishes)), []

    def press(by, call):
        together.wait()
        try:
            told.append(dial(by, call))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=wish) for wish in wishes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    return sorted(told)


@pytest.mark.lane_b
def test_bens_21st_call_within_the_hour_is_one_too_many(ben, calls):
    dialled(ben, calls[0], 19)
    assert dial(ben, calls[1]) == ""
    Action.objects.update(state="confirmed")
    assert dial(ben, calls[2]) == "cap_person"
    with transaction.atomic():
        told = dialling.cap_refusal(ben, calls[2], NUMBER, stepped_up=True, now=timezone.now())
    assert told.message == (
        "No more calls outside the directory now: a person has 20 an hour. The next may follow in 55 min."
    )


def test_an_hour_later_ben_may_again_and_meanwhile_others_may(ben, wes, calls):
    dialled(ben, calls[0], 20)
    assert (dial(ben, calls[1]), dial(wes, calls[1])) == ("cap_person", "")
    assert dial(ben, calls[2], now=timezone.now() + timedelta(minutes=56)) == ""


@pytest.mark.lane_b
def test_a_fourth_call_at_once_is_one_too_many(ben, calls):
    assert [dial(ben, call) for call in calls[:4]] == ["", "", "", "cap_at_once"]
    Action.objects.filter(call=calls[0]).update(state="confirmed")
    Leg.objects.create(sid="CA" + "1" * 32, call=calls[0], to_number=NUMBER, status="in-progress")
    assert dial(ben, calls[4]) == "cap_at_once", "confirmed, and still on the line"
    Leg.objects.update(ended_at=timezone.now(), status="completed")
    assert dial(ben, calls[4]) == ""


@pytest.mark.parametrize("state", ["requested", "sending", "accepted", "unknown"])
def test_what_may_be_ringing_counts_as_a_call(ben, calls, state):
    dialled(ben, calls[0], 3, state=state)
    assert dial(ben, calls[1]) == "cap_at_once"


NOT_DIALLED = [
    {"state": "refused", "sent_at": None, "accepted_at": None},
    {"state": "failed", "accepted_at": None, "code": "unreachable"},
    {"state": "failed", "accepted_at": None, "code": "21215"},
    {"state": "overtaken", "sent_at": None, "accepted_at": None},
    {"number": ""},
]
DIALLED_IN_VAIN = [
    {"state": "failed", "code": "target_busy"},
    {"state": "failed", "code": "target_no-answer", "accepted_at": None},
    {"state": "failed", "code": "not_applied"},
    {"state": "overtaken", "accepted_at": None},
    {"state": "abandoned"},
]


@pytest.mark.parametrize("fields", NOT_DIALLED, ids=str)
def test_what_was_never_dialled_is_not_counted(ben, calls, fields):
    dialled(ben, calls[0], 30, **fields)
    assert dial(ben, calls[1]) == ""


@pytest.mark.parametrize("fields", DIALLED_IN_VAIN, ids=str)
def test_what_rang_in_vain_is_counted(ben, calls, fields):
    dialled(ben, calls[0], 20, **fields)
    assert dial(ben, calls[1]) == "cap_person"


@pytest.mark.lane_b
def test_a_team_has_60_an_hour_together(ben, wes, alice, calls, sales):
    for who in (ben, wes, alice):
        dialled(who, calls[0], 19)
    assert [dial(who, call) for who, call in zip((ben, wes, alice), calls[1:4], strict=True)] == ["", "", ""]
    Action.objects.update(state="confirmed")
    kim = person("kim", "Kim", "Duarte")
    assert dial(kim, calls[4]) == "cap_team"
    assert dial(kim, Call.objects.create(team=sales)) == ""


def test_calls_without_a_team_count_together(ben, wes, alice, billing):
    lost, found = Call.objects.create(team=None), Call.objects.create(team=billing)
    for who in (ben, wes, alice):
        dialled(who, lost, 20)
    kim = person("kim", "Kim", "Duarte")
    assert (dial(kim, lost), dial(kim, found)) == ("cap_team", "")


def test_the_desk_has_200_a_day(ben, wes, calls):
    dialled(wes, calls[0], 199, ago=timedelta(hours=20))
    assert dial(ben, calls[1]) == ""
    with transaction.atomic():
        told = dialling.cap_refusal(ben, calls[2], NUMBER, stepped_up=True, now=timezone.now())
    assert told.code == "cap_account"
    assert told.message.endswith("this desk has 200 a day. The next may follow in 4 h.")
    assert dial(ben, calls[2], now=timezone.now() + timedelta(hours=5)) == ""


@pytest.mark.lane_b
@pytest.mark.parametrize("cap", ["cap_person", "cap_at_once", "cap_team", "cap_account"])
def test_ten_in_the_same_moment_get_one_place(ben, wes, alice, calls, cap):
    """One place is left, and ten wishes are made for it, on ten calls."""
    people = [ben] * 10
    if cap == "cap_person":
        dialled(ben, calls[0], 19)
    elif cap == "cap_at_once":
        dialled(ben, calls[0], 2, state="accepted")
    else:
        most, ago = (59, timedelta(minutes=5)) if cap == "cap_team" else (199, timedelta(hours=3))
        dialled(alice, calls[0], most, ago=ago)
        people = [person(f"kim{n}", "Kim", "Duarte") for n in range(10)]
    assert at_the_same_moment(list(zip(people, calls, strict=True))) == ["", *[cap] * 9]


# The alarm ----------------------------------------------------------------------------------------------------------


def rung():
    return [(row.facts["cap"], row.facts["used"]) for row in Audit.objects.filter(what="alarm.dialling").order_by("id")]


@pytest.mark.lane_b
def test_at_70_percent_the_alarm_rings_once(ben, calls, caplog):
    caplog.set_level(logging.WARNING)
    dialled(ben, calls[0], 12)
    for call in calls[:6]:
        assert dial(ben, call) == ""
        Action.objects.update(state="confirmed")
    assert rung() == [("person", 14)]
    row = Audit.objects.get(what="alarm.dialling")
    assert (row.user_id, row.call_id) == (ben.pk, calls[1].pk)
    assert row.facts == {"cap": "person", "used": 14, "most": 20, "team": calls[1].team_id}
    assert "Calls outside the directory: 14 are made, and a person has 20 an hour." in caplog.text
    call_command("verify_audit")


def test_the_next_hour_has_an_alarm_of_its_own(ben, calls):
    dialled(ben, calls[0], 13)
    dial(ben, calls[1])
    later = timezone.now() + timedelta(minutes=90)
    Action.objects.update(state="confirmed")
    Action.objects.filter(requested_at__lt=timezone.now() - timedelta(minutes=1)).update(requested_at=later)
    assert dial(ben, calls[2], now=later + timedelta(seconds=1)) == ""
    assert rung() == [("person", 14), ("person", 14)]


def test_teams_and_the_desk_have_alarms_too_and_one_is_not_anothers(ben, wes, alice, calls, sales):
    dialled(alice, calls[0], 41)
    dial(ben, calls[1])
    dialled(alice, Call.objects.create(team=sales), 41)
    dial(wes, Call.objects.create(team=sales))
    assert rung() == [("team", 42), ("team", 42)]
    dialled(alice, calls[0], 55, ago=timedelta(hours=3))
    kim = person("kim", "Kim", "Duarte")
    dial(kim, calls[2])
    dial(kim, calls[3])
    assert rung() == [("team", 42), ("team", 42), ("account", 140)]


def test_a_refused_wish_rings_no_alarm(ben, calls):
    dialled(ben, calls[0], 20)
    dial(ben, calls[1])
    assert rung() == []


# For the first time -------------------------------------------------------------------------------------------------


def test_a_number_that_nobody_talked_to_asks_for_the_password(ben, wes, calls):
    assert dial(ben, calls[0], stepped_up=False) == "step_up"
    with transaction.atomic():
        told = dialling.cap_refusal(ben, calls[0], NUMBER, stepped_up=False, now=timezone.now())
    assert told.message.endswith("type your password to call a number for the first time.")
    assert dial(ben, calls[0], stepped_up=True) == ""
    assert dial(wes, calls[1], stepped_up=False) == "step_up", "it was dialled, and nobody has answered yet"
    Action.objects.update(state="confirmed")
    assert dial(wes, calls[1], stepped_up=False) == ""
    assert dial(wes, calls[2], "+14155550189", stepped_up=False) == "step_up"


def test_who_has_none_left_is_not_asked_for_a_password(ben, calls):
    dialled(ben, calls[0], 20, number="+14155550111")
    assert dial(ben, calls[1], stepped_up=False) == "cap_person"


# By the real door ---------------------------------------------------------------------------------------------------

PASSWORD = "correct horse battery"


@pytest.fixture
def talking(twilio, line, ana):
    """`talking(3)`: so many callers, each on the phone with an agent."""

    def begin(count):
        begun = []
        for number in range(count):
            sid, _ = twilio.call_in(From=f"+141555502{number:02}")
            call = Call.objects.get(legs__sid=sid)
            said = {"ParentCallSid": sid, "To": f"client:agent{number}", "Direction": "outbound-dial"}
            child = twilio.sid()
            for sequence, word in enumerate(["initiated", "in-progress"]):
                twilio.status(child, word, sequence, f"?call={call.pk}&role=agent", **said)
            begun.append(call)
        return begun

    return begin


@pytest.mark.lane_b
def test_ben_dials_a_number_for_the_first_time_and_types_his_password(wish, ben, billing, talking, rest):
    may_all(ben, billing)
    (call,) = talking(1)
    told = wish(ben, call, "transfer", to=NUMBER)
    assert (told.status_code, told.json()["code"], rest.asked) == (403, "step_up", [])
    wrong = wish(ben, call, "transfer", to=NUMBER, password="my cat")
    assert (wrong.status_code, rest.asked) == (403, [])
    right = wish(ben, call, "transfer", to=NUMBER, password=PASSWORD)
    assert (right.status_code, len(rest.asked), Action.objects.get().dials) == (202, 1, NUMBER)
    assert list(Audit.objects.filter(what="action.refused").values_list("facts__code", flat=True)) == ["step_up"] * 2
    assert PASSWORD not in str(list(Action.objects.values())) + str(list(Audit.objects.values()))


def test_every_wrong_password_is_written_down_and_too_many_are_too(wish, ben, billing, dana_call, rest):
    cache.clear()
    may_all(ben, billing)
    told = [wish(ben, dana_call, "transfer", to=NUMBER, password=f"my cat {n}") for n in range(TRIES + 1)]
    assert {answer.status_code for answer in told} == {403} and rest.asked == []
    assert told[-1].json()["message"].startswith("Too many tries.")
    written = list(Audit.objects.values_list("what", "user_id", "call_id", "facts"))
    refused = {"verb": "transfer", "code": "step_up"}
    assert written == [("action.refused", ben.pk, dana_call.pk, refused)] * (TRIES + 1)
    assert "my cat" not in str(list(Audit.objects.values()))
    call_command("verify_audit")
    cache.clear()


@pytest.mark.parametrize(
    ("to", "code"),
    [("+19005550123", "premium"), ("+8816123456789", "satellite"), ("+254712123456", "country"), ("*72", "keys"),
     ("sip:a@b.example", "address"), ("0014155550177", "no_plus"), (LINE, "own_line"), ("911", "short")],
)  # fmt: skip
def test_what_may_not_be_dialled_is_refused_in_words_and_written_down(wish, ben, billing, dana_call, rest, to, code):
    may_all(ben, billing)
    told = wish(ben, dana_call, "transfer", to=to, password=PASSWORD)
    assert told.status_code in (409, 422) and told.json()["state"] == "refused"
    assert told.json()["message"].endswith((".", "7"))
    assert (rest.asked, Action.objects.count()) == ([], 0)
    assert Audit.objects.get().facts == {"verb": "transfer", "code": code}


def test_who_may_transfer_may_not_therefore_dial_outside(wish, ben, billing, dana_call, rest):
    group("Supervisor", "view_call", "transfer_call")
    told = wish(ben, dana_call, "transfer", to=NUMBER, password=PASSWORD)
    assert (told.status_code, rest.asked) == (403, [])
    assert told.json()["message"] == (
        "You need the permission “Can transfer to numbers outside the directory” on Billing."
    )


@pytest.mark.lane_b
def test_at_the_cap_ten_presses_in_one_moment_are_one_call(ben, billing, talking, rest):
    """Ten callers, ten windows, one place left: Twilio is asked once."""
    may_all(ben, billing)
    calls, told = talking(10), []
    dialled(ben, calls[0], 19)
    together = threading.Barrier(10)

    def press(call):
        client = Client()
        client.force_login(ben)
        form = {"key": str(uuid4()), "to": NUMBER}
        together.wait()
        try:
            told.append(client.post(f"/calls/{call.pk}/transfer/", form, headers={"Accept": "application/json"}))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=press, args=[call]) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert sorted(answer.status_code for answer in told) == [202] + [409] * 9
    assert {answer.json()["code"] for answer in told if answer.status_code == 409} == {"cap_person"}
    assert (len(rest.asked), Action.objects.count()) == (1, 20)
