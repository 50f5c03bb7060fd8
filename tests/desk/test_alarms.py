"""What supervisors say to an alarm, and to whom it is shown."""

from datetime import timedelta

import pytest
from django.utils import timezone

from calls.models import Alarm, Audit, Queue


@pytest.fixture
def alarm(billing):
    queue, now = Queue.objects.create(name="Refunds", team=billing), timezone.now()
    return Alarm.objects.create(
        key="wait", kind="wait", team=billing, queue=queue, severity="red", value=40, limit=20, began=now,
        amber_since=now, red_since=now, raised_at=now,
    )  # fmt: skip


def shown(client):
    return client.get("/desk/alarms/").json()["alarms"]


def test_ben_reads_what_is_too_much_and_sue_of_another_team_nothing(client, ben, sue, alarm):
    client.force_login(ben)
    (told,) = shown(client)
    assert (told["kind"], told["where"], told["severity"], told["limit"], told["owner"]) == (
        "wait",
        "Refunds",
        "red",
        20,
        "",
    )
    client.force_login(sue)
    assert shown(client) == []


def test_who_acknowledges_is_its_owner_and_whoever_does_so_next_after_them(client, ben, alice, alarm):
    for person in (ben, alice):
        client.force_login(person)
        told = client.post(f"/alarms/{alarm.pk}/ack/").json()["alarm"]
        assert (told["owner"], bool(told["acked_at"])) == (person.get_full_name(), True)


def test_wes_who_only_watches_quiets_nothing_for_the_others(client, wes, alarm):
    client.force_login(wes)
    for saying, fields in (("ack", {}), ("snooze", {"minutes": "5"})):
        answer = client.post(f"/alarms/{alarm.pk}/{saying}/", fields)
        assert (answer.status_code, answer.json()["message"][:20]) == (403, "You may watch here, ")
    assert (shown(client)[0]["acked_at"], shown(client)[0]["snoozed_until"]) == (None, None)


def test_a_snooze_is_for_five_fifteen_or_thirty_minutes(client, ben, alarm):
    client.force_login(ben)
    assert client.post(f"/alarms/{alarm.pk}/snooze/", {"minutes": "15"}).status_code == 200
    alarm.refresh_from_db()
    assert timedelta(minutes=14) < alarm.snoozed_until - timezone.now() <= timedelta(minutes=15)
    assert client.post(f"/alarms/{alarm.pk}/snooze/", {"minutes": "600"}).status_code == 422
    assert client.post(f"/alarms/{alarm.pk}/snooze/").json()["message"] == "For five, fifteen or thirty minutes."
    client.post(f"/alarms/{alarm.pk}/ack/")
    assert shown(client)[0]["snoozed_until"] is None, "who sees to it now does not wait"
    written = [(entry.what, entry.user_id, entry.facts) for entry in Audit.objects.order_by("pk")]
    assert written == [
        ("alarm.snoozed", ben.pk, {"minutes": 15, "alarm": alarm.pk}),
        ("alarm.acknowledged", ben.pk, {"alarm": alarm.pk}),
    ]


def test_what_is_over_needs_nobody(client, ben, alarm):
    Alarm.objects.update(cleared_at=timezone.now())
    client.force_login(ben)
    answer = client.post(f"/alarms/{alarm.pk}/ack/")
    assert (answer.status_code, answer.json()["message"]) == (409, "It is over already.")
    assert shown(client) == []
