"""The office's own words 通知模板 in place of a topic's shipped ones: checked before they are kept, and never in the way.

A template says text, names the facts the shipped one names, and asks `if`; it calls nothing and repeats nothing. One that
cannot be rendered all the same gives the word back to the shipped template.
"""

from datetime import datetime

from jinja2 import TemplateError, TemplateSyntaxError, meta, nodes
from sqlalchemy import func, insert, select
from sqlmodel import Session

from models.errors import InvalidInput
from models.tables import NOTICE_TEMPLATE
from notifications import wording
from notifications.wording import TOPICS, Words

NOT_EDITABLE = frozenset({"digest"})
"""It counts and lists, which is no matter of words."""
_PLAIN = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.If, nodes.Compare, nodes.Operand,
    nodes.And, nodes.Or, nodes.Not,
)  # fmt: skip
_MOST_SUBJECT, _MOST_BODY = 80, 500


def newest(session: Session, topic: str) -> Words | None:
    """The office's words of a topic, or None where the shipped ones speak."""
    mine = select(NOTICE_TEMPLATE).where(NOTICE_TEMPLATE.c.topic == topic).order_by(NOTICE_TEMPLATE.c.version.desc())
    row = session.execute(mine.limit(1)).one_or_none()
    return Words(row.subject, row.body) if row is not None and row.body else None


def version_of(session: Session, topic: str) -> int:
    """How often the words of a topic were changed."""
    mine = select(func.max(NOTICE_TEMPLATE.c.version)).where(NOTICE_TEMPLATE.c.topic == topic)
    return session.execute(mine).scalar_one() or 0


def keep(session: Session, topic: str, words: Words, *, at: datetime) -> int:
    """The next version of a topic's words; an empty body gives the word back to the shipped template."""
    row = {"topic": topic, "version": version_of(session, topic) + 1, "subject": words.subject, "body": words.body,
           "created_at": at}  # fmt: skip
    session.execute(insert(NOTICE_TEMPLATE), row)
    return row["version"]


def check(topic: str, words: Words) -> None:
    """Raises: InvalidInput naming the field: an unknown topic, more than plain words, a fact this topic has not."""
    if topic not in TOPICS or topic in NOT_EDITABLE:
        raise _broken("topic", "没有这类通知，或其模板不能修改")
    if len(words.subject) > _MOST_SUBJECT or len(words.body) > _MOST_BODY or "\n" in words.subject:
        raise _broken("subject", f"标题为一行，不超过{_MOST_SUBJECT}个字；正文不超过{_MOST_BODY}个字")
    if not words.body:
        return
    known = wording.facts_of(topic)
    for field, text in words._asdict().items():
        unknown = _names(field, text) - known
        if unknown:
            raise _broken(field, f"这类通知没有：{'、'.join(sorted(unknown))}；可用：{'、'.join(sorted(known))}")
    if "notice_no" not in _names("body", words.body):
        raise _broken("body", "正文须有通知编号 {{ notice_no }}")
    try:
        preview(topic, words)
    except TemplateError:
        raise _broken("body", "按这样的写法写不出通知") from None


def preview(topic: str, words: Words) -> Words:
    """How it reads, each fact shown by its name."""
    facts = {name: f"〔{name}〕" for name in wording.facts_of(topic)}
    return wording.render_own(words, facts)


def _names(field: str, text: str) -> set[str]:
    try:
        tree = wording.parse(text)
        odd = next((node for node in tree.find_all(nodes.Node) if not _is_plain(node)), None)
    except TemplateSyntaxError as wrong:
        raise _broken(field, f"第{wrong.lineno}行写法有误：{wrong.message}") from wrong
    except RecursionError:
        raise _broken(field, "括号层数过多") from None
    if odd is not None:
        raise _broken(field, f"第{odd.lineno}行：模板中只能有文字、事实名称和 if")
    return meta.find_undeclared_variables(tree)


def _is_plain(node: nodes.Node) -> bool:
    """Greater and smaller are asked of numbers only, and a fact may be none."""
    return isinstance(node, _PLAIN) and (not isinstance(node, nodes.Operand) or node.op in {"eq", "ne"})


def _broken(field: str, what: str) -> InvalidInput:
    return InvalidInput(
        f"{what}。", rule="通知模板只含文字和该类通知的事实", remedy="请修改后重新提出。",
        extra={"errors": [{"field": field, "message": what}]},
    )  # fmt: skip
