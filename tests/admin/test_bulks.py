"""What was wished for many calls at once, as the admin shows it: to whom, and with what became of each call."""

import html
import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import Permission
from django.utils import timezone

from calls.models import Bulk, Membership
from tests.conftest import group


def page(world, who, path, **query):
    answer = world.client(who).get(path, query)
    return html.unescape(answer.content.decode()) if answer.status_code == 200 else ""


@pytest.fixture
def both(world, dana_call, sale, alice):
    """Of a list: one call of each team, stopped by alice behind the first, which was refused."""
    at, why = timezone.now(), {str(dana_call.pk): "Call +1 415 555 0177 instead."}
    return Bulk.objects.create(
        by=alice, key=uuid4(), verb="announce", fields={"text": "Ring +14155550199."}, started_at=at, made=1,
        calls=[str(dana_call.pk), str(sale.pk)], refused=why, stopped_at=at, stopped_by=alice,
    )  # fmt: skip


def test_it_says_who_wished_what_how_far_it_came_and_what_became_of_each_call(world, both):
    listed = page(world, "olga", "/admin/calls/bulk/")
    for words in ("announce", "Alice Moreau", "1 of 2, 1 refused", "stopped by Alice Moreau"):
        assert words in listed, words
    told = page(world, "olga", f"/admin/calls/bulk/{both.pk}/change/")
    turns = re.findall(r"<li>(.*?)</li>", told.partition("<ol>")[2].partition("</ol>")[0])
    assert [re.sub(r"<.*?>", "", turn).partition(": ")[2] for turn in turns] == [
        "refused. Call +1 415 555 0177 instead.",
        "not asked for",
    ]
    assert f"/admin/calls/call/{world.ids['sale']}/change/" in turns[1]


def test_one_of_a_list_is_shown_to_who_began_it_and_to_who_sees_every_team(world, both, ben):
    ben.is_staff = True
    ben.save()
    assert str(both.pk) not in page(world, "ben", "/admin/calls/bulk/")
    assert str(both.pk) not in page(world, "stan", "/admin/calls/bulk/")
    Bulk.objects.filter(pk=both.pk).update(by=ben)
    assert str(both.pk) in page(world, "ben", "/admin/calls/bulk/")


def test_that_of_a_queue_to_who_watches_its_team(world, ben, sue):
    for user in (ben, sue):
        user.is_staff = True
        user.save()
    assert world.ids["bulk"] in page(world, "ben", "/admin/calls/bulk/")
    assert world.ids["bulk"] not in page(world, "sue", "/admin/calls/bulk/")


def test_its_numbers_are_masked_as_everywhere(world, both, stan, billing):
    Bulk.objects.filter(pk=both.pk).update(by=stan)
    path = f"/admin/calls/bulk/{both.pk}/change/"
    told = page(world, "stan", path)
    assert "refused. Call" in told and not any(number in told for number in ("555 0177", "4155550199"))
    stan.user_permissions.add(*Permission.objects.filter(codename__in=("all_teams", "view_numbers")))
    Membership.objects.get_or_create(user=stan, team=billing, defaults={"group": group("Watcher", "view_call")})
    told = page(world, "stan", path)
    assert "+1 415 555 0177" in told and "+14155550199" in told


def test_a_bulk_is_found_by_its_id_and_by_its_calls(world, both, dana_call):
    sid = dana_call.legs.first().sid
    for asked in (str(both.pk), str(dana_call.pk), sid):
        assert str(both.pk) in page(world, "olga", "/admin/calls/bulk/", q=asked), asked
    assert str(both.pk) not in page(world, "olga", "/admin/calls/bulk/", q=str(uuid4()))
