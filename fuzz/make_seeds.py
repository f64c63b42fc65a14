"""Writes fuzz/seeds: a few real inputs for each fuzz target, from testdata/vectors. Run it after changing them:

    target/python/bin/python fuzz/make_seeds.py
"""

import base64
import gzip
import hashlib
import hmac
import json
from pathlib import Path
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

ROOT = Path(__file__).parent
VECTORS = {f: json.loads((ROOT / f"../testdata/vectors/format_{f}.json").read_text()) for f in "acde"}
SECRET = VECTORS["e"]["cases"][0]["inputs"]["secret"].encode()
ED25519 = Ed25519PrivateKey.from_private_bytes(b"\1" * 32)


def inputs(form, field, *names):
    cases = {case["name"]: case["inputs"] for case in VECTORS[form]["cases"]}
    return {name: cases[name][field] for name in names}


def base64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def lk2_json(key):
    encoded = key[len("LK-2-") : -9]
    return gzip.decompress(base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4)))


def varint(number):
    return bytes([number]) if number < 128 else bytes([number & 127 | 128]) + varint(number >> 7)


def protobuf(*fields):
    out = b""
    for number, value in fields:
        if isinstance(value, int):
            out += varint(number << 3) + varint(value)
        else:
            value = value.encode() if isinstance(value, str) else value
            out += varint(number << 3 | 2) + varint(len(value)) + value
    return out


LK3 = {
    "small": protobuf((2, "APP"), (3, "PRO-10"), (4, 10), (6, 20454), (16, 1)),
    "full": protobuf(
        (1, bytes(range(16))), (2, "APP"), (3, "PRO-10"), (4, 10), (5, "Société Générale"), (6, 20454),
        (7, 1798761599), (8, "export"), (8, "api"), (9, protobuf((1, "calls"), (2, 1000))),
        (10, protobuf((1, "laptops"), (2, 5), (3, 1798761599))), (11, 15), (12, 1), (13, 1767225600),
        (14, "C-1"), (15, "DCF11F6D6E393616"), (16, 7), (63, "a field that older readers ignore"),
    ),
}  # fmt: skip


def lk3(payload, by_mac, encrypted):
    """The key as DESIGN.md section 5 has it."""
    derived = lambda info: HKDF(hashes.SHA256(), 32, None, b"keyward/lk3/" + info).derive(SECRET)
    mac_key, public = derived(b"mac"), ED25519.public_key().public_bytes_raw()
    if encrypted:
        payload = bytes(12) + AESGCM(derived(b"enc")).encrypt(bytes(12), payload, None)
    sealing_key = mac_key if by_mac else public
    body = bytes([encrypted | by_mac << 1]) + hashlib.sha256(sealing_key).digest()[:4] + payload
    covered = b"keyward/lk3" + body
    seal = hmac.digest(mac_key, covered, "sha256")[:16] if by_mac else ED25519.sign(covered)
    return "LK-3-" + base64url(body + seal)


ED25519_PUBLIC = ED25519.public_key().public_bytes_raw()
ED25519_ID = hashlib.sha256(ED25519_PUBLIC).digest()[:4]
REQUEST = protobuf(
    (1, "APP"), (2, "LK-3-AAAA"), (3, "device"), (4, ED25519_PUBLIC), (5, "Zoë's laptop"), (6, b"\1" + bytes(8)),
    (7, bytes(16)), (8, 1767225600_000000),
)  # fmt: skip
SEAT = protobuf(
    (1, bytes(range(16))), (2, "APP"), (3, "PRO-10"), (4, "Société Générale"), (5, "export"),
    (6, protobuf((1, "calls"), (2, 1000))), (7, 1767225600_000000), (8, 1798761599_000000), (9, 86400), (10, 1),
    (11, 1), (12, "device"), (13, ED25519_PUBLIC), (14, b"\1" + bytes(8)), (15, bytes(16)), (16, 1769817600_000000),
    (63, "a field that older readers ignore"),
)  # fmt: skip
RECEIPT = protobuf((1, bytes(range(16))), (2, "APP"), (3, "device"), (4, bytes(16)), (5, 1767225600_000000))
RECOVERY = (7).to_bytes(4, "big") + (1767225600).to_bytes(8, "big")


def handed(prefix, context, body, covered=None):
    """A text that passes between a device without a network and its vendor."""
    signature = ED25519.sign(context + (body if covered is None else covered))
    return prefix + "-1-" + base64url(body + signature)


recovery_covered = ED25519_ID + b"".join(len(t).to_bytes(4, "big") + t for t in (b"acme", b"device")) + RECOVERY

records = inputs("a", "licence_json", "valid_small_key_512", "valid_document_example", "valid_accents",
                 "valid_text_premium_never", "valid_text_sorted_compact")  # fmt: skip
files = inputs("d", "file_text", "valid_plain", "valid_unicode", "valid_extra_payload_fields", "valid_crlf_file")
tiers = inputs("c", "license_key", "verify_pro", "verify_timestamp_zero", "verify_lower_case_tier_as_signed")
lk1s = inputs("e", "license_key", "v1_valid_pro10", "v1_valid_hyphen_in_random", "v1_valid_enterprise")
lk2s = inputs("e", "license_key", "v2_python_level9_mtime0", "v2_stored_block_level0", "v2_two_gzip_members",
              "v2_header_with_file_name", "v2_unique_id", "v2_perpetual_null")  # fmt: skip
lk3s = {
    "signed": lk3(LK3["full"], by_mac=False, encrypted=False),
    "signed_encrypted": lk3(LK3["small"], by_mac=False, encrypted=True),
    "mac": lk3(LK3["small"], by_mac=True, encrypted=False),
    "mac_encrypted": lk3(LK3["full"], by_mac=True, encrypted=True),
}
a_key = lk1s["v1_valid_pro10"]

SEEDS = {
    "recognise": {
        "record": records["valid_small_key_512"],
        "pool": "ABC123XYZ789",
        "tier": tiers["verify_pro"],
        "file": files["valid_plain"],
        "lk1": a_key,
        "lk2": lk2s["v2_unique_id"],
        "lk3": lk3s["mac"],
        "base64": base64.b64encode(a_key.encode()).decode(),
        "percent": quote(a_key).replace("-", "%2D"),
        "quoted": json.dumps(a_key),
    },
    "record": records
    | {"hexadecimal_with_0x": records["valid_small_key_512"].replace('"signature": "', '"signature": "0x')},
    "pool": {"key": "ABC123XYZ789", "lower": "abc123xyz789"},
    "tier": tiers,
    "file": files,
    "lk1": lk1s,
    "lk2": lk2s,
    "lk2_payload": {name: lk2_json(lk2s[name]) for name in ("v2_unique_id", "v2_perpetual_null")},
    "lk3": lk3s,
    "lk3_payload": LK3,
    "json": inputs("d", "json_text", "canonical_numbers", "canonical_escapes", "canonical_integer_like_keys_first",
                   "canonical_large_number"),  # fmt: skip
    "pem": {
        "spki": VECTORS["a"]["keys"]["a_small512"]["public_spki"],
        "pkcs1": VECTORS["a"]["keys"]["a_small512"]["public_pkcs1"],
        "ed25519": ED25519.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        ),
    },
    "request": {"text": handed("KQ", b"keyward/request", REQUEST), "message": REQUEST},
    "seat": {"text": handed("KA", b"keyward/seat", ED25519_ID + SEAT), "message": SEAT},
    "receipt": {"text": handed("KX", b"keyward/receipt", RECEIPT), "message": RECEIPT},
    "recovery": {
        "text": handed("KR", b"keyward/recovery", ED25519_ID + RECOVERY, recovery_covered),
        "bytes": ED25519_ID + RECOVERY + bytes(64),
    },
    "rsa_der": {
        name: base64.b64decode("".join(VECTORS[form]["keys"][name]["public_pkcs1"].splitlines()[1:-1]))
        for form, name in (("a", "a_small512"), ("d", "d_main"))
    },
    "time": {
        "rfc3339": "2026-06-01T12:34:56.789012Z",
        "offset": "2026-06-01T12:34:56+05:30",
        "after_9999": "9999-12-31T23:59:59.999999-23:59",
        "before_1": "0001-01-01T00:00:00+23:59",
        "leap_second": "2016-12-31T23:59:60Z",
        "record": "2025-03-01 09:30:00",
        "date": "2024-02-29",
        "last_seen": "1767225600000",
    },
}

for target, seeds in SEEDS.items():
    directory = ROOT / "seeds" / target
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.iterdir():
        old.unlink()
    for name, content in seeds.items():
        (directory / name).write_bytes(content if isinstance(content, bytes) else content.encode())
