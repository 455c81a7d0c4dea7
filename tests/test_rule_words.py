"""Every coded value of the rules has its words: none is shown as a code, and no page stumbles over a new one."""

from models.ladder import Recipient
from models.limits import Unit
from models.rules import AGAINST, CERTAINTIES
from services.seeding import read_data
from web.rule_words import AGAINSTS, RECIPIENTS, UNITS, rule_name
from web.rule_words import CERTAINTIES as SAID


def test_every_coded_value_of_the_rules_has_its_words():
    assert (set(RECIPIENTS), set(UNITS)) == (set(Recipient), set(Unit))
    assert (set(AGAINSTS), set(SAID)) == (set(AGAINST), set(CERTAINTIES))
    assert [
        row["key"] for row in read_data("deadline_rules.json")["rules"] if rule_name(row["key"]) == row["key"]
    ] == []
