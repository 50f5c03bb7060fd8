"""One wish on many calls: which calls, how far it came, and who stopped it."""

from datetime import timedelta
from uuid import UUID, uuid4, uuid5

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from calls.models.action import Action

AT_MOST = timedelta(seconds=15)  # for one wish


class Bulk(models.Model):
    """Worked off by floor/bulk.py, one call after the other. Each gets an ordinary action with a key that follows from
    this row: whoever asks twice for one finds the first."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="bulks")
    key = models.UUIDField()
    verb = models.CharField(max_length=20)
    fields = models.JSONField(default=dict)
    queue = models.ForeignKey("calls.Queue", models.SET_NULL, null=True, related_name="bulks")
    calls = models.JSONField(default=list, help_text=_("Their ids, in the order in which it is their turn."))
    alone = models.JSONField(
        default=list,
        help_text=_("Of a list: those who talked to nobody when it was begun. Who does by then is left alone."),
    )
    made = models.PositiveIntegerField(default=0, help_text=_("How many of them it was asked for."))
    refused = models.JSONField(default=dict, help_text=_("Why not, by call."))
    started_at = models.DateTimeField()
    last_at = models.DateTimeField(null=True)
    asking_at = models.DateTimeField(null=True, help_text=_("Since when the next one is being asked for."))
    stopped_at = models.DateTimeField(null=True)
    stopped_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    finished_at = models.DateTimeField(null=True, help_text=_("When it had been asked for all of them."))

    class Meta:
        ordering = ["-started_at"]
        default_permissions = ()  # who may make the wish on a call may make it on many
        constraints = [models.UniqueConstraint(fields=["by", "key"], name="one_bulk_a_key")]
        indexes = [
            models.Index(
                fields=["started_at"], name="open_bulks", condition=models.Q(stopped_at=None, finished_at=None)
            )
        ]

    def __str__(self) -> str:
        return gettext("{0} on {1} calls by {2}").format(self.verb, len(self.calls), self.by)

    @property
    def runs(self) -> bool:
        return self.stopped_at is None and self.finished_at is None

    @property
    def next(self) -> UUID:
        return UUID(self.calls[self.made])

    @property
    def asks(self) -> bool:
        """A wish of it is on its way, of which nothing is written down yet. Who asked may have died."""
        return self.asking_at is not None and timezone.now() - self.asking_at < AT_MOST

    def key_of(self, call: UUID) -> UUID:
        return uuid5(self.pk, str(call))

    @property
    def actions(self) -> models.QuerySet[Action]:
        """One a call that it was asked for, unless it was refused."""
        keys = [self.key_of(UUID(call)) for call in self.calls[: self.made + 1]]
        return Action.objects.filter(by=self.by_id, key__in=keys).select_related("call").order_by("requested_at")
