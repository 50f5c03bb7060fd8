"""Actions: what supervisors wished, from the wish to the effect that was seen; and the audit of every step."""

import hashlib
import json
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

GRACE = timedelta(seconds=10)  # beyond the moment at which the plan expects its effect
OPEN_STATES = ("requested", "sending", "accepted", "unknown")


class Action(models.Model):
    class State(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        SENDING = "sending", _("Sending")
        ACCEPTED = "accepted", _("Accepted")
        CONFIRMED = "confirmed", _("Confirmed")
        FAILED = "failed", _("Failed")
        UNKNOWN = "unknown", _("Unknown")
        REFUSED = "refused", _("Refused")
        OVERTAKEN = "overtaken", _("Overtaken")
        ABANDONED = "abandoned", _("Abandoned")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="actions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="actions")
    verb = models.CharField(max_length=20)
    target = models.CharField(max_length=40, blank=True)
    params = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)
    seen = models.JSONField(default=dict, help_text=_("Signs of its effect, by what they prove (control.proof)."))
    dials = models.CharField(max_length=20, blank=True, help_text=_("The number outside the directory that it calls."))
    key = models.UUIDField()
    fingerprint = models.CharField(max_length=64)
    shape = models.CharField(max_length=80, blank=True)
    exclusive = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    attempt = models.PositiveSmallIntegerField(default=0)
    step = models.CharField(max_length=40, blank=True, help_text=_("Which part of its plan: “then”, “otherwise”, …"))
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text=_("When its effect should have been seen."))
    looked_at = models.DateTimeField(null=True, help_text=_("When its legs were last asked for."))
    code = models.CharField(max_length=40, blank=True)
    message = models.CharField(max_length=400, blank=True)
    requested_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    settled_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["-requested_at"]
        default_permissions = ()
        constraints = [
            models.UniqueConstraint(fields=["by", "key"], name="one_action_a_key"),
            models.UniqueConstraint(
                fields=["call"], condition=Q(exclusive=True, state__in=OPEN_STATES), name="one_open_exclusive_action"
            ),
        ]
        indexes = [
            models.Index(fields=["due_at"], name="open_actions", condition=Q(state__in=OPEN_STATES)),
            models.Index(fields=["requested_at"], name="dialled_outside", condition=~Q(dials="")),
        ]

    def __str__(self) -> str:
        return gettext("{0} by {1}: {2}").format(self.verb, self.by, self.state)

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def part(self) -> dict[str, Any]:
        """The part of its plan that is being done: `sends`, `proof`, `looks`, `seconds` (control.plan.part)."""
        return self.part_at(self.step)

    @property
    def part_before(self) -> dict[str, Any]:
        """The one that had to come true for this one to be sent."""
        return self.part_at(self.step.rpartition(".")[0])

    def part_at(self, step: str) -> dict[str, Any]:
        part: dict[str, Any] = self.plan
        for name in filter(None, step.split(".")):
            part = part[name]
        return part

    @property
    def parts(self) -> list[dict[str, Any]]:
        """All that was begun, as far as it came."""
        names = self.step.split(".") if self.step else []
        return [self.part_at(".".join(names[:end])) for end in range(len(names) + 1)]

    @property
    def repairs(self) -> bool:
        """A part did not come true: what this one sends makes good what was begun, and then the wish has failed."""
        return "failed" in self.seen

    def learn(self, state: str, *, at: datetime, code: str = "", message: str = "") -> dict[str, Any]:
        """What was sent came true (`confirmed`) or did not (`failed`): on to the next part, in memory, or settled.
        Returns the audit entry. `seen` and `step` change as well."""
        after = "then" if state == self.State.CONFIRMED else "otherwise"
        if after not in self.part:
            if self.repairs:
                state, (code, why) = self.State.FAILED, self.seen["failed"]
                message = f"{why} {message}".strip()
            return self.become(state, at=at, code=code, message=message)
        if state == self.State.FAILED:
            self.seen = {**self.seen, "failed": [code, message]}
        self.step = f"{self.step}.{after}".strip(".")
        # As a wish that was just recorded: whoever follows up claims it and sends.
        self.sent_at, self.lease_until, self.looked_at = None, None, None
        self.accepted_at = self.accepted_at or at
        self.due_at = at + timedelta(seconds=self.part["seconds"]) + GRACE
        return self.become(self.State.REQUESTED, at=at, message=message or self.part["words"])

    def become(self, state: str, *, at: datetime, code: str = "", message: str = "") -> dict[str, Any]:
        """Move on, in memory; returns the audit entry that belongs into the same transaction (`append_audit`)."""
        self.state, self.code, self.message = state, code, message[:400]
        if state == self.State.SENDING:
            self.sent_at = at
        elif state == self.State.ACCEPTED:
            self.accepted_at = at
        elif state not in OPEN_STATES:
            self.settled_at = at
        facts = {"verb": self.verb, "state": state, "target": self.target, "code": code}
        if self.step:
            facts["step"] = self.step
        return {
            "what": f"action.{state}",
            "user_id": self.by_id,
            "action_id": self.pk,
            "call_id": self.call_id,
            "facts": facts,
        }


class Audit(models.Model):
    """Append-only, one chain: each row's hash covers the one before it. People are named by reference only."""

    at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    action_id = models.UUIDField(null=True, db_index=True)
    call_id = models.UUIDField(null=True, db_index=True)
    what = models.CharField(max_length=40)
    facts = models.JSONField(default=dict)
    previous = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ["id"]
        default_permissions = ()  # calls.view_audit is on Call: two of one name would be ambiguous
        verbose_name_plural = _("audit")
        constraints = [models.UniqueConstraint(fields=["previous"], name="audit_never_forks")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.what}"

    def seal(self) -> str:
        """The hash of this row; JSON keeps the borders between fields, so no two rows can look alike."""
        content = [
            self.previous,
            self.at.isoformat(),
            self.user_id,
            str(self.action_id or ""),
            str(self.call_id or ""),
            self.what,
            self.facts,
        ]
        return hashlib.sha256(json.dumps(content, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


class AuditHead(models.Model):
    """One row: the end of the chain. Its lock is taken right before the board's."""

    hash = models.CharField(max_length=64, blank=True)

    class Meta:
        default_permissions = ()


def append_audit(entries: list[dict[str, Any]], *, at: datetime) -> None:
    """Append to the chain, inside the transaction that does what is written down.

    Each entry: `what`, and where they apply `user_id`, `action_id`, `call_id`, `facts` (JSON, nothing personal).
    """
    if not entries:
        return
    head = AuditHead.objects.select_for_update().get(pk=1)
    rows = []
    for entry in entries:
        row = Audit(at=at, previous=head.hash, **entry)
        row.hash = head.hash = row.seal()
        rows.append(row)
    Audit.objects.bulk_create(rows)
    head.save(update_fields=["hash"])
