"""Somebody without an account: nothing is known of them, and their requests are counted, not noted."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request
from sqlmodel import Session
from starlette.datastructures import FormData, UploadFile

from models.actor import PUBLIC, Actor
from models.engine import reading
from models.errors import TooLarge
from services import codes, photos
from services.keys import Keyring, query_code_key
from services.throttle import Throttle
from web.desk import Here, Office, OfficeDep
from web.language import Words, language_of, words

MOST_PHOTO = 10 << 20
"""Bytes of one photograph."""


@dataclass(frozen=True)
class Guest:
    """One request by somebody without an account."""

    request: Request
    held: Office
    counts: Throttle
    say: Words

    @property
    def at(self) -> datetime:
        return self.held.now()

    @property
    def whom(self) -> str:
        """Whom to count; the key of a count that lives for minutes, and used for nothing else."""
        return self.request.client.host if self.request.client else ""

    @property
    def ring(self) -> Keyring:
        return Keyring(self.held.settings.key_dir)

    @property
    def secret(self) -> bytes:
        return query_code_key(self.held.settings.key_dir)

    def looking(self) -> Session:
        return reading(self.held.engine)

    def as_holder(self, code: str) -> Here:
        """This request as one by whoever holds the query code."""
        return Here(self.request, self.held, holder_of(code), self.say)


def guest(request: Request, held: OfficeDep) -> Guest:
    return Guest(request, held, request.app.state.throttle, words(language_of(request)))


GuestDep = Annotated[Guest, Depends(guest)]


def holder_of(code: str) -> Actor:
    return replace(PUBLIC, person_id=f"code:{codes.hash_of(code)[:32]}")


Photo = tuple[bytes, photos.Copy]


def photos_in(form: FormData, name: str) -> list[Photo]:
    """The photographs a form brought, each with its copy without traces.

    Raises: TooLarge, EvidenceRefused.
    """
    found = []
    for upload in form.getlist(name):
        if isinstance(upload, UploadFile) and upload.filename:
            content = upload.file.read(MOST_PHOTO + 1)
            if len(content) > MOST_PHOTO:
                raise TooLarge("照片超过10 MiB。", rule="单张照片大小上限", remedy="请压缩后上传。")
            found.append((content, photos.without_traces(content)))
    return found


def hash_of(taken: Sequence[Photo]) -> str:
    return hashlib.sha256(b"".join(hashlib.sha256(content).digest() for content, _ in taken)).hexdigest()
