#!/usr/bin/env python3
"""Verifies Countersign receipts offline. Written from docs/RECEIPT.md alone, whose sections the comments name.

  verify.py RECEIPT GENESIS   exit status 0: genuine, 3: refused, 2: called wrongly
  verify.py --batch           one JSON object a line on standard input, one verdict a line on standard output:
                              {"receipt": base64, "genesis": base64} or {"key": hex, "message": hex, "signature": hex}
"""
import base64
import hashlib
import json
import pathlib
import re
import struct
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

SAFE = 2**53 - 1
FILE_MAX = 16_777_216
NAME = r"[a-z][a-z0-9-]{0,62}"

class Refused(Exception):
    """Why a receipt is not believed."""

def demand(condition, reason):
    if not condition:
        raise Refused(reason)

def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()

# --- Ed25519 as libsodium judges it ("Signatures") ---
P, L = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493
# y of the points of order 1, 2, 4 and 8; a sign bit or an addition of P changes nothing about the order.
ORDER_8 = bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05")
SMALL_ORDER_Y = {1, P - 1, 0, int.from_bytes(ORDER_8, "little"), P - int.from_bytes(ORDER_8, "little")}

def y_of(point):
    return int.from_bytes(point, "little") % 2**255

def is_signed(key, message, signature):
    if len(signature) != 64 or int.from_bytes(signature[32:], "little") >= L or y_of(key) >= P:
        return False
    if y_of(key) in SMALL_ORDER_Y or y_of(signature[:32]) % P in SMALL_ORDER_Y:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True

# --- JSON in its one spelling ("The file") ---
def read_json(data, what):
    demand(len(data) <= FILE_MAX, f"{what} has more than {FILE_MAX} bytes")
    try:
        text = data.decode("utf-8")
        value = json.loads(text)
        again = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{what} is not JSON in UTF-8: {error}") from error
    demand(again == text, f"{what} is not in its RFC 8785 form")
    return value

def members(value, names, what):
    demand(type(value) is dict and set(value) == set(names), f"{what} has other members than it must")
    return [value[name] for name in names]

def listed(value, what, least=0, most=FILE_MAX):
    demand(type(value) is list and least <= len(value) <= most, f"{what} is not a list of {least} to {most}")
    return value

def integer(value, what, least=0, most=SAFE):
    demand(type(value) is int and least <= value <= most, f"{what} is not an integer in {least}..{most}")
    return value

def text(value, pattern, what):
    demand(type(value) is str and re.fullmatch(pattern, value), f"{what} is malformed")
    return value

def hex32(value, what):
    return bytes.fromhex(text(value, "[0-9a-f]{64}", what))

def hashes(value, what):
    return [hex32(item, what) for item in listed(value, what)]

def base64_bytes(value, what):
    try:
        data = base64.b64decode(value, validate=True) if type(value) is str else b""
    except ValueError as error:
        raise Refused(f"{what} is not base64") from error
    demand(base64.b64encode(data).decode() == value, f"{what} is not canonical base64")
    return data

# --- Genesis ("What is trusted") ---
def read_genesis(data):
    data = data.removesuffix(b"\n")
    form, name, organisations, _ = members(read_json(data, "genesis"), ["format", "name", "organisations", "parameters"], "genesis")
    demand(form == "countersign-genesis/v1", "genesis has another format")
    text(name, NAME, "name of the consortium")
    validators = []
    for organisation in listed(organisations, "organisations", 1, 100):
        _, key, organisation_name = members(organisation, ["identities", "ledgerKey", "name"], "organisation")
        validators.append((text(organisation_name, NAME, "name of an organisation"), hex32(key, "ledgerKey")))
    names, keys = zip(*validators)
    demand(list(names) == sorted(set(names)), "organisations do not ascend by name")
    demand(len(set(keys)) == len(keys), "a ledger key stands twice in genesis")
    chain_id = sha256(data)
    return chain_id, f"countersign/{name}/{chain_id.hex()[:16]}", validators

# --- Binary layouts ("Transaction", "Outcome", "Result record") ---
def varint(data, at):
    value = 0
    for count in range(10):
        demand(at < len(data), "transaction body ends inside a number")
        value |= (data[at] & 127) << 7 * count
        at += 1
        if data[at - 1] < 128:
            demand((count == 0 or data[at - 1] != 0) and value < 2**64, "a number of the transaction body is not in its shortest form")
            return value, at
    raise Refused("a number of the transaction body is too long")

def read_transaction(body, signature):
    demand(len(body) + len(signature) <= 1_048_576 and len(signature) == 64, "transaction is too long, or its signature has not 64 bytes")
    fields, at, previous = {}, 0, 0
    while at < len(body):
        tag, at = varint(body, at)
        number, is_bytes = tag >> 3, tag & 7 == 2
        is_known = number in (1, 2, 3) or 16 <= number <= 26 if is_bytes else tag == 32
        demand(is_known and number > previous, "transaction body has an unknown field, or one out of order")
        value, at = varint(body, at)
        if is_bytes:
            demand(at + value <= len(body), "a field of the transaction body runs over its end")
            value, at = body[at : at + value], at + value
        fields[number], previous = value, number
    demand(previous >= 16 and len([number for number in fields if number >= 16]) == 1, "transaction has not one command")
    demand(len(fields.get(1, b"")) == 32 and len(fields.get(2, b"")) == 32, "chain id or key of the transaction has not 32 bytes")
    demand(re.fullmatch(rb"[!-~]{1,128}", fields.get(3, b"")), "idempotency key is malformed")
    demand(4 not in fields or 0 < fields[4] <= SAFE, "last height of the transaction is out of range")
    return fields[1], fields[2], fields[3].decode()

def read_outcome(data):
    try:
        version, code = struct.unpack_from(">HB", data)
        at, detail = 3, ""
        if code == 1:
            detail, at = data[3:35].hex(), 35
        elif code == 2:
            length = struct.unpack_from(">H", data, 3)[0]
            detail, at = data[5 : 5 + length].decode(), 5 + length
        signer = data[at : at + 32]
        length = struct.unpack_from(">H", data, at + 32)[0]
        identity, custody = data[at + 34 : at + 34 + length].decode(), data[at + 34 + length]
    except (struct.error, IndexError, UnicodeDecodeError) as error:
        raise Refused("outcome is not in its layout") from error
    demand(version == 1 and code <= 2 and len(data) == at + 35 + length, "outcome is not in its layout")
    demand(code != 2 or re.fullmatch("[A-Z][A-Z_]*", detail), "outcome has no failure code")
    demand(custody <= (1 if identity else 0), "outcome has an unknown custody")
    demand(identity == "" or re.fullmatch(f"{NAME}/{NAME}", identity), "outcome names no identity")
    return signer, identity, " ".join([("OK", "REPLAYED", "FAILED")[code], detail]).strip()

class Record:
    def __init__(self, data):
        demand(len(data) == 222, "result record has not 222 bytes")
        (version, self.chain_id, self.epoch, self.height, self.time_ms, self.block_hash, self.count, self.entries_root,
         self.state_root, self.validators, self.next_validators) = struct.unpack(">H32sQQQ32sI32s32s32s32s", data)
        demand(version == 1 and max(self.epoch, self.height, self.time_ms) <= SAFE, "result record has an unknown version or too large a number")
        self.leaf = sha256(b"\0", data)

# --- Trees, sets, checkpoints ("Trees", "Checkpoint", "Validator set") ---
def root_of(leaf, index, size, path):
    """Root that an RFC 6962 inclusion proof leads to; None when its length is not that of index and size."""
    last = size - 1
    if index > last:
        return None
    for sibling in path:
        if last == 0:
            return None
        if index % 2 or index == last:
            leaf = sha256(b"\1", sibling, leaf)
            while index and not index % 2:
                index, last = index // 2, last // 2
        else:
            leaf = sha256(b"\1", leaf, sibling)
        index, last = index // 2, last // 2
    return leaf if last == 0 else None

def set_digest(validators):
    parts = [struct.pack(">H", len(name)) + name.encode() + key for name, key in validators]
    return sha256(b"countersign/validators/v1\0", struct.pack(">H", len(validators)), *parts)

def open_checkpoint(note, origin, validators):
    """Height, root and signers of a note with exactly Q valid lines, in the order of the validators."""
    demand(type(note) is str and note.endswith("\n") and "\n\n" in note, "checkpoint is not a signed note")
    end = note.rindex("\n\n") + 1
    match = re.fullmatch(re.escape(origin) + "\n([1-9][0-9]{0,15})\n([A-Za-z0-9+/]{43}=)\n", note[:end])
    demand(match and int(match[1]) <= SAFE, f"checkpoint is not one of {origin}")
    lines, signers, previous = note[end + 1 : -1].split("\n"), [], -1
    quorum = (2 * len(validators) + 2) // 3
    demand(len(lines) == quorum, f"checkpoint has {len(lines)} lines; it must have exactly {quorum} of {len(validators)}")
    for line in lines:
        dash, name, data = line.split(" ") if line.count(" ") == 2 else ("", "", "")
        place = next((i for i, validator in enumerate(validators) if validator[0] == name and dash == "\u2014"), -1)
        demand(place > previous, f"a line of the checkpoint is of no validator, or out of order: {line!a}")
        key, data = validators[place][1], base64_bytes(data, "signature line")
        demand(data[:4] == sha256(name.encode(), b"\n\1", key)[:4], f"line of {name} is of another key")
        demand(is_signed(key, note[:end].encode(), data[4:]), f"signature of {name} under the checkpoint is wrong")
        signers.append(name)
        previous = place
    return int(match[1]) - 1, base64_bytes(match[2], "root"), signers

# --- The steps ("Verification") ---
def end_epoch(change, epoch, previous_height, chain_id, origin, validators):
    """One step of the validator history: record, next set and path in the final log."""
    note, own_path, log_path, record, entries = members(
        change, ["checkpoint", "checkpointPath", "logPath", "resultRecord", "validators"], "item of validatorHistory")
    record, following = Record(base64_bytes(record, "resultRecord")), []
    for entry in listed(entries, "validators", 1):
        key, name = members(entry, ["ledgerKey", "organisation"], "validator")
        following.append((text(name, NAME, "name of a validator"), hex32(key, "ledgerKey")))
    names = [name for name, _ in following]
    demand(names == sorted(set(names)), "the next validators of an epoch do not ascend by name")
    demand(record.chain_id == chain_id and record.epoch == epoch, "the end of an epoch is of another chain or epoch")
    demand(record.height > previous_height, "the end of an epoch does not follow that of the one before")
    demand(record.validators == set_digest(validators), "the end of an epoch names other validators")
    demand(record.next_validators == set_digest(following), "the end of an epoch names other next validators")
    height, root, _ = open_checkpoint(note, origin, validators)
    is_last = height == record.height and root_of(record.leaf, height, height + 1, hashes(own_path, "checkpointPath")) == root
    demand(is_last, "the end of an epoch is not the last record of its checkpoint")
    return record, following, hashes(log_path, "logPath")

def verify(receipt_bytes, genesis_bytes):
    chain_id, origin, validators = read_genesis(genesis_bytes)
    note, entry, form, log_path, record_bytes, transaction, history = members(
        read_json(receipt_bytes, "receipt"),
        ["checkpoint", "entry", "format", "logPath", "resultRecord", "transaction", "validatorHistory"], "receipt")
    demand(form == "countersign-receipt/v1", "receipt has another format")
    count, index, outcome, path = members(entry, ["count", "index", "outcome", "path"], "entry")
    body, signature = (base64_bytes(part, "transaction") for part in members(transaction, ["body", "signature"], "transaction"))
    named_chain, key, idempotency_key = read_transaction(body, signature)
    demand(named_chain == chain_id, "transaction is for another chain than that of the genesis file")
    signing_bytes = b"countersign/transaction/v1\0" + body
    demand(is_signed(key, signing_bytes, signature), "signature of the transaction is wrong")
    record = Record(base64_bytes(record_bytes, "resultRecord"))
    outcome = base64_bytes(outcome, "outcome")
    signer, identity, result = read_outcome(outcome)
    demand(signer == key, "outcome names another signer than the transaction")
    demand(integer(count, "count") == record.count, "result record counts other entries")
    leaf = sha256(b"\0", sha256(signing_bytes), outcome)
    is_entry = root_of(leaf, integer(index, "index"), count, hashes(path, "path")) == record.entries_root
    demand(is_entry, "transaction and outcome are not in the entries root")
    sets, ends = [validators], []
    for change in listed(history, "validatorHistory"):
        previous_height = ends[-1][0].height if ends else 0
        ended, following, later_path = end_epoch(change, len(ends), previous_height, chain_id, origin, sets[-1])
        ends.append((ended, later_path))
        sets.append(following)
    height, root, signers = open_checkpoint(note, origin, sets[-1])
    for ended, later_path in ends:
        is_in_log = ended.height < height and root_of(ended.leaf, ended.height, height + 1, later_path) == root
        demand(is_in_log, "the end of an epoch is not in the log of the checkpoint")
    demand(record.chain_id == chain_id, "result record is of another chain")
    demand(record.epoch < len(sets) and record.validators == set_digest(sets[record.epoch]), "result record names other validators")
    is_in_log = root_of(record.leaf, record.height, height + 1, hashes(log_path, "logPath")) == root
    demand(is_in_log, "result record is not in the log of the checkpoint")
    return {
        "transaction": sha256(signing_bytes).hex(), "idempotency key": idempotency_key, "outcome": result,
        "signed by": f"{identity or 'an unknown key'} ({key.hex()})",
        "recorded": f"block {record.height}, position {index} of {count}, epoch {record.epoch}, {record.time_ms} ms after 1970",
        "countersigned": f"{', '.join(signers)} at height {height}", "validator changes": str(len(ends)), "chain id": chain_id.hex(),
    }

def judge(case):
    if "receipt" in case:
        verify(base64.b64decode(case["receipt"]), base64.b64decode(case["genesis"]))
    else:
        demand(is_signed(*(bytes.fromhex(case[part]) for part in ("key", "message", "signature"))), "signature is wrong")

def main(arguments):
    if arguments == ["--batch"]:
        for line in sys.stdin:
            try:
                judge(json.loads(line))
                print("ok")
            except Refused as refusal:
                print("refused:", str(refusal).replace("\n", " "))
        return 0
    if len(arguments) != 2:
        print("usage: verify.py RECEIPT GENESIS | verify.py --batch", file=sys.stderr)
        return 2
    try:
        for label, value in verify(*(pathlib.Path(name).read_bytes() for name in arguments)).items():
            print(f"{label:18}{value}")
    except (OSError, Refused) as problem:
        print(problem if isinstance(problem, OSError) else f"refused: {problem}", file=sys.stderr)
        return 2 if isinstance(problem, OSError) else 3
    return 0

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
