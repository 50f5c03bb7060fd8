"""A wish becomes an action, is sent once, and its outcome is written down. No lock is held while Twilio is asked."""

import contextlib
import hashlib
import json
import logging
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from secrets import SystemRandom
from types import ModuleType
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import IntegrityError, OperationalError, transaction
from django.utils import timezone

from calls.control import dialling, policy
from calls.control.plan import INVALID, Plan, Refusal
from calls.failpoints import crash
from calls.intake.record import record
from calls.live import frames, hint
from calls.models import OPEN_STATES, Action, Call, Leg, Rights, append_audit, publish, rights_of
from calls.twilio import gateway
from calls.twilio.reports import Nonsense, from_rest

LEASE = timedelta(seconds=30)
GRACE = timedelta(seconds=10)  # beyond the moment at which the plan expects its effect
THROTTLED = (0.2, 0.6, 1.5)  # seconds before the next try: what Twilio answers 429 was not looked at
State = Action.State
GONE = {20404, 21220}  # not found; not in progress any more
CONFLICT, TOO_MANY = 409, 429
CHANCE = SystemRandom()  # those who were sent away together do not come back together
WRONG_ACCOUNT = (401, 403)
MOVED = ("state", "code", "message", "attempt", "lease_until", "due_at", "sent_at", "accepted_at", "settled_at")
Answers = list[tuple[dict[str, Any], datetime]]  # Twilio's, each with when it was asked for
log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Answer:
    """What the supervisor is told: an HTTP status and a sentence. `code`: the refusal's or Twilio's, for the page."""

    status: int
    state: str
    message: str
    action: UUID | None = None
    effects: Sequence[Mapping[str, str]] = ()
    code: str = ""
    replayed: bool = False

    def as_json(self) -> dict[str, Any]:
        action = str(self.action) if self.action else None
        effects = list(self.effects)
        return {"action": action, "state": self.state, "code": self.code, "effects": effects, "message": self.message}


def preview(call: Call, verb: ModuleType, fields: Mapping[str, str], rights: Rights) -> tuple[Plan, str]:
    """The plan as it is now, and the shape that says so."""
    plan = verb.plan(call, legs_of(call), fields, rights)
    return plan, f"{call.shape}-{plan.digest}"


def legs_of(call: Call) -> list[Leg]:
    return list(call.legs.select_related("agent").order_by("started_at", "sid"))


def why_not(call: Call, name: str, plan: Plan, rights: Rights) -> tuple[int, Refusal] | None:
    """What forbids this wish to this person now, with the HTTP status that says so."""
    for codename in (policy.PERMISSION[name], *plan.needs):
        if (lacking := policy.lacking(rights, codename, call)) is not None:
            return 403, lacking
    if (away := policy.provider_refusal()) is not None:
        return 409, away
    for refusal in plan.refusals:
        return (422 if refusal.code in INVALID else 409), refusal
    return None


def wish(
    call_id: UUID,
    by: User,
    name: str,
    verb: ModuleType,
    fields: Mapping[str, str],
    *,
    key: UUID,
    shape: str,
    stepped_up: bool = False,
) -> Answer:
    """One press of a button: recorded, sent, and answered with what is known then.

    `shape` as the page or the plan gave it, "" for "as it is now"; `stepped_up`: the password was typed within the last
    15 minutes. The caller has checked that `by` may see the call.
    """
    action, answer = request(call_id, by, name, verb, fields, key=key, shape=shape, stepped_up=stepped_up)
    crash("action.after_requested")
    if action is None or answer is not None:
        return answer or Answer(404, State.REFUSED, "There is no such call.")
    pursue(action, verb, until=time.monotonic() + gateway.DEADLINE)
    return told(Action.objects.get(pk=action.pk), action.plan["effects"])


def pursue(
    action: Action,
    verb: ModuleType,
    *,
    until: float,
    from_states: Sequence[str] = (State.REQUESTED,),
    lease: timedelta = LEASE,
) -> None:
    """Claim it, ask Twilio, write down what became of it; again only if Twilio did not look at it (429).

    Claimed from any other state than `requested` it was sent before: whatever is said now, that may have done it.
    """
    earlier = State.REQUESTED not in from_states
    for pause in (*THROTTLED, None):
        if not claim(action, from_states, lease):
            return
        crash("action.after_sending")
        outcome, code, message, answers = ask(verb, action, until)
        crash("action.after_twilio")
        stale = code in ("call_ended", "conflict")
        throttled = code == str(TOO_MANY)
        again = throttled and not earlier and pause is not None and time.monotonic() + 2 * pause < until
        if earlier and outcome == State.FAILED:
            # What is looked up below, or later, says whether.
            outcome, code, message = State.UNKNOWN, "unknown", f"It was asked for again. {message}"
        code = "20429" if code == str(TOO_MANY) else code
        conclude(action, State.REQUESTED if again else outcome, code, message)
        crash("action.after_outcome")
        take_in(answers if not stale else [*answers, *looked_up(action, until)])
        if not again or pause is None:
            return
        time.sleep(pause * CHANCE.uniform(0.7, 1.3))
        from_states = (State.REQUESTED,)


def looked_up(action: Action, until: float) -> Answers:
    """The legs that are not as we thought, as Twilio knows them: their last callbacks may be lost."""
    found: Answers = []
    for sid in {sent["sid"] for sent in action.plan["sends"]}:
        asked_at = timezone.now()
        with contextlib.suppress(gateway.Refused, gateway.Unreachable):
            found.append((gateway.fetch_leg(sid, until=until), asked_at))
    return found


def request(
    call_id: UUID,
    by: User,
    name: str,
    verb: ModuleType,
    fields: Mapping[str, str],
    *,
    key: UUID,
    shape: str,
    stepped_up: bool,
) -> tuple[Action | None, Answer | None]:
    """The wish in the ledger, or the answer that there is none to send: refused, busy, changed, or known already."""
    fingerprint = hashlib.sha256(json.dumps([str(call_id), name, sorted(fields.items())]).encode()).hexdigest()
    now = timezone.now()
    try:
        with transaction.atomic():
            call = Call.objects.select_for_update(of=("self",)).select_related("team", "line").get(pk=call_id)
            # Behind the lock: of two clicks at once the second has waited there for the first to be written down.
            known = Action.objects.filter(by=by, key=key).first()
            if known is not None:
                return known, replay(known, fingerprint)
            rights = rights_of(by)
            if (lacking := policy.lacking(rights, policy.PERMISSION[name], call)) is not None:
                return None, refuse(403, lacking, call, by, name, now)
            plan, shape_now = preview(call, verb, fields, rights)
            if (forbidden := why_not(call, name, plan, rights)) is not None:
                return None, refuse(*forbidden, call, by, name, now)
            whole = name == "end" and plan.target == "call"
            entries = []
            for busy in Action.objects.select_for_update(of=("self",)).filter(
                call=call, exclusive=True, state__in=OPEN_STATES
            ).select_related("by").order_by("pk"):  # fmt: skip
                if not whole or (busy.verb == "end" and busy.target == "call" and not stuck(busy, now)):
                    return None, refuse(409, Refusal("busy", occupied(busy, now)), call, by, name, now)
                entries.append(busy.become(State.OVERTAKEN, at=now, message=f"Overtaken: {by} ended the call."))
                busy.save(update_fields=["state", "settled_at", "code", "message"])
            if changed(shape, call, shape_now) and not whole:
                return None, refuse(412, CHANGED, call, by, name, now)
            if plan.dials:
                capped = dialling.cap_refusal(by, call, plan.dials, stepped_up=stepped_up, now=now)
                if capped is not None:
                    return None, refuse(403 if capped.code == "step_up" else 409, capped, call, by, name, now)
            action = Action(
                call=call, by=by, verb=name, target=plan.target, params=dict(fields), plan=plan.as_json(), key=key,
                fingerprint=fingerprint, shape=shape, exclusive=verb.EXCLUSIVE, requested_at=now, dials=plan.dials,
            )  # fmt: skip
            entries.append(action.become(State.REQUESTED, at=now))
            action.save(force_insert=True)
            entries += dialling.alarms(by, call, now) if plan.dials else []
            append_audit(entries, at=now)
            hint.publish_on_commit(publish([call.pk], shape=[call.pk] if verb.EXCLUSIVE else []))
            return action, None
    except (IntegrityError, OperationalError):
        # The same key, or two wishes, in the same moment: the other one was first. (PostgreSQL ends one of two that
        # wait for each other; if it is away altogether, the next line says so.)
        known = Action.objects.filter(by=by, key=key).first()
        if known is None:
            return None, Answer(409, State.REFUSED, "Somebody else was a moment faster. Look again.", code="busy")
        return known, replay(known, fingerprint)


def replay(known: Action, fingerprint: str) -> Answer:
    if known.fingerprint != fingerprint:
        return Answer(422, State.REFUSED, "This key was used for another wish. Open the dialog again.", code="key")
    return replace(told(known, known.plan.get("effects", [])), status=200, replayed=True)


def claim(action: Action, from_states: Sequence[str] = (State.REQUESTED,), lease: timedelta = LEASE) -> bool:
    """From here on we cannot say that nothing was sent: a crash leaves `sending`, with a lease that runs out."""
    now = timezone.now()

    def sending(current: Action) -> dict[str, Any]:
        current.attempt += 1
        current.lease_until = now + lease
        # A second try does not move it: whoever waits, waits since the first.
        current.due_at = current.due_at or now + timedelta(seconds=current.plan.get("seconds", 0)) + GRACE
        return current.become(State.SENDING, at=now)

    claimed = move(action, from_states=from_states, attempt=action.attempt, change=sending)
    if claimed is not None:
        action.attempt, action.sent_at = claimed.attempt, claimed.sent_at
    return claimed is not None


def ask(verb: ModuleType, action: Action, until: float) -> tuple[str, str, str, Answers]:
    """Send what the plan says. Returns (state, code, sentence, Twilio's answers)."""
    answers: Answers = []
    refusals: list[gateway.Refused] = []
    waiting = deque(action.plan["sends"])
    while waiting:
        sent, asked_at = waiting.popleft(), timezone.now()
        try:
            answers += [(resource, asked_at) for resource in verb.send(action, sent, until)]
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
    return *judged(refusals, some=bool(answers)), answers


def judged(refusals: Sequence[gateway.Refused], *, some: bool) -> tuple[str, str, str]:
    """(state, code, sentence) of a wish of which Twilio refused these requests; `some`: it took others."""
    part = "Only a part of it was accepted. " if some else ""
    for no in refusals:
        if no.status == TOO_MANY:
            return State.FAILED, str(TOO_MANY), f"{part}Twilio has too many requests at once ({no.code})."
        if no.status == CONFLICT:
            why = "Something else was being done to this leg at Twilio"
            return State.FAILED, "conflict", f"{part}{why} ({no.code}). Look again."
        if no.status in WRONG_ACCOUNT:
            why = "Twilio does not accept this desk's credentials: tell who runs it"
            return State.FAILED, "credentials", f"{part}{why} ({no.code})."
        if no.code not in GONE:
            return State.FAILED, str(no.code)[:40], f"{part}Twilio refused: {said(no)} ({no.code})."
    if refusals and not some:
        return State.FAILED, "call_ended", f"The call is no longer in progress ({refusals[0].code})."
    return State.ACCEPTED, "", "Twilio accepted it. Waiting for the effect."


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
    return now - since > (GRACE if end.state == State.ACCEPTED else LEASE)


CHANGED = Refusal("changed", "The call has changed meanwhile. Look again, then decide.")


def refuse(status: int, why: Refusal, call: Call, by: User, name: str, now: datetime) -> Answer:
    """Written down like every wish that was granted."""
    facts = {"verb": name, "code": why.code}
    append_audit([{"what": "action.refused", "user_id": by.pk, "call_id": call.pk, "facts": facts}], at=now)
    return Answer(status, State.REFUSED, why.message, code=why.code)


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
    return Answer(status, action.state, message, action.pk, effects, action.code)
