"""The service as `hazardflow up` runs it, the demonstration's town with its people, and a browser."""

import json
from collections.abc import Iterator, Mapping

import pytest
from playwright.sync_api import Browser

from browser.screens import chromium
from cli.demo.people import everybody
from installation import Installation, at_work


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    with at_work(tmp_path_factory.mktemp("browser")) as held:
        yield held


@pytest.fixture(scope="module")
def logins(installation: Installation) -> Mapping[str, Mapping[str, str]]:
    """Names and passwords by who it is."""
    with everybody(installation.url):
        pass
    return json.loads((installation.data_dir / "demo.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as found:
        yield found
