"""Who is told of a red alarm outside of the desk: by mail, or another program by HTTPS. Each alarm once.

An alarm is taken before it is told, so of two processes one tells it, and one that dies meanwhile tells nobody twice.
What went wrong stands beside the notice, in the admin.
"""

import hashlib
import hmac
import json
import logging
from collections.abc import Callable
from smtplib import SMTPException
from typing import Any

import requests
from django.conf import settings
from django.core.mail import EmailMessage
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from calls.models import UNITS, Alarm, Notice

TURN = 1.0  # seconds between two looks at what is red
TRIES = 2
PATIENCE = 5  # seconds that another program has
log = logging.getLogger(__name__)


def tell() -> None:
    """What is red and nobody has said anything to, to whoever wants to know it of its team."""
    now = timezone.now()
    loud = Q(snoozed_until=None) | Q(snoozed_until__lte=now)
    red = Alarm.objects.filter(
        loud, cleared_at=None, severity=Alarm.Severity.RED, acked_at=None, noticed_at=None, team__notices__on=True
    ).distinct()
    for alarm in red.select_related("team", "queue"):
        if Alarm.objects.filter(pk=alarm.pk, noticed_at=None).update(noticed_at=now):
            for notice in Notice.objects.filter(on=True, team=alarm.team_id):
                came = send(notice, alarm)
                Notice.objects.filter(pk=notice.pk).update(last_at=timezone.now(), trouble=came)


def send(notice: Notice, alarm: Alarm) -> str:
    """What went wrong, in words; nothing if it was taken."""
    way: Callable[[Notice, Alarm], str] = by_mail if notice.by_mail else by_post
    for _ in range(TRIES):
        try:
            trouble = way(notice, alarm)
        except (OSError, SMTPException) as error:  # every error of requests is an OSError
            trouble = f"Not sent: {type(error).__name__}."
        if not trouble:
            return ""
    log.warning("The notice %s of alarm %s was not taken: %s", notice.pk, alarm.pk, trouble)
    return trouble


def by_mail(notice: Notice, alarm: Alarm) -> str:
    text = f"{words(alarm)}\n\n{address(alarm)}\n\nNobody has said yet that they see to it.\n"
    EmailMessage(f"Livedesk, red: {words(alarm)}", text, to=[notice.to]).send()
    return ""


def by_post(notice: Notice, alarm: Alarm) -> str:
    """Signed as GitHub signs: the SHA-256 HMAC of the body, by the notice's secret. No caller's name or number."""
    if not notice.allowed:
        return "Not sent: this host is not in ALARM_HOSTS any more."
    body = json.dumps(told(alarm)).encode()
    mark = "sha256=" + hmac.new(notice.secret.encode(), body, hashlib.sha256).hexdigest()
    with requests.Session() as session:
        session.trust_env = not settings.LOOPBACK  # a proxy for the world knows nothing of this machine
        answer = session.post(
            notice.to, data=body, headers={"Content-Type": "application/json", "X-Livedesk-Signature": mark},
            timeout=PATIENCE, allow_redirects=False, stream=True,
        )  # fmt: skip
        answer.close()
    return "" if answer.status_code < 300 else f"Not taken: it answered {answer.status_code}."


# In words -----------------------------------------------------------------------------------------------------------


def told(alarm: Alarm) -> dict[str, Any]:
    return {
        "alarm": alarm.pk, "kind": alarm.kind, "where": alarm.where, "team": str(alarm.team),
        "severity": alarm.severity, "value": alarm.value, "limit": alarm.limit,
        "since": alarm.since.isoformat() if alarm.since else None, "words": words(alarm), "url": address(alarm),
    }  # fmt: skip


def words(alarm: Alarm) -> str:
    value = (timezone.now() - alarm.began).total_seconds() if alarm.began else alarm.value
    return f"{alarm.get_kind_display()}, {alarm.where}: {value:.0f}{UNITS[alarm.kind]} of {alarm.limit:.0f}"


def address(alarm: Alarm) -> str:
    path = reverse("queue", args=[alarm.queue_id]) if alarm.queue_id else reverse("desk")
    return settings.DESK_ORIGINS[0] + path
