"""A wish becomes an action, is sent once, and its outcome is written down. No lock is held while Twilio is asked."""

import hashlib
import json
import logging
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import ModuleType
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.utils import timezone

from calls.control import policy
from calls.control.plan import Plan, Refusal
from calls.failpoints import crash
from calls.intake.record import record
from calls.live import frames, hint
from calls.models import OPEN_STATES, Action, Call, append_audit, publish, rights_of
from calls.twilio import gateway
from calls.twilio.reports import Nonsense, from_rest

LEASE = timedelta(seconds=30)
EFFECT_DUE = timedelta(seconds=10)
State = Action.State
GONE = {20404, 21220}  # not found; not in progress any more
MOVED = ("state", "code", "message", "attempt", "lease_until", "sent_at", "accepted_at", "settled_at")
Answers = list[tuple[dict[str, Any], datetime]]  # Twilio's, each with when it was asked for
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What the supervisor is told: an HTTP status and a sentence."""

    status: int
    state: str
    message: str
    action: UUID | None = None
    effects: Sequence[Mapping[str, str]] = ()
    replayed: bool = False

    def as_json(self) -> dict[str, Any]:
        action = str(self.action) if self.action else None
        return {"action": action, "state": self.state, "effects": list(self.effects), "message": self.message}


def preview(call: Call, verb: ModuleType, fields: Mapping[str, str]) -> tuple[Plan, str]:
    """The plan as it is now, and the shape that says so."""
    legs = list(call.legs.select_related("agent").order_by("started_at", "sid"))
    plan = verb.plan(call, legs, fields)
    return plan, f"{call.shape}-{plan.digest}"


def wish(
    call_id: UUID, by: User, name: str, verb: ModuleType, fields: Mapping[str, str], *, key: UUID, shape: str
) -> Answer:
    """One press of a button: recorded, sent, and answered with what is known then.

    `shape` as the page or the plan gave it, "" for "as it is now". The caller has checked that `by` may see the call.
    """
    action, answer = request(call_id, by, name, verb, fields, key=key, shape=shape)
    crash("action.after_requested")
    if action is None or answer is not None:
        return answer or Answer(404, State.REFUSED, "There is no such call.")
    plan_effects = action.plan["effects"]
    if not claim(action):
        return told(Action.objects.get(pk=action.pk), plan_effects)
    crash("action.after_sending")
    outcome, code, message, answers = ask(verb, action)
    crash("action.after_twilio")
    conclude(action, outcome, code, message)
    crash("action.after_outcome")
    take_in(answers)
    return told(Action.objects.get(pk=action.pk), plan_effects)


def request(
    call_id: UUID, by: User, name: str, verb: ModuleType, fields: Mapping[str, str], *, key: UUID, shape: str
) -> tuple[Action | None, Answer | None]:
    """The wish in the ledger, or the answer that there is none to send: refused, busy, changed, or known already."""
    fingerprint = hashlib.sha256(json.dumps([str(call_id), name, sorted(fields.items())]).encode()).hexdigest()
    now = timezone.now()
    try:
        with transaction.atomic():
            known = Action.objects.filter(by=by, key=key).first()
            if known is not None:
                return known, replay(known, fingerprint)
            call = Call.objects.select_for_update(of=("self",)).select_related("team").get(pk=call_id)
            why_not = policy.refusal(rights_of(by), name, call)
            if why_not is not None:
                return None, refuse(403, why_not, call, by, name, now)
            plan, shape_now = preview(call, verb, fields)
            if plan.refusals:
                return None, refuse(409, plan.refusals[0], call, by, name, now)
            entries = []
            for busy in Action.objects.select_for_update(of=("self",)).filter(
                call=call, exclusive=True, state__in=OPEN_STATES
            ).select_related("by").order_by("pk"):  # fmt: skip
                if name != "end" or (busy.verb == "end" and not stuck(busy, now)):
                    return None, refuse(409, Refusal("busy", occupied(busy, now)), call, by, name, now)
                entries.append(busy.become(State.OVERTAKEN, at=now, message=f"Overtaken: {by} ended the call."))
                busy.save(update_fields=["state", "settled_at", "code", "message"])
            if changed(shape, call, shape_now) and name != "end":
                return None, refuse(412, CHANGED, call, by, name, now)
            action = Action(
                call=call, by=by, verb=name, target=plan.target, params=dict(fields), plan=plan.as_json(), key=key,
                fingerprint=fingerprint, shape=shape, exclusive=verb.EXCLUSIVE, requested_at=now,
            )  # fmt: skip
            entries.append(action.become(State.REQUESTED, at=now))
            action.save(force_insert=True)
            append_audit(entries, at=now)
            hint.publish_on_commit(publish([call.pk], shape=[call.pk] if verb.EXCLUSIVE else []))
            return action, None
    except IntegrityError:
        # The same key, or two wishes, in the same moment: the other one was first.
        known = Action.objects.filter(by=by, key=key).first()
        if known is None:
            return None, Answer(409, State.REFUSED, "Somebody else was a moment faster. Look again.")
        return known, replay(known, fingerprint)


def replay(known: Action, fingerprint: str) -> Answer:
    if known.fingerprint != fingerprint:
        return Answer(422, State.REFUSED, "This key was used for another wish. Open the dialog again.")
    answer = told(known, known.plan.get("effects", []))
    return Answer(200, answer.state, answer.message, answer.action, answer.effects, replayed=True)


def claim(action: Action) -> bool:
    """From here on we cannot say that nothing was sent: a crash leaves `sending`, with a lease that runs out."""

    def sending(current: Action) -> dict[str, Any]:
        current.attempt += 1
        current.lease_until = timezone.now() + LEASE
        return current.become(State.SENDING, at=timezone.now())

    claimed = move(action, from_states=(State.REQUESTED,), change=sending)
    if claimed is not None:
        action.attempt = claimed.attempt
    return claimed is not None


def ask(verb: ModuleType, action: Action) -> tuple[str, str, str, Answers]:
    """Send what the plan says. Returns (state, code, sentence, Twilio's answers)."""
    answers: Answers = []
    refusals: list[gateway.Refused] = []
    waiting = deque(action.plan["sends"])
    while waiting:
        sent, asked_at = waiting.popleft(), timezone.now()
        try:
            answers += [(resource, asked_at) for resource in verb.send(sent)]
        except gateway.Refused as error:
            refusals.append(error)  # of this one: the others are asked for all the same
            if error.code in GONE:
                waiting.extend(sent.get("else", ()))
        except ValueError as error:
            log.error("A request was never sent: %s", error)
            return State.FAILED, "misconfigured", "Nothing was sent: this desk's Twilio settings are wrong.", answers
        except gateway.Unreachable as error:
            if error.sent:
                return State.UNKNOWN, "unknown", f"{error} It may have happened: watch the legs.", answers
            what = "Only a part of it was sent." if answers else "Nothing was sent."
            return State.FAILED, "unreachable", f"{error} {what}", answers
    for no in refusals:
        if no.code not in GONE:
            part = "Only a part of it was accepted. " if answers else ""
            return State.FAILED, str(no.code)[:40], f"{part}Twilio refused: {said(no)} ({no.code}).", answers
    if refusals and not answers:
        return State.FAILED, "call_ended", f"The call is no longer in progress ({refusals[0].code}).", answers
    return State.ACCEPTED, "", "Twilio accepted it. Waiting for the effect.", answers


def said(refusal: gateway.Refused) -> str:
    """Twilio's sentence; it may name a number, and everybody who sees the call reads it."""
    return frames.mask(str(refusal)).rstrip(".")


def take_in(answers: Answers) -> None:
    """What Twilio answered is a report as well. If it makes no sense the callbacks tell what became of the wish."""
    reports = []
    for resource, asked_at in answers:
        try:
            reports.append(from_rest(resource, asked_at=asked_at))
        except Nonsense as error:
            log.warning("Twilio's answer to a wish is no call: %s", error)
    if reports:
        record(reports)


def conclude(action: Action, state: str, code: str, message: str) -> None:
    """Write the outcome, unless a report was faster: confirmed stays confirmed."""

    def concluded(current: Action) -> dict[str, Any]:
        return current.become(state, at=timezone.now(), code=code, message=message)

    move(action, from_states=(State.SENDING,), attempt=action.attempt, change=concluded)


def move(
    action: Action,
    *,
    from_states: Sequence[str],
    change: Callable[[Action], dict[str, Any]],
    attempt: int | None = None,
) -> Action | None:
    """One guarded step of an action's life, under the call's lock; None if it has moved on without us."""
    with transaction.atomic():
        call = Call.objects.select_for_update().get(pk=action.call_id)
        current = Action.objects.select_for_update().get(pk=action.pk)
        if current.state not in from_states or (attempt is not None and current.attempt != attempt):
            return None
        entry = change(current)
        current.save(update_fields=MOVED)
        append_audit([entry], at=timezone.now())
        hint.publish_on_commit(publish([call.pk], shape=[] if current.open else [call.pk]))
    return current


def changed(shape: str, call: Call, shape_now: str) -> bool:
    """The number may have risen as long as the effects are those that were agreed to."""
    if not shape or shape == str(call.shape):
        return False
    return shape.partition("-")[2] != shape_now.partition("-")[2]


def occupied(busy: Action, now: datetime) -> str:
    who = busy.by.get_full_name() or busy.by.get_username()
    return f"{who} is already on it ({busy.verb}, {max(0, round((now - busy.requested_at).total_seconds()))} s ago)."


def stuck(end: Action, now: datetime) -> bool:
    """An end that shows no effect may be asked for again: it does no harm twice."""
    if end.state == State.UNKNOWN:
        return True
    since = end.accepted_at or end.sent_at or end.requested_at
    return now - since > (EFFECT_DUE if end.state == State.ACCEPTED else LEASE)


CHANGED = Refusal("changed", "The call has changed meanwhile. Look again, then decide.")


def refuse(status: int, why: Refusal, call: Call, by: User, name: str, now: datetime) -> Answer:
    """Written down like every wish that was granted."""
    facts = {"verb": name, "code": why.code}
    append_audit([{"what": "action.refused", "user_id": by.pk, "call_id": call.pk, "facts": facts}], at=now)
    return Answer(status, State.REFUSED, why.message)


SENTENCES = {
    State.REQUESTED: "Recorded. About to be sent.",
    State.SENDING: "Being sent.",
    State.CONFIRMED: "Done: the effect was reported.",
    State.OVERTAKEN: "Overtaken by the end of the call.",
}


def told(action: Action, effects: Sequence[Mapping[str, str]]) -> Answer:
    status = {State.FAILED: 409, State.REFUSED: 403}.get(State(action.state), 202)
    if action.state == State.CONFIRMED:
        status = 200
    message = action.message or SENTENCES.get(State(action.state), "")
    return Answer(status, action.state, message, action.pk, effects)
