"""The questions of a public report, one to a page, and the answers given so far."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from pydantic import ValidationError
from starlette.datastructures import FormData

from models.forms.tip_off import NamedReport, PublicReport
from web import faults as said
from web.desk import text_of
from web.faults import Fault
from web.fields import Field, fields_of
from web.language import Words
from web.reading import raw_of

URGENT = Field("urgent", "yes_no", "有人正受威胁", required=True)
NAMED = Field("named", "choice", "举报方式", required=True, options=(("no", "匿名"), ("yes", "实名，身份密封")))
_REPORT = tuple(URGENT if one.name == "urgent" else one for one in fields_of(PublicReport, {}))
_REPORTER = fields_of(NamedReport, {})[-1]
_KNOWN = {one.name: one for one in (*_REPORT, NAMED)}
_MOST_TYPED = 5000
"""Characters of one answer that are carried on while it is not yet right."""


class Question(NamedTuple):
    """One page: what it asks, what to know before answering, and its inputs."""

    name: str
    title: str
    hint: str
    fields: tuple[Field, ...]


QUESTIONS = (
    Question("what", "您看到了什么危险？", "照实写看到的情况，不用专业词语。", (_KNOWN["description"],)),
    Question("where", "在什么地方？", "越具体越好找：哪条路、哪个厂、哪一层。",
             (_KNOWN["place"], _KNOWN["about"], _KNOWN["village"])),
    Question("when", "哪一天看到的？", "记不清可以不填。", (_KNOWN["seen_on"],)),
    Question("danger", "现在有没有人有危险？", "正在着火、爆炸、泄漏或有人被困的，请先拨打119或110，再来举报。", (URGENT,)),
    Question("who", "匿名还是实名？", "两种都会办理，都凭查询码看结果。实名的查证属实可以领奖励；姓名和电话当场加密，办理人员看不到。", (NAMED,)),
    Question("identity", "您的姓名和电话", "当场加密封存，依法启封须两个单位的人同意。您随时可以凭查询码删除。", _REPORTER.fields),
)  # fmt: skip
_BY_NAME = {one.name: one for one in QUESTIONS}


@dataclass
class Sheet:
    """The answers so far, under the key of this one report."""

    key: str
    values: dict[str, list[str]] = field(default_factory=dict)
    done: list[str] = field(default_factory=list)
    """Questions answered in order."""

    @property
    def by_name(self) -> bool:
        return self.values.get("named") == ["yes"]

    @property
    def questions(self) -> Sequence[Question]:
        return [one for one in QUESTIONS if one.name != "identity" or self.by_name]

    @property
    def fields(self) -> tuple[Field, ...]:
        return (*_REPORT, _REPORTER) if self.by_name else _REPORT

    def asked(self, name: str) -> Question:
        """The question of this name, or the first."""
        found = _BY_NAME.get(name, QUESTIONS[0])
        return found if found in self.questions else QUESTIONS[0]

    def before(self, question: Question) -> Question | None:
        at = self.questions.index(question)
        return self.questions[at - 1] if at else None

    def waiting(self) -> Question | None:
        """The first question that is not answered yet."""
        return next((one for one in self.questions if one.name not in self.done), None)

    def take(self, question: Question, form: FormData, say: Words) -> list[Fault]:
        """Note what was answered to this question; what is wrong with it."""
        for one in question.fields:
            self.values[one.name] = [text_of(form, one.name)[:_MOST_TYPED]]
        names = {one.name for one in question.fields}
        wrong = [fault for fault in self.parsed(say)[1] if fault[0] in names] + self._unchosen(question, say)
        self.done = [one for one in self.done if one != question.name] + ([] if wrong else [question.name])
        return wrong

    def parsed(self, say: Words) -> tuple[PublicReport | None, list[Fault]]:
        model = NamedReport if self.by_name else PublicReport
        try:
            return model.model_validate(raw_of(self.fields, self.values)), []
        except ValidationError as error:
            return None, said.of_form(error, self.fields, {}, say)

    def _unchosen(self, question: Question, say: Words) -> list[Fault]:
        allowed = {"urgent": {"yes", "no"}, "named": {"yes", "no"}}
        return [
            (one.name, say("请选择一项"))
            for one in question.fields
            if one.name in allowed and self.values[one.name][-1] not in allowed[one.name]
        ]
