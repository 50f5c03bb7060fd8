"""Calls, their legs, and the rooms they meet in. Only `intake.record` writes status, membership, team and times."""

from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.intake.lifecycle import LegState
from calls.intake.rooms import Attendance, PresenceState, RoomState
from calls.models.note import LONGEST_TAG, MOST_TAGS
from calls.models.rights import in_teams, name_of, rights_of

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser, User


class CallQuerySet(models.QuerySet["Call"]):
    def live(self) -> Self:
        return self.filter(ended_at=None, merged_into=None)

    def visible_to(self, user: "User | AnonymousUser") -> Self:
        """The calls of the teams that the user may watch; what is not here is a 404 to that user."""
        return self.filter(in_teams(rights_of(user).watched))


class Call(models.Model):
    """One conversation, from its first leg to its last."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting")
        IN_MENU = "in-menu", _("In Menu")
        RINGING = "ringing", _("Ringing")
        TALKING = "talking", _("Talking")
        HELD = "held", _("Held")
        CONSULTING = "consulting", _("Consulting")
        WITH_BOT = "with-bot", _("With Bot")
        ENDING = "ending", _("Ending")
        ENDED = "ended", _("Ended")

    TALKS = (Status.TALKING, Status.HELD, Status.CONSULTING)  # a person is there, not a bot

    class Outcome(models.TextChoices):
        COMPLETED = "completed", _("Completed")
        MISSED = "missed", _("Missed")
        BUSY = "busy", _("Busy")
        FAILED = "failed", _("Failed")
        CANCELED = "canceled", _("Canceled")

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    direction = models.CharField(max_length=20, blank=True)
    status = models.CharField(max_length=12, choices=Status, default=Status.RINGING)
    status_since = models.DateTimeField(null=True)
    outcome = models.CharField(max_length=10, choices=Outcome, blank=True)
    kind = models.CharField(max_length=20, blank=True)
    team = models.ForeignKey("calls.Team", models.PROTECT, null=True, related_name="calls")
    line = models.ForeignKey("calls.Line", models.SET_NULL, null=True, related_name="calls")
    queue = models.CharField(max_length=80, blank=True)
    tags = models.CharField(max_length=MOST_TAGS * (LONGEST_TAG + 2), blank=True, help_text=_("With commas between."))
    agent = models.ForeignKey("calls.Agent", models.SET_NULL, null=True, related_name="calls")
    from_number = models.CharField(max_length=300, blank=True)
    to_number = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    ended_by = models.CharField(max_length=20, blank=True)
    reopened_at = models.DateTimeField(null=True)
    unverified_since = models.DateTimeField(null=True)
    heard_at = models.DateTimeField(null=True)
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="merged")

    # No column: whoever tells of a call fills it in, if they have asked for it (`Waiting.entered_at`).
    waits_since: "datetime | None" = None

    objects = CallQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        default_permissions = ("view",)  # calls are made, changed and ended by what Twilio says
        indexes = [
            models.Index(fields=["team"], name="live_calls", condition=Q(ended_at=None)),
            models.Index(fields=["-started_at"], name="calls_by_start"),
        ]
        permissions = [
            ("view_numbers", "Can see telephone numbers"),
            ("all_teams", "Sees and serves every team"),
            ("end_call", "Can end calls"),
            ("transfer_call", "Can transfer calls"),
            ("announce_call", "Can play announcements into calls"),
            ("redirect_call", "Can send calls to another flow"),
            ("hold_call", "Can put people on hold"),
            ("mute_call", "Can mute people"),
            ("monitor_call", "Can listen to calls"),
            ("whisper_call", "Can whisper to agents"),
            ("barge_call", "Can speak on calls"),
            ("take_over_call", "Can take calls over"),
            ("pull_call", "Can pull callers from queues and move them"),
            ("record_call", "Can start, pause and stop recordings"),
            ("transcribe_call", "Can start and stop transcriptions"),
            ("stream_call", "Can start and stop media streams"),
            ("add_party_call", "Can add people to calls"),
            ("kick_call", "Can remove people from calls"),
            ("dial_external", "Can transfer to numbers outside the directory"),
            ("raw_twiml", "Can give calls TwiML of their own"),
            ("view_audit", "Can read the audit"),
            ("manage_floor", "Can change agents' states"),
        ]

    def __str__(self) -> str:
        return gettext("Call %(id)s") % {"id": str(self.id)[:8]}

    @property
    def room(self) -> str:
        """The name of its room at Twilio: no number and nobody's name."""
        return f"call-{self.pk}"

    @property
    def shape(self) -> int:
        return self.position.shape

    @property
    def revision(self) -> int:
        return self.position.revision


class Leg(models.Model):
    """One Twilio Call resource. Its readable columns are made of `registers`, the joined state of all its reports."""

    class Role(models.TextChoices):
        CALLER = "caller", _("Caller")
        AGENT = "agent", _("Agent")
        CONSULT = "consult", _("Consult")
        SUPERVISOR = "supervisor", _("Supervisor")
        BOT = "bot", _("Bot")
        EXTERNAL = "external", _("External")

    sid = models.CharField(primary_key=True, max_length=34)
    call = models.ForeignKey(Call, models.CASCADE, related_name="legs")
    parent = models.ForeignKey("self", models.SET_NULL, null=True, db_index=False, related_name="children")
    agent = models.ForeignKey("calls.Agent", models.SET_NULL, null=True, db_index=False, related_name="legs")
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, db_index=False, related_name="legs",
        help_text=_("The supervisor who is rung."),
    )  # fmt: skip
    role = models.CharField(max_length=10, choices=Role, blank=True)
    role_signed = models.BooleanField(default=False, help_text=_("By an address of ours; otherwise it is a guess."))
    direction = models.CharField(max_length=24, blank=True)
    status = models.CharField(max_length=12, default="queued")
    from_number = models.CharField(max_length=300, blank=True)
    to_number = models.CharField(max_length=300, blank=True)
    started_at = models.DateTimeField(null=True)
    ringing_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    duration = models.PositiveIntegerField(null=True, help_text=_("seconds"))
    sip_code = models.PositiveSmallIntegerField(null=True)
    answered_by = models.CharField(max_length=24, blank=True)
    inferred = models.BooleanField(default=False)
    conflict = models.BooleanField(default=False)
    unverified = models.BooleanField(default=False)
    healed = models.BooleanField(default=False, help_text=_("Its end was told by REST alone: the callback was lost."))
    price = models.DecimalField(max_digits=10, decimal_places=5, null=True)
    resume_url = models.CharField(max_length=500, blank=True)
    registers = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        indexes = [
            models.Index(fields=["to_number"], name="live_legs_by_contact", condition=Q(ended_at=None)),
            models.Index(fields=["parent"], name="legs_by_parent"),
            models.Index(fields=["person"], name="live_supervisors", condition=Q(ended_at=None, person__isnull=False)),
            models.Index(fields=["agent", "ended_at"], name="legs_of_an_agent"),
        ]

    def __str__(self) -> str:
        return f"{self.role or 'leg'} {self.sid}"

    @cached_property
    def heard(self) -> LegState:
        return LegState.from_json(self.registers)

    @property
    def live(self) -> bool:
        return self.ended_at is None and not self.unverified

    @property
    def who(self) -> str:
        """The name of whoever is there, if it is one of us."""
        if self.person is not None:
            return name_of(self.person)
        return self.agent.name if self.agent else ""

    COLUMNS = (
        "status", "started_at", "ringing_at", "answered_at", "ended_at", "duration", "sip_code", "direction",
        "from_number", "to_number", "answered_by", "inferred", "conflict", "healed", "price", "resume_url",
    )  # fmt: skip

    def become(self, state: LegState) -> bool:
        """Take over the state; true if somebody who looks at the leg would see a difference."""
        self.heard, self.registers = state, state.as_json()
        changed = False
        for column in self.COLUMNS:
            value = getattr(state, column)
            if getattr(self, column) != value:
                setattr(self, column, value)
                changed = changed or column != "resume_url"
        return changed


class Room(models.Model):
    """The Twilio conference a call lives in. The name may be used again; the SID never is."""

    sid = models.CharField(primary_key=True, max_length=34)
    name = models.CharField(max_length=300, blank=True)
    call = models.ForeignKey(
        Call, models.CASCADE, null=True, related_name="rooms", help_text=_("Empty until a leg joins.")
    )
    status = models.CharField(max_length=12, default="init")
    registers = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()

    @cached_property
    def heard(self) -> RoomState:
        return RoomState.from_json(self.registers)


class Presence(models.Model):
    """One leg in one room: there or gone, held, muted, coaching."""

    room = models.ForeignKey(Room, models.CASCADE, related_name="presences")
    leg = models.ForeignKey(Leg, models.CASCADE, related_name="presences")
    present = models.BooleanField(default=False)
    held = models.BooleanField(default=False)
    held_since = models.DateTimeField(null=True)
    muted = models.BooleanField(default=False)
    coaching = models.BooleanField(default=False)
    coaches = models.CharField(max_length=34, blank=True, help_text=_("The leg that alone hears this one, if known."))
    end_on_exit = models.BooleanField(default=False)
    joined_at = models.DateTimeField(null=True)
    left_at = models.DateTimeField(null=True)
    hold_seconds = models.FloatField(default=0)
    registers = models.JSONField(default=dict)

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["room", "leg"], name="one_presence_a_leg")]

    @cached_property
    def heard(self) -> PresenceState:
        return PresenceState.from_json(self.registers)

    SEEN = (
        "present", "held", "held_since", "muted", "coaching", "coaches", "end_on_exit", "joined_at",
        "left_at", "hold_seconds", "registers",
    )  # fmt: skip

    def become(self, seen: Attendance) -> bool:
        """Take over what is known of it now; true if there is anything to write."""
        before = [getattr(self, column) for column in self.SEEN]
        self.registers = self.heard.as_json()
        self.present, self.held, self.held_since = seen.present, seen.held, seen.held_since
        self.muted, self.coaching = seen.present and seen.muted, seen.coaching
        self.coaches, self.end_on_exit = seen.coaches, seen.present and seen.end_on_exit
        self.joined_at, self.left_at, self.hold_seconds = seen.joined_at, seen.left_at, seen.hold_seconds
        return before != [getattr(self, column) for column in self.SEEN]
