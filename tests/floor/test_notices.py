"""Who is told of a red alarm without looking at a desk: once, in words, and never by a stranger's address."""

import contextlib
import hashlib
import hmac
import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.core import mail
from django.utils import timezone

from calls.floor import notices
from calls.models import Alarm, Notice, Queue
from tests.simulator.application import Application, Reply


@pytest.fixture
def red(billing):
    now, queue = timezone.now(), Queue.objects.create(name="Refunds", team=billing)
    return Alarm.objects.create(
        key="wait", kind="wait", team=billing, queue=queue, severity="red", value=21, limit=20, raised_at=now,
        red_since=now, began=now - timedelta(seconds=40),
    )  # fmt: skip


@pytest.fixture
def theirs(settings):
    with contextlib.closing(Application()) as application:
        settings.ALARM_HOSTS = [urlsplit(application.url).netloc]
        yield application


@pytest.mark.lane_b
def test_who_keeps_the_floor_has_a_mail_of_what_is_red_once(red, billing):
    Notice.objects.create(team=billing, to="floor@example.com")
    for _ in range(3):
        notices.tell()
    (one,) = mail.outbox
    assert (one.to, one.subject) == (["floor@example.com"], "Livedesk, red: longest wait, Refunds: 40 s of 20")
    assert f"/queues/{red.queue_id}/" in one.body
    assert Notice.objects.get().trouble == ""
    assert Notice.objects.get().last_at


@pytest.mark.parametrize(
    "calm", [{"severity": "amber"}, {"acked": 0}, {"snoozed": 60}, {"cleared": 0}, {"other": True}, {"off": True}]
)
def test_what_is_not_red_or_seen_to_or_another_teams_is_not_told(red, billing, sales, calm):
    Notice.objects.create(team=sales if "other" in calm else billing, to="floor@example.com", on="off" not in calm)
    names = {"acked": "acked_at", "snoozed": "snoozed_until", "cleared": "cleared_at"}
    moments = {names[what]: timezone.now() + timedelta(seconds=n) for what, n in calm.items() if what in names}
    Alarm.objects.update(**moments, severity=calm.get("severity", "red"))
    notices.tell()
    assert mail.outbox == []


def test_another_program_gets_it_signed_and_without_anybodys_number(red, billing, theirs):
    notice = Notice.objects.create(team=billing, to=f"{theirs.url}/alarms/")
    notices.tell()
    (asked,) = theirs.at("/alarms/")
    mark = hmac.new(notice.secret.encode(), asked.body.encode(), hashlib.sha256).hexdigest()
    assert asked.headers["x-livedesk-signature"] == f"sha256={mark}"
    told = json.loads(asked.body)
    assert (told["alarm"], told["kind"], told["where"], told["severity"]) == (red.pk, "wait", "Refunds", "red")
    assert told["url"].endswith(f"/queues/{red.queue_id}/")


@pytest.mark.parametrize(
    ("status", "said"), [(500, "Not taken: it answered 500."), (302, "Not taken: it answered 302.")]
)
def test_who_does_not_take_it_is_asked_once_more_and_the_admin_says_so(red, billing, theirs, status, said):
    theirs.does("/alarms/", lambda asked: Reply(status=status, headers={"Location": "/elsewhere/"}))
    Notice.objects.create(team=billing, to=f"{theirs.url}/alarms/")
    notices.tell()
    assert [asked.path for asked in theirs.asked] == ["/alarms/", "/alarms/"]
    assert Notice.objects.get().trouble == said


def test_of_two_notices_one_that_nobody_answers_does_not_keep_the_other_from_being_sent(red, billing, settings):
    settings.ALARM_HOSTS = ["127.0.0.1:9"]
    Notice.objects.create(team=billing, to="http://127.0.0.1:9/")
    Notice.objects.create(team=billing, to="the-floor@example.com")
    notices.tell()
    assert len(mail.outbox) == 1
    assert Notice.objects.get(to__startswith="http").trouble == "Not sent: ConnectionError."


def test_a_host_that_nobody_allows_any_more_is_not_asked(red, billing, theirs, settings):
    settings.ALARM_HOSTS = []
    Notice.objects.create(team=billing, to=f"{theirs.url}/alarms/")
    notices.tell()
    assert theirs.asked == []
    assert "ALARM_HOSTS" in Notice.objects.get().trouble
