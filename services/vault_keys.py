"""The vault's keys over time 更换密封密钥: a new one each month, and the old one destroyed once nothing needs it.

Erasing deletes a wrapped data key here; copies of the database made before still have it, wrapped. They do not have the
key it is wrapped under, and when that is destroyed, what was erased is gone from them as well.
"""

from datetime import datetime, timedelta

from sqlmodel import Session

from services import trail, vault
from services.keys import Keyring

VAULT_KEY_DESTROYED = "VAULT_KEY_DESTROYED"
LASTS = timedelta(days=30)
SETTLED = timedelta(days=1)
"""Whoever sealed something under the old key while the new one was drawn has long committed it by then."""


def renew(session: Session, ring: Keyring, *, at: datetime) -> int:
    """One turn: draw what is due, wrap a batch anew, destroy what nothing needs; how many keys were destroyed."""
    drawn_at = ring.drawn_at()
    if drawn_at is None:
        return 0
    if at - drawn_at >= LASTS:
        ring.draw_next()
        drawn_at = at
    if vault.rewrap(session, ring, by=None, at=at) or at - drawn_at < SETTLED:
        return 0
    gone = [epoch for epoch in ring.older() if not vault.needs(session, epoch)]
    for epoch in gone:
        ring.destroy(epoch)
    if gone:
        trail.append_office(session, VAULT_KEY_DESTROYED, by=None, at=at, facts={"epochs": gone})
    return len(gone)
