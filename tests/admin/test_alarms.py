"""Thresholds in the admin, and which of their alarms nobody saw to."""

import re
from datetime import timedelta

from django.utils import timezone

from calls.models import Alarm, Notice, Threshold


def page(world, actor, path):
    return world.client(actor).get(path).content.decode()


def test_the_noise_report_says_what_nobody_sees_to(world, ben):
    now, kept = timezone.now(), Alarm.objects.get()
    Alarm.objects.all().delete()
    lives = ((10, None), (30, None), (50, ben), (700_000, None))
    for n, (life, owner) in enumerate(lives):
        cleared = now - timedelta(hours=1) if life < 1000 else now - timedelta(days=8)
        Alarm.objects.create(
            key=f"{n}", kind="wait", team=kept.team, queue=kept.queue, severity="red", value=40, limit=30, owner=owner,
            raised_at=cleared - timedelta(seconds=life), cleared_at=cleared,
        )  # fmt: skip
    report = page(world, "olga", "/admin/calls/alarm/").partition('id="noise"')[2].partition("</table>")[0]
    (row,) = re.findall(r'<th scope="row">(.*?)</th>(.*?)</tr>', report)
    assert (row[0], re.findall("<td>(.*?)</td>", row[1])) == ("longest wait", ["Billing queue", "3", "1", "0:30"])
    assert "No alarm was raised" in page(world, "stan", "/admin/calls/alarm/")


def test_stan_sets_thresholds_in_his_team_alone(world):
    form = {"kind": "talk", "on": "on", "limit": "900", "hysteresis": "10", "minimum_seconds": "5"}
    stan = world.client("stan")
    for team, queue, made in (("sales", "", 1), ("team", "", 0), ("sales", "queue", 0), ("sales", "sales_queue", 1)):
        before = Threshold.objects.filter(kind="talk").count()
        given = form | {"team": world.ids[team], "queue": world.ids[queue] if queue else ""}
        stan.post("/admin/calls/threshold/add/", given)
        assert Threshold.objects.filter(kind="talk").count() - before == made, (team, queue)


def test_stan_has_red_alarms_told_of_his_team_alone_and_nowhere_that_nobody_allows(world, settings):
    settings.ALARM_HOSTS = ["hooks.example"]
    stan, team = world.client("stan"), world.ids["sales"]

    def adds(to, team=team):
        said = stan.post("/admin/calls/notice/add/", {"team": team, "to": to, "on": "on"}).content.decode()
        return Notice.objects.filter(to=to, team=team).exists() or "".join(
            re.findall(r'errorlist"[^>]*><li>(.*?)</li>', said)
        )

    assert adds("floor@sales.example") is True
    assert adds("https://hooks.example/livedesk") is True
    assert "ALARM_HOSTS" in adds("https://hooks.example.evil/livedesk")
    assert "ALARM_HOSTS" in adds("https://hooks.example@10.0.0.1/")
    assert adds("http://hooks.example/") is True, "here: where everything is on this machine"
    for nonsense in ("floor", "file:///etc/passwd", "https://[", "floor@sales.example\n cc: all@sales.example"):
        assert adds(nonsense) not in (True, ""), nonsense
    assert "valid choice" in adds("floor@billing.example", world.ids["team"])
    settings.EMAIL_BACKEND = "django.core.mail.backends.console.EmailBackend"
    assert "EMAIL_URL" in adds("other@sales.example")


def test_another_address_is_signed_by_another_secret(world, billing, settings):
    settings.ALARM_HOSTS = ["hooks.example"]
    notice = Notice.objects.create(team=billing, to="https://hooks.example/one", trouble="Not sent: Timeout.")
    olga, path, before = world.client("olga"), f"/admin/calls/notice/{notice.pk}/change/", notice.secret
    assert notice.secret in olga.get(path).content.decode()
    olga.post(path, {"team": billing.pk, "to": "https://hooks.example/two", "on": "on"})
    notice.refresh_from_db()
    assert (notice.to[-3:], notice.trouble, notice.secret == before) == ("two", "", False)


def test_a_threshold_says_what_it_would_have_raised_before_it_is_saved(world, billing):
    stan, sales = world.client("stan"), world.ids["sales"]
    form = {"kind": "wait", "team": sales, "limit": "60", "hysteresis": "10", "minimum_seconds": "5", "on": "on"}

    def says(fields, path="preview/"):
        answer = stan.post(f"/admin/calls/threshold/{path}", fields)
        return answer.status_code, answer.json()["words"] if answer.headers[
            "Content-Type"
        ] == "application/json" else ""

    before = Threshold.objects.count()
    assert says(form) == (200, "In the last 24 hours it would not have been raised.")
    assert says(form | {"kind": "talk"})[1].startswith("There is no preview of this")
    assert says(form | {"limit": "0"}) == (422, "Then it would always be red.")
    assert says(form | {"team": billing.pk})[0] == 422
    assert says(form, f"{world.ids['threshold']}/preview/")[0] == 404
    assert Threshold.objects.count() == before
