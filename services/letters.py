"""Letters 公文 drafted for signature: numbered once per cause, never sent by themselves."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import insert, select
from sqlmodel import Session

from models.hazard import Grade, Hazard
from models.ids import new_id
from models.tables import LETTER
from services import numbers
from services.reporting import LOCAL

_ISSUER = "临安办督"


class Letter(NamedTuple):
    """A letter's number and whether this call drafted it."""

    number: str
    is_new: bool


def draft(session: Session, hazard: Hazard, *, origin: str, kind: str, title: str, body: str, at: datetime) -> Letter:
    """Draft the letter of this kind that `origin` (a decision or escalation) calls for; replayed, the same letter.

    The number is taken only for a letter that is really new, so the series has no gaps.
    """
    year = at.astimezone(LOCAL).year
    numbers.lock_series(session, f"督-{year}")
    same = (LETTER.c.origin == origin, LETTER.c.kind == kind)
    if found := session.execute(select(LETTER.c.number).where(*same)).scalar_one_or_none():
        return Letter(found, is_new=False)
    number = f"{_ISSUER}〔{year}〕{numbers.next_number(session, f'督-{year}')}号"
    session.execute(
        insert(LETTER),
        {"id": new_id(), "hazard_id": hazard.id, "origin": origin, "kind": kind, "number": number, "title": title,
         "body": body, "drafted_at": at},
    )  # fmt: skip
    return Letter(number, is_new=True)


def assignment_text(hazard: Hazard, *, enterprise: str, lead_unit: str, requirements: str) -> str:
    limit = f"自签收之日起{hazard.limit_days}日内" if hazard.limit_days else f"{hazard.limit_on}前"
    return (
        f"{enterprise}：\n\n经核查，你单位“{hazard.place}”存在重大事故隐患（编号{hazard.no}）：{hazard.description}。\n"
        f"现交由{lead_unit}牵头督促整改。整改要求：{requirements}。整改期限：{limit}（依据：{hazard.limit_basis}）。\n"
        "整改方案须明确目标任务、方法措施、经费物资、机构人员、时限要求、安全措施和应急预案。整改期间须落实临时管控措施。"
    )


def escalation_text(
    hazard: Hazard,
    *,
    to: str,
    limit: str,
    action: str,
    due_text: str,
    reason: str,
    answer_text: str,
    raised: bool = False,
) -> str:
    """`limit`: which one it is about. `raised`: raised before its time, by hand or for a reason seen."""
    answer = f"请于{answer_text}前书面答复镇安委办。" if answer_text else ""
    state = "现提前提级督办" if raised else "现已逾期"
    return (
        f"{to}：\n\n{title_of(hazard)}（编号{hazard.no}，{hazard.place}）“{limit}”的期限为{due_text}（{reason}），{state}。\n"
        f"处理措施：{action}。{answer}"
    )


def title_of(hazard: Hazard) -> str:
    """What it may be called: a major hazard only once it was found to be one."""
    return "重大事故隐患" if hazard.grade == Grade.MAJOR else "隐患"


def closure_text(hazard: Hazard, *, enterprise: str) -> str:
    return f"{enterprise}：\n\n重大事故隐患（编号{hazard.no}，{hazard.place}）经整改、复查验收和销号审核，准予销号。请举一反三，防止反弹。"
