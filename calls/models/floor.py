"""The floor: teams, who belongs to them, the lines that callers reach and the agents who answer."""

from datetime import datetime

from django.conf import settings
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.core.validators import RegexValidator
from django.db import models, transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

# E.164, a Voice SDK client or a SIP address: what Twilio can dial.
ADDRESS = RegexValidator(
    r"^(\+[1-9]\d{7,14}|client:[^\s/]{1,256}|sip:[^\s]{3,500})$",
    _("Write +E164 (+15550100200), client:name or sip:user@host."),
)

WSS = RegexValidator(
    r"\Awss://[A-Za-z0-9.-]{1,253}(:\d{1,5})?(/[A-Za-z0-9._~/%-]*)?\Z",
    _(
        "wss://, a host and a path: Twilio takes no other scheme and no query (31920), and everybody would see a "
        "password."
    ),
)


class Team(models.Model):
    """People and the lines they own. What a supervisor sees and does is bounded by team."""

    name = models.CharField(max_length=80, unique=True)
    show_numbers = models.BooleanField(
        _("show numbers in full"),
        default=False,
        help_text=_("To who holds “Can see telephone numbers”. Otherwise they are masked until one is revealed."),
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Membership(models.Model):
    """A group's permissions, for one person, on one team's calls."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="memberships")
    team = models.ForeignKey(Team, models.CASCADE, related_name="memberships")
    group = models.ForeignKey(
        Group,
        models.PROTECT,
        null=True,
        blank=True,
        help_text=_("May be empty: a member with nothing but what the person holds everywhere."),
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "team", "group"], name="one_membership_a_group")]

    def __str__(self) -> str:
        return gettext("{0} in {1}").format(self.user, self.team)


class Line(models.Model):
    """An address of the account that callers reach, or that we call from."""

    class Flow(models.TextChoices):
        INBOUND = "inbound", _("to an agent of the team")
        QUEUE = "queue", _("a queue: they wait there for an agent")
        BOT = "bot", _("an AI agent (ConversationRelay), and a person if it gives up")

    address = models.CharField(max_length=300, unique=True, validators=[ADDRESS])
    name = models.CharField(max_length=80)
    team = models.ForeignKey(Team, models.PROTECT, null=True, blank=True, related_name="lines")
    flow = models.CharField(_("what callers hear"), max_length=20, choices=Flow, default=Flow.INBOUND)
    queue = models.ForeignKey(
        "calls.Queue", models.PROTECT, null=True, blank=True, related_name="lines",
        help_text=_(
            "Of a line with a queue. Of one with an AI agent: where callers wait whom it hands over; empty: an agent "
            "of the team is rung."
        ),
    )  # fmt: skip
    bot = models.CharField(
        _("the AI agent’s address"), max_length=400, blank=True, validators=[WSS],
        help_text=_(
            "Of a line with an AI agent: wss://, without a query. Twilio opens a WebSocket there for each call."
        ),
    )  # fmt: skip
    greeting = models.CharField(max_length=500, blank=True, help_text=_("Said first. Empty: our own greeting."))
    dial_returns = models.BooleanField(
        _("its <Dial> returns to this desk"),
        default=False,
        help_text=_(
            "Another application answers, and the action of its <Dial> is …/twilio/dial/ of this desk. Only then its "
            "calls can be moved into a room, to be held, listened to or joined by a third."
        ),
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"

    def clean(self) -> None:
        if self.flow == self.Flow.QUEUE and self.queue is None:
            raise ValidationError({"queue": _("Which queue do callers wait in?")})
        if self.flow == self.Flow.BOT and not self.bot:
            raise ValidationError({"bot": _("Where is the AI agent?")})


class Agent(models.Model):
    """A person who takes calls. `state` is what everybody reads; floor/agents.py lets it follow their legs."""

    class State(models.TextChoices):
        AVAILABLE = "available", _("Available")
        BUSY = "busy", _("Busy")
        AWAY = "away", _("Away")
        OFFLINE = "offline", _("Offline")
        WRAP_UP = "wrap-up", _("Wrap Up")

    name = models.CharField(max_length=80)
    contact = models.CharField(max_length=300, unique=True, validators=[ADDRESS])
    teams = models.ManyToManyField(Team, related_name="agents", blank=True)
    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="agent")
    skills = models.CharField(max_length=300, blank=True, help_text=_("Separated by commas: French, refunds."))
    state = models.CharField(max_length=10, choices=State, default=State.OFFLINE)
    state_since = models.DateTimeField(null=True, editable=False)
    chosen = models.CharField(
        max_length=10, blank=True, editable=False, help_text=_("What they will be when no call keeps them busy.")
    )
    wrap_up_until = models.DateTimeField(null=True, editable=False)
    idle_since = models.DateTimeField(null=True, editable=False, help_text=_("Since a call, or one that they missed."))
    missed = models.PositiveSmallIntegerField(default=0, editable=False, help_text=_("Calls in a row."))

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def can(self, skill: str) -> bool:
        return not skill or skill.strip().casefold() in {one.strip().casefold() for one in self.skills.split(",")}

    def choose(self, state: str, now: datetime) -> None:
        """What they want to be: at once, or after the call. To choose ends the wrap-up."""
        self.missed = 0
        if self.state == self.State.BUSY:
            self.chosen = state
        elif self.state != state:
            self.state, self.state_since, self.idle_since = state, now, now
            self.chosen, self.wrap_up_until = "", None

    def change(self, state: str, now: datetime) -> None:
        """They have chosen; what else is happening to them is looked at under the lock."""
        with transaction.atomic():
            current = Agent.objects.select_for_update().get(pk=self.pk)
            current.choose(state, now)
            current.save(update_fields=["state", "state_since", "idle_since", "chosen", "wrap_up_until", "missed"])

    def clean(self) -> None:
        if self.contact and Line.objects.filter(address=self.contact).exists():
            raise ValidationError({"contact": _("This is one of our lines: an agent there would call in circles.")})


class Visit(models.Model):
    """What one step of a flow decided at one visit, so that Twilio's second request hears the same answer."""

    call = models.ForeignKey("calls.Call", models.CASCADE, related_name="visits")
    step = models.CharField(max_length=40)
    visit = models.PositiveSmallIntegerField()
    agent = models.ForeignKey(Agent, models.SET_NULL, null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["call", "step", "visit"], name="one_decision_a_visit")]


class Phone(models.Model):
    """Where a person is rung who listens to calls, or speaks on them. Without one: where they are rung as an agent."""

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="phone")
    address = models.CharField(max_length=300, validators=[ADDRESS])

    class Meta:
        default_permissions = ()

    def __str__(self) -> str:
        return self.address

    def clean(self) -> None:
        if self.address and Line.objects.filter(address=self.address).exists():
            raise ValidationError(
                {"address": _("This is one of our lines: whoever is rung there would call in circles.")}
            )


def phone_of(user_id: int | None) -> str:
    """Where this person is rung; "" if nobody knows."""
    phone = Phone.objects.filter(user=user_id).values_list("address", flat=True).first()
    contact = Agent.objects.filter(user=user_id, user__isnull=False).values_list("contact", flat=True)
    return phone or contact.first() or ""
