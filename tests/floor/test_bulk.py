"""One wish on many calls, from the page to what callers hear: over HTTP, against the simulator."""

import re
import secrets
import time
from types import SimpleNamespace
from uuid import uuid4

import pytest

from calls.floor.bulk import RATE
from calls.models import Action, Audit, Bulk
from tests.control.floor import SPOKEN, Desk, until

pytestmark = pytest.mark.floor
DESKS = 6


def ask(desk: Desk, path: str, form: dict[str, str] | None = None, *, accept: str = "application/json"):
    """What the supervisor is told at this address; with a form it is posted."""
    token = secrets.token_hex(16)
    headers = {
        "Cookie": f"sessionid={desk.sessions['']}; csrftoken={token}", "X-CSRFToken": token, "Accept": accept,
    }  # fmt: skip
    url = desk.floor.server.url + path
    if form is None:
        return desk.browser.get(url, headers=headers, timeout=30)
    return desk.browser.post(url, data={"key": str(uuid4()), **form}, headers=headers, timeout=30)


def to_all(desk: Desk, verb: str, **form: str):
    return ask(desk, f"/bulk/{verb}/", {"queue": str(desk.queue.pk), **form})


def now(desk: Desk, pk: str) -> SimpleNamespace:
    return SimpleNamespace(**ask(desk, f"/bulk/{pk}/").json())


def over(desk: Desk, pk: str) -> SimpleNamespace:
    until(lambda: now(desk, pk).over, "it is over", within=60)
    return now(desk, pk)


def crowd(desk: Desk, size: int) -> list[str]:
    return [desk.waits() for _ in range(size)]


def test_five_who_wait_hear_an_announcement_and_go_on_waiting(desk):
    callers = crowd(desk, 5)
    page = ask(desk, f"/queues/{desk.queue.pk}/", accept="text/html").text
    assert "5 waiting" in page and "How many calls is it about? (5 now)" in page
    begun = to_all(desk, "announce", text=SPOKEN, count="5")
    assert begun.status_code == 202, begun.text
    assert (begun.json()["total"], begun.json()["rate"]) == (5, RATE)
    told = over(desk, begun.json()["id"])
    assert (told.made, told.done, told.failed, told.refused, told.sentence) == (5, 5, 0, 0, "It is over.")
    for caller in callers:
        assert desk.heard(caller, SPOKEN) == 1
        assert desk.sees(caller).status == "waiting"
    steps = Audit.objects.filter(facts__bulk=told.id).order_by("id").values_list("what", flat=True)
    assert list(steps) == ["bulk.begun", "bulk.finished"]


def test_all_of_a_queue_end_if_the_count_is_typed_right(desk):
    callers = crowd(desk, 4)
    wrong = to_all(desk, "end", count="3")
    assert wrong.status_code == 409
    assert wrong.json()["message"] == f"4 calls wait in {desk.queue.name} now, and you typed 3. Look again."
    assert to_all(desk, "end", count="four").status_code == 422
    assert not any(desk.truth(caller)["over"] for caller in callers)
    assert not Bulk.objects.filter(queue=desk.queue).exists()
    told = over(desk, to_all(desk, "end", count="4").json()["id"])
    assert (told.done, told.problems) == (4, [])
    assert all(desk.truth(caller)["over"] for caller in callers)


def test_who_presses_twice_begins_it_once(desk):
    crowd(desk, 2)
    key = str(uuid4())
    first, second = (to_all(desk, "end", count="2", key=key).json()["id"] for _ in range(2))
    assert first == second
    assert over(desk, first).done == 2
    assert to_all(desk, "end", count="0").json()["message"] == f"Nobody waits in {desk.queue.name}."


def test_it_is_stopped_half_way_at_a_steady_rate(desk):
    callers = crowd(desk, 12)
    began = time.monotonic()
    pk = to_all(desk, "end", count="12").json()["id"]
    until(lambda: now(desk, pk).made >= 3, "some are asked for")
    assert now(desk, pk).made <= (time.monotonic() - began) * RATE + 1
    stopped = SimpleNamespace(**ask(desk, f"/bulk/{pk}/stop/", {}).json())
    assert not stopped.runs
    told = over(desk, pk)
    assert re.fullmatch(r"Stopped by Super\d+: \d+ calls were left alone\.", told.sentence)
    assert told.made <= stopped.made + 1 < 12  # one may have been on its way
    ended = [caller for caller in callers if desk.truth(caller)["over"]]
    assert ended == callers[: len(ended)] and len(ended) == told.done, "the first ones, and nobody else"
    time.sleep(3 / RATE)
    assert now(desk, pk).made == told.made
    assert ask(desk, f"/bulk/{pk}/stop/", {}, accept="text/html").status_code == 200


def test_the_server_dies_in_the_middle_and_goes_on_where_it_was(floor, desk):
    callers = crowd(desk, 8)
    pk = to_all(desk, "end", count="8").json()["id"]
    until(lambda: now(desk, pk).made >= 2, "some are asked for")
    floor.server.kill()
    made = Bulk.objects.get(pk=pk).made
    assert made < 8
    floor.server.start()
    told = over(desk, pk)
    # Who asked for music while the server was away has stayed on the line (test_away.py): who was on the way back to
    # the queue when their turn came is left alone.
    assert all("does not wait" in one["why"] for one in told.problems), told.problems
    assert (told.made, told.done) == (8, 8 - len(told.problems))
    assert sum(desk.truth(caller)["over"] for caller in callers) == told.done
    wishes = Action.objects.filter(call__legs__in=callers).values_list("call", flat=True)
    assert len(wishes) == len(set(wishes)) == 8 - told.refused, "one wish a call, none where it was refused"


def test_in_the_end_nothing_is_open(floor):
    floor.everybody_hangs_up()
    assert not Bulk.objects.filter(stopped_at=None, finished_at=None).exists()
    assert floor.server.tracebacks() == []
