"""The stand-alone verifier: a sound bundle passes, and each tampering that a bundle can show is named with its exit code."""

import base64
import hashlib
import json
import zipfile
from itertools import pairwise

import pytest

from bundles import (
    FILE,
    FILE_HASH,
    KEY,
    OLD_SIZE,
    SIZE,
    STREAM,
    anchor_file,
    auditor,
    changed,
    event,
    export,
    history,
    lines_of,
    public,
    with_lines,
    zipped,
)
from models import merkle
from models.canonical import canonical
from services import offline_verify
from services.offline_verify import INCOMPLETE, OK, TAMPERED, verify_bundle


def test_a_sound_bundle_passes(run, files):
    assert run(files) == (OK, "")


def test_a_bundle_unpacked_into_a_folder_is_verified_by_its_own_copy(tmp_path, files):
    with zipfile.ZipFile(zipped(files, tmp_path / "bundle.zip")) as archive:
        archive.extractall(tmp_path)

    answer = auditor([], tmp_path, script="verify.py")

    assert answer.returncode == OK, answer.stdout
    assert "结论（0）" in answer.stdout


def test_a_bundle_without_the_evidence_files_passes_and_says_so(run, files, tmp_path):
    del files[f"evidence/{FILE_HASH}"]

    assert run(files) == (OK, "")
    assert any("1 份未随附" in line for line in verify_bundle(tmp_path / "bundle.zip").lines)


@pytest.mark.parametrize("size", [OLD_SIZE, SIZE])
@pytest.mark.parametrize("dress", [str, lambda note: "\ufeff" + note.replace("\n", "\r\n") + "\r\n"])
def test_an_earlier_note_and_the_same_note_are_good_anchors(run, files, tmp_path, size, dress):
    anchor = anchor_file(tmp_path, dress(files[f"checkpoints/{size}.txt"].decode()))

    assert run(files, anchor) == (OK, "")


def test_a_line_of_size_and_root_is_a_good_anchor(run, files, tmp_path):
    old = offline_verify.parse_note(files[f"checkpoints/{OLD_SIZE}.txt"].decode())

    assert run(files, anchor_file(tmp_path, f"{OLD_SIZE} {base64.b64encode(old.root).decode()}\n")) == (OK, "")


def test_a_key_known_from_elsewhere_may_be_given_whole_or_as_fingerprint(run, files):
    assert run(files, keys=[base64.b64encode(public(KEY)).decode()]) == (OK, "")
    assert run(files, keys=[hashlib.sha256(public(KEY)).hexdigest()]) == (OK, "")


# --- what is tampered with


def edited(files):
    lines = lines_of(files)
    return with_lines(files, [*lines[:2], lines[2].replace("到位".encode(), "完毕".encode()), *lines[3:]])


def redated(files):
    lines = lines_of(files)
    return with_lines(files, [*lines[:-1], lines[-1].replace(b"T08:", b"T07:")])


def made_unreadable(files):
    lines = lines_of(files)
    return with_lines(files, [lines[0], lines[1][:40] + b"\n", *lines[2:]])


def forged_with_new_links(files):
    """The third event rewritten and all later ones linked to it anew."""
    bodies = [json.loads(line) for line in lines_of(edited(files))]
    for before, body in pairwise(bodies):
        body["prev"] = merkle.leaf_hash(canonical(before)).hex()
    return with_lines(files, [canonical(body) + b"\n" for body in bodies])


def reordered(files):
    lines = lines_of(files)
    return with_lines(files, [lines[0], lines[2], lines[1], *lines[3:]])


def twice_the_same(files):
    lines = lines_of(files)
    return with_lines(files, [*lines[:2], *lines[1:]])


def of_another_hazard(files):
    return changed(files, "manifest.json", lambda manifest: manifest.update(stream="hazard-a"))


def under_another_number(files):
    return changed(files, "manifest.json", lambda manifest: manifest.update(hazard_no="ZY-2025-0099"))


def with_swapped_file(files):
    return {**files, f"evidence/{FILE_HASH}": FILE + b"!"}


def with_renamed_evidence(files):
    return changed(files, "evidence.json", lambda listed: listed[0].update(filename="另一张.jpg"))


def with_cut_tail_and_own_head(files):
    """The last event taken out, and the head written as if there had never been one."""
    lines = lines_of(files)[:-1]
    head = {"max_seq": len(lines), "head": merkle.leaf_hash(lines[-1].rstrip(b"\n")).hex()}
    return changed(with_lines(files, lines), "heads.json", lambda heads: heads.update(head))


def with_broken_growth(files):
    return changed(files, "consistency.json", lambda growth: growth[0]["path"].reverse())


@pytest.mark.parametrize(
    ("tamper", "first"),
    [
        (edited, "第 3 号事件（TYPE_3，2025-03-08T08:00:00.000000Z）：内容被改动"),
        (redated, "第 5 号事件（TYPE_5，2025-03-14T07:00:00.000000Z）：内容被改动"),
        (made_unreadable, "第 2 号事件"),
        (forged_with_new_links, "第 3 号事件（TYPE_3，2025-03-08T08:00:00.000000Z）：内容被改动"),
        (reordered, "第 3 号事件（TYPE_3，2025-03-08T08:00:00.000000Z）：次序不对；应为第 2 号，实为第 3 号"),
        (twice_the_same, "第 2 号事件（TYPE_2，2025-03-05T08:00:00.000000Z）：次序不对；应为第 3 号，实为第 2 号"),
        (of_another_hazard, "末尾证明"),
        (under_another_number, "第 1 号事件（TYPE_1，2025-03-02T08:00:00.000000Z）：隐患编号不符"),
        (with_swapped_file, f"材料文件 evidence/{FILE_HASH}：内容被替换"),
        (with_renamed_evidence, "第 2 号事件（TYPE_2，2025-03-05T08:00:00.000000Z）：材料清单与事件所记不符"),
        (with_cut_tail_and_own_head, "末尾证明"),
        (with_broken_growth, "以前的检查点 7：历史被改写"),
    ],
)
def test_tampering_is_named_by_its_first_bad_event(run, files, tamper, first):
    code, faults = run(tamper(files))

    assert code == TAMPERED
    assert faults.startswith(f"✘ {first}")


def test_an_edited_event_is_shown_with_expected_and_found_hash(run, files):
    expected, found = (merkle.leaf_hash(lines_of(some)[2].rstrip(b"\n")).hex() for some in (files, edited(files)))

    assert f"散列应为 {expected}，实为 {found}" in run(edited(files))[1]


# --- what is missing


def without(name):
    return lambda files: {kept: data for kept, data in files.items() if kept != name}


def without_event(at):
    return lambda files: with_lines(files, [line for number, line in enumerate(lines_of(files)) if number != at])


def with_unsealed_event(files):
    last = lines_of(files)[-1].rstrip(b"\n")
    return with_lines(files, [*lines_of(files), canonical(event(STREAM, 6, merkle.leaf_hash(last).hex(), 20)) + b"\n"])


@pytest.mark.parametrize(
    ("tamper", "says"),
    [
        (without_event(0), "缺第 1 号"),
        (without_event(2), "缺第 3 号"),
        (without_event(4), "缺第 5 号"),
        (lambda files: with_lines(files, []), "缺第 1 号"),
        (with_unsealed_event, "第 6 号事件（TYPE_6，2025-03-21T08:00:00.000000Z）：没有证明"),
        (lambda files: changed(files, "proofs.json", lambda proofs: proofs.pop(1)), "第 2 号事件"),
        (lambda files: changed(files, "evidence.json", lambda listed: listed.clear()), "不在材料清单内"),
        *[
            (without(name), f"缺少 {name}")
            for name in export(history())
            if not name.startswith(("verify.py", "evidence/"))
        ],
    ],
)
def test_what_is_missing_is_named(run, files, tamper, says):
    code, faults = run(tamper(files))

    assert code == INCOMPLETE
    assert says in faults


def test_a_bundle_that_is_no_zip_or_does_not_exist_is_incomplete(tmp_path):
    (tmp_path / "text.zip").write_text("not a zip")

    assert verify_bundle(tmp_path / "text.zip").exit_code == INCOMPLETE
    assert verify_bundle(tmp_path / "absent.zip").exit_code == INCOMPLETE


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_two_files_of_one_name_are_refused(tmp_path, files):
    path = zipped(files, tmp_path / "bundle.zip")
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("events.jsonl", b"")

    assert verify_bundle(path).exit_code == INCOMPLETE
