"""What a wish asks of Twilio, and what is made of the answers: told to the supervisor, and recorded as reports."""

import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from django.utils import timezone

from calls.control.plan import Plan
from calls.intake.record import record
from calls.live import frames
from calls.models import Action, Call, Leg, Rights, Tap
from calls.twilio import gateway
from calls.twilio.reports import from_answer
from calls.twilio.schema import Nonsense

State = Action.State
GONE = {20404, 21220}  # not found; not in progress any more
CONFLICT, TOO_MANY = 409, 429
WRONG_ACCOUNT = (401, 403)
log = logging.getLogger(__name__)


class Verb(Protocol):
    """A module of `control.verbs`, or one of a family."""

    EXCLUSIVE: bool
    ABSOLUTE: bool
    plan: Callable[[Call, Sequence[Leg], Mapping[str, str], Rights], Plan]
    send: Callable[[Action, Mapping[str, Any], float], list[dict[str, Any]]]


@dataclass(frozen=True)
class Told:
    """A resource that Twilio answered with. `looked`: it was fetched; `made`: whose leg it is, if it was just made."""

    resource: dict[str, Any]
    asked_at: datetime
    looked: bool = False
    made: Mapping[str, Any] = field(default_factory=dict)


Answers = list[Told]


def ask(verb: Verb, action: Action, until: float) -> tuple[str, str, str, Answers]:
    """Send what the plan says. Returns (state, code, sentence, Twilio's answers)."""
    answers: Answers = []
    refusals: list[gateway.Refused] = []
    lost: list[gateway.Unreachable] = []
    waiting = deque(action.part["sends"])
    if not waiting:
        return State.ACCEPTED, "", "Nothing has to be asked of Twilio. Waiting for the effect.", answers
    while waiting:
        sent, asked_at = waiting.popleft(), timezone.now()
        try:
            share = (until - time.monotonic()) / (len(waiting) + 1) if sent.get("each") else 0
            until_then = time.monotonic() + share if share else until
            made = made_by(action, sent)
            answers += [Told(resource, asked_at, made=made) for resource in verb.send(action, sent, until_then)]
        except gateway.Refused as error:
            refusals.append(error)  # of this one: the others are asked for all the same
            if sent.get("must"):
                break
            if error.code in GONE:
                waiting.extend(sent.get("else", ()))
        except ValueError as error:
            log.error("A request was never sent: %s", error)
            return State.FAILED, "misconfigured", "Nothing was sent: this desk's Twilio settings are wrong.", answers
        except gateway.Unreachable as error:
            lost.append(error)
            if not sent.get("each"):  # each of those is asked for, whatever becomes of the others
                break
    if lost:
        return *unanswered(lost, some=bool(answers or action.step)), answers
    return *judged(refusals, some=bool(answers or action.step)), answers


def made_by(action: Action, sent: Mapping[str, Any]) -> dict[str, Any]:
    """Whose it is, what the answer tells of: a new leg, a new recording, or a leg of which nothing else tells."""
    if "add" in sent:
        return {"call_id": action.call_id, "role": sent["role"], "action_id": action.pk}
    return {"action_id": action.pk} if "start" in sent or "until" in sent else {}


def unanswered(lost: Sequence[gateway.Unreachable], *, some: bool) -> tuple[str, str, str]:
    state, code, what = State.FAILED, "unreachable", "Nothing was sent."
    if any(error.sent for error in lost):
        state, code, what = State.UNKNOWN, "unknown", "It may have happened: watch the legs."
    elif some:
        what = "Only a part of it was sent."
    return state, code, f"{lost[0]} {what}"


def judged(refusals: Sequence[gateway.Refused], *, some: bool) -> tuple[str, str, str]:
    """(state, code, sentence) of a wish of which Twilio refused these requests; `some`: it took others."""
    for no in refusals:
        if no.code in GONE and no.status not in (TOO_MANY, CONFLICT, *WRONG_ACCOUNT):
            continue
        code, why = str(no.code)[:40], f"Twilio refused: {said(no)} ({no.code})."
        if no.status == TOO_MANY:
            code, why = str(TOO_MANY), f"Twilio has too many requests at once ({no.code})."
        elif no.status == CONFLICT:
            code, why = "conflict", f"Something else was being done to this leg at Twilio ({no.code}). Look again."
        elif no.status in WRONG_ACCOUNT:
            why = f"Twilio does not accept this desk's credentials: tell who runs it ({no.code})."
            code = "credentials"
        return State.FAILED, code, f"Only a part of it was accepted. {why}" if some else why
    if refusals and not some:
        return State.FAILED, "call_ended", f"The call is no longer in progress ({refusals[0].code})."
    return State.ACCEPTED, "", "Twilio accepted it. Waiting for the effect."


# What Twilio says in words that help nobody (twilio.com/docs/api/errors).
NAMELY = {
    16101: "the recording is too short",
    16102: "there is nothing to be heard in the recording",
    16108: "more than one recording of this leg runs, and it does not know which is meant",
    31920: "the address that it would be streamed to has a query, which Twilio does not take",
    31921: "whoever it was streamed to has closed the connection",
    31941: "four tracks of this leg are streamed already, and Twilio takes no more",
}


def said(refusal: gateway.Refused) -> str:
    """Twilio's sentence; it may name a number, and everybody who sees the call reads it."""
    return NAMELY.get(refusal.code) or frames.mask(str(refusal)).rstrip(".")


def take_in(answers: Answers) -> None:
    """What Twilio answered is a report as well. If it makes no sense the callbacks tell what became of the wish."""
    reports = []
    for told in answers:
        try:
            reports.append(from_answer(told.resource, asked_at=told.asked_at, looked=told.looked, **told.made))
        except Nonsense as error:
            log.warning("Twilio's answer to a wish makes no sense: %s", error)
    if reports:
        record(reports)


def looked_up(action: Action, until: float) -> Answers:
    """The legs that are not as we thought, as Twilio knows them: their last callbacks may be lost."""
    asked = {sent[whom] for sent in action.part["sends"] for whom in ("sid", "seat", "kick") if whom in sent}
    return looked_at(asked, until)


def looked_at(sids: Iterable[str], until: float) -> Answers:
    """These legs, as Twilio knows them."""
    found: Answers = []
    for sid in sids:
        asked_at = timezone.now()
        with contextlib.suppress(gateway.Refused, gateway.Unreachable):
            found.append(Told(gateway.fetch_leg(sid, until=until), asked_at, looked=True))
    return found


def looked_beside(action: Action, until: float) -> Answers:
    """The recordings that the wish is about, as Twilio has them now. Of transcriptions and streams it tells nothing."""
    sids = [*action.plan.get("taps", ()), *action.seen.get("taps", ())]
    taps = Tap.objects.filter(sid__in=sids, kind=Tap.Kind.RECORDING).values_list("sid", "leg_id") if sids else ()
    found: Answers = []
    for sid, leg in taps:
        asked_at = timezone.now()
        with contextlib.suppress(gateway.Refused, gateway.Unreachable):
            resource = gateway.fetch_beside(leg, "Recordings", sid, until=until)
            found.append(Told(resource | {"call_sid": leg}, asked_at, looked=True))
    return found
