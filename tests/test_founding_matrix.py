"""The permission table against the matrix it was agreed from: whoever changes a cell has to say so here as well."""

from pathlib import Path

from starlette.testclient import TestClient

from models.operations import Operation
from models.permissions import Role, roles_for
from models.process import MOVES

COLUMNS = (Role.PR, Role.EN, Role.VC, Role.DO, Role.DH, Role.SC, Role.TL, Role.AU, Role.AD)
AGREED = Path(__file__).parent / "founding_matrix.txt"
DEVIATIONS = {
    (Operation.READ_UNSEALED, Role.DH): "O2S",  # only who asked may read, so it is their own
    (Operation.READ_UNSEALED, Role.SC): "O2S",
    (Operation.SUBMIT_PLAN, Role.DO): "J",  # where no enterprise owns the hazard, officers of the unit that rectifies
    (Operation.SUBMIT_COMPLETION, Role.DO): "J",
}
NO_DOOR_YET = {
    Operation.ANNOTATE_FINDING, Operation.ASSIGN_VERIFIER, Operation.BACK_UP, Operation.CONFIRM_IMPORT,
    Operation.DOWNLOAD_BUNDLE, Operation.EXPORT_DOSSIER,
    Operation.PREVIEW_IMPORT, Operation.PUBLISH_STATISTICS, Operation.QUARANTINE_EVIDENCE,
    Operation.READ_SECURITY_LOG, Operation.RECORD_VERIFICATION, Operation.ROTATE_KEYS, Operation.SEARCH_TRAIL,
    Operation.SET_LIMIT, Operation.SHARE_PHRASES, Operation.SUPERSEDE_EVIDENCE, Operation.USE_PREFECT, Operation.VERIFY_AUDIT,
}  # fmt: skip
"""Rows of the table that no route and no move asks for: done by other rows' decisions, on pages only, on the command line, or not yet."""


def agreed() -> dict[tuple[Operation, Role], str]:
    lines = [line for line in AGREED.read_text(encoding="utf-8").splitlines() if not line.startswith("#")]
    cells: dict[tuple[Operation, Role], str] = {}
    for line in lines:
        operation, *row = line.partition("|")[0].split()
        cells |= {(Operation(operation), role): cell for role, cell in zip(COLUMNS, row, strict=True)}
    return cells


def cell_of(operation: Operation, role: Role) -> str:
    grant = roles_for(operation).get(role)
    if grant is None:
        return "-"
    marks = (("R", grant.redacted), ("2", grant.second_person), ("S", grant.step_up))
    return grant.reach + "".join(mark for mark, held in marks if held)


def test_every_cell_is_as_it_was_agreed():
    wanted = agreed()

    differing = {key: cell_of(*key) for key, cell in wanted.items() if cell_of(*key) != cell}

    assert len(wanted) == 88 * len(COLUMNS)
    assert differing == DEVIATIONS


def test_what_has_no_door_is_known(client: TestClient):
    paths = client.get("/api/v1/openapi.json").json()["paths"]
    routes = [route for methods in paths.values() for route in methods.values()]
    asked = {route["x-operation"] for route in routes} | {
        one for route in routes for one in route.get("x-operations", ())
    }

    assert set(Operation) - asked - {move.operation for move in MOVES} == NO_DOOR_YET
