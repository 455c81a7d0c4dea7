"""`hazardflow audit …`."""

from collections.abc import Sequence
from pathlib import Path

from cli.console import console, now, open_database
from models.engine import reading, writing
from models.errors import NotFound
from models.tables import HAZARD
from services import keys, sealing
from services.bundle import write_bundle
from services.history_check import verify_history
from services.offline_verify import verify_bundle
from settings import settings


def verify(anchors: Sequence[Path], bundle: Path | None) -> int:
    """Verify the database, or a bundle; prints the findings and returns the exit code."""
    if bundle is not None:
        report = verify_bundle(bundle, anchors)
        for line in report.lines:
            console.print(line)
        return report.exit_code
    with reading(open_database()) as session:
        texts = [path.read_text(encoding="utf-8") for path in anchors]
        verdict = verify_history(session, keys.signing_key(settings().key_dir), at=now(), anchors=texts)
    for finding in verdict.findings[:100]:
        console.print(f"✘ {finding}")
    state = "相符" if verdict.exit_code == 0 else "不相符"
    console.print(f"历史{state}：{verdict.events}条事件，检查点到{verdict.size}条，发现{len(verdict.findings)}处问题。")
    return verdict.exit_code


def seal() -> None:
    """Seal what is there now rather than wait for the sealer's next turn."""
    with writing(open_database()) as session, session.begin():
        sealing.seal(session, keys.signing_key(settings().key_dir), at=now())


def bundle(no: str, out: Path) -> None:
    """Seal what is there, then write the bundle."""
    seal()
    key = keys.signing_key(settings().key_dir)
    with reading(open_database()) as session:
        hazard = session.execute(HAZARD.select().where(HAZARD.c.no == no)).one_or_none()
        if hazard is None:
            raise NotFound(f"没有找到隐患 {no}。", remedy="请核对编号。")
        with out.open("wb") as file:
            write_bundle(session, hazard, file, key=key, store=settings().evidence_dir, at=now())  # pyright: ignore[reportArgumentType]
    console.print(f"已写出 {out}（核验：解压后运行 python verify.py，或 hazardflow audit verify --bundle {out}）")
