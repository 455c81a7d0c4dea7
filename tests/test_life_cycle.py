"""The straight way of a hazard from report to close-out."""

from sqlmodel import Session

from models.stage import Stage, Step
from town import Town, carry_to


def test_a_hazard_goes_from_report_to_close_out(session: Session, town: Town):
    hazard = carry_to(session, town, Step.CLOSED)

    assert (hazard.stage, hazard.step, hazard.version) == (Stage.CLOSED, Step.CLOSED, 16)
