"""Callbacks are lost and nobody is left on the desk who has hung up; Twilio's API fails and the desk says so."""

from datetime import timedelta

import pytest

from calls.models import Call, Leg
from tests.guards import figure
from tests.intake.account import Account, Door, Time, steps
from tests.intake.scripts import BEGAN

BOUND = 90  # seconds that somebody may be shown after they hung up


@pytest.fixture
def account(rows, line, ana, rng) -> Account:
    return Account(Time(), rng)


def ghosts(account: Account) -> list[float]:
    """How long ago the calls were over that we still show, in seconds."""
    live = set(Call.objects.live().values_list("pk", flat=True))
    callers = [leg for leg in account.lines.values() if leg.parent is None]
    shown = dict(Leg.objects.filter(sid__in=[leg.sid for leg in callers]).values_list("sid", "call"))
    return [
        account.time.at - leg.ended for leg in callers if shown.get(leg.sid) in live and leg.ended < account.time.at
    ]


@pytest.mark.load
@pytest.mark.parametrize("loss", [0.0, 0.5, 1.0], ids=["no callback lost", "every second lost", "all lost"])
def test_nobody_is_shown_for_longer_than_ninety_seconds_after_they_hung_up(account, loss):
    """200 calls; every fifth request to the API comes to nothing; two reconcilers who do not know of each other."""
    time, oldest = account.time, [0.0]
    account.errors = 0.2
    account.phones(figure(200, least=50), within=figure(400, least=150))
    doors = [Door(account), Door(account)]

    def look() -> None:
        while True:
            oldest.append(max(ghosts(account), default=0.0))
            time.wait(1)

    time.run(figure(400, least=150) + 320, lambda: account.deliver(loss), look, *map(steps, doors))
    assert max(oldest) <= BOUND
    assert Call.objects.live().count() == 0
    wrong = [sid for sid, *said in Leg.objects.values_list("sid", "status", "ended_at", "duration", "call__reopened_at")
             if said != truth(account, sid)]  # fmt: skip
    assert wrong == []
    assert Leg.objects.filter(healed=True).exists() == (loss > 0)
    for door in doors:
        assert most_in_a_second(door.asked) <= 4
        assert door.most <= 2
        assert door.hasty == []
    fetches, requests = sum(len(door.fetched) for door in doors), sum(len(door.asked) for door in doors)
    print(f"oldest ghost {max(oldest):.0f} s, {requests} requests, {fetches} of them for one leg")


def truth(account: Account, sid: str) -> list[object]:
    leg = account.lines[sid]
    return [leg.status(leg.ended), BEGAN + timedelta(seconds=leg.ended), leg.duration, None]


def most_in_a_second(asked: list[float]) -> int:
    return max(sum(start <= at < start + 0.999 for at in asked) for start in asked)
