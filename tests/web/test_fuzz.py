"""Schemathesis calls every operation with what the document allows and what it doesn't."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from shutil import copyfile
from typing import Any
from unittest import SkipTest

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig

from purring.web.api.app import describe_api
from purring.web.app import make_app
from purring.web.settings import WebSettings
from tests.web.client import Developer
from tests.web.conftest import BASE_URL, client_of
from tests.world import World
from tools.fuzz_api import CONFIG, UNLIMITED_PER_S, stocked

EXAMPLES = 2


@pytest.fixture(scope="module")
def fuzzed(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, str]:
    """The schema of an application with two merchants, and the key of the first of them."""
    directory = tmp_path_factory.mktemp("fuzz")
    world = World(f"sqlite:///{copyfile(sqlite_template, directory / 'fuzz.sqlite3')}", directory)
    developer = Developer(next(client_of(world)), stocked(world, "Fjord AS"))
    stocked(world, "Skog AS")
    app = make_app(world.services, WebSettings(base_url=BASE_URL, requests_per_s=UNLIMITED_PER_S))
    schema = schemathesis.openapi.from_asgi("/docs/openapi.json", app, config=SchemathesisConfig.from_path(CONFIG))
    return schema, developer.secret


def test_the_api_does_what_its_document_says(fuzzed: tuple[Any, str]) -> None:
    """No answer is a crash, each is one that the document describes, and what it forbids is refused."""
    schema, secret = fuzzed
    operations = [found.ok() for found in schema.get_all_operations()]
    assert len(describe_api().openapi()["paths"]) <= len(operations)
    for operation in operations:
        for mode in GenerationMode:
            _call(operation, mode, secret)


def _call(operation: Any, mode: GenerationMode, secret: str) -> None:  # noqa: ANN401 - an operation of a schema
    """A few calls of one operation, with data that is right or data that is wrong."""

    @settings(
        max_examples=EXAMPLES,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def call(case: Any) -> None:  # noqa: ANN401 - as above
        case.call_and_validate(headers={"Authorization": f"Bearer {secret}"})

    with suppress(Unsatisfiable, SkipTest):  # some operations take nothing that could be wrong
        call()
