"""Several supervisors want different things of one call in the same moment, and Dana may hang up in the middle of it.

One of them has it; the others are told who. Only the end of the whole call overtakes.
"""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.db import connections
from django.test import Client

from calls.models import Action, Call, Phone
from tests.control.aftermath import a_while_later, as_twilio_has_it, carries_on
from tests.control.conftest import Span
from tests.control.parties import Kind, Scene, consults_bo, goes_round
from tests.guards import figure

WISHED = ("transfer", "announce", "end leg", "redirect", "end", "hold", "mute", "kick")
NAMES = {"ben": "Ben Okafor", "kim": "Kim Duarte", "lee": "Lee Novak", "max": "Max Haddad"}
OVER = {
    "The call has ended already.",
    "There is no such live leg on this call.",
    "Ana Pereira is in no conference: only there this can be done.",
    "The caller is in no conference: only there this can be done.",
    "Ana Pereira is muted already.",
    "The caller is on hold already.",
}
ANSWERS = {("busy", 409), ("call_ended", 409), ("leg", 422), ("no_room", 409), ("muted", 409), ("held", 409)}


@dataclass
class Heard:
    """What one of them was answered."""

    who: str
    kind: str
    status: int
    state: str
    code: str
    message: str


@pytest.fixture
def desks(supervisors) -> Iterator[Callable]:
    """`desks(call, wishes)`: they press in the same moment; `wishes` are (who, kind, verb, form)."""
    clients = {}
    for user in supervisors:
        clients[user.username] = Client(headers={"Accept": "application/json"})
        clients[user.username].force_login(user)

    def press(who, kind, path, form, together):
        together.wait(20)
        try:
            answer = clients[who].post(path, form)
        finally:
            connections.close_all()
        told = answer.json()
        return Heard(who, kind, answer.status_code, told["state"], told["code"], told["message"])

    def all_at_once(call, wishes, together):
        return [
            pool.submit(press, who, kind, f"/calls/{call.pk}/{verb}/", {**form, "key": str(uuid4())}, together)
            for who, kind, verb, form in wishes
        ]

    with ThreadPoolExecutor(len(supervisors)) as pool:
        yield all_at_once


@pytest.mark.lane_b
@pytest.mark.load
@pytest.mark.timeout(900)
def test_one_has_it_the_others_are_told_who(desks, fields, account, rest, rng):
    rounds = figure(200)
    seen = {"hung up": 0, "overtaken": 0, "busy": 0, "over": 0}
    act = rest.always

    def slowly(sid, form):
        """Twilio takes its time before it does it, and after."""
        time.sleep(random.Random(sid + str(form)).uniform(0, 0.03))
        try:
            return act(sid, form)
        finally:
            time.sleep(0.005)

    rest.always = slowly
    for _ in range(rounds):
        caller = account.phones()
        account.tells()
        call, agent = Call.objects.get(legs__sid=caller), account.lines[caller].dial[1]
        account.meet(call.pk, caller, agent)
        people = rng.sample(list(NAMES), rng.randint(2, 4))
        wishes = [(who, kind, *fields(kind, agent)) for who in people for kind in [rng.choice(WISHED)]]
        hangs_up = rng.random() < 0.4
        rest.spans.clear()
        together = threading.Barrier(len(wishes) + hangs_up)
        pressed = desks(call, wishes, together)
        if hangs_up:  # before they press or while they do; and Twilio tells it while they do
            early = rng.random() < 0.3
            if early:
                account.ends(caller)
            together.wait(20)
            if not early:
                time.sleep(rng.uniform(0, 0.06))
                account.ends(caller)
            account.tells()
        heard = [each.result(60) for each in pressed]

        actions = list(Action.objects.filter(call=call).select_related("by"))
        judge(heard, actions, hangs_up=hangs_up)
        assert overlapping(rest.spans, caller, agent, actions) == []
        seen["hung up"] += hangs_up
        seen["overtaken"] += sum(action.state == "overtaken" for action in actions)
        seen["busy"] += sum(one.code == "busy" for one in heard)
        seen["over"] += sum(one.code == "call_ended" for one in heard)

        account.ends(caller)
        account.tells()
        assert not Action.objects.filter(call=call, state__in=("requested", "sending")).exists()
        call.refresh_from_db()
        assert call.status == "ended"
        assert as_twilio_has_it(account, call)
        assert not [action for action in Action.objects.filter(call=call) if action.open], "the end settles them all"
    call_command("verify_audit")
    assert seen["overtaken"] and seen["busy"]
    print(f"{rounds} rounds: {seen}")


@pytest.mark.parametrize("kind", [kind for kind in WISHED if kind != "kick"])  # who is not there is out already
@pytest.mark.parametrize("told", [True, False], ids=["as we know", "as we do not know yet"])
def test_on_a_call_that_is_over_all_of_them_are_told_that_it_is(desks, fields, account, rest, kind, told):
    caller = account.phones()
    account.tells()
    call, agent = Call.objects.get(legs__sid=caller), account.lines[caller].dial[1]
    account.meet(call.pk, caller, agent)
    account.ends(caller)
    if told:
        account.tells()
    wishes = [(who, kind, *fields(kind, agent)) for who in NAMES]
    heard = [each.result(60) for each in desks(call, wishes, threading.Barrier(len(wishes)))]
    assert {one.status for one in heard} == {409}
    assert {one.code for one in heard} == {"call_ended"} if told else {one.code for one in heard} >= {"call_ended"}
    assert {one.code for one in heard} <= {"call_ended", "busy"}
    assert not [action for action in Action.objects.all() if action.open]


TO_BO = {"destination": "agent-{bo}"}
ROOM_WISHES: dict[str, tuple[str, dict[str, str]]] = {
    "consult": ("transfer", {"mode": "warm", **TO_BO}),
    "hand over": ("complete", {}),
    "cancel": ("cancel", {}),
    "swap": ("swap", {}),
    "add": ("add", TO_BO),
    "take over": ("take_over", {}),
    "hold": ("hold", {}),
    "kick": ("kick", {}),
    "end": ("end", {"target": "call"}),
    "monitor": ("monitor", {}),
    "record": ("record", {}),
    "limit": ("limit", {"minutes": "5"}),
}
BESIDE_OTHERS = ("monitor", "record", "limit")
CALLS_SOMEBODY = ("consult", "add", "take over", "monitor")


@pytest.mark.lane_b
@pytest.mark.load
@pytest.mark.timeout(900)
def test_in_a_room_one_has_it_and_who_only_listens_or_records_is_in_nobodys_way(
    parties, desks, supervisors, account, clock, rng
):
    for user in supervisors[1:]:
        Phone.objects.create(user=user, address=f"client:{user.username}")
    rounds, seen = figure(60), Counter()
    for _ in range(rounds):
        before = rng.choice((nothing_before, nothing_before, consults_bo))
        scene = parties.scene(Kind("", bool, before=before))
        known = set(Action.objects.values_list("pk", flat=True))
        wishes = []
        for who in rng.sample(list(NAMES), rng.randint(2, 4)):
            kind = rng.choice(list(ROOM_WISHES))
            verb, form = ROOM_WISHES[kind]
            wishes.append((who, kind, verb, {name: text.format(bo=scene.bo.pk) for name, text in form.items()}))
        heard = [one.result(60) for one in desks(scene.call, wishes, threading.Barrier(len(wishes)))]

        actions = list(Action.objects.filter(call=scene.call).exclude(pk__in=known).select_related("by"))
        one_at_most_has_it(heard, actions)
        for action in actions:
            carries_on(scene, action, clock)
        calls = [one for one in heard if one.kind in CALLS_SOMEBODY and one.state != "refused"]
        assert len(account.rung) <= len(calls), "each who is called in is rung once"
        a_while_later(scene, clock)
        assert scene.in_company() or not account.lines[scene.caller].live
        assert as_twilio_has_it(account, scene.call)
        seen.update(f"{one.kind} {one.code or one.state}" for one in heard)
        account.ends(scene.caller)
        for _ in range(10):
            account.tells()
            goes_round()
            clock.goes_on(2)
        assert not [action for action in Action.objects.filter(call=scene.call) if action.open]
        assert as_twilio_has_it(account, scene.call)
    call_command("verify_audit")
    print(f"{rounds} rounds: {dict(sorted(seen.items()))}")


def nothing_before(scene: Scene) -> None:
    pass


def one_at_most_has_it(heard, actions):
    for one in heard:
        assert one.status in (200, 202, 409, 422), one
        if one.code == "busy" and one.kind not in BESIDE_OTHERS:
            faster = [name for name in NAMES.values() if one.message.startswith(f"{name} is already on it (")]
            assert faster and faster[0] != NAMES[one.who], one
    exclusive = [action for action in actions if action.exclusive]
    assert len([action for action in exclusive if action.state != "overtaken"]) <= 1, exclusive
    assert exclusive or not [one for one in heard if one.code == "busy" and one.kind not in BESIDE_OTHERS]
    granted = [one for one in heard if one.state != "refused"]
    assert sorted(one.who for one in granted) == sorted(action.by.username for action in actions)


def judge(heard, actions, *, hangs_up):
    """Every answer is one that there is, and fits those of the others."""
    for one in heard:
        assert one.status in (200, 202, 409, 422), one
        if one.state == "refused":
            assert (one.code, one.status) in ANSWERS, one
            if one.code == "busy":
                faster = [name for who, name in NAMES.items() if one.message.startswith(f"{name} is already on it (")]
                assert faster, one.message
                assert faster[0] in {action.by.get_full_name() for action in actions}
                assert faster[0] != NAMES[one.who]
            else:
                assert hangs_up, one
                assert one.message in OVER
        elif one.state == "failed":
            assert one.code in ("call_ended", "left"), one
            assert hangs_up or "end" in {each.kind for each in heard}, one
        else:
            assert one.state in ("accepted", "confirmed", "overtaken"), one
    granted = [one for one in heard if one.state != "refused"]
    assert sorted(one.who for one in granted) == sorted(action.by.username for action in actions)
    assert actions or hangs_up
    whole = [action for action in actions if action.target == "call"]
    if not hangs_up:
        # Nothing is settled meanwhile: one of each sort, and the end of the call is the last.
        assert len(whole) <= 1 and len(actions) - len(whole) <= 1
        assert ("end" in {one.kind for one in heard}) == bool(whole)
        standing = [action for action in actions if action.state != "overtaken"]
        assert len(standing) == 1
        assert standing == (whole or actions)


def overlapping(spans: list[Span], caller: str, agent: str, actions: list[Action]) -> list[tuple[Span, Span]]:
    """Requests of two wishes that were at Twilio at the same time, though neither was to end the whole call."""
    whole = any(action.target == "call" for action in actions)
    gone = any(span.status != 200 and span.sid == caller for span in spans)

    def of_the_end(span: Span) -> bool:
        return "Status" in span.form and whole and (span.sid == caller or (span.sid == agent and gone))

    kept = sorted((span for span in spans if not of_the_end(span)), key=lambda span: span.began)
    return [(one, other) for one, other in zip(kept, kept[1:], strict=False) if other.began < one.ended]
