"""A form from first page to last: filled in, kept as a draft, its files taken in, its answers checked and shown once more."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, BinaryIO

from pydantic import ValidationError
from sqlalchemy import select
from starlette.datastructures import FormData, UploadFile
from starlette.responses import RedirectResponse, Response

from models.decisions import DecisionCode
from models.engine import writing
from models.errors import DomainError
from models.forms import Form
from models.hazard import Hazard
from models.permissions import Operation
from models.tables import EVIDENCE
from services import access
from services import drafts as kept
from services import evidence as store
from services.missing import Lack
from services.similar import Similar
from web import drafts, offering
from web import faults as said
from web.desk import Here, text_of
from web.faults import Fault
from web.fields import Field
from web.reading import counts_of, raw_of, values_of
from web.rendering import page
from web.showing import shown_answers

_CHUNK = 1 << 20
_NEW = ".new"
_MORE = "more:"
_LONG_VERSION = 9


@dataclass
class Paper:
    """One form for one person: what it asks, what has been answered so far, and whether a proof is wanted at its end."""

    visit: Here
    title: str
    action: str
    model: type[Form]
    fields: tuple[Field, ...]
    decision: DecisionCode = DecisionCode.REPORT
    hazard: Hazard | None = None
    place: kept.Place | None = None
    """Where what is typed is kept as a draft; None: this form is not kept."""
    draft: kept.Kept | None = None
    """What the form was opened with."""
    leads_to: str = ""
    wants_proof: bool = False
    values: dict[str, list[str]] = field(default_factory=dict)
    changes: Sequence[Mapping[str, Any]] = ()
    """What others did to the hazard since this form was opened."""
    remedy: str = ""
    missing: Sequence[Lack] = ()
    """What the decision would be refused for as things stand."""
    similar: Sequence[Similar] = ()
    """Hazards that look like what is about to be reported, or verified."""
    phrases: tuple[str, Sequence[str]] = ("", ())
    """The input whose common phrases are shown, and these."""
    focus: str = ""
    """The input to go on with."""

    def ask(self, *, faults: Sequence[Fault] = (), status: int = 200, more: str = "") -> Response:
        counts = counts_of(self.fields, self.values, more)
        return page(self.visit.request, "form.html", status=status, paper=self, counts=counts, faults=list(faults),
                    files=self.files())  # fmt: skip

    def open(self, draft: kept.Kept | None) -> None:
        """Where its person left it; what the draft says nothing of is as on a new form."""
        if draft is not None:
            self.draft, self.values = draft, {**self.values, **draft.answers}

    def check(self, *, faults: Sequence[Fault] = (), status: int = 200) -> Response:
        answers = shown_answers(self.fields, self.values, self.files(), self.visit.say)
        return page(self.visit.request, "check.html", status=status, paper=self, answers=answers, faults=list(faults))

    def fill(self, form: FormData) -> Response:
        """What was sent from the first page: kept, whatever it is; then one row more, a phrase put in, back to change
        something, or on to the check."""
        self.values = values_of(form)
        wrong, step = self._take_in(form), text_of(form, "step")
        if step.startswith(offering.STEPS):
            self._put_in(step)
        wrong += self.keep(text_of(form, "version"))
        if step == "draft" and not wrong:
            return RedirectResponse(self.action, 303)
        if step.startswith((_MORE, *offering.STEPS)) or step in {"change", "draft"}:
            return self.ask(faults=wrong, status=422 if wrong else 200, more=step.removeprefix(_MORE))
        _, more = self.parsed()
        if faults := [*wrong, *more]:
            return self.ask(faults=faults, status=422)
        return self.check(status=412 if self.changes else 200)

    def keep(self, seen: str) -> list[Fault]:
        """Kept with the version its person had before them, so that what others did since is said when it is opened."""
        if self.place is None:
            return []
        newest = self.hazard.version if self.hazard else 0
        version = min(int(seen), newest) if seen.isdecimal() and len(seen) < _LONG_VERSION else newest
        return drafts.keep(self.visit, self.place, self.fields, self.values, version=version)

    def _put_in(self, step: str) -> None:
        """The phrases for an input are shown, or the one chosen is added to what stands in it."""
        typed = {name: "".join(given[-1:]) for name, given in self.values.items()}
        offer = offering.offer(self.visit, step, self.decision, typed=typed)
        self.phrases, self.focus = offer.shown, offer.focus
        if offer.focus:
            self.values[offer.focus] = [offer.text]

    def parsed(self) -> tuple[Form | None, list[Fault]]:
        try:
            return self.model.model_validate(raw_of(self.fields, self.values)), []
        except ValidationError as error:
            return None, said.of_form(error, self.fields, counts_of(self.fields, self.values), self.visit.say)

    def refused(self, refusal: DomainError) -> Response:
        """The form again, with everything typed, and why it was not accepted."""
        self.remedy = refusal.remedy
        return self.ask(faults=said.of_refusal(refusal, self.fields, self.visit.say), status=refusal.status)

    def _take_in(self, form: FormData) -> list[Fault]:
        """Files are kept as soon as they arrive: whoever corrects another field need not choose them anew."""
        faults: list[Fault] = []
        for name, upload in form.multi_items():
            if not isinstance(upload, UploadFile) or not upload.filename or not name.endswith(_NEW):
                continue
            to = name.removesuffix(_NEW)
            try:
                kept = self._keep(upload.file, upload.filename)
            except DomainError as refusal:
                what = self.visit.say(refusal.detail)
                faults.append((to, self.visit.say("%(name)s：%(what)s", name=upload.filename, what=what)))
            else:
                before = self.values.get(to, []) if to == "evidence" else []
                self.values[to] = [*before, kept]
        return faults

    def _keep(self, content: BinaryIO, name: str) -> str:
        visit, held = self.visit, self.visit.held
        access.require(visit.by, Operation.UPLOAD_EVIDENCE)
        most = held.settings.max_upload_mib << 20
        received = store.receive(held.settings.evidence_dir, _chunks(content), name, most_bytes=most)
        with writing(held.engine) as session, session.begin():
            return store.record_evidence(session, received, name, by=visit.by, at=visit.at).id

    def files(self) -> dict[str, Any]:
        """The person's own uploads that this form names, by id."""
        named = {value for values in self.values.values() for value in values}
        mine = (EVIDENCE.c.id.in_(sorted(named)), EVIDENCE.c.uploaded_by == self.visit.by.person_id)
        with self.visit.looking() as session:
            return {row.id: row for row in session.execute(select(EVIDENCE).where(*mine))} if named else {}


def _chunks(content: BinaryIO) -> Iterator[bytes]:
    while chunk := content.read(_CHUNK):
        yield chunk
