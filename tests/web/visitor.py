"""Somebody at a customer in front of the portal: signs in, opens pages, fills in forms, presses buttons."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import unescape
from urllib.parse import urlsplit

from httpx2 import Response
from starlette.testclient import TestClient

from purring.domain.customer import Customer, Role
from purring.operations.customers import NewPerson
from tests.world import Shop

KARI = NewPerson(name="Kari", email="kari@example.com", locale="en")
OLA = NewPerson(name="Ola", email="ola@example.com", locale="nb", role=Role.READER)

_HIDDEN = re.compile(r'type="hidden" name="(\w+)" value="([^"]*)"')
_CODE = re.compile(r"^\s+(\d{6})$", re.MULTILINE)


@dataclass
class Visitor:
    """A browser that somebody at a customer holds."""

    web: TestClient
    shop: Shop
    customer: Customer

    def signs_in(self, email: str | None = None) -> Response:
        """Ask for a code, read the mail, enter the code."""
        address = email or self.customer.people[0].email
        self.posts("/sign-in", email=address, merchant=self.shop.id)
        return self.posts("/sign-in/code", email=address, merchant=self.shop.id, code=self.code())

    def code(self) -> str:
        """The code in the newest mail."""
        found = _CODE.findall(self.shop.world.outbox.messages[-1].body)
        assert found
        return str(found[-1])

    def opens(self, path: str) -> str:
        """A page, as text."""
        answer = self.web.get(path)
        assert 200 == answer.status_code, answer.text
        return readable(answer.text)

    def posts(self, path: str, **fields: str | list[str]) -> Response:
        """Press a button; redirects are followed, as browsers do."""
        return self.web.post(path, data=dict(fields), follow_redirects=True)

    def presses(self, path: str, action: str, **fields: str) -> Response:
        """Open a page, and press the button of its form that leads to `action`, with what is hidden in the form."""
        forms = [form for form in forms_of(self.web.get(path).text) if form.action == action]
        assert forms, f"{path} has no form that leads to {action}"
        return self.posts(action, **{**forms[0].hidden, **fields})


@dataclass(frozen=True)
class PageForm:
    """A form of a page."""

    action: str
    hidden: Mapping[str, str]


def forms_of(html: str) -> list[PageForm]:
    """The forms of a page that change something."""
    return [
        PageForm(
            action=(re.findall(r'action="([^"]*)"', head) or [""])[0],
            hidden={
                name: unescape(value) for name, value in re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', body)
            },
        )
        for head, body in re.findall(r"<form method=\"post\"([^>]*)>(.*?)</form>", html, re.DOTALL)
    ]


def readable(html: str) -> str:
    """The words of a page, without marks, on one line."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).replace("\N{NO-BREAK SPACE}", " ").split())


def path_of(answer: Response) -> str:
    """Where a browser ended up."""
    return urlsplit(str(answer.url)).path
