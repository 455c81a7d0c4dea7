"""What goes wrong is logged with where it happened, and never with what somebody wrote."""

import json
import logging

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import DBAPIError

from services.logs import _JsonLines, write_json_lines

WORDS = "老赵在东门仓库看见的"


def logged(error: BaseException) -> str:
    record = logging.LogRecord(
        "hazardflow.web", logging.ERROR, __file__, 1, "unexpected", None, (type(error), error, error.__traceback__)
    )
    return json.loads(_JsonLines().format(record))["error"]


def test_a_row_the_database_refuses_is_not_repeated_in_the_log(engine: Engine):
    with pytest.raises(DBAPIError) as raised, engine.begin() as connection:
        connection.execute(text("INSERT INTO person (id, name) VALUES (:id, :name)"), {"id": None, "name": WORDS})

    told = logged(raised.value)

    assert WORDS not in told
    assert "test_logs.py" in told
    assert "IntegrityError" in told


def test_what_came_before_is_told_too():
    second = RuntimeError("the second")
    second.__cause__ = KeyError("the first")

    told = logged(second)

    assert told.index("the first") < told.index("the second")


def test_the_servers_own_lines_are_json_as_well(capsys: pytest.CaptureFixture[str]):
    server, everything = logging.getLogger("uvicorn"), logging.getLogger()
    kept = server.handlers, server.propagate, everything.handlers[:], everything.level
    server.handlers = [logging.StreamHandler()]
    try:
        write_json_lines("INFO")
        logging.getLogger("uvicorn.error").error("Exception in ASGI application")
        assert json.loads(capsys.readouterr().err)["message"] == "Exception in ASGI application"
    finally:
        server.handlers, server.propagate, everything.handlers, _ = kept
        everything.setLevel(kept[3])
