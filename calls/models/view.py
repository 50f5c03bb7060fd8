"""Views of the live list that somebody has named."""

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from calls.models.rights import Rights


class SavedViewQuerySet(models.QuerySet["SavedView"]):
    def visible_to(self, rights: Rights) -> Self:
        """One's own, and those that somebody shares with a team whose calls one may watch."""
        return self.filter(Q(user=rights.user_id) | Q(team__in=rights.teams))


class SavedView(models.Model):
    """What the list is asked for, by a name. `query` is what stands in the desk's address (static/desk/asked.js)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=40)
    query = models.CharField(max_length=500, blank=True)
    team = models.ForeignKey("calls.Team", models.CASCADE, null=True, related_name="shared_views")

    objects = SavedViewQuerySet.as_manager()

    class Meta:
        default_permissions = ()
        ordering = ["name", "pk"]
        constraints = [models.UniqueConstraint(fields=["user", "name"], name="one_view_a_name")]

    def __str__(self) -> str:
        return self.name

    def kept_by(self, rights: Rights) -> bool:
        """May this person change it? Its owner; if it is shared also who keeps the team's floor: owners leave."""
        return self.user_id == rights.user_id or (self.team_id is not None and rights.may("manage_floor", self.team_id))
