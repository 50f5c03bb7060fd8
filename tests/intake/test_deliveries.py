"""However often and in whatever order Twilio delivers what happened, by the doors into the rows: one picture."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import cycle, islice

import pytest
import time_machine
from django.db.models import Sum

from calls.models import Call, Report
from tests.guards import figure
from tests.intake.rows import Desk, Onlooker, unlike_x
from tests.intake.scripts import SCRIPTS, Script
from tests.intake.teller import BEGAN, Cast, Said, Teller


@dataclass
class Telling:
    """One call, and what of it is still to be delivered."""

    script: Script
    cast: Cast
    left: list[Said] = field(default_factory=list)

    @property
    def sids(self) -> list[str]:
        return [self.cast.sid("CA", name) for name in self.script.roles]


def told_whole(script: Script, cast: Cast) -> list[Said]:
    """The script, and a first word of each leg's own: of a leg that only rooms speak of nobody could tell the role."""
    teller = Teller(cast)
    script.tell(teller)
    of_its_own = {said.params.get("CallSid") for said in teller.said if said.door not in ("conference", "recording")}
    for name in script.roles:
        if cast.sid("CA", name) not in of_its_own:
            teller.progress(name, "initiated", 0)
    return teller.said


def shuffled(told: list[Said], rng: random.Random) -> list[Said]:
    """Each at least once, some of them more often, in any order."""
    order = told + rng.choices(told, k=rng.randint(2, 5))
    rng.shuffle(order)
    return order


def arriving(said: Said, before: set[str]) -> datetime:
    """The first delivery comes at once, so that X holds to the second; a repeat a while later."""
    late = 0 if said.body in before else 1
    before.add(said.body)
    return said.began + timedelta(seconds=said.at if late else said.at + 300)


@pytest.mark.load
@pytest.mark.lane_b
@pytest.mark.timeout(600)
@pytest.mark.parametrize("known", [False, True], ids=["as strangers", "with our own addresses"])
def test_every_delivery_sequence_ends_with_what_happened(twilio, floor, rng, known):
    """Five calls at a time, their deliveries interleaved: 600 sequences, 6,000 posts.

    With our own addresses: the caller's first request is answered before anything else happens, and what follows names
    the call in addresses and rooms. As strangers: legs find each other by ParentCallSid and ConferenceSid alone.
    """
    posts, bodies, answers, wrong = 0, set(), set(), []
    desk, onlooker = Desk(), Onlooker()
    scripts = islice(cycle(rng.sample(SCRIPTS, len(SCRIPTS))), figure(600) // 2)

    with time_machine.travel(BEGAN, tick=False) as clock:

        def deliver(said: Said) -> None:
            nonlocal posts
            clock.move_to(arriving(said, bodies))
            answers.add(twilio.post(said.url, said.params).status_code)
            posts += 1

        def begin(number: int, script: Script) -> Telling:
            cast = Cast(number, began=BEGAN + timedelta(minutes=5 * number))
            told = told_whole(script, cast)
            if known and told[0].door == "voice":
                deliver(told[0])
                cast = Cast(number, began=cast.began, call_id=Call.objects.get(legs=told[0].params["CallSid"]).pk)
                told = told_whole(script, cast)
            return Telling(script, cast, shuffled(told, rng))

        tellings = [begin(number, script) for number, script in enumerate(scripts)]
        for five in (tellings[at : at + 5] for at in range(0, len(tellings), 5)):
            while any(telling.left for telling in five):
                telling = rng.choice([telling for telling in five if telling.left])
                deliver(telling.left.pop())
                wrong += onlooker.look(telling.sids)
            wrong += [what for telling in five for what in unlike_x(telling.script, telling.cast)]
            wrong += desk.unlike_rows()

    assert wrong == []
    assert answers <= {200, 204}
    assert Report.objects.count() == len(bodies)
    assert Report.objects.aggregate(Sum("deliveries"))["deliveries__sum"] == posts
    assert set(Report.objects.values_list("verdict", flat=True)) <= {"heard", "unverified"}
    print(f"{len(tellings)} sequences, {posts} posts, {len(bodies)} statements")
