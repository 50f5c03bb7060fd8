"""The directory and the announcements: kept by who may, each for the teams that are theirs, and nothing that costs."""

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile

from calls.models import Announcement, Destination, Line, Membership
from tests.twilio.test_sounds import FRAME, wav

PLACE = {"kind": "address", "method": "POST"}
WORDS = {"language": "en-US", "voice": ""}


@pytest.fixture(autouse=True)
def folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def add(world):
    """`add("stan", "destination", name="Offers", …)`: what is wrong with it, by field; nothing if it was taken."""

    def post(who, what, /, **fields):
        form = (PLACE if what == "destination" else WORDS) | fields
        answer = world.client(who).post(f"/admin/calls/{what}/add/", form)
        return {} if answer.status_code == 302 else dict(answer.context["adminform"].form.errors)

    return post


# Whose ---------------------------------------------------------------------------------------------------------------


def test_stan_adds_a_place_and_a_text_for_sales(add, sales):
    assert add("stan", "destination", name="Sana's mobile", address="+14155550166", teams=[sales.pk]) == {}
    assert list(Destination.objects.get(name="Sana's mobile").teams.all()) == [sales]
    assert add("stan", "announcement", name="Closing", text="We close.", teams=[sales.pk]) == {}
    assert list(Announcement.objects.get(name="Closing").teams.all()) == [sales]


@pytest.mark.parametrize("kind", ["destination", "announcement"])
def test_and_for_no_other_team_nor_for_all(add, kind, sales, billing):
    what = {"name": "Anywhere", "address": "+14155550166", "text": "Hello."}
    for teams in ([], [billing.pk], [sales.pk, billing.pk], [999]):
        assert "teams" in add("stan", kind, **what, teams=teams)
    assert not Destination.objects.filter(name="Anywhere").exists()
    assert add("olga", kind, **what) == {}, "for every team, by who serves every team"


@pytest.mark.parametrize("kind", ["destination", "announcement"])
def test_what_every_team_uses_stan_sees_and_does_not_change(world, kind, sales, billing):
    model = {"destination": Destination, "announcement": Announcement}[kind]
    stan = world.client("stan")
    for teams in ([], [sales, billing]):
        shared = model.objects.create(
            name=f"For {len(teams)}", **({"text": "Hello."} if kind == "announcement" else {})
        )
        shared.teams.set(teams)
        assert shared.name in stan.get(f"/admin/calls/{kind}/").content.decode()
        page = stan.get(f"/admin/calls/{kind}/{shared.pk}/change/").content.decode()
        assert shared.name in page and 'name="_save"' not in page and "Billing" not in page
        form = PLACE | WORDS | {"name": "Mine", "text": "Mine.", "address": "+14155550166", "teams": [sales.pk]}
        assert stan.post(f"/admin/calls/{kind}/{shared.pk}/change/", form).status_code == 403
        assert stan.post(f"/admin/calls/{kind}/{shared.pk}/delete/", {"post": "yes"}).status_code == 403
        chosen = {"action": "delete_selected", "_selected_action": [shared.pk], "post": "yes"}
        assert stan.post(f"/admin/calls/{kind}/", chosen).status_code == 403
        shared.refresh_from_db()
        assert (shared.name, set(shared.teams.all())) == (f"For {len(teams)}", set(teams))


@pytest.mark.parametrize("kind", ["destination", "announcement"])
def test_what_is_of_his_teams_alone_stan_changes_and_takes_away(world, kind, sales):
    stan, pk = world.client("stan"), world.ids[f"sales_{kind}"]
    form = PLACE | WORDS | {"name": "Renamed", "text": "Words.", "teams": [sales.pk]}
    answer = stan.post(f"/admin/calls/{kind}/{pk}/change/", form)
    assert answer.status_code == 302, answer.context["errors"]
    model = {"destination": Destination, "announcement": Announcement}[kind]
    assert model.objects.get(pk=pk).name == "Renamed"
    assert stan.post(f"/admin/calls/{kind}/{pk}/delete/", {"post": "yes"}).status_code == 302
    assert not model.objects.filter(pk=pk).exists()


def test_who_may_only_look_only_looks(world, stan, sales, add):
    stan.groups.clear()
    stan.user_permissions.set(Permission.objects.filter(codename__in=["view_destination", "view_announcement"]))
    for kind in ("destination", "announcement"):
        page = world.client("stan").get(f"/admin/calls/{kind}/{world.ids[f'sales_{kind}']}/change/")
        assert page.status_code == 200 and b'name="_save"' not in page.content
        assert world.client("stan").get(f"/admin/calls/{kind}/add/").status_code == 403


def test_a_right_in_one_team_alone_is_no_right_in_the_admin(world, stan, billing):
    """What Django's admin asks for is held everywhere, or not at all."""
    Membership.objects.create(user=stan, team=billing, group=stan.groups.get())
    stan.groups.clear()
    assert world.client("stan").get("/admin/calls/destination/").status_code == 403


# Where to ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "why"),
    [
        ("+19005550123", "Premium-rate numbers"),
        ("+491805123456", "Shared-cost numbers"),
        ("+447012345678", "Personal numbers"),
        ("+8816123456789", "satellites"),
        ("+88213123456789", "satellites"),
        ("+9991234567", "No country"),
        ("+15550100200", "one of our own lines"),
        ("*72", "Write +E164"),
        ("911", "Write +E164"),
        ("0014155550166", "Write +E164"),
        ("+1 415 555 0166", "Write +E164"),
        ("https://example.com/", "Write +E164"),
        ("", "cannot be empty"),
    ],
)
def test_a_place_that_costs_or_leads_back_to_us_is_not_taken(add, address, why):
    errors = add("olga", "destination", name="Somewhere", address=address)
    assert why in str(errors["address"])


@pytest.mark.parametrize(
    "address", ["+14155550166", "+443001234567", "+254712123456", "sip:desk@pbx.example", "client:x"]
)
def test_a_place_abroad_or_inside_is(add, address):
    """Which countries are open is a rule for who types a number: what an administrator names was looked at."""
    assert add("olga", "destination", name="Somewhere", address=address) == {}


def test_a_place_may_be_a_line_of_ones_own_teams(world, add, sales):
    line, other = Line.objects.get(pk=world.ids["sales_line"]), world.ids["line"]
    fields = {"name": "Sales", "kind": "line", "teams": [sales.pk]}
    assert "line" in add("stan", "destination", **fields, line=other)
    assert "line" in add("stan", "destination", **fields)
    assert add("stan", "destination", **fields, line=line.pk) == {}
    page = world.client("stan").get("/admin/calls/destination/add/").content.decode()
    assert "Sales hotline" in page and "Billing hotline" not in page


@pytest.mark.parametrize(
    "url", ["", "ftp://x.example/", "javascript:alert(1)", "/twilio/voice/", "file:///etc/passwd", "x y"]
)
def test_a_document_elsewhere_has_a_whole_address(add, url):
    assert "url" in add("olga", "destination", name="Survey", kind="flow", url=url)


def test_and_is_asked_for_by_https_unless_it_says_otherwise(add):
    assert add("olga", "destination", name="Survey", kind="flow", url="flows.example/survey") == {}
    assert Destination.objects.get(name="Survey").url == "https://flows.example/survey"


SURVEY = "https://flows:s3cret@flows.example/survey?to=a@b.example"


@pytest.fixture
def survey(sales):
    place = Destination.objects.create(name="Survey", kind="flow", url=SURVEY)
    place.teams.add(sales)
    return place


def test_a_password_in_an_address_is_shown_to_nobody(world, survey, stan):
    page = f"/admin/calls/destination/{survey.pk}/change/"
    looks = [("olga", "/admin/calls/destination/"), ("olga", page), ("stan", page)]
    for who, path in looks:
        text = world.client(who).get(path).content.decode()
        assert "https://…@flows.example/survey?to=a@b.example" in text and "s3cret" not in text
    stan.groups.clear()
    stan.user_permissions.set(Permission.objects.filter(codename="view_destination"))
    text = world.client("stan").get(page).content.decode()
    assert "https://…@flows.example/survey" in text and "s3cret" not in text and 'name="_save"' not in text


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://…@flows.example/survey?to=a@b.example", SURVEY),
        ("https://…@other.example/survey", None),
        ("https://me:new@other.example/survey", "https://me:new@other.example/survey"),
        ("https://other.example/survey", "https://other.example/survey"),
    ],
)
def test_and_stays_where_it_is_until_it_is_written_again(world, survey, sales, url, kept):
    form = {"name": "Renamed", "kind": "flow", "method": "POST", "url": url, "teams": [sales.pk]}
    answer = world.client("stan").post(f"/admin/calls/destination/{survey.pk}/change/", form)
    survey.refresh_from_db()
    assert (survey.name, survey.url) == (("Renamed", kept) if kept else ("Survey", SURVEY))
    if not kept:
        assert "write them again" in str(answer.context["adminform"].form.errors["url"])


def test_who_may_not_see_a_number_cannot_change_it(world, stan, sales):
    pk, page = world.ids["sales_destination"], f"/admin/calls/destination/{world.ids['sales_destination']}/change/"
    number = Destination.objects.get(pk=pk).address
    for path in ("/admin/calls/destination/", page):
        assert number not in world.client("stan").get(path).content.decode()
    form = PLACE | {"name": "Offers desk", "address": "+14155550999", "teams": [sales.pk]}
    assert world.client("stan").post(page, form).status_code == 302
    assert Destination.objects.get(pk=pk).address == number
    stan.user_permissions.add(Permission.objects.get(codename="view_numbers"))
    assert number in world.client("stan").get(page).content.decode()
    assert world.client("stan").post(page, form).status_code == 302
    assert Destination.objects.get(pk=pk).address == "+14155550999"


# What is heard -------------------------------------------------------------------------------------------------------


def upload(name, content):
    return SimpleUploadedFile(name, content)


def test_a_wav_says_itself_how_long_it_plays(add, world, client):
    assert add("olga", "announcement", name="Notice", audio=upload("notice.wav", wav(12.3)), seconds=99) == {}
    notice = Announcement.objects.get(name="Notice")
    assert (notice.seconds, notice.audio.name) == (13, "announcements/notice.wav")
    page = world.client("olga").get(f"/admin/calls/announcement/{notice.pk}/change/").content.decode()
    link = page.partition("Currently")[2].partition('href="')[2].partition('"')[0]
    assert "/twilio/audio/" in link and "notice.wav" in page
    assert client.get(link.removeprefix("http://127.0.0.1:8000")).content == wav(12.3)


def test_of_an_mp3_it_is_asked(add):
    assert "How long is it?" in str(add("olga", "announcement", name="Notice", audio=upload("a.mp3", FRAME))["seconds"])
    assert add("olga", "announcement", name="Notice", audio=upload("a.mp3", FRAME), seconds=4) == {}
    assert Announcement.objects.get(name="Notice").seconds == 4


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.wav", b"<script>alert(1)</script>", "neither MP3 nor WAV"),
        ("a.mp3", b"\x89PNG\r\n\x1a\n", "neither MP3 nor WAV"),
        ("a.mp3", wav(1), "This is WAV"),
        ("a.wav", FRAME, "This is MP3"),
        ("a.html", wav(1), "This is WAV"),
        ("a.wav.html", wav(1), "This is WAV"),
        ("a.svg", b"<svg/>", "neither MP3 nor WAV"),
        ("a", wav(1), "This is WAV"),
        ("a.wav", wav(0), "It plays for 0 seconds"),
        ("a.wav", b"", "empty"),
        ("a.wav", wav(600, rate=10_000), "larger than 5 MB"),
    ],
)
def test_what_is_no_recording_is_not_taken(add, tmp_path, name, content, why):
    errors = add("olga", "announcement", name="Notice", text="Hello.", audio=upload(name, content), seconds=3)
    assert why in str(errors["audio"])
    assert not Announcement.objects.filter(name="Notice").exists()
    assert not [file for file in tmp_path.rglob("*") if file.is_file()]


def test_five_megabytes_are_enough(add):
    content = wav(500, rate=10_000)
    assert len(content) < 5 * 1024 * 1024
    assert add("olga", "announcement", name="Notice", audio=upload("a.wav", content)) == {}


@pytest.mark.parametrize(
    "fields", [{}, {"text": ""}, {"text": "x" * 1001}, {"text": "Hi.", "language": "xx"}, {"text": "Hi.", "voice": "x"}]
)
def test_what_cannot_be_said_is_not_taken(add, fields):
    assert add("olga", "announcement", name="Notice", **fields)
    assert not Announcement.objects.filter(name="Notice").exists()


def test_a_new_name_keeps_the_recording_and_a_new_recording_has_its_own_length(add, world):
    add("olga", "announcement", name="Notice", audio=upload("a.wav", wav(3)))
    notice, olga = Announcement.objects.get(name="Notice"), world.client("olga")
    path = f"/admin/calls/announcement/{notice.pk}/change/"
    assert olga.post(path, WORDS | {"name": "Note", "seconds": 3}).status_code == 302
    notice.refresh_from_db()
    assert (notice.name, notice.audio.read()) == ("Note", wav(3))
    olga.post(path, WORDS | {"name": "Note", "seconds": 3, "audio": upload("a.wav", wav(8))})
    notice.refresh_from_db()
    assert (notice.seconds, notice.audio.read()) == (8, wav(8))
    olga.post(path, WORDS | {"name": "Note", "text": "Spoken.", "audio-clear": "on"})
    notice.refresh_from_db()
    assert (bool(notice.audio), notice.text) == (False, "Spoken.")
