"""A hazard's story told over HTTP by different persons, on an office clock that the story sets."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Engine, update
from sqlmodel import Session
from starlette.testclient import TestClient

from api.app import make_app
from api.desk import Office
from api.examples import EXAMPLES
from handling import filled
from models import LoginSession
from models.engine import writing
from models.process import MOVES, DecisionCode
from office_api import Caller, sign_in
from services import escalations
from settings import Settings
from town import NOON, STRAIGHT_WAY, Town, add_second_clerk, form_for, photo

_PLACES = {(move.at, move.decision) for move in MOVES}
RESOURCE = {move.decision: move.resource for move in MOVES}


@dataclass(frozen=True)
class OfficeOn(Office):
    """The office on a day of its own."""

    present: list[datetime] = field(default_factory=lambda: [NOON])

    def now(self) -> datetime:
        return self.present[0]

    def instant(self, session: Session) -> datetime:  # noqa: ARG002  # the story has no other clock
        return self.now()


class Story:
    """The office, its people signed in, and the clock."""

    def __init__(self, engine: Engine, town: Town, settings: Settings):
        self.engine, self.town = engine, town
        self.office = OfficeOn(settings, engine)
        self.client = TestClient(make_app(self.office), raise_server_exceptions=False)
        with writing(engine) as session, session.begin():
            add_second_clerk(session, town)
            self.people = {key: Caller(self.client, sign_in(session, town, key)) for key in town.persons}
        self.go_to(NOON)

    @property
    def at(self) -> datetime:
        return self.office.now()

    def go_to(self, at: datetime) -> None:
        """It is that instant; everybody has signed in again."""
        self.office.present[0] = at
        with writing(self.engine) as session, session.begin():
            session.execute(update(LoginSession).values(opened_at=at, verified_at=at, last_seen_at=at))

    def later(self, **span: float) -> None:
        self.go_to(self.at + timedelta(**span))

    def sweep(self) -> None:
        """The dispatcher looks at what is due."""
        with writing(self.engine) as session, session.begin():
            for deadline in escalations.due_deadlines(session, at=self.at, limit=1000):
                escalations.fire_due_rungs(session, deadline, at=self.at)

    def report(self, who: str = "officer", **changes: Any) -> "Case":
        body = dict(EXAMPLES[DecisionCode.REPORT]) | {
            "enterprise": "91500118MA5TEST001", "source_no": None, "discovered_at": (self.at - timedelta(hours=2)).isoformat()
        } | changes  # fmt: skip
        answer = self.people[who].post("/hazards", body)
        assert answer.status_code == 201, answer.text
        return Case(self, answer.json()["no"])

    def photo(self, who: str) -> str:
        with writing(self.engine) as session, session.begin():
            return photo(session, self.town.actors[who], at=self.at)

    def post(self, who: str, path: str, body: Any = None) -> Any:
        answer = self.people[who].post(path, body)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def get(self, who: str, path: str, **options: Any) -> Any:
        answer = self.people[who].get(path, **options)
        assert answer.status_code == 200, answer.text
        return answer.json()


@dataclass
class Case:
    """One hazard of the story."""

    story: Story
    no: str

    def attempt(self, who: str, code: DecisionCode, **changes: Any) -> Any:
        """The decision with its example form, changed as said; the answer, whatever it is."""
        form = filled(code, at=self.story.at, **changes)
        return self._post(who, code, form.model_dump(mode="json"))

    def step(self, who: str, code: DecisionCode, **changes: Any) -> dict[str, Any]:
        answer = self.attempt(who, code, **changes)
        assert answer.status_code == 201, answer.text
        return answer.json()

    def refused(self, who: str, code: DecisionCode, **changes: Any) -> str:
        """Why it is refused; fails when it is not."""
        answer = self.attempt(who, code, **changes)
        assert answer.status_code >= 400, answer.text
        return answer.json()["detail"]

    def carry_to(self, step: str, **limits: Any) -> "Case":
        """The straight way up to this step, on from where it stands; `limits` change the assignment."""
        for code, who in STRAIGHT_WAY:
            stands = self.shown()["step"]
            if stands == step:
                return self
            if (stands, code) not in _PLACES:
                continue
            with writing(self.story.engine) as session, session.begin():
                form = form_for(session, self.story.town, code, self.story.at).model_dump(mode="json")
            form |= limits if code == DecisionCode.ASSIGN else {}
            answer = self._post(who, code, form)
            assert answer.status_code == 201, answer.text
            if code == DecisionCode.SIGN:
                for informed in ("PRINCIPAL", "ACTUAL_CONTROLLER"):
                    self.step("officer", DecisionCode.INFORM, informed=informed)
        return self

    def shown(self, who: str = "auditor") -> dict[str, Any]:
        return self.story.get(who, f"/hazards/{self.no}")

    def events(self, who: str = "auditor") -> list[dict[str, Any]]:
        return self.story.get(who, f"/hazards/{self.no}/timeline")

    def clock(self, clock: str) -> dict[str, Any]:
        """Its live deadline of this clock."""
        return next(row for row in self.shown()["deadlines"] if row["clock"] == clock and row["closed_at"] is None)

    def levels(self) -> set[int]:
        return {row["level"] for row in self.shown()["escalations"]}

    def _post(self, who: str, code: DecisionCode, body: dict[str, Any]) -> Any:
        version = self.shown()["version"]
        return self.story.people[who].post(f"/hazards/{self.no}/{RESOURCE[code]}", body, version=version)
