"""People and places: changed by who may, in one's own teams, and nobody gives more than they hold."""

import pytest
from django.contrib.auth.models import Group, Permission, User

from calls.models import Agent, Board, Line, Membership, Phone, Team
from tests.conftest import group

PASSWORD = "a long enough passphrase 7"


def rows(prefix, *given, initial=0):
    """The hidden fields of an inline, and its rows."""
    form = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": initial}
    for place, row in enumerate(given):
        form |= {f"{prefix}-{place}-{name}": value for name, value in row.items()}
    return form


def test_stan_adds_a_line_to_sales(world, sales):
    form = {"name": "Offers", "address": "+15550100222", "team": sales.pk, "flow": "inbound", "greeting": "Hello."}
    response = world.client("stan").post("/admin/calls/line/add/", form)
    assert response.status_code == 302, response.context["errors"]
    assert Line.objects.get(name="Offers").team == sales


@pytest.mark.parametrize("team", ["{team}", ""])
def test_and_to_no_other_team(world, team):
    form = {"name": "Offers", "address": "+15550100222", "team": team.format(**world.ids), "flow": "inbound"}
    response = world.client("stan").post("/admin/calls/line/add/", form)
    assert response.status_code == 200 and "team" in response.context["adminform"].form.errors
    assert not Line.objects.filter(name="Offers").exists()


@pytest.mark.parametrize("address", ["0155", "client:", "mailto:x@y.z", "+1555 010 0222", "sip:"])
def test_an_address_that_twilio_cannot_dial_is_not_taken(world, sales, address):
    form = {"name": "Offers", "address": address, "team": sales.pk, "flow": "inbound"}
    response = world.client("olga").post("/admin/calls/line/add/", form)
    assert "address" in response.context["adminform"].form.errors


def test_an_agent_joins_a_team(world, sales):
    form = {"name": "Tom Novak", "contact": "client:tom", "state": "offline"}
    form |= rows("Agent_teams", {"team": sales.pk})
    response = world.client("stan").post("/admin/calls/agent/add/", form)
    assert response.status_code == 302, response.context["errors"]
    assert list(Agent.objects.get(name="Tom Novak").teams.all()) == [sales]


@pytest.mark.parametrize(
    ("contact", "why"),
    [
        ("+19005550123", "Premium-rate numbers"),
        ("+491805123456", "Shared-cost numbers"),
        ("+8816123456789", "satellites"),
        ("+9991234567", "No country"),
        ("+15550100200", "one of our lines"),
    ],
)
def test_an_agent_whose_telephone_costs_or_is_our_own_is_not_taken(world, sales, contact, why):
    """Every call of the team would ring there."""
    sana = Agent.objects.get(name="Sana Rahman")
    form = {"name": "Tom Novak", "contact": contact, "state": "offline"} | rows("Agent_teams", {"team": sales.pk})
    for page in ("add", f"{sana.pk}/change"):
        response = world.client("stan").post(f"/admin/calls/agent/{page}/", form)
        assert response.status_code == 200
        assert why in str(response.context["adminform"].form.errors["contact"])
    sana.refresh_from_db()
    assert sana.contact == "client:sana" and not Agent.objects.filter(contact=contact).exists()


@pytest.mark.parametrize("contact", ["+14155550166", "+254712123456", "sip:tom@pbx.example", "client:tom"])
def test_an_agent_abroad_or_inside_is(world, sales, contact):
    form = {"name": "Tom Novak", "contact": contact, "state": "offline"} | rows("Agent_teams", {"team": sales.pk})
    assert world.client("stan").post("/admin/calls/agent/add/", form).status_code == 302


def phone_form(person, address):
    form = {"username": person.username, "date_joined_0": "2026-11-01", "date_joined_1": "09:00:00", "is_active": "on"}
    return form | rows("memberships") | rows("phone", {"address": address})


@pytest.mark.parametrize("address", ["+14155550166", "client:sue", "sip:sue@pbx.example"])
def test_where_a_supervisor_is_rung_stands_with_the_person(world, address):
    sue = User.objects.get(username="sue")
    response = world.client("olga").post(f"/admin/auth/user/{sue.pk}/change/", phone_form(sue, address))
    assert response.status_code == 302, response.context["errors"]
    assert sue.phone.address == address


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("+19005550123", "Premium-rate numbers"),
        ("+8816123456789", "satellites"),
        ("+15550100200", "one of our own lines"),
        ("+4930", "too short"),
        ("+14150000000", "no such number"),
        ("ben", "Write +E164"),
    ],
)
def test_and_it_is_a_number_that_can_be_rung_and_costs_no_more_than_a_call(world, address, why):
    sue = User.objects.get(username="sue")
    response = world.client("olga").post(f"/admin/auth/user/{sue.pk}/change/", phone_form(sue, address))
    assert response.status_code == 200 and why in str(response.context["errors"])
    assert not Phone.objects.filter(user=sue).exists()


def test_what_stan_does_to_an_agent_leaves_her_other_teams_alone(world, sales, billing):
    sana = Agent.objects.get(name="Sana Rahman")
    sana.teams.add(billing)
    page = world.client("stan").get(f"/admin/calls/agent/{sana.pk}/change/").content.decode()
    assert "Sales" in page and "Billing" not in page
    membership = Agent.teams.through.objects.get(agent=sana, team=sales)
    form = {"name": "Sana R.", "contact": "client:sana", "state": "away"}
    form |= rows("Agent_teams", {"id": membership.pk, "agent": sana.pk, "team": sales.pk}, initial=1)
    assert world.client("stan").post(f"/admin/calls/agent/{sana.pk}/change/", form).status_code == 302
    sana.refresh_from_db()
    assert (sana.name, set(sana.teams.all())) == ("Sana R.", {sales, billing})


def test_who_may_not_see_an_agents_number_cannot_change_it(world, sales):
    nadia = Agent.objects.create(name="Nadia Haddad", contact="+15550100907")
    nadia.teams.add(sales)
    stan = world.client("stan")
    for path in ("/admin/calls/agent/", f"/admin/calls/agent/{nadia.pk}/change/"):
        page = stan.get(path).content.decode()
        assert "Nadia Haddad" in page and "+15550100907" not in page
    form = {"name": "Nadia H.", "contact": "client:stan", "state": "away"} | rows("Agent_teams")
    assert stan.post(f"/admin/calls/agent/{nadia.pk}/change/", form).status_code == 302
    nadia.refresh_from_db()
    assert (nadia.name, nadia.contact) == ("Nadia H.", "+15550100907")
    assert "+15550100907" in world.client("olga").get("/admin/calls/agent/").content.decode()


# People -------------------------------------------------------------------------------------------------------------


def test_olga_makes_a_supervisor(world, sales):
    olga, supervisor = world.client("olga"), Group.objects.get(name="Supervisor")
    form = {"username": "kim", "password1": PASSWORD, "password2": PASSWORD, "usable_password": "true"}
    form |= rows("phone") | rows("memberships", {"team": sales.pk, "group": supervisor.pk})
    response = olga.post("/admin/auth/user/add/", form)
    assert response.status_code == 302, response.context["errors"]
    kim = User.objects.get(username="kim")
    assert [(each.team, each.group) for each in kim.memberships.all()] == [(sales, supervisor)]


def test_stan_sees_the_people_of_sales(world):
    page = world.client("stan").get("/admin/auth/user/").content.decode()
    assert "Lindgren" in page and "Okafor" not in page and "Tanaka" not in page


def test_stan_gives_nobody_what_he_does_not_hold(world, stan, sales, billing):
    """A group with end_call, another team, and the flags that make an administrator."""
    newcomer = User.objects.create_user("kim", password=PASSWORD)
    page = f"/admin/auth/user/{newcomer.pk}/change/"
    supervisor, keeper = Group.objects.get(name="Supervisor"), Group.objects.get(name="Floor keeper")
    offered = world.client("stan").get(page).content.decode()
    assert "Floor keeper" in offered and ">Supervisor<" not in offered and "Billing" not in offered
    form = {"username": "kim", "is_active": "on", "is_staff": "on", "is_superuser": "on", "groups": [supervisor.pk]}
    form |= {"user_permissions": [Permission.objects.get(codename="end_call").pk], "date_joined_0": "2026-11-21"}
    form |= {"date_joined_1": "09:00:00"}
    for wrong in ({"team": sales.pk, "group": supervisor.pk}, {"team": billing.pk, "group": keeper.pk}):
        assert world.client("stan").post(page, form | rows("memberships", wrong)).status_code == 200
        assert not newcomer.memberships.exists()
    right = rows("phone") | rows("memberships", {"team": sales.pk, "group": keeper.pk})
    response = world.client("stan").post(page, form | right)
    assert response.status_code == 302, response.context["errors"]
    newcomer.refresh_from_db()
    assert (newcomer.is_staff, newcomer.is_superuser, newcomer.groups.count()) == (False, False, 0)
    assert (newcomer.user_permissions.count(), newcomer.memberships.get().group) == (0, keeper)


@pytest.mark.parametrize("who", ["sue", "alice", "olga"])
def test_stan_cannot_become_somebody_who_may_more(world, who):
    """Who sets a password can sign in with it."""
    person = world.people[who]
    before = User.objects.values().get(pk=person.pk)
    for path in (f"{person.pk}/password/", f"{person.pk}/change/", f"{person.pk}/delete/"):
        form = {"password1": PASSWORD, "password2": PASSWORD, "username": "x", "post": "yes"}
        assert world.client("stan").post(f"/admin/auth/user/{path}", form).status_code in (302, 403, 404)
    assert User.objects.values().get(pk=person.pk) == before


def test_stan_may_set_the_password_of_who_may_less(world, sales):
    kim = User.objects.create_user("kim", password=PASSWORD)
    Membership.objects.create(user=kim, team=sales, group=Group.objects.get(name="Watcher"))
    form = {"password1": "another " + PASSWORD, "password2": "another " + PASSWORD, "usable_password": "true"}
    assert world.client("stan").post(f"/admin/auth/user/{kim.pk}/password/", form).status_code == 302
    kim.refresh_from_db()
    assert kim.check_password("another " + PASSWORD)


def test_what_stan_could_not_have_given_he_cannot_take_away(world, sales, sue):
    page = world.client("stan").get(f"/admin/calls/team/{sales.pk}/change/").content.decode()
    assert f'value="{sue.memberships.get().pk}"' not in page
    form = {"name": "Sales", "show_numbers": "on"} | rows("memberships")
    assert world.client("stan").post(f"/admin/calls/team/{sales.pk}/change/", form).status_code == 302
    assert sue.memberships.count() == 1
    assert Team.objects.get(pk=sales.pk).show_numbers


def test_a_membership_that_is_given_counts_at_once(world, sales, wes, client):
    client.force_login(wes)
    assert client.get(f"/calls/{world.ids['sale']}/").status_code == 404
    watcher = group("Watcher", "view_call")
    form = {"name": "Sales"} | rows("memberships", {"user": wes.pk, "group": watcher.pk})
    response = world.client("olga").post(f"/admin/calls/team/{sales.pk}/change/", form)
    assert response.status_code == 302, response.context["errors"]
    assert client.get(f"/calls/{world.ids['sale']}/").status_code == 200


def test_a_team_with_calls_is_not_deleted(world, billing):
    world.client("olga").post(f"/admin/calls/team/{billing.pk}/delete/", {"post": "yes"})
    assert Team.objects.filter(pk=billing.pk).exists()


def test_who_wished_something_stays_in_the_books(world, ben):
    world.client("olga").post(f"/admin/auth/user/{ben.pk}/delete/", {"post": "yes"})
    assert User.objects.filter(pk=ben.pk).exists()


@pytest.mark.parametrize("kind", ["team", "line", "agent"])
def test_a_new_name_is_news_for_the_desks(client, dana_call, ana, kind):
    """Names stand in the bodies of live calls: the board moves with them."""
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    row = {"team": dana_call.team, "line": dana_call.line, "agent": ana}[kind]
    before = Board.objects.get().revision
    address = f"/admin/calls/{kind}/{row.pk}/change/"
    now = client.get(address).context["adminform"].form.initial
    form = {name: value for name, value in now.items() if value is not None} | rows("memberships") | rows("Agent_teams")
    answer = client.post(address, form | {"name": "Something new"})
    assert answer.status_code == 302, answer.context["errors"]
    dana_call.refresh_from_db()
    assert dana_call.revision == Board.objects.get().revision == before + 1
