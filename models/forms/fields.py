"""What every form shares: strict fields, and the kinds of value people fill in."""

import math
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints


class Form(BaseModel):
    """The fields of one decision as a person fills them in. Unknown fields are refused, blanks are stripped."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True, use_enum_values=True)


def _text(least: int, most: int) -> StringConstraints:
    return StringConstraints(min_length=least, max_length=most, pattern=r"^[^\x00]*$")


Line = Annotated[str, _text(1, 200)]
OptionalLine = Annotated[str, _text(0, 200)]
Text = Annotated[str, _text(2, 4000)]
OptionalText = Annotated[str, _text(0, 4000)]


def _different(names: tuple[str, ...]) -> tuple[str, ...]:
    if len({name.casefold() for name in names}) < len(names):
        raise ValueError("同一人重复填写，现场检查须不少于2人")
    return names


Names = Annotated[tuple[Line, ...], Field(min_length=2, max_length=20), AfterValidator(_different)]
"""At least two different persons, as an on-site check asks for."""
EvidenceIds = Annotated[tuple[Line, ...], Field(max_length=50)]
Moment = Annotated[AwareDatetime, Field(description="ISO 8601 with offset, e.g. 2026-11-23T09:12:00+08:00")]


def _on_earth(text: str) -> str:
    if text:
        try:
            longitude, latitude = (float(part) for part in text.replace("，", ",").split(","))
        except ValueError:
            longitude = latitude = math.inf
        if not (abs(longitude) <= 180 and abs(latitude) <= 90):
            raise ValueError("坐标写作“经度,纬度”，如 105.92,29.35")
    return text


Point = Annotated[OptionalLine, AfterValidator(_on_earth)]
"""Longitude and latitude as a map shows them; empty where nobody looked."""
