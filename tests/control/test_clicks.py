"""One click is one request: the same key many times at once, with another body, and in another person's hands."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from uuid import uuid4

import pytest
from django.db import connections
from django.test import Client

from calls.models import Action, Call
from tests.control.conftest import may_all
from tests.guards import figure

AT_ONCE = 8
CLICKED = ["transfer", "announce", "end", "end leg", "redirect"]


@pytest.fixture
def fingers(supervisors) -> Iterator[Callable]:
    """`fingers(call, verb, form)`: ben presses the same button eight times in the same moment. The answers."""
    clients = [Client(headers={"Accept": "application/json"}) for _ in range(AT_ONCE)]
    for client in clients:
        client.force_login(supervisors[0])

    def press(client, together, path, form):
        together.wait(20)
        return client.post(path, form)

    def all_at_once(call, verb, form):
        together = threading.Barrier(AT_ONCE)
        path = f"/calls/{call.pk}/{verb}/"
        pressed = [pool.submit(press, client, together, path, form) for client in clients]
        return [each.result(60) for each in pressed]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield all_at_once
        let_go = threading.Barrier(AT_ONCE)
        list(pool.map(lambda _: (let_go.wait(20), connections.close_all()), range(AT_ONCE)))


@pytest.fixture
def phone_in(account) -> Callable[[], tuple[Call, str, str]]:
    """A caller who talks to Ana: the call, and both legs."""

    def phones() -> tuple[Call, str, str]:
        caller = account.phones()
        account.tells()
        return Call.objects.get(legs__sid=caller), caller, account.lines[caller].dial[1]

    return phones


def over(account, caller):
    account.ends(caller)
    account.tells()


ON_BOTH = [pytest.param(kind, marks=[pytest.mark.lane_b] * (kind in ("transfer", "end"))) for kind in CLICKED]


@pytest.mark.parametrize("kind", ON_BOTH)
def test_eight_clicks_with_one_key_are_one_request_and_one_answer(fingers, fields, phone_in, account, rest, kind):
    for _ in range(figure(50)):
        call, caller, agent = phone_in()
        verb, form = fields(kind, agent)
        form["key"] = str(uuid4())
        rest.asked.clear()
        answers = fingers(call, verb, form)

        assert len(rest.asked) == 1
        action = Action.objects.get(call=call)
        firsts = [answer for answer in answers if "Replayed" not in answer.headers]
        assert [(first.status_code, first.json()["state"]) for first in firsts] == [(202, "accepted")]
        for late in answers:
            assert late.status_code in (200, 202)
            assert late.headers.get("Replayed", "true") == "true"
            # It tells how far the wish has come by then, and it is the same wish.
            same = {"action": str(action.pk), "effects": firsts[0].json()["effects"], "code": ""}
            assert {name: late.json()[name] for name in same} == same
            assert late.json()["state"] in ("requested", "sending", "accepted")
        for again in fingers(call, verb, form):
            assert (again.status_code, again.headers["Replayed"], again.json()) == (200, "true", firsts[0].json())
        assert len(rest.asked) == action.attempt == 1
        over(account, caller)


@pytest.mark.parametrize("kind", CLICKED)
def test_a_key_does_not_serve_for_another_wish(fingers, fields, phone_in, account, rest, kind):
    call, caller, agent = phone_in()
    verb, form = fields(kind, agent)
    form["key"] = str(uuid4())
    fingers(call, verb, form)
    rest.asked.clear()
    others = [fields(other, agent) for other in CLICKED if other != kind]
    for other, changed in [(verb, {**form, "text": "Something else."}), *others]:
        answers = fingers(call, other, {**changed, "key": form["key"]})
        assert {answer.status_code for answer in answers} == {422}
        assert {answer.json()["code"] for answer in answers} == {"key"}
    over(account, caller)
    elsewhere, *_ = phone_in()
    assert {answer.status_code for answer in fingers(elsewhere, verb, form)} == {422}, "nor for another call"
    assert rest.asked == []


@pytest.mark.parametrize("kind", CLICKED)
def test_the_same_key_in_another_persons_hands_is_another_wish(
    fingers, fields, phone_in, supervisors, client, account, rest, kind
):
    call, caller, agent = phone_in()
    verb, form = fields(kind, agent)
    form["key"] = str(uuid4())
    bens = fingers(call, verb, form)[0].json()
    over(account, caller)
    other, _, agent = phone_in()
    verb, theirs = fields(kind, agent)
    client.force_login(supervisors[1])
    rest.asked.clear()
    answer = client.post(
        f"/calls/{other.pk}/{verb}/", {**theirs, "key": form["key"]}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, "Replayed" in answer.headers, len(rest.asked)) == (202, False, 1)
    assert answer.json()["action"] != bens["action"]
    assert Action.objects.filter(key=form["key"]).count() == 2


def test_and_is_not_told_what_the_other_wished(fingers, fields, phone_in, supervisors, sue, sales, client, rest):
    """Sue, of another team, tries ben's key on ben's call and on ben's action: there is nothing for her."""
    call, _, agent = phone_in()
    verb, form = fields("announce", agent)
    form["key"] = str(uuid4())
    fingers(call, verb, form)
    may_all(sue, sales)
    client.force_login(sue)
    rest.asked.clear()
    answer = client.post(f"/calls/{call.pk}/{verb}/", form, headers={"Accept": "application/json"})
    assert (answer.status_code, rest.asked) == (404, [])
