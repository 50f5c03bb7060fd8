"""What somebody likes the desk to be like, on every computer that they sign in from."""

import json
import re
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext_lazy as _

MOST_KEYS = 60
NAME = re.compile(r"[a-z_]{1,30}")
# One character, or two one after the other; none at all is a choice, too.
KEY = re.compile(r"([!-~](?: [!-~])?)?")


def only_keys(chosen: Any) -> None:
    """{deed: key}. Which deeds there are only static/desk/keymap.js knows: it leaves out what it does not."""
    if not isinstance(chosen, dict) or len(chosen) > MOST_KEYS:
        raise ValidationError(_("These are no keys."))
    for name, key in chosen.items():
        if not (NAME.fullmatch(name) and isinstance(key, str) and KEY.fullmatch(key)):
            raise ValidationError(_("A key is one character, or two with a space between them."))
    taken = [key for key in chosen.values() if key]
    if len(set(taken)) < len(taken):
        raise ValidationError(_("One key is chosen for two things."))


class Preferences(models.Model):
    """Who has none has the usual: as their computer is set, and every key."""

    class Theme(models.TextChoices):
        LIGHT = "light", _("Light")
        DARK = "dark", _("Dark")

    class Contrast(models.TextChoices):
        MORE = "more", _("High")

    class Motion(models.TextChoices):
        LESS = "less", _("None")

    user = models.OneToOneField(settings.AUTH_USER_MODEL, models.CASCADE, related_name="preferences")
    theme = models.CharField(max_length=10, choices=Theme, blank=True)
    contrast = models.CharField(max_length=10, choices=Contrast, blank=True)
    motion = models.CharField(max_length=10, choices=Motion, blank=True)
    time_zone = models.CharField(max_length=64, blank=True)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, blank=True)
    keys = models.JSONField(default=dict, blank=True, validators=[only_keys])
    keys_off = models.BooleanField(_("no single keys"), default=False)

    toured = models.BooleanField(default=False, help_text=_("The tour of the desk is not offered any more."))

    class Meta:
        default_permissions = ()
        verbose_name_plural = _("preferences")

    def __str__(self) -> str:
        return f"Preferences of {self.user}"

    @property
    def keys_told(self) -> str:
        return json.dumps(self.keys)
