"""The tabs of the main navigation, each only for whom it opens."""

from collections.abc import Sequence

from models.actor import Actor
from models.permissions import Operation
from services import reporting

TABS = (
    ("/enterprise", "本企业", (Operation.SELF_REPORT,)),
    ("/inbox", "待办", (Operation.WORK_ITEMS,)),
    ("/done", "已办", (Operation.WORK_ITEMS,)),
    ("/supervision", "督办", (Operation.STATISTICS,)),
    ("/hazards", "台账", (Operation.LIST_HAZARDS,)),
    ("/statistics", "统计", (Operation.STATISTICS,)),
    ("/report", "上报", reporting.OPERATIONS),
    ("/admin", "管理", (Operation.VIEW_DELIVERIES,)),
    ("/audit", "审计", (Operation.SEARCH_TRAIL,)),
    ("/account", "我的", (Operation.OWN_ACCOUNT,)),
)


def tabs_of(by: Actor) -> Sequence[tuple[str, str]]:
    return [(path, label) for path, label, rights in TABS if any(by.grant_for(right) for right in rights)]
