"""Every kind of refusal says which rule refused, what to do next, and which field it is about."""

import pytest

from models.errors import DomainError


def kinds(of: type[DomainError]) -> list[type[DomainError]]:
    return [kind for below in of.__subclasses__() for kind in (below, *kinds(below))]


@pytest.mark.parametrize("kind", kinds(DomainError), ids=lambda kind: kind.__name__)
def test_a_refusal_of_any_kind_leads_to_the_field_it_is_about(kind: type[DomainError]):
    refusal = kind("不能办理。", rule="规则", remedy="请更正。", field="reason", extra={"who": "镇安委办"})

    assert (refusal.rule, refusal.remedy, refusal.extra["who"]) == ("规则", "请更正。", "镇安委办")
    assert refusal.extra["errors"] == [{"field": "reason", "message": "不能办理。"}]
