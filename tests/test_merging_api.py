"""Mergers over HTTP: two that cross, and what becomes of the duties to answer when one is undone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from models.requests import RequestKind as K
from story import RESOURCE, Case, Story

ROUNDS = 8


def at_once(*requests: Callable[[], Any]) -> list[Any]:
    start = Barrier(len(requests))
    with ThreadPoolExecutor(len(requests)) as pool:
        running = [pool.submit(lambda request=request: (start.wait(30), request())[1]) for request in requests]
        return [one.result(60) for one in running]


def grant_of(case: Case) -> Callable[[], Any]:
    """The request that grants the merger of this case, ready to be sent."""
    version = case.shown()["version"]
    path = f"/hazards/{case.no}/{RESOURCE[K.MERGE.grant]}"
    return lambda: case.story.people["second_clerk"].post(path, {"comment": "同意"}, version=version)


def test_of_two_mergers_that_cross_one_is_done_and_the_other_refused(story: Story):
    for _ in range(ROUNDS):
        one, other = story.report(), story.report()
        one.step("clerk", K.MERGE.ask, into=other.no)
        other.step("clerk", K.MERGE.ask, into=one.no)

        answers = at_once(grant_of(one), grant_of(other))

        assert sorted(answer.status_code for answer in answers) == [201, 422], [one.text for one in answers]
        assert sorted((one.shown()["stage"], other.shown()["stage"])) == ["MERGED", "REPORTED"]


def test_two_who_ask_for_mergers_that_cross_do_not_wait_for_each_other(story: Story):
    for _ in range(ROUNDS):
        one, other = story.report(), story.report()
        asks = [
            lambda case=case, into=into: case.attempt("clerk", K.MERGE.ask, into=into.no)
            for case, into in ((one, other), (other, one))
        ]

        assert [answer.status_code for answer in at_once(*asks)] == [201, 201]
