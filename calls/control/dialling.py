"""Who may dial outside how often, and for which numbers a password is asked first. What a number is: `numbers`.

Someone else at a supervisor's desk, or a page that presses its buttons, is to cost as little as possible.
"""

import logging
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from math import ceil
from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from calls.control import numbers
from calls.control.plan import Refusal
from calls.models import OPEN_STATES, Action, Audit, AuditHead, Call, Leg

AT_ONCE = 3  # a person
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
ALARM_AT = 0.7  # of a cap
State = Action.State
# Twilio or we refused it, or it was never sent: nothing was dialled. (A busy target was.)
NOT_DIALLED = (
    Q(state=State.REFUSED)
    | Q(state=State.FAILED, accepted_at=None) & ~Q(code__startswith="target_")
    | Q(state=State.OVERTAKEN, sent_at=None)
)
STEP_UP = Refusal(
    "step_up", "Nobody has talked to this number from here yet: type your password to call a number for the first time."
)
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Cap:
    """So many calls to numbers outside the directory within `window`. `whose` actions count, and `whose_alarms`."""

    name: str
    most: int
    window: timedelta
    words: str
    whose: Q
    whose_alarms: Q

    def wished(self, now: datetime) -> QuerySet[Action]:
        return outside().filter(self.whose, requested_at__gt=now - self.window)

    def dialled(self, now: datetime) -> QuerySet[Action]:
        return self.wished(now).exclude(NOT_DIALLED)


def caps(by: User, call: Call) -> list[Cap]:
    team = call.team_id
    person = Cap("person", 20, HOUR, "a person has 20 an hour", Q(by=by), Q(user_id=by.pk))
    mates = Cap("team", 60, HOUR, "a team has 60 an hour", Q(call__team=team), Q(facts__team=team))
    return [person, mates, Cap("account", 200, DAY, "this desk has 200 a day", Q(), Q())]


def check(text: str, *, lines: Collection[str]) -> str | Refusal:
    """The number in E.164 if it may be dialled from here, else why not. `lines`: the addresses that lead back to us."""
    countries = {country.strip().upper() for country in settings.DIAL_COUNTRIES}
    return numbers.verdict(text, countries=countries - {""}, lines=lines)


def cap_refusal(by: User, call: Call, number: str, *, stepped_up: bool, now: datetime) -> Refusal | None:
    """Why this person may not dial this number now. Inside the wish's transaction, with the call locked.

    Wishes that dial outside take turns at the head of the audit until they commit: ten in the same moment see each
    other, so none of them is one too many. `stepped_up`: a password was typed within the last 15 minutes.
    """
    AuditHead.objects.select_for_update().get(pk=1)
    if at_once(by, now) >= AT_ONCE:
        return Refusal("cap_at_once", f"You have {AT_ONCE} calls outside the directory open: end one of them first.")
    for cap in caps(by, call):
        before = list(cap.dialled(now).order_by("-requested_at").values_list("requested_at", flat=True)[: cap.most])
        if len(before) == cap.most:
            free = before[-1] + cap.window - now
            told = f"No more calls outside the directory now: {cap.words}. The next may follow in {in_words(free)}."
            return Refusal(f"cap_{cap.name}", told)
    if not stepped_up and not Action.objects.filter(dials=number, state=State.CONFIRMED).exists():
        return STEP_UP
    return None


def alarms(by: User, call: Call, now: datetime) -> list[dict[str, Any]]:
    """Audit entries of the caps that fill up, one a window each. When the action is saved, in its transaction."""
    entries = []
    for cap in caps(by, call):
        used = cap.dialled(now).count()
        if used < ceil(cap.most * ALARM_AT) or has_rung(cap, now):
            continue
        facts = {"cap": cap.name, "used": used, "most": cap.most, "team": call.team_id}
        entries.append({"what": "alarm.dialling", "user_id": by.pk, "call_id": call.pk, "facts": facts})
        warn = f"Calls outside the directory: {used} are made, and {cap.words}."
        transaction.on_commit(partial(log.warning, warn), robust=True)
    return entries


def has_rung(cap: Cap, now: datetime) -> bool:
    """Within this window. Looked for by the calls, which the audit has an index of."""
    told = Audit.objects.filter(call_id__in=cap.wished(now).values("call"), at__gt=now - cap.window)
    return told.filter(cap.whose_alarms, what="alarm.dialling", facts__cap=cap.name).exists()


def outside() -> QuerySet[Action]:
    return Action.objects.exclude(dials="")


def at_once(by: User, now: datetime) -> int:
    """Dialled and not over: no answer of Twilio's yet, or somebody is on the line. No leg lives longer than 4 hours."""
    talking = Exists(Leg.objects.filter(to_number=OuterRef("dials"), ended_at=None))
    mine = outside().exclude(NOT_DIALLED).filter(by=by, requested_at__gt=now - DAY)
    return mine.filter(Q(state__in=OPEN_STATES) | talking).count()


def in_words(wait: timedelta) -> str:
    minutes = ceil(wait / timedelta(minutes=1))
    return f"{minutes} min" if minutes <= 90 else f"{ceil(minutes / 60)} h"
