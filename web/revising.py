"""修订规则: a new version filled in from the one in force, tried out before anybody sees it, then put before a second person."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.responses import Response

from models.errors import DomainError, GateNotMet, InvalidInput
from models.standard import PolicyKind
from services import access, dry_run, policy_acts
from services.policy_acts import Version
from web import faults as said
from web.acting import Act
from web.desk import Here, text_of
from web.faults import Fault
from web.fields import Field
from web.office_paper import OfficePaper
from web.policy_changes import changes
from web.reading import counts_of, raw_of, values_of
from web.rendering import page
from web.second_person import put_forward
from web.showing import shown_answers

MOST_SHIFTS = 80
"""So many dates are listed on one page; the proposal lists them all, page by page."""
Body = Mapping[str, Any]


@dataclass
class Revision:
    """One revision of one policy by one person: its form, the version it starts from, and the body it makes of answers."""

    visit: Here
    kind: PolicyKind
    title: str
    action: str
    model: type[BaseModel]
    fields: tuple[Field, ...]
    held: Version
    """The version in force."""
    begin: Mapping[str, list[str]]
    """What the form shows before anything is typed."""
    body_of: Callable[[Any], Body]
    back: str
    about: Sequence[tuple[str, str]] = ()
    hidden: Mapping[str, Sequence[str]] | None = None

    @property
    def paper(self) -> OfficePaper:
        """The form that asks; the proof is asked for where it is proposed."""
        act = policy_acts.ACTS[self.kind]
        return OfficePaper(
            self.visit, act.operation, title=self.title, action=self.action, model=self.model, fields=self.fields, back=self.back,
            button="试算", lead="先试算会变动哪些期限，再提出。须由另一人批准后生效，已有期限不自动变动。", values=dict(self.begin), asks_proof=False,
            facts=[*self.about, ("现行版本", self.visit.say("第%(n)s版", n=self.held.version))],
            hidden={"follows": [str(self.held.version)], **(self.hidden or {})},
        )  # fmt: skip

    def ask(self) -> Response:
        return self.paper.ask()

    def fill(self, form: FormData) -> Response:
        """The dry run: what would be said otherwise, and every date that would move. Nothing is written."""
        paper = self._filled(form)
        if text_of(form, "step") == "change":
            return paper.ask()
        try:
            return self._tried(paper, self._read(paper, form))
        except DomainError as refusal:
            return self._refused(paper, refusal)

    def take(self, form: FormData, *, proved: Callable[[Here, FormData], tuple[Here, Fault | None]]) -> Response:
        """Put before a second person.

        Raises: NotPermitted, Replayed.
        """
        paper = self._filled(form)
        paper.asks_proof = True
        try:
            filled = self._read(paper, form)
            if paper.wants_proof:
                paper.visit, fault = proved(self.visit, form)
                if fault:
                    return self._tried(paper, filled, faults=[fault], status=422)
        except DomainError as refusal:
            return self._refused(paper, refusal)
        return paper.carry_out(form, filled, lambda done, body: self._propose(done, body))

    def _propose(self, done: Act, filled: Any) -> None:
        payload = policy_acts.payload_of(done.session, self.kind, self.body_of(filled), filled.source)
        put_forward(done, self.visit.request, policy_acts.ACTS[self.kind].kind, payload)

    def _filled(self, form: FormData) -> OfficePaper:
        paper = self.paper
        access.require(self.visit.by, paper.operation)
        paper.values = values_of(form)
        return paper

    def _read(self, paper: OfficePaper, form: FormData) -> BaseModel:
        """Raises: GateNotMet (another version came meanwhile), InvalidInput."""
        if text_of(form, "follows") != str(self.held.version):
            raise GateNotMet(
                f"您填写期间已有第{self.held.version}版。",
                rule="新版本须在现行版本基础上修订",
                remedy="您填写的内容都在，请对照现行版本核对后再试算。",
            )
        try:
            return self.model.model_validate(raw_of(self.fields, paper.values))
        except ValidationError as error:
            found = said.of_form(error, self.fields, counts_of(self.fields, paper.values), self.visit.say)
            raise InvalidInput(
                "填写有误。", extra={"errors": [{"field": name, "message": message} for name, message in found]}
            ) from error

    def _tried(
        self, paper: OfficePaper, filled: BaseModel, *, faults: Sequence[Fault] = (), status: int = 200
    ) -> Response:
        body = self.body_of(filled)
        found = changes(self.kind, self.held.body, body, self.visit.say)
        if not found:
            raise InvalidInput("没有修改任何内容。", rule="新版本须与现行版本不同", remedy="请修改后再试算。")
        with self.visit.looking() as session:
            draft = policy_acts.draft_of(session, self.kind, body, at=self.visit.at)
            shifts = dry_run.shifts(session, draft, at=self.visit.at)
        paper.asks_proof = True
        answers = shown_answers(
            tuple(one for one in self.fields if one.key == "source"), paper.values, {}, self.visit.say
        )
        return page(self.visit.request, "revision_check.html", status=status, paper=paper, changes=found, shifts=shifts[:MOST_SHIFTS],
                    count=len(shifts), answers=answers, faults=list(faults))  # fmt: skip

    def _refused(self, paper: OfficePaper, refusal: DomainError) -> Response:
        paper.remedy, paper.asks_proof = refusal.remedy, False
        return paper.ask(faults=said.of_refusal(refusal, self.fields, self.visit.say), status=refusal.status)
