"""Deadline rules 时限规则 as versioned data: how long each clock runs, on which basis, against whom."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

from models.errors import RuleUnknown
from models.limits import Limit, Unit

AGAINST = ("unit", "department", "committee", "approver")
CERTAINTIES = ("verified", "partly", "memory", "design")


@dataclass(frozen=True, slots=True)
class Rule:
    """A clock's limit and whose lateness it is: unit (the enterprise), department, committee or approver."""

    limit: Limit
    against: str


@dataclass(frozen=True)
class DeadlineRules:
    """One version of the rules, by clock."""

    version: str
    rules: Mapping[str, Rule]

    def limit(self, key: str) -> Rule:
        """Raises: RuleUnknown."""
        try:
            return self.rules[key]
        except KeyError:
            raise RuleUnknown(
                f"时限规则第{self.version}版没有“{key}”。", remedy="请联系系统管理员修订时限规则。"
            ) from None

    @classmethod
    def from_body(cls, version: str, body: Mapping[str, Any]) -> Self:
        """Raises: ValueError naming the row that is wrong."""
        rules: dict[str, Rule] = {}
        for row in body["rules"]:
            rule = _rule(row)
            if rules.setdefault(row["key"], rule) is not rule:
                raise ValueError(f"deadline rule {row['key']!r} is given twice")
        return cls(version, rules)


def _rule(row: Mapping[str, Any]) -> Rule:
    where = f"deadline rule {row.get('key')!r}"
    if missing := {"key", "number", "unit", "basis", "certainty", "against"} - set(row):
        raise ValueError(f"{where}: {', '.join(sorted(missing))} missing")
    if row["against"] not in AGAINST or row["certainty"] not in CERTAINTIES or not row["basis"]:
        raise ValueError(f"{where}: against, certainty or basis is wrong")
    try:
        return Rule(Limit(row["number"], Unit(row["unit"]), row["basis"], row["certainty"]), row["against"])
    except ValueError as wrong:
        raise ValueError(f"{where}: {wrong}") from wrong
