"""Signing in: five tries a minute, and never a word on who exists."""

import time
from urllib.parse import unquote

import pytest
from django.test import Client

from calls.desk import sign_in

RIGHT = "correct horse battery"
WRONG = "Please enter a correct username and password."
LATER = "Too many tries. Wait a minute, then try again."


def enter(client, username, password, **extra):
    return client.post("/sign-in/", {"username": username, "password": password}, **extra)


def said(response):
    return str(response.context["form"].non_field_errors()[0])


def test_ben_signs_in_and_gets_a_session_of_his_own(client, ben):
    client.get("/sign-in/")
    client.session.save()
    before = client.session.session_key
    response = enter(client, "ben", RIGHT)
    assert (response.status_code, response.headers["Location"]) == (302, "/")
    assert client.session.session_key != before
    assert client.get("/").status_code == 200


def test_the_way_back_leads_nowhere_else(client, ben):
    for where, leads in [("/admin/", "/admin/"), ("https://evil.example/", "/"), ("//evil.example/", "/")]:
        response = client.post("/sign-in/", {"username": "ben", "password": RIGHT, "next": where})
        assert response.headers["Location"] == leads
        client.logout()


@pytest.mark.parametrize("username", ["ben", "nobody-of-that-name", "zoe"])
def test_the_sixth_try_in_a_minute_is_not_looked_at(client, ben, disabled, username):
    """Whether there is such a person, or was: the same words, the same count."""
    disabled.is_active = False
    disabled.save()
    for _ in range(5):
        response = enter(client, username, "wrong")
        assert response.status_code == 200
        assert said(response).startswith(WRONG)
    response = enter(client, username, RIGHT)
    assert (response.status_code, said(response)) == (429, LATER)
    assert response.headers["Retry-After"] == "60"
    assert client.get("/").status_code == 302


def test_it_counts_for_this_account_at_this_address_only(client, ben, wes):
    for _ in range(6):
        enter(client, "ben", "wrong")
    assert enter(Client(), "wes", RIGHT).status_code == 302
    assert enter(Client(), "ben", RIGHT, REMOTE_ADDR="192.0.2.7").status_code == 302


def test_upper_case_is_no_way_around(client, ben):
    for username in ("ben", "BEN", "Ben", "bEn", "beN"):
        enter(client, username, "wrong")
    assert said(enter(client, "ben", RIGHT)) == LATER


def test_the_right_password_ends_the_count(client, ben):
    for _ in range(2):
        for _ in range(4):
            enter(client, "ben", "wrong")
        assert enter(client, "ben", RIGHT).status_code == 302
        client.logout()


def test_after_the_minute_ben_may_try_again(client, ben, monkeypatch):
    monkeypatch.setattr(sign_in, "MINUTE", 1)
    for _ in range(6):
        response = enter(client, "ben", "wrong")
    assert said(response) == LATER
    time.sleep(1.1)
    assert enter(client, "ben", RIGHT).status_code == 302


def test_a_new_password_ends_the_other_sessions(client, ben):
    client.force_login(ben)
    ben.set_password("another horse, another battery")
    ben.save()
    assert client.get("/").status_code == 302


def test_signing_out_ends_the_session(client, ben):
    client.force_login(ben)
    assert client.post("/sign-out/").headers["Location"] == "/sign-in/"
    assert client.get("/").status_code == 302


# The admin has no sign-in of its own --------------------------------------------------------------------------------


def test_the_admins_sign_in_is_ours(client, olga):
    response = client.post("/admin/login/", {"username": "olga", "password": RIGHT})
    assert (response.status_code, response.headers["Location"]) == (302, "/sign-in/?next=/admin/login/")
    assert client.get("/").status_code == 302, "nobody was signed in by that"


def test_who_asked_for_a_page_of_the_admin_gets_it_after_signing_in(client, olga):
    door = client.get("/admin/calls/call/", follow=True).redirect_chain[-1][0]
    assert door.startswith("/sign-in/?next=")
    form = {"username": "olga", "password": RIGHT, "next": unquote(door.partition("=")[2])}
    assert client.post("/sign-in/", form, follow=True).redirect_chain[-1][0] == "/admin/calls/call/"


def test_the_admins_sign_in_leads_nowhere_else(client, olga):
    client.force_login(olga)
    assert client.get("/admin/login/?next=https://evil.example/").headers["Location"] == "/admin/"
    assert client.get("/admin/login/?next=nonsense").headers["Location"] == "nonsense", "no name of a view"


def test_who_is_no_staff_is_told_so_and_not_sent_in_circles(client, ben):
    client.force_login(ben)
    response = client.get("/admin/calls/call/", follow=True)
    assert response.status_code == 403
    assert len(response.redirect_chain) == 1
    assert "The administration is for staff." in response.content.decode()


def test_the_log_names_nobody_who_tried(client, ben, caplog):
    with caplog.at_level("INFO", logger="calls"):
        enter(client, "my-password-by-mistake", "wrong")
        enter(client, "ben", RIGHT)
    assert "my-password" not in caplog.text
    assert "A sign-in from 127.0.0.1 failed." in caplog.text
    assert f"User {ben.pk} signed in from 127.0.0.1." in caplog.text
