"""What happened can be looked at and not changed: by team, and masked where numbers may not be seen."""

import html
import re

import pytest
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from calls.admin.looking import hide
from calls.models import Action, Audit, Bulk, Call, Drill, Leg, Membership, Note, Report
from tests.conftest import group

HAPPENED = ["call", "leg", "report", "action", "audit", "drill", "bulk"]
DANA, MAX = "4155550177", "4155550199"


@pytest.fixture
def look(world):
    """`look("olga", "/admin/calls/call/")`: the page as text."""
    clients = {}

    def page(who, path, **query):
        if who not in clients:
            clients[who] = world.client(who)
        response = clients[who].get(path.format(**world.ids), query)
        assert response.status_code == 200, (response.status_code, response.headers.get("Location"))
        return html.unescape(response.content.decode())

    return page


def listed(page):
    return int(re.search(r"(\d+) result|(\d+) [a-z]+s?\b", page.partition('class="paginator"')[2]).group(0).split()[0])


@pytest.mark.parametrize("what", HAPPENED)
def test_olga_herself_can_change_nothing_that_happened(world, look, what):
    model = admin.site.get_model_admin(
        {each._meta.model_name: each for each in (Call, Leg, Report, Action, Audit, Drill, Bulk)}[what]
    )
    before = list(model.model.objects.order_by("pk").values())
    olga = world.client("olga")
    page = look("olga", f"/admin/calls/{what}/").partition('id="content"')[2]
    for offer in ('name="action"', "/add/", 'name="_save"', "deletelink"):
        assert offer not in page
    detail = look("olga", f"/admin/calls/{what}/{{{what}}}/change/").partition('id="content"')[2]
    for offer in ('name="_save"', "deletelink", "<select", 'type="text"', "<textarea"):
        assert offer not in detail
    pk = world.ids[what]
    for path, form in [
        (f"/admin/calls/{what}/add/", {}),
        (
            f"/admin/calls/{what}/{pk}/change/",
            {"status": "ended", "verdict": "heard", "state": "confirmed", "what": "x"},
        ),
        (f"/admin/calls/{what}/{pk}/delete/", {"post": "yes"}),
    ]:
        assert olga.post(path, form).status_code == 403
    olga.post(f"/admin/calls/{what}/", {"action": "delete_selected", "_selected_action": [pk], "post": "yes"})
    olga.post(
        f"/admin/calls/{what}/", {"form-0-id": pk, "form-TOTAL_FORMS": "1", "form-INITIAL_FORMS": "1", "_save": "1"}
    )
    assert list(model.model.objects.order_by("pk").values()) == before
    assert (model.actions, model.list_editable) == (None, ())


# Teams --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("what", HAPPENED)
def test_stan_sees_what_happened_to_sales_and_nothing_else(world, look, what):
    page = look("stan", f"/admin/calls/{what}/")
    for secret in world.hidden_from("stan"):
        assert secret not in page
    for path in (f"/admin/calls/{what}/{world.ids[what]}/change/", f"/admin/calls/{what}/{world.ids[what]}/history/"):
        response = world.client("stan").get(path)
        assert (response.status_code, response.headers["Location"]) == (302, "/admin/")


def test_who_serves_every_team_sees_also_what_has_none(world, look, twilio):
    twilio.status(twilio.sid(), "in-progress", 1, From="+14155550123", To="+15550100999")
    lost = Call.objects.get(team=None)
    assert str(lost) in look("olga", "/admin/calls/call/", team="none")
    assert str(lost) not in look("stan", "/admin/calls/call/")
    assert str(lost) not in look("stan", "/admin/calls/call/", team="none")


def test_the_filter_names_ones_own_teams_only(look):
    assert "Billing" in look("olga", "/admin/calls/call/")
    assert "Billing" not in look("stan", "/admin/calls/call/")


@pytest.mark.parametrize("team", ["{team}", "0", "x", "1 or 1=1", ""])
def test_the_filter_opens_no_other_team(world, look, team):
    page = look("stan", "/admin/calls/call/", team=team.format(**world.ids))
    assert DANA not in page and world.ids["call"] not in page


def test_a_right_in_a_team_is_enough_to_look(world, look, stan, sales):
    """view_call of a membership counts here as it does on the desk."""
    stan.groups.clear()
    Membership.objects.create(user=stan, team=sales, group=group("Watcher", "view_call"))
    assert world.ids["sale"] in look("stan", "/admin/calls/call/")
    assert world.client("stan").get("/admin/calls/audit/").status_code == 403
    assert "Calls" in look("stan", "/admin/")


def test_without_a_team_there_is_nothing_to_look_at(world, stan):
    Membership.objects.filter(user=stan).delete()
    for what in HAPPENED:
        assert world.client("stan").get(f"/admin/calls/{what}/").status_code == 403


# Numbers ------------------------------------------------------------------------------------------------------------

PAGES = [
    "/admin/calls/call/", "/admin/calls/leg/",
    "/admin/calls/call/{sale}/change/", "/admin/calls/leg/{sale_leg}/change/",
    "/admin/calls/report/{sale_report}/change/",
]  # fmt: skip


@pytest.mark.parametrize("path", PAGES)
def test_stan_sees_how_maxs_number_ends_and_no_more(look, path):
    page = look("stan", path)
    assert MAX not in page
    assert "0199" in page


@pytest.mark.parametrize("path", PAGES)
def test_who_may_see_numbers_sees_them(look, stan, path):
    stan.user_permissions.add(Permission.objects.get(codename="view_numbers"))
    assert MAX in look("stan", path)


def test_numbers_are_shown_by_team(look, stan, world, billing):
    """stan comes to Billing with the right, and may still not see those of Sales."""
    Membership.objects.create(user=stan, team=billing, group=group("Numbers", "view_numbers"))
    for path in ("/admin/calls/call/", "/admin/calls/leg/"):
        page = look("stan", path)
        assert DANA in page and MAX not in page


def test_a_raw_report_keeps_its_sids_and_hides_every_number(world, look):
    Report.objects.filter(pk=world.ids["sale_report"]).update(
        body={
            "CallSid": "CA" + "1234567890" * 3 + "12",
            "From": "sip:+14155550199@example.com",
            "CallerName": "Max +1 (415) 555-0199",
            "SpeechResult": "my card is 4111 1111 1111 1111, my number 0171.555.0199",
            "Timestamp": "Sat, 21 Nov 2026 09:00:00 +0000",
            "Markup": "<script>alert(1)</script>",
        }
    )
    response = world.client("stan").get(f"/admin/calls/report/{world.ids['sale_report']}/change/")
    raw = response.content.decode().partition('<pre class="raw">')[2].partition("</pre>")[0]
    assert "CA" + "1234567890" * 3 + "12" in raw and "Sat, 21 Nov 2026 09:00:00 +0000" in raw
    assert not re.search(r"415\D*555|4111\D*1111|0171", raw)
    assert "&lt;script&gt;" in raw and "<script>" not in raw


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("+14155550199", "0199"),
        ("+1 (415) 555-0199", "0199"),
        ("004915112345678", "5678"),
        ("12345", "12345"),
        ("CA00000000000000000000000000000001", "CA00000000000000000000000000000001"),
        ("4111111111111111999", "··· 99"),
    ],
)
def test_hidden_is_what_looks_like_a_number(text, told):
    assert hide(text).endswith(told)
    assert (hide(text) == text) == (told == text)


def test_a_password_in_an_address_is_in_no_raw_text(world, look):
    address = "https://flows:s3c@ret@flows.example/survey?to=a@b.example"
    ids = world.ids
    said = {"url": address, "twiml": f"<Redirect>{address}</Redirect>", "sends": [{"was": address}]}
    Action.objects.filter(pk=ids["action"]).update(
        params=said, plan=said, message=f"Twilio refused: {address} (11200)."
    )
    Audit.objects.filter(pk=ids["audit"]).update(facts=said)
    Report.objects.filter(pk=ids["report"]).update(body={"ErrorUrl": address})
    for what in ("action", "audit", "report"):
        page = look("olga", f"/admin/calls/{what}/{ids[what]}/change/")
        assert "https://…@flows.example/survey?to=a@b.example" in page
        assert "flows:" not in page and "s3c" not in page and "ret@" not in page
    assert "s3c" not in look("olga", "/admin/calls/action/")


# Searching ----------------------------------------------------------------------------------------------------------


NUMBERS = ["+14155550177", "4155550177", "0177", "(415) 555-0177"]


@pytest.mark.lane_b
@pytest.mark.parametrize("what", HAPPENED)
def test_a_sid_finds_what_it_is_about(world, look, what):
    page, leg = f"/admin/calls/{what}/", world.ids["leg"]
    assert listed(look("olga", page, q=leg)) >= 1
    assert listed(look("olga", page, q="CA" + "f" * 32)) == listed(look("stan", page, q=leg)) == 0


@pytest.mark.lane_b
@pytest.mark.parametrize("what", ["call", "leg", "report", "action"])
def test_a_number_finds_its_calls_for_who_may_see_it(look, stan, billing, what):
    """What is found tells what was looked for. stan watches Billing too by now, without its numbers."""
    Membership.objects.create(user=stan, team=billing)
    page = f"/admin/calls/{what}/"
    assert listed(look("stan", page)) >= 1
    assert {number: listed(look("olga", page, q=number)) > 0 for number in NUMBERS} == dict.fromkeys(NUMBERS, True)
    assert {number: listed(look("stan", page, q=number)) for number in NUMBERS} == dict.fromkeys(NUMBERS, 0)


STRANGE = ["' OR 1=1 --", "%", "_", "CA%", "Ana Pereira", "x" * 5000, "\u0661\u0662\u0663\u0664"]


def test_strange_words_find_nothing_and_break_nothing(look):
    assert {words: listed(look("olga", "/admin/calls/call/", q=words)) for words in STRANGE} == dict.fromkeys(
        STRANGE, 0
    )
    assert "Null characters are not allowed" in look("olga", "/admin/calls/call/", q="\x00")


ORACLES = [
    "call/?from_number__startswith=%2B1415", "call/?from_number=%2B14155550199", "call/?legs__from_number=1",
    "call/?from_number__regex=.", "call/?team__calls__from_number__startswith=%2B", "call/?status__regex=.",
    "call/?started_at__gt=2020-01-01", "leg/?to_number__contains=1", "leg/?registers__contains=1",
    "leg/?call__from_number__contains=1", "leg/?call__id__exact__x=1", "report/?body__From__startswith=%2B",
    "report/?call__from_number=1", "action/?call__from_number__contains=1", "action/?by__password__startswith=m",
    "audit/?facts__x=1", "agent/?contact__startswith=%2B", "agent/?user__password__startswith=m",
    "line/?team__calls__from_number=1", "team/?calls__from_number__startswith=%2B1415",
]  # fmt: skip


def test_an_address_cannot_ask_for_what_the_page_does_not_offer(world):
    """Django filters by any column: whether a row stays would spell out its number, digit by digit."""
    stan = world.client("stan")
    assert {query: stan.get(f"/admin/calls/{query}").status_code for query in ORACLES} == dict.fromkeys(ORACLES, 400)


def test_what_the_page_offers_can_be_asked_for(look):
    for query in (
        "call/?status__exact=talking",
        "call/?started_at__year=2026",
        "report/?verdict__exact=heard&team=none",
    ):
        path, _, asked = query.partition("?")
        look("olga", f"/admin/calls/{path}", **dict(pair.split("=") for pair in asked.split("&")))


# The way from one to the other --------------------------------------------------------------------------------------


def test_from_a_call_to_its_legs_reports_wishes_and_back(world, look):
    ids, page = world.ids, look("olga", "/admin/calls/call/{call}/change/")
    assert f"/admin/calls/leg/{ids['leg']}/change/" in page
    assert f"/admin/calls/action/{ids['action']}/change/" in page
    reports = re.search(r'href="(/admin/calls/report/\?call__id__exact=[^"]+)"', page).group(1)
    assert f"/admin/calls/report/{ids['report']}/change/" in look("olga", reports)
    audit = re.search(r'href="(/admin/calls/audit/\?q=[^"]+)"', page).group(1)
    assert f"/admin/calls/audit/{ids['audit']}/change/" in look("olga", audit)
    for path in ("leg/{leg}", "report/{report}", "action/{action}", "audit/{audit}"):
        assert f"/admin/calls/call/{ids['call']}/change/" in look("olga", f"/admin/calls/{path}/change/")
    leg = look("olga", "/admin/calls/leg/{leg}/change/")
    assert f"/admin/calls/report/?leg__sid__exact={ids['leg']}" in leg
    assert listed(look("olga", f"/admin/calls/report/?leg__sid__exact={ids['leg']}")) == 3


def test_the_audit_says_who_wished_what(world, look):
    page = look("olga", "/admin/calls/audit/")
    assert "action.requested" in page and "ben" in page and "end" in page


@pytest.mark.parametrize(
    "path", ["/admin/calls/call/", "/admin/calls/leg/", "/admin/calls/report/", "/admin/calls/action/"]
)
def test_a_longer_list_asks_no_more_of_the_database(world, look, twilio, line, path):
    look("olga", path)
    with CaptureQueriesContext(connection) as few:
        look("olga", path)
    for _ in range(5):
        twilio.call_in()
    with CaptureQueriesContext(connection) as many:
        look("olga", path)
    assert len(many) == len(few) <= 40


HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "{{ 7|add:7 }}", "\u202eevil", "</pre><b>"]


@pytest.mark.parametrize("name", HOSTILE, ids=ascii)
def test_what_a_caller_is_called_is_text(world, twilio, line, name):
    sid, answer = twilio.call_in(From=name, CallerName=name)
    assert answer.status_code == 200
    call, olga = Call.objects.get(legs__sid=sid), world.client("olga")
    report = Report.objects.filter(call=call)[0]
    for path in (f"call/{call.pk}/change/", "call/", f"leg/{sid}/change/", "leg/", f"report/{report.pk}/change/"):
        page = olga.get(f"/admin/calls/{path}").content.decode()
        assert "<script>alert" not in page and "<img src=x" not in page and "</pre><b>" not in page
    assert html.escape(name) in olga.get("/admin/calls/leg/").content.decode()


def test_anonymous_sees_nothing_of_it(world):
    for what in HAPPENED:
        assert Client().get(f"/admin/calls/{what}/").status_code == 302


def test_a_call_is_found_by_its_tag_and_by_words_of_a_note(world, look):
    call = Call.objects.get(pk=world.ids["sale"])
    Call.objects.filter(pk=call.pk).update(tags="money back, vip")
    Note.objects.create(call=call, text="Wants the Manager at 415/555/0188", at=call.started_at)
    for words in ("VIP", "money  back", "manager"):
        assert listed(look("stan", "/admin/calls/call/", q=words)) == 1, words
    assert listed(look("stan", "/admin/calls/call/", q="at 415/")) == 0, "nobody finds out a number by asking for it"
    detail = look("stan", "/admin/calls/call/{sale}/change/")
    assert "money back, vip" in detail and "somebody who is gone: Wants the Manager at ··· 0188" in detail
