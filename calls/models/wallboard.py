"""Links to a wallboard without sign-in: whoever has the address sees some teams' figures, until it is revoked."""

import secrets
from hashlib import sha256

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from calls.models.floor import Team
from calls.models.library import Entry


class WallboardLink(Entry):
    """The address itself is told once, when it is made: here is only what it is recognised by."""

    teams = models.ManyToManyField(
        Team, blank=True, related_name="wallboard_links", help_text=_("Whose figures it shows. None: every team's.")
    )
    digest = models.CharField(max_length=64, unique=True, editable=False)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, editable=False, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    revoked_at = models.DateTimeField(null=True, editable=False)

    @staticmethod
    def by_token(token: str) -> "WallboardLink | None":
        """Only one that still counts."""
        return WallboardLink.objects.filter(digest=digest_of(token), revoked_at=None).first()

    def new_token(self) -> str:
        """From now on this is what opens it. Random enough that a digest without salt keeps it."""
        token = secrets.token_urlsafe(32)
        self.digest = digest_of(token)
        return token

    @property
    def shown(self) -> frozenset[int]:
        return frozenset((self.teams.all() or Team.objects.all()).values_list("pk", flat=True))


def digest_of(token: str) -> str:
    return sha256(token.encode()).hexdigest()
