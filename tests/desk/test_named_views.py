"""Views of the list that people name, keep and share."""

import pytest
from django.test import Client

from calls.models import Membership, SavedView, Team


def knock(who, path, **fields):
    client = Client(headers={"accept": "application/json"})
    client.force_login(who)
    return client.post(path, fields) if fields else client.get(path)


def seen_by(who):
    return [(view["name"], view["query"], view["by"]) for view in knock(who, "/desk/views/").json()["views"]]


def test_ben_keeps_a_view_for_himself(ben, wes):
    answer = knock(ben, "/desk/views/", name="On  hold ", query="states=held&group=queue&evil=1")
    assert answer.json()["views"] == [
        {"id": SavedView.objects.get().pk, "name": "On hold", "query": "states=held&group=queue", "team": None,
         "by": "", "yours": True},
    ]  # fmt: skip
    assert seen_by(wes) == []


def test_saved_again_by_the_same_name_it_is_the_new_one(ben):
    for query in ("states=held", "find=ana+%26+bo"):
        knock(ben, "/desk/views/", name="Mine", query=query)
    assert seen_by(ben) == [("Mine", "find=ana+%26+bo", "")]


def test_what_is_shared_with_billing_only_billing_sees(ben, wes, sue, alice, billing):
    knock(ben, "/desk/views/", name="Ours", query="view=talking", team=billing.pk)
    assert seen_by(wes) == seen_by(alice) == [("Ours", "view=talking", "Ben Okafor")]
    assert seen_by(sue) == []


def test_wes_may_not_change_what_ben_shares_but_keeps_one_of_his_own(ben, wes, billing):
    knock(ben, "/desk/views/", name="Ours", query="", team=billing.pk)
    pk = SavedView.objects.get().pk
    assert knock(wes, f"/desk/views/{pk}/", name="Mine").status_code == 403
    assert knock(wes, f"/desk/views/{pk}/delete/", name="").status_code == 403
    assert knock(wes, "/desk/views/", name="Ours", query="view=talking").status_code == 200
    assert seen_by(wes) == [("Ours", "", "Ben Okafor"), ("Ours", "view=talking", "")]


def test_ben_renames_it_takes_it_back_and_deletes_it(ben, wes, billing):
    knock(ben, "/desk/views/", name="Ours", query="", team=billing.pk)
    pk = SavedView.objects.get().pk
    knock(ben, f"/desk/views/{pk}/", name="Mine", team="")
    assert (seen_by(wes), seen_by(ben)) == ([], [("Mine", "", "")])
    knock(ben, f"/desk/views/{pk}/delete/", name="")
    assert seen_by(ben) == []


def test_who_leaves_the_team_shares_on_but_sees_no_more_of_others(ben, wes, billing):
    knock(ben, "/desk/views/", name="Ours", query="", team=billing.pk)
    Membership.objects.filter(user=wes).delete()
    assert seen_by(wes) == []


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": " "}, "Give the view a name of at most 40 letters."),
        ({"name": "x" * 41}, "Give the view a name of at most 40 letters."),
        ({"name": "Theirs", "team": "sales"}, "You can share a view only with a team whose calls you may watch."),
        ({"name": "Long", "query": "find=" + "%C3%A9" * 150}, "That is too much for a view: search for less."),
    ],
)
def test_what_does_not_fit_is_not_kept(ben, sales, fields, sentence):
    if fields.get("team"):
        fields = fields | {"team": Team.objects.get(name="Sales").pk}
    answer = knock(ben, "/desk/views/", **fields)
    assert (answer.status_code, answer.json()["message"]) == (422, sentence)
    assert not SavedView.objects.exists()


def test_two_of_one_name_are_not_made_by_renaming(ben):
    for name in ("One", "Two"):
        knock(ben, "/desk/views/", name=name, query="")
    pk = SavedView.objects.get(name="Two").pk
    assert knock(ben, f"/desk/views/{pk}/", name="One").json()["message"] == "There is another view of that name."
