"""The second factor of an account: codes of an authenticator app (RFC 6238), and codes for the day the phone is gone."""

import hmac
import secrets
from datetime import datetime

from pyotp import random_base32
from pyotp.totp import TOTP
from sqlalchemy import delete, select, update
from sqlmodel import Session, col

from models import Account, RecoveryCode, SecondFactor
from models.errors import InvalidInput
from models.permissions import Role
from models.sealed import seal, unseal
from services import trail
from services.passwords import hashed

OFFICERS = frozenset({Role.DO, Role.DH, Role.SC, Role.TL, Role.AU, Role.AD})
_ISSUER = "hazardflow"
_STEP_SECONDS = 30
_WINDOW = 1
"""Steps before and after the present one whose code is taken as well: clocks of phones differ."""
_RECOVERY_CODES = 10
_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_GROUPS, _GROUP = 4, 4


def enrolled(session: Session, account_id: str) -> SecondFactor | None:
    """The second factor in force, if the account has one."""
    confirmed = select(SecondFactor).where(
        col(SecondFactor.account_id) == account_id, col(SecondFactor.confirmed_at).is_not(None)
    )
    return session.execute(confirmed).scalar_one_or_none()


def begin(session: Session, account: Account, *, key: bytes, at: datetime) -> str:
    """Draw a new secret; its otpauth address, for the app, is shown this once. In force only when confirmed.

    Raises: InvalidInput, when one is in force already.
    """
    if enrolled(session, account.id):
        raise InvalidInput(
            "已经绑定了动态口令。", rule="一个账号绑定一个动态口令", remedy="请先解除现有的绑定，再重新绑定。"
        )
    secret = random_base32()
    session.execute(delete(SecondFactor).where(col(SecondFactor.account_id) == account.id))
    sealed = seal(key, secret.encode(), belongs_to=account.id)
    session.add(SecondFactor(account_id=account.id, sealed=sealed, enrolled_at=at))
    session.flush()
    return TOTP(secret).provisioning_uri(name=account.login, issuer_name=_ISSUER)


def confirm(session: Session, account: Account, code: str, *, key: bytes, at: datetime) -> list[str] | None:
    """The first code of the app puts the second factor in force and gives the recovery codes, shown this once.

    None: the code is wrong.
    Raises: InvalidInput, when nothing waits to be confirmed.
    """
    pending = session.execute(
        select(SecondFactor).where(col(SecondFactor.account_id) == account.id, col(SecondFactor.confirmed_at).is_(None))
    ).scalar_one_or_none()
    if pending is None:
        raise InvalidInput("没有待确认的绑定。", rule="先绑定，后确认", remedy="请先申请绑定，用应用扫描后再确认。")
    if not _accept_code(session, pending, code, key=key, at=at):
        return None
    pending.confirmed_at = at
    session.add(pending)
    codes = _new_recovery_codes(session, account.id)
    trail.append_office(session, "SECOND_FACTOR_ENROLLED", by=None, at=at, facts={"account": account.id})
    return codes


def remove(session: Session, account_id: str, *, at: datetime) -> bool:
    """Whether there was one, confirmed or not; the caller has seen a code of it, or resets the account."""
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))
    gone = session.execute(delete(SecondFactor).where(col(SecondFactor.account_id) == account_id))
    if not gone.rowcount:  # pyright: ignore[reportAttributeAccessIssue]
        return False
    trail.append_office(session, "SECOND_FACTOR_REMOVED", by=None, at=at, facts={"account": account_id})
    return True


def accept(session: Session, factor: SecondFactor, code: str, *, key: bytes, at: datetime) -> bool:
    """Whether this code, of the app or a recovery code, is right; it is used up with that."""
    return _accept_code(session, factor, code, key=key, at=at) or _use_recovery_code(
        session, factor.account_id, code, at=at
    )


def _accept_code(session: Session, factor: SecondFactor, code: str, *, key: bytes, at: datetime) -> bool:
    """The step moves on in the same statement that finds it behind: of two requests with one code, one is right."""
    totp = TOTP(unseal(key, factor.sealed, belongs_to=factor.account_id).decode())
    now, given = int(at.timestamp()) // _STEP_SECONDS, code.strip().encode()
    steps = [step for step in range(now - _WINDOW, now + _WINDOW + 1)
             if hmac.compare_digest(totp.generate_otp(step).encode(), given)]  # fmt: skip
    if not steps:
        return False
    behind = col(SecondFactor.account_id) == factor.account_id, col(SecondFactor.last_step) < steps[-1]
    moved = session.execute(update(SecondFactor).where(*behind).values(last_step=steps[-1]))
    return bool(moved.rowcount)  # pyright: ignore[reportAttributeAccessIssue]


def _use_recovery_code(session: Session, account_id: str, code: str, *, at: datetime) -> bool:
    unused = (
        col(RecoveryCode.code_hash) == hashed(_plain(code)), col(RecoveryCode.account_id) == account_id,
        col(RecoveryCode.used_at).is_(None),
    )  # fmt: skip
    if not session.execute(update(RecoveryCode).where(*unused).values(used_at=at)).rowcount:  # pyright: ignore[reportAttributeAccessIssue]
        return False
    trail.append_office(session, "RECOVERY_CODE_USED", by=None, at=at, facts={"account": account_id})
    return True


def _new_recovery_codes(session: Session, account_id: str) -> list[str]:
    """Ten codes of 80 random bits: too many to guess, also from their hashes."""
    session.execute(delete(RecoveryCode).where(col(RecoveryCode.account_id) == account_id))
    codes = ["-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_GROUPS))
             for _ in range(_RECOVERY_CODES)]  # fmt: skip
    session.add_all(RecoveryCode(code_hash=hashed(_plain(code)), account_id=account_id) for code in codes)
    session.flush()
    return codes


def _plain(code: str) -> str:
    return code.replace("-", "").replace(" ", "").upper()
