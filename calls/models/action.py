"""Actions: what supervisors wished, from the wish to the effect that was seen; and the audit of every step."""

import hashlib
import json
from datetime import datetime
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

OPEN_STATES = ("requested", "sending", "accepted", "unknown")


class Action(models.Model):
    class State(models.TextChoices):
        REQUESTED = "requested"
        SENDING = "sending"
        ACCEPTED = "accepted"
        CONFIRMED = "confirmed"
        FAILED = "failed"
        UNKNOWN = "unknown"
        REFUSED = "refused"
        OVERTAKEN = "overtaken"
        ABANDONED = "abandoned"

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="actions")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="actions")
    verb = models.CharField(max_length=20)
    target = models.CharField(max_length=40, blank=True)
    params = models.JSONField(default=dict)
    plan = models.JSONField(default=dict)
    seen = models.JSONField(default=dict, help_text="Signs of its effect, by what they prove (control.proof).")
    dials = models.CharField(max_length=20, blank=True, help_text="The number outside the directory that it calls.")
    key = models.UUIDField()
    fingerprint = models.CharField(max_length=64)
    shape = models.CharField(max_length=80, blank=True)
    exclusive = models.BooleanField(default=True)
    state = models.CharField(max_length=10, choices=State, default=State.REQUESTED)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="When its effect should have been seen.")
    looked_at = models.DateTimeField(null=True, help_text="When its legs were last asked for.")
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
        return f"{self.verb} by {self.by}: {self.state}"

    @property
    def open(self) -> bool:
        return self.state in OPEN_STATES

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
        verbose_name_plural = "audit"
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
