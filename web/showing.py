"""Answers in words: what was typed and chosen, by title, as the check page and the history show it."""

from collections.abc import Mapping, Sequence
from typing import Any

from web.fields import Field, leaves
from web.language import Words
from web.reading import Values, counts_of


def shown_answers(
    fields: Sequence[Field], values: Values, files: Mapping[str, Any], say: Words
) -> list[tuple[str, list[tuple[str, str]]]]:
    """By section, whose title is empty for the form's own fields: title and answer; blank answers are left out."""
    sections: list[tuple[str, list[tuple[str, str]]]] = [("", [])]
    for field in fields:
        if field.kind == "group" and any(one.kind == "group" for one in field.fields):
            sections += [(say(one.title), _answers([one], values, files, say)) for one in field.fields]
        elif field.kind == "rows":
            for number in range(counts_of([field], values)[field.name]):
                title = say("%(title)s（%(n)s）", title=say(field.title), n=number + 1)
                sections.append((title, _answers(field.row(number), values, files, say)))
        else:
            sections[0][1].extend(_answers([field], values, files, say))
    return [(title, answers) for title, answers in sections if answers]


def _answers(fields: Sequence[Field], values: Values, files: Mapping[str, Any], say: Words) -> list[tuple[str, str]]:
    found = [(say(leaf.title), _answer(leaf, values.get(leaf.name, ()), files, say)) for leaf in leaves(fields, {})]
    return [(title, text) for title, text in found if text]


def _answer(field: Field, sent: Sequence[str], files: Mapping[str, Any], say: Words) -> str:
    chosen = [one.strip() for one in sent if one.strip()]
    if field.kind == "tick":
        return say("是") if chosen else ""
    if not chosen:
        return ""
    if field.kind in {"files", "file"}:
        return "\n".join(_file(files[one], say) for one in chosen if one in files)
    if field.kind in {"choice", "several", "known"}:
        labels = dict(field.options)
        return say("、").join(say(labels.get(one, one)) for one in chosen)
    if field.kind == "yes_no":
        return say("是") if chosen[-1] == "yes" else say("否")
    return chosen[-1].replace("T", " ") if field.kind == "moment" else chosen[-1]


def _file(row: Any, say: Words) -> str:
    taken = say("，拍摄于 %(at)s", at=row.captured_at.replace("T", " ")) if row.captured_at else ""
    return f"{row.filename}（{row.size // 1024 + 1} KB{taken}）"
