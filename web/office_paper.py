"""A form of the office (no hazard's): asked, checked, done in one go, said over it what stands against it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ValidationError
from starlette.datastructures import FormData
from starlette.responses import RedirectResponse, Response

from models.errors import DomainError, NotFound
from models.permissions import Operation
from services import access
from web import faults as said
from web.acting import Act, act
from web.desk import Here
from web.faults import Fault
from web.fields import Field
from web.proving import is_proved, proved
from web.reading import counts_of, raw_of, values_of
from web.rendering import page

Do = Callable[[Act, Any], None]
_SECRETS = frozenset({"password", "secret", "token", "key"})


@dataclass
class OfficePaper:
    """One form: its fields, the operation it needs, and how it is done. `do` says where it leads."""

    visit: Here
    operation: Operation
    title: str
    action: str
    model: type[BaseModel]
    fields: tuple[Field, ...]
    back: str
    button: str = "提交"
    lead: str = ""
    facts: Sequence[tuple[str, str]] = ()
    """What the form is about, above it."""
    values: dict[str, list[str]] = field(default_factory=dict)
    remedy: str = ""
    hidden: Mapping[str, Sequence[str]] = field(default_factory=dict)
    """What the form sends along unseen."""
    template: str = "office_form.html"
    asks_proof: bool = True
    """False: it is asked for on the page that follows."""
    shown: Mapping[str, Any] = field(default_factory=dict)
    """What a template of its own shows besides."""

    @property
    def wants_proof(self) -> bool:
        return self.asks_proof and not is_proved(self.visit, self.operation)

    def is_secret(self, one: Field) -> bool:
        return one.key in _SECRETS

    def ask(self, *, faults: Sequence[Fault] = (), status: int = 200) -> Response:
        """Raises: NotPermitted."""
        access.require(self.visit.by, self.operation)
        counts = counts_of(self.fields, self.values)
        return page(
            self.visit.request,
            self.template,
            status=status,
            paper=self,
            counts=counts,
            faults=list(faults),
            **self.shown,
        )

    def take(self, form: FormData, do: Do) -> Response:
        """Raises: NotPermitted, NotFound, Replayed."""
        access.require(self.visit.by, self.operation)
        self.values = values_of(form)
        try:
            body = self.model.model_validate(raw_of(self.fields, self.values))
        except ValidationError as error:
            counts = counts_of(self.fields, self.values)
            return self.ask(faults=said.of_form(error, self.fields, counts, self.visit.say), status=422)
        if self.wants_proof:
            self.visit, fault = proved(self.visit, form)
            if fault:
                return self.ask(faults=[fault], status=422)
        return self.carry_out(form, body, do)

    def carry_out(self, form: FormData, body: BaseModel | None, do: Do) -> Response:
        """Raises: NotPermitted, NotFound, Replayed."""
        try:
            with act(self.visit, form, self.operation) as done:
                done.leads_to = self.back
                do(done, body)
        except NotFound:
            raise
        except DomainError as refusal:
            self.remedy = refusal.remedy
            return self.ask(faults=said.of_refusal(refusal, self.fields, self.visit.say), status=refusal.status)
        return RedirectResponse(done.leads_to, 303)
