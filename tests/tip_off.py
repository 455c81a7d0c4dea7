"""Somebody reports without an account: the submissions, the reporter's client, and a search for what must not be kept."""

import base64
import json
from dataclasses import dataclass
from io import BytesIO
from itertools import count
from pathlib import Path
from typing import Any

from PIL import Image
from sqlalchemy import Engine, select
from sqlmodel import Session
from starlette.testclient import TestClient

from models import metadata
from models.engine import reading
from models.forms.tip_off import NamedReport
from models.hazard import Hazard
from models.tables import HAZARD, HAZARD_SOURCE
from services import codes, public_reports
from services.keys import Keyring
from town import NOON

NAME, PHONE, ID_NO = "金丝雀赵某某", "13987650123", "500383198001017777"
WORDS = "我在三号车间上夜班，看见除尘管里一直冒火星，班长不让说"
PLACE = "三号车间靠我更衣柜那一侧"
ABOUT = "造粒厂就是我家隔壁那家"
TIP: dict[str, Any] = {"description": WORDS, "place": PLACE, "about": ABOUT}
NAMED: dict[str, Any] = TIP | {"reporter": {"name": NAME, "phone": PHONE, "id_no": ID_NO}}
ABSTRACT: dict[str, Any] = {
    "description": "除尘系统运行中有火花，未见停机处理", "place": "某某村1组造粒车间", "sector": "工贸/粉尘涉爆",
    "enterprise": "91500118MA5TEST001",
}  # fmt: skip
_KEYS = count(1)


@dataclass
class Reporter:
    """A caller without an account; with a code once the report is handed in."""

    client: TestClient
    code: str = ""

    def post(self, path: str, body: Any = None, *, key: str = "", **options: Any):
        headers = {"Idempotency-Key": key or f"reporter-key-{next(_KEYS):08d}", "X-Query-Code": self.code}
        if "content" in options:
            headers["Content-Type"] = "application/json"
        elif body is not None:
            options["json"] = body
        return self.client.post(f"/api/v1/public{path}", headers=headers, **options)

    def get(self, path: str):
        return self.client.get(f"/api/v1/public{path}", headers={"X-Query-Code": self.code})

    def report(self, body: dict[str, Any] | None = None, *, named: bool = False) -> dict[str, Any]:
        answer = self.post("/named-reports" if named else "/reports", body or (NAMED if named else TIP))
        assert answer.status_code == 201, answer.text
        self.code = answer.json()["query_code"]
        return answer.json()


def tip_off(session: Session, ring: Keyring, *, named: bool = True, at: Any = NOON) -> tuple[Hazard, Any]:
    """A report by the public on the ledger, and its source."""
    form = NamedReport.model_validate(NAMED)
    if not named:
        form = NamedReport.__base__.model_validate(TIP)  # pyright: ignore[reportOptionalMemberAccess]
    code = codes.draw(b"k" * 32, str(next(_KEYS)).encode())
    found = public_reports.report_as_public(session, form, code=code, ring=ring, at=at)  # pyright: ignore[reportArgumentType]
    return carrier(session, found.no), source_of(session, found.source_id)


def carrier(session: Session, no: str) -> Hazard:
    return session.execute(select(HAZARD).where(HAZARD.c.no == no)).one()  # pyright: ignore[reportReturnType]


def source_of(session: Session, source_id: str) -> Any:
    return session.execute(select(HAZARD_SOURCE).where(HAZARD_SOURCE.c.id == source_id)).one()


def photograph_with_traces() -> bytes:
    exif = Image.Exif()
    exif[0x010F] = "CanaryCameraMaker"
    exif.get_ifd(0x8825)[0x0001] = "N"
    out = BytesIO()
    Image.new("RGB", (64, 48), "orange").save(out, "JPEG", exif=exif, comment=b"canary comment")
    return out.getvalue()


def everything_kept(engine: Engine, folder: Path) -> bytes:
    """Every value of every table, the database's own file where there is one, and every file but the keys."""
    found: list[bytes] = []
    with reading(engine) as session:
        for table in metadata.sorted_tables:
            for row in session.execute(select(table)):
                found += [value if isinstance(value, bytes) else str(value).encode() for value in row]
    if engine.dialect.name == "sqlite":
        found += [
            path.read_bytes()
            for path in Path(str(engine.url.database)).parent.glob(f"{Path(str(engine.url.database)).name}*")
        ]
    found += [path.read_bytes() for path in folder.rglob("*") if path.is_file() and path.suffix != ".key"]
    return b"\n".join(found)


def shapes_of(secret: str) -> list[bytes]:
    """A secret as it might turn up: plain, escaped, in base64 at each offset, in hex."""
    raw = secret.encode()
    inner = [base64.b64encode(b"\0" * pad + raw)[4:-4] for pad in range(3)]
    return [raw, secret.encode("utf-16-le"), json.dumps(secret)[1:-1].encode(), raw.hex().encode(), *inner]
