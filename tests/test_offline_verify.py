"""The stand-alone verifier: a sound bundle passes, and each tampering that a bundle can show is named with its exit code."""

import ast
import base64
import hashlib
import json
import os
import subprocess
import sys
import zipfile
from itertools import pairwise
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given, settings
from hypothesis import strategies as st

from models import merkle
from models.canonical import canonical
from services import offline_verify
from services.offline_verify import BAD_KEY, INCOMPLETE, OK, ROLLED_BACK, TAMPERED, verify_bundle, verify_ed25519

SOURCE = Path(offline_verify.__file__)
KEY, OTHER_KEY = (Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32) for seed in (1, 2))
STREAM = "hazard-b"
FILE = "现场照片".encode()
FILE_HASH = hashlib.sha256(FILE).hexdigest()
EVIDENCE = {
    "evidence_id": "e1",
    "sha256": FILE_HASH,
    "size": len(FILE),
    "media_type": "image/jpeg",
    "filename": "照片　一.jpg",
}
OLD_SIZE, SIZE = 7, 14
ORDER_OF_L = 2**252 + 27742317777372353535851937790883648493


# --- a small town's history, and its export


def history():
    """Events of three streams as they came in; the hazard's five are every third."""
    heads, events = {}, []
    for position in range(SIZE):
        stream = ("hazard-a", STREAM, "office")[position % 3]
        seq, prev = heads.get(stream, (0, "0" * 64))
        body = event(stream, seq + 1, prev, position)
        heads[stream] = (seq + 1, merkle.leaf_hash(canonical(body)).hex())
        events.append(body)
    return events


def event(stream, seq, prev, position):
    return {
        "v": 1, "event_id": f"id-{position}", "stream": stream, "seq": seq, "type": f"TYPE_{seq}",
        "recorded_at": f"2025-03-{position + 1:02}T08:00:00.000000Z", "prev": prev, "alg": "sha256",
        "reason": "整改\u2028到位", "after": {"no": "ZY-2025-0001"} if seq == 1 else {},
        "evidence": [EVIDENCE] if seq == 2 else [],
    }  # fmt: skip


def checkpoint(events, size, key, prev_size):
    leaves = [merkle.leaf_hash(canonical(body)) for body in events]
    root, prev_root = merkle.root(leaves[:size]), merkle.root(leaves[:prev_size])
    heads_root = merkle.root([leaf for _, _, leaf in heads_of(events[:size])])
    text = offline_verify.note_text("lin-jiang", size, root, heads_root, "2025-04-01T00:00:00Z", prev_size, prev_root)
    return offline_verify.sign_note(text, "sealer", key.sign, public(key))


def heads_of(events):
    last = {body["stream"]: (body["seq"], merkle.leaf_hash(canonical(body)).hex()) for body in events}
    return [(stream, last[stream], offline_verify.heads_leaf(stream, *last[stream])) for stream in sorted(last)]


def export(events, key=KEY):
    """The files of the hazard's bundle, at the newest checkpoint, with the proof from the one before."""
    tree = merkle.Tree([merkle.leaf_hash(canonical(body)) for body in events])
    heads = heads_of(events)
    index = [stream for stream, _, _ in heads].index(STREAM)
    places = [at for at, body in enumerate(events) if body["stream"] == STREAM]
    growth = {
        "old_size": OLD_SIZE,
        "old_checkpoint": f"checkpoints/{OLD_SIZE}.txt",
        "path": texts(tree.consistency_proof(OLD_SIZE)),
    }
    return {
        "manifest.json": plain({"format": 1, "hazard_no": "ZY-2025-0001", "stream": STREAM, "exported_at": "2025-04-02",
                                "checkpoint": f"checkpoints/{tree.size}.txt"}),
        "events.jsonl": b"".join(canonical(events[at]) + b"\n" for at in places),
        "proofs.json": plain([{"seq": events[at]["seq"], "leaf_index": at, "path": texts(tree.inclusion_proof(at))} for at in places]),
        f"checkpoints/{tree.size}.txt": checkpoint(events, tree.size, key, OLD_SIZE).encode(),
        f"checkpoints/{OLD_SIZE}.txt": checkpoint(events, OLD_SIZE, key, 0).encode(),
        "heads.json": plain({"index": index, "count": len(heads), "max_seq": heads[index][1][0], "head": heads[index][1][1],
                             "path": texts(merkle.inclusion_proof([leaf for _, _, leaf in heads], index))}),
        "consistency.json": plain([growth]),
        "keys.json": plain([{"name": "sealer", "public_key_b64": base64.b64encode(public(key)).decode()}]),
        "evidence.json": plain([EVIDENCE]),
        f"evidence/{FILE_HASH}": FILE,
        "verify.py": SOURCE.read_bytes(),
    }  # fmt: skip


def public(key):
    return key.public_key().public_bytes_raw()


def texts(nodes):
    return [node.hex() for node in nodes]


def plain(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False).encode()


def changed(files, name, change):
    """The bundle with one JSON file passed through `change`, which alters it in place."""
    value = json.loads(files[name])
    change(value)
    return {**files, name: plain(value)}


def lines_of(files):
    return files["events.jsonl"].splitlines(keepends=True)


def with_lines(files, lines):
    return {**files, "events.jsonl": b"".join(lines)}


def zipped(files, path):
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def files():
    return export(history())


@pytest.fixture
def run(tmp_path):
    """Verify as the program does and as an auditor does, on bare Python; both must say the same."""

    def run(files, *anchors, keys=()):
        path = zipped(files, tmp_path / "bundle.zip")
        report = verify_bundle(path, anchors, keys)
        options = [part for anchor in anchors for part in ("--anchor", anchor)] + [
            part for key in keys for part in ("--key", key)
        ]
        alone = auditor([path, *options], tmp_path)
        assert (alone.returncode, alone.stdout.splitlines()) == (report.exit_code, report.lines), alone.stderr
        return report.exit_code, "\n".join(line for line in report.lines if line.startswith("✘"))

    return run


def auditor(arguments, folder, *, script="verify-alone.py"):
    (folder / "verify-alone.py").write_bytes(SOURCE.read_bytes())
    command = [sys.executable, "-I", "-S", "-X", "utf8", folder / script, *arguments]
    return subprocess.run(command, capture_output=True, encoding="utf-8", cwd=folder)


def anchor_file(tmp_path, text):
    path = tmp_path / "anchor.txt"
    path.write_bytes(text.encode())
    return path


# --- what is sound


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


# --- keys and signatures


def with_own_key_on_the_checkpoint(files):
    return {**files, f"checkpoints/{SIZE}.txt": checkpoint(history(), SIZE, OTHER_KEY, OLD_SIZE).encode()}


def with_altered_checkpoint(files):
    name = f"checkpoints/{SIZE}.txt"
    return {**files, name: files[name].replace(b"2025-04-01", b"2025-04-02")}


def with_unsigned_checkpoint(files):
    name = f"checkpoints/{SIZE}.txt"
    return {**files, name: files[name].partition(b"\n\n")[0] + b"\n"}


def with_unlisted_key(files):
    return {**files, "keys.json": plain([])}


@pytest.mark.parametrize(
    "tamper", [with_own_key_on_the_checkpoint, with_altered_checkpoint, with_unsigned_checkpoint, with_unlisted_key]
)
def test_a_checkpoint_that_no_listed_key_signed_proves_nothing(run, files, tamper):
    assert run(tamper(files))[0] == BAD_KEY


def test_a_whole_history_under_a_forgers_key_shows_by_the_key_the_auditor_knows(run):
    forged = export(history(), key=OTHER_KEY)

    assert run(forged) == (OK, "")
    assert run(forged, keys=[base64.b64encode(public(KEY)).decode()])[0] == BAD_KEY


# --- anchors


def rewritten():
    """The hazard's first event redone as if it had always been so, with all that follows from it."""
    events, heads = history(), {}
    events[1]["reason"] = "未发现问题"
    for body in events:
        body["prev"] = heads.get(body["stream"], "0" * 64)
        heads[body["stream"]] = merkle.leaf_hash(canonical(body)).hex()
    return events


def test_a_history_rewritten_by_the_holder_of_the_key_passes_alone_and_fails_against_an_anchor(run, files, tmp_path):
    anchor = anchor_file(tmp_path, files[f"checkpoints/{OLD_SIZE}.txt"].decode())

    assert run(export(rewritten())) == (OK, "")
    assert run(export(rewritten()), anchor)[0] == TAMPERED


def test_replaced_keys_and_checkpoints_show_by_an_anchor_signed_before(run, files, tmp_path):
    anchor = anchor_file(tmp_path, files[f"checkpoints/{OLD_SIZE}.txt"].decode())

    assert run(export(rewritten(), key=OTHER_KEY), anchor)[0] == BAD_KEY


def test_an_anchor_newer_than_the_tree_shows_the_rollback(run, files, tmp_path):
    anchor = anchor_file(tmp_path, files[f"checkpoints/{SIZE}.txt"].decode())

    assert run(export(history()[: SIZE - 2]), anchor)[0] == ROLLED_BACK


def test_an_anchor_without_its_proof_in_the_bundle_is_not_taken_for_granted(run, files, tmp_path):
    anchor = anchor_file(tmp_path, checkpoint(history(), 5, KEY, 0))

    code, faults = run(files, anchor)

    assert code == INCOMPLETE
    assert "没有从它延续的证明" in faults


@pytest.mark.parametrize("text", ["", "7", "seven roots", "\n\n\n", "7 AAAA\n"])
def test_an_anchor_that_cannot_be_read_is_not_passed_over(run, files, tmp_path, text):
    assert run(files, anchor_file(tmp_path, text))[0] == INCOMPLETE


# --- whatever a forger may send


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_flipped_bit_of_events_proofs_or_checkpoint_passes(tmp_path_factory, data):
    files = export(history())
    name = data.draw(
        st.sampled_from(["events.jsonl", "proofs.json", f"checkpoints/{SIZE}.txt", "keys.json", "consistency.json"])
    )
    turned = bytearray(files[name])
    turned[data.draw(st.integers(0, len(turned) - 2))] ^= 1 << data.draw(st.integers(0, 7))

    report = verify_bundle(zipped({**files, name: bytes(turned)}, tmp_path_factory.getbasetemp() / "flipped.zip"))

    assert report.exit_code in (TAMPERED, INCOMPLETE, BAD_KEY)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@settings(max_examples=100, deadline=None)
@given(st.data(), JSON)
def test_json_of_any_shape_gives_a_report_and_no_traceback(tmp_path_factory, data, value):
    files = export(history())
    name = data.draw(st.sampled_from([name for name in files if name.endswith((".json", ".jsonl"))]))
    content = json.loads(files[name].partition(b"\n")[0])
    holder = content[0] if isinstance(content, list) else content
    holder[data.draw(st.sampled_from(sorted(holder)))] = value
    strange = data.draw(st.sampled_from([content, value]))

    path = zipped({**files, name: json.dumps(strange).encode()}, tmp_path_factory.getbasetemp() / "strange.zip")

    assert verify_bundle(path).exit_code in range(5)


def test_a_name_cannot_draw_a_tick_of_its_own(run, files, tmp_path):
    run(changed(files, "manifest.json", lambda manifest: manifest.update(exported_at="x\n✔ 全部相符\x1b[2J")))

    assert not any(line.startswith("✔ 全部") or "\x1b" in line for line in verify_bundle(tmp_path / "bundle.zip").lines)


# --- the file itself


def test_the_verifier_stands_alone_on_python_3_8():
    tree = ast.parse(SOURCE.read_text("utf-8"), feature_version=(3, 8))
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {alias.name for node in imports if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in imports if isinstance(node, ast.ImportFrom)}

    assert {name.partition(".")[0] for name in names} <= sys.stdlib_module_names


def test_a_console_set_to_gbk_still_shows_the_result(tmp_path, files):
    path = zipped(files, tmp_path / "bundle.zip")

    answer = subprocess.run(
        [sys.executable, SOURCE, path], capture_output=True, env={**os.environ, "PYTHONIOENCODING": "gbk"}
    )

    assert answer.returncode == OK
    assert "√ 完整性" in answer.stdout.decode("gbk")


# --- signed notes and Ed25519


@pytest.mark.parametrize(
    ("good", "broken", "says"),
    [
        ("lin-jiang", "lin\njiang", "six lines"),
        ("\n7 ", "\n7\n", "six lines"),
        ("\n14\n", "\n014\n", "not a size"),
        ("\n14\n", "\n-1\n", "not a size"),
        ("=\n", "\n", "padding"),
        ("— ", "- ", "not a signature line"),
        ("\n\n", "\n", "not a signed note"),
    ],
)
def test_a_note_that_is_not_quite_a_note_is_refused(good, broken, says):
    note = checkpoint(history(), SIZE, KEY, OLD_SIZE)

    with pytest.raises(ValueError, match=says):
        offline_verify.parse_note(note.replace(good, broken, 1))


def test_a_signature_that_does_not_fit_is_never_written():
    text = offline_verify.note_text(
        "lin-jiang", 0, merkle.root([]), merkle.root([]), "2025-04-01T00:00:00Z", 0, merkle.root([])
    )

    with pytest.raises(ValueError, match="does not fit the public key"):
        offline_verify.sign_note(text, "sealer", OTHER_KEY.sign, public(KEY))


def test_the_signature_of_an_unlisted_cosigner_is_passed_over():
    note = checkpoint(history(), SIZE, KEY, OLD_SIZE)
    cosigned = offline_verify.parse_note(note + "— district AAAAAAAAAAAA\n")

    assert offline_verify.signers_of(cosigned, [("sealer", public(KEY))]) == [("sealer", public(KEY))]


@settings(max_examples=50, deadline=None)
@given(st.binary(min_size=32, max_size=32), st.binary(max_size=200), st.integers(0, 511), st.integers(0, 255))
def test_ed25519_agrees_with_an_independent_implementation(seed, message, bit, key_bit):
    key = Ed25519PrivateKey.from_private_bytes(seed)
    signature = key.sign(message)
    turned = (int.from_bytes(signature, "big") ^ 1 << bit).to_bytes(64, "big")
    other_key = (int.from_bytes(public(key), "big") ^ 1 << key_bit).to_bytes(32, "big")

    assert verify_ed25519(public(key), message, signature)
    assert not verify_ed25519(public(key), message + b"!", signature)
    assert verify_ed25519(public(key), message, turned) == accepts(public(key), message, turned)
    assert verify_ed25519(other_key, message, signature) == accepts(other_key, message, signature)


def accepts(public_key, message, signature):
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def test_ed25519_gives_the_answer_of_rfc_8032():
    public_key = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )

    assert verify_ed25519(public_key, b"\x72", signature)


def test_a_second_writing_of_a_good_signature_is_refused():
    signature = KEY.sign(b"m")
    larger = int.from_bytes(signature[32:], "little") + ORDER_OF_L

    assert not verify_ed25519(public(KEY), b"m", signature[:32] + larger.to_bytes(32, "little"))


@pytest.mark.parametrize(
    "public_key", [b"\x01" + bytes(31), bytes(32), b"\xec" + b"\xff" * 30 + b"\x7f", b"\xee" + b"\xff" * 30 + b"\x7f"]
)
def test_a_key_of_small_order_or_of_no_single_writing_is_refused(public_key):
    signs_anything = b"\x01" + bytes(63)

    assert not verify_ed25519(public_key, b"m", signs_anything)


@pytest.mark.parametrize(("public_key", "signature"), [(bytes(31), bytes(64)), (bytes(32), bytes(63)), (b"", b"")])
def test_keys_and_signatures_of_another_length_are_refused(public_key, signature):
    assert not verify_ed25519(public_key, b"m", signature)
