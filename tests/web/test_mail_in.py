"""Bounces that a mail server posts: stored once, by whoever shows the token, and by nobody else."""

from __future__ import annotations

from dataclasses import replace

import pytest
from starlette.testclient import TestClient

from purring.web.app import make_app
from purring.web.settings import WebSettings
from tests.web.conftest import BASE_URL
from tests.world import World

MAIL = b"Message-ID: <1@mx.example>\r\nFrom: MAILER-DAEMON@mx.example\r\n\r\nfailure notice\r\n"
SHOWN = {"Authorization": "Bearer a made-up token"}


def client(world: World, token: bytes) -> TestClient:
    """A client of an application that takes mails in with this token."""
    settings = replace(WebSettings(base_url=BASE_URL), mail_token=token)
    return TestClient(make_app(world.services, settings), base_url=BASE_URL)


def test_a_mail_is_stored_once(world: World) -> None:
    """A server that wasn't sure posts it again."""
    with client(world, b"a made-up token") as web:
        answers = [web.post("/inbound/mail", content=MAIL, headers=SHOWN) for _ in range(2)]
    assert [(200, True), (200, False)] == [(one.status_code, one.json()["new"]) for one in answers]
    assert 1 == len(world.dump()["inbound_event"])


@pytest.mark.parametrize("token", [b"a made-up token", b""])
@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bearer "}, {"Authorization": "Bearer wrong"}])
def test_without_the_token_nothing_is_taken(world: World, token: bytes, headers: dict[str, str]) -> None:
    """Neither with a wrong one, nor where there is none at all; both look as if there were nothing here."""
    with client(world, token) as web:
        assert 404 == web.post("/inbound/mail", content=MAIL, headers=headers).status_code
        assert 405 == web.get("/inbound/mail").status_code
    assert [] == world.dump()["inbound_event"]
