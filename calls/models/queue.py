"""Queues, and who waits in them."""

from datetime import datetime

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils import timezone
from django.utils.text import format_lazy
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

LONGEST_TURN = 15  # seconds; as long, and what a supervisor wants said waits for its end


class Queue(models.Model):
    """Where callers wait for an agent of the team. Its order is ours: `Waiting.place`."""

    class Leaves(models.TextChoices):
        FRONT = "front", _("the caller waits again, at the front")
        END = "end", _("the caller hears the goodbye")

    name = models.CharField(max_length=80, unique=True)
    team = models.ForeignKey("calls.Team", models.PROTECT, related_name="queues")
    skill = models.CharField(max_length=80, blank=True, help_text=_("Only agents who have it are rung. Empty: all."))
    open = models.BooleanField(
        default=True, help_text=_("A closed one takes nobody new; who waits there is still served.")
    )
    greeting = models.CharField(max_length=500, blank=True, help_text=_("Said first, unless the line has its own."))
    music = models.ForeignKey(
        "calls.Announcement",
        models.SET_NULL,
        null=True,
        blank=True,
        related_name="+",
        limit_choices_to=~models.Q(audio="") & models.Q(seconds__lte=LONGEST_TURN),
        help_text=format_lazy(
            _("A recording of at most {0} seconds, played again and again. None: silence."), LONGEST_TURN
        ),
    )
    ring_seconds = models.PositiveSmallIntegerField(
        default=20,
        validators=[MinValueValidator(5), MaxValueValidator(25)],
        help_text=_("Then the next agent is rung."),
    )
    wrap_up_seconds = models.PositiveSmallIntegerField(
        default=20, validators=[MaxValueValidator(3600)], help_text=_("For an agent, after each call.")
    )
    when_agent_leaves = models.CharField(
        _("when the agent hangs up first"), max_length=5, choices=Leaves, default=Leaves.END
    )
    target_seconds = models.PositiveSmallIntegerField(
        default=20, help_text=_("Callers are to be answered within these …")
    )
    target_percent = models.PositiveSmallIntegerField(
        default=80, validators=[MaxValueValidator(100)], help_text=_("… so many of a hundred.")
    )

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def front(self) -> float:
        """The place before everybody who waits there."""
        first = self.waiting.filter(left_at=None).aggregate(first=models.Min("place"))["first"]
        return timezone.now().timestamp() - 1 if first is None else first - 1


class Waiting(models.Model):
    """A caller's place in a queue; one a call. Open until somebody answers, or the call goes elsewhere or ends.

    `agent`, `leg` and `offered_at` are the offer that is open: whom we ring for this caller. It is written down before
    Twilio is asked, so `leg` may still be empty. The flow puts callers in; routing (floor/routing.py) does the rest.
    """

    call = models.OneToOneField("calls.Call", models.CASCADE, related_name="waiting")
    queue = models.ForeignKey(Queue, models.CASCADE, related_name="waiting")
    place = models.FloatField(help_text=_("The smallest is served first."))
    entered_at = models.DateTimeField()
    left_at = models.DateTimeField(null=True)
    visit = models.PositiveSmallIntegerField(default=1, help_text=_("Of the flow's step, when they last came in."))
    agent = models.ForeignKey("calls.Agent", models.SET_NULL, null=True, related_name="offers")
    leg = models.CharField(max_length=34, blank=True)
    offered_at = models.DateTimeField(null=True)
    asked_at = models.DateTimeField(
        null=True, help_text=_("When we last wanted a leg ended, or the caller brought back.")
    )
    tries = models.PositiveSmallIntegerField(default=0)

    class Meta:
        default_permissions = ()  # who waits where follows from what Twilio says, and from routing
        verbose_name_plural = _("waiting")
        indexes = [
            models.Index(fields=["queue", "place"], name="who_waits", condition=models.Q(left_at=None)),
            models.Index(fields=["left_at"], name="who_left_lately"),
        ]

    def __str__(self) -> str:
        return gettext("{0} in {1}").format(self.call, self.queue)

    @property
    def before(self) -> int:
        """How many are served before them. Who hears something else for a moment keeps the place, but not the turn."""
        waits = Waiting.objects.filter(queue=self.queue, left_at=None, call__ended_at=None)
        return waits.filter(place__lt=self.place, call__status__in=("waiting", "ringing")).count()

    def begin(self, queue: Queue, now: datetime) -> None:
        """At the end of this queue."""
        self.queue, self.place, self.entered_at = queue, now.timestamp(), now

    def come_back(self) -> None:
        """Nobody is with them any more: to the front."""
        self.place, self.left_at = self.queue.front, None
        self.withdraw()

    def withdraw(self) -> None:
        """Nobody is rung for them (any more)."""
        self.agent, self.leg, self.offered_at = None, "", None
