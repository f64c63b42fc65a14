#!/usr/bin/env python3
"""Makes databases of the older systems, with the tables of their documents, and what those systems answer.

    make_old_databases.py SYSTEM OUT [--rows N] [--seed N] [--now SECONDS] [--bad N] [--key PEM] [--sql] [--answers FILE]

SYSTEM is A, B, C, D or E. OUT becomes a SQLite file, or with --sql a script for PostgreSQL; of D, a folder of files. --bad adds
rows that no program can make sense of. --answers writes one JSON object a line: what the old system, as its document prints it,
answers at --now for each licence; of D, for each file. Only Python's standard library is needed.
"""
import argparse
import base64
import hashlib
import hmac
import json
import os
import random
import sqlite3
import sys
from datetime import datetime, timedelta

from old_systems import A_TABLE, B_TABLES, C_TABLES, E_TABLES, file, lk1, lk2, sqlite

SECRET = "the old master key of the samples"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
NAMES = ["Žluťoučký kůň", "株式会社テスト", "O'Brien & \"Sons\"", "naïve 😀", "Ωμέγα", "e\u0301clair", "a\\b", "ürün"]


def utc(seconds):
    return datetime(1970, 1, 1) + timedelta(seconds=seconds)


# --- A: signed records -------------------------------------------------------------------------------------------------



# A deployment that revokes has a column for it.
A_REVOKED = "\nALTER TABLE licenses ADD COLUMN revoked INTEGER DEFAULT 0;"


class Rsa:
    """A private key, and PKCS#1 v1.5 signatures with SHA-256 under it."""

    PREFIX = bytes.fromhex("3031300d060960864801650304020105000420")

    def __init__(self, pem):
        der = base64.b64decode("".join(line for line in pem.splitlines() if "-----" not in line))
        numbers = self.integers(der)
        if len(numbers) < 9:
            # PKCS#8: the key stands in an octet string.
            inner = der[der.index(bytes.fromhex("2a864886f70d010101")):]
            at = inner.index(b"\x04")
            numbers = self.integers(self.value(inner, at)[0])
        _, self.n, _, self.d, self.p, self.q, self.dp, self.dq, self.qi = numbers[:9]

    @staticmethod
    def value(der, at):
        length, start = der[at + 1], at + 2
        if length & 0x80:
            count = length & 0x7F
            length, start = int.from_bytes(der[start:start + count], "big"), start + count
        return der[start:start + length], start + length

    def integers(self, der):
        body, _ = self.value(der, 0)
        numbers, at = [], 0
        while at < len(body):
            value, end = self.value(body, at)
            if body[at] == 2:
                numbers.append(int.from_bytes(value, "big"))
            at = end
        return numbers

    def sign(self, text):
        size = (self.n.bit_length() + 7) // 8
        digest = self.PREFIX + hashlib.sha256(text).digest()
        padded = b"\x00\x01" + b"\xff" * (size - len(digest) - 3) + b"\x00" + digest
        m = int.from_bytes(padded, "big")
        a, b = pow(m, self.dp, self.p), pow(m, self.dq, self.q)
        return (b + (self.qi * (a - b) % self.p) * self.q).to_bytes(size, "big")


def make_a(rng, options):
    key = Rsa(open(options.key).read())
    rows, answers = [], []
    for number in range(options.rows):
        client = rng.choice(["shop", "app", "www"]) + f"{number}.example.com"
        if number % 17 == 0:
            client = f"{rng.choice(NAMES)} {number}"
        kind = rng.choice(["Basic", "Pro", "Enterprise", "Premium"])
        if number % 97 == 0:
            kind = "Campus"
        issued = options.now - rng.randrange(1, 700) * 86_400 - rng.randrange(86_400)
        end = issued + rng.randrange(1, 1_400) * 86_400
        if number % 53 == 0:
            end = options.now  # still valid in this second
        if number % 59 == 0:
            end = 253_402_300_800 + rng.randrange(10**9)  # past the year 9999
        if number % 5 == 3:
            # The profile with texts, in which Premium never ends.
            issued_text, end_text = [t.strftime("%Y-%m-%d %H:%M:%S") for t in (utc(issued), utc(min(end, 10**11)))]
            never = kind == "Premium" or number % 10 == 3
            record = {"client_id": client, "license_type": kind, "issued_at": issued_text,
                      "exp": "Never" if never else end_text}
            expired = not never and min(end, 10**11) < options.now
        else:
            record = {"client_id": client, "license_type": kind, "exp": end, "issued_at": issued}
            expired = end < options.now
        signature = key.sign(json.dumps(record).encode()).hex()
        if number % 71 == 0:
            signature = signature[:-2] + format(int(signature[-2:], 16) ^ 1, "02x")  # fits nothing
        revoked = 1 if number % 13 == 0 else 0
        rows.append((client, kind, record["issued_at"], record["exp"], signature, revoked))
        message = "License is revoked." if revoked else "License has expired." if expired else "License is valid."
        answers.append({"client_id": client, "signature": signature, "http": 200, "body": {
            "status": "error" if revoked or expired else "success", "message": message}})
    bad = [("bad-0.example", "", 1, 2, "00", 0), ("bad-1.example", "Pro", "soon", 2, "00", 0), ("bad-2.example", "Pro", 1, 2, "xyz", 0),
           ("bad-3.example", "Pro", 1, 2, "0", 0), (b"\xff\xfe", "Pro", 1, 2, "00", 0)]
    if options.sql:
        bad.pop()  # PostgreSQL lets no such text in
    named = [(f"{b[0]}{n}" if isinstance(b[0], str) else b[0], *b[1:]) for n, b in cycle(bad, options.bad)]
    rows = mixed(rng, rows, named)
    columns = ["client_id", "license_type", "issued_at", "exp", "signature", "revoked"]
    return A_TABLE + A_REVOKED, [("licenses", columns, rows)], answers


# --- B: the central pool -----------------------------------------------------------------------------------------------

DURATIONS = [(1, "1 jour"), (5, "5 jours"), (30, "1 mois"), (180, "6 mois"), (365, "12 mois")]


def stamp(at):
    return None if at is None else at.isoformat(sep=" ")


def make_b(rng, options):
    rows, activations, answers, keys = [], [], [], set()
    while len(rows) < options.rows:
        number = len(rows)
        key = "".join(rng.choice(ALPHABET) for _ in range(12))
        if key in keys:
            continue
        keys.add(key)
        days, label = (90, "3 mois") if number % 41 == 0 else rng.choice(DURATIONS)
        status = rng.choices(["ACTIVE", "INACTIVE", "SUSPENDED", "REVOKED"], [85, 7, 4, 4])[0]
        created = utc(options.now - rng.randrange(800 * 86_400)) + timedelta(microseconds=rng.randrange(3) * 250_000)
        batch = f"{rng.choice(NAMES)} {number % 7}" if number % 9 == 0 else f"BATCH_{number % 20:03}"
        used = rng.random() < 0.45
        used_date = activated = end = domain = address = None
        if used:
            age = rng.choice([3_600 * 5, 86_400 * 3, 86_400 * 20, 86_400 * 200]) + rng.randrange(3_000)
            activated = utc(options.now - age) + timedelta(microseconds=rng.randrange(1_000_000))
            used_date, end = activated, activated + timedelta(days=days)
            domain = hashlib.sha256(key.encode()).hexdigest() if number % 11 else f"{rng.choice(NAMES)}.example"
            address = f"192.0.2.{number % 250}"
            if number % 3:
                activations.append((len(activations) + 1, key, domain, stamp(activated), stamp(end), address,
                                    rng.choice(["GEC Mines/2.1", "python-requests/2.31", None]), number % 29 != 0))
            if number % 37 == 0:
                activated = None  # only that it was used is known
        rows.append((number + 1, key, days, label, status, used, stamp(created), stamp(used_date), stamp(activated),
                     stamp(end), domain, address, batch))
        # The document's order: unknown, used, not active.
        if used:
            http, body = 400, {"valid": False, "error_code": "ALREADY_USED",
                               "used_date": (activated or used_date).isoformat()}
        elif status != "ACTIVE":
            http, body = 400, {"valid": False, "error_code": "INACTIVE"}
        else:
            http, body = 200, {"valid": True, "license_key": key, "duration_days": days, "duration_label": label,
                               "status": "ACTIVE", "is_used": False, "created_date": created.isoformat()}
        answers.append({"license_key": key, "http": http, "body": body, "used": used, "status": status,
                        "duration": days, "domain": domain,
                        "since": None if not used else ((activated or used_date) - datetime(1970, 1, 1)).total_seconds()})
    last = options.rows
    bad = [("KEY-WITH-DAS", 30, "ACTIVE"), ("SHORT", 30, "ACTIVE"), ("{:012}", -5, "ACTIVE"), ("clé invalide", 30, "ACTIVE")]
    for n, (key, days, status) in cycle(bad, options.bad):
        key = key.format(n) if "{" in key else f"{key[:8]}{n:04}" if n >= len(bad) else key
        rows.append((last + n + 1, key[:12], days, "?", status, False, None, None, None, None, None, None, None))
    if options.bad:
        # The same key in small letters: the table lets it in.
        twin = next(row for row in rows if any(c.isalpha() for c in row[1]))
        rows.append((len(rows) + 1, twin[1].lower(), *twin[2:]))
    names = ["id", "license_key", "duration_days", "duration_label", "status", "is_used", "created_date", "used_date",
             "activation_date", "expiration_date", "used_domain", "used_ip", "batch_id"]
    more = ["id", "license_key", "domain_fingerprint", "activation_date", "expiration_date", "client_ip", "user_agent",
            "is_active"]
    return B_TABLES, [("licenses", names, rows), ("license_activations", more, activations)], answers


# --- C: tiered keys ----------------------------------------------------------------------------------------------------

FREE = ["basic_dashboard", "manual_trading", "basic_analytics", "community_read"]
PRO = [*FREE, "ai_agents_3", "advanced_analytics", "strategy_marketplace", "copy_trading", "priority_support"]
ELITE = [*FREE, "ai_agents_unlimited", *PRO[5:], "market_intelligence", "custom_strategies", "api_access",
         "whale_tracking", "premium_community"]
FEATURES = {"free": FREE, "pro": PRO, "elite": ELITE, "lifetime": [
    *ELITE, "lifetime_updates", "vip_support", "beta_access", "custom_integrations", "white_label"]}


def make_c(rng, options):
    rows, log, answers = [], [], []
    for number in range(options.rows):
        tier = rng.choice(["free", "pro", "elite", "lifetime"])
        at = options.now - 700 * 86_400 + number * 3
        seal = hmac.new(SECRET.encode(), f"QF-{tier.upper()}-{at}".encode(), hashlib.sha256).hexdigest()[:16]
        fits = number % 61 != 0
        if not fits:
            seal = seal[::-1] if seal[::-1] != seal else "0" * 16
        key = f"QF-{tier.upper()}-{seal}-{at}"
        user = f"user_{number // 3}" if number % 19 else f"USER_{number // 3}"
        if number % 23 == 0:
            user = f"{rng.choice(NAMES)} {number}"
        email = None if number % 7 == 0 else f"{user.lower().replace(' ', '.')}@example.com"
        if number % 31 == 0:
            email = "shared@example.com"
        created = utc(at) + timedelta(microseconds=rng.randrange(1_000_000))
        end = created + timedelta(days=999_999 if tier == "lifetime" else rng.choice([30, 365, 1_000]))
        if number % 67 == 0:
            end = utc(options.now)  # still valid in this millisecond
        active = rng.choices([True, False, None], [90, 9, 1])[0]
        features = rng.choice([None, None, [], ["beta_access"], ["extra_exports", "api_access"]])
        metadata = rng.choice([None, {"source": "import"}, {"note": rng.choice(NAMES), "seats": 3}])
        rows.append((number + 1, key, user, email, tier, stamp(end), stamp(created), active, features, metadata))
        # As the document's code does it.
        if not fits:
            http, body = 401, {"valid": False, "error": "Invalid license signature"}
        elif active is not True:
            http, body = 401, {"valid": False, "error": "License not found"}
        else:
            millis = (end - datetime(1970, 1, 1)) // timedelta(milliseconds=1)
            if millis < options.now * 1_000:
                http, body = 401, {"valid": False, "error": "License expired"}
            else:
                http, body = 200, {"valid": True, "tier": tier, "expiresAt": millis, "userId": user,
                                   "features": FEATURES[tier]}
        answers.append({"license": key, "http": http, "body": body, "active": active is True, "tier": tier})
        if number % 2 == 0:
            for _ in range(rng.randrange(1, 3)):
                seen = utc(options.now - rng.randrange(60 * 86_400))
                good = http == 200
                log.append((len(log) + 1, key, stamp(seen), f"198.51.100.{number % 250}", "quantum-falcon-cockpit",
                            "success" if good else "failure", None if good else body["error"]))
    log.append((len(log) + 1, "QF-PRO-0000000000000000-1", stamp(utc(options.now - 60)), "203.0.113.9", None, "failure",
                "License not found"))
    bad = [("no key at all", "pro", "2030-01-01"), ("QF-PRO-{n}", "pro", "2030-01-01"),
           ("QF-PRO-0123456789abcdef-{n}", "pro", "never ever"), ("QF-PRO-0123456789abcdef-x{n}", "pro", "2030-01-01")]
    if options.sql:
        bad = [row for row in bad if row[2] != "never ever"]
    for n, (key, tier, end) in cycle(bad, options.bad):
        key = key.format(n=n) if "{" in key else f"{key} {n}"
        rows.append((options.rows + n + 1, key, f"bad_{n}", None, tier, end, None, True, None, None))
    names = ["id", "license_key", "user_id", "email", "tier", "expires_at", "created_at", "active", "features", "metadata"]
    more = ["id", "license_key", "verified_at", "ip_address", "origin", "result", "error_message"]
    return C_TABLES, [("licenses", names, rows), ("license_verifications", more, log)], answers


# --- D: device-bound files ---------------------------------------------------------------------------------------------

DAY = 86_400


def later(at, months):
    """As ECMAScript's setMonth: a day that the month has not is one of the next."""
    month = at.year * 12 + at.month - 1 + months
    return at.replace(year=month // 12, month=month % 12 + 1, day=1) + timedelta(days=at.day - 1)


def make_d(rng, options):
    """One file a customer, every tenth of them renewed once; the status is what the old application shows at --now."""
    key = Rsa(open(options.key).read())
    files, answers = [], []
    for number in range(options.rows):
        customer = f"{NAMES[number // 3 % len(NAMES)]} {number}" if number % 3 == 0 else f"ABC Traders {number}"
        device = f"{rng.randrange(16 ** 16):016X}"
        grace = 30 if number % 7 == 0 else 15
        # Just issued, running, in its grace, long over.
        issued = options.now - rng.choice([0, 90 * DAY, (366 + rng.randrange(14)) * DAY, 500 * DAY])
        terms = [(issued, 1_200 if number % 50 == 3 else 12, grace)]
        if number % 10 == 9:
            terms.insert(0, (issued - 370 * DAY, 12, 15))
        for place, (issued, months, grace) in enumerate(terms):
            end = later(utc(issued), months)
            ends = (end - datetime(1970, 1, 1)) // timedelta(seconds=1)
            payload = {"product": "Versoll Books", "licenseType": "YEARLY", "issuedTo": customer, "deviceId": device,
                       "issuedAt": moment(utc(issued)), "expiresAt": moment(end), "gracePeriodDays": grace}
            # Nobody kept the order in which they were issued.
            name = f"{customer}{' (new)' if place else ''}.key"
            files.append((name, file(payload, key.sign)))
            status = "EXPIRED" if options.now > ends + grace * DAY else "GRACE_PERIOD" if options.now > ends else "ACTIVE"
            answers.append({"file": name, "customer": customer, "device": device, "issued": issued, "expires": ends,
                            "graceDays": grace, "isNewest": place == len(terms) - 1, "status": status})
    bad = [b"{ not JSON", files[0][1].replace("YEARLY", "FOREVER").encode(), b"\xff\xfe\x00", b"",
           b'{"payload": {}, "signature": ""}']
    files += [(f"{n}.key", text) for n, text in cycle(bad, options.bad)]
    return None, files, answers


def moment(at):
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")


# --- E: self-contained keys --------------------------------------------------------------------------------------------

# A column may be missing.
NOT_THERE = '    "LastValidatedAt" TEXT,\n'
TIERS = {"PRO-10": 10, "PRO-20": 20, "PRO-50": 50, "PRO-100": 100, "ENTERPRISE": 999}


def key_e(rng, number, tier, devices, company, end, now):
    """A key of the second version, or of the first, as the old generators make them; and the day that it says itself."""
    if number % 9 == 4:
        return lk1(SECRET, f"LK-1-{tier}-{number:04d}x{rng.randrange(10 ** 6):06d}"), None
    day = None if end is None else end.strftime("%Y-%m-%d")
    payload = {"v": 2, "t": tier, "d": devices, "c": company, "e": day, "i": utc(now).strftime("%Y-%m-%d"),
               "u": str(number)}
    return lk2(SECRET, payload), day


def make_e(rng, options):
    rows, devices, answers = [], [], []
    for number in range(options.rows):
        number += 1
        tier = rng.choice(list(TIERS))
        most = TIERS[tier]
        company = rng.choice([None, "Acme Corporation", *NAMES])
        created = utc(options.now - rng.randrange(1, 900 * 86_400))
        end = None
        if rng.random() < 0.7:
            days = rng.randrange(-400, 4_000)
            end = (utc(options.now) + timedelta(days=days)).replace(hour=0, minute=0, second=0, microsecond=0)
        key, day = key_e(rng, number, tier, most, company, end, options.now - 900 * 86_400)
        if number % 37 == 0:
            # The row ends long before the key does.
            end = utc(options.now - 86_400).replace(microsecond=0)
        if number % 41 == 0 and day is not None:
            # The key ends and the row does not say so.
            end = None
        said = None if day is None else datetime.strptime(day, "%Y-%m-%d")
        last = min([at for at in (end, said) if at is not None], default=None)
        active = rng.random() < 0.9
        count = rng.choice([0, 0, 1, 2, 3])
        for place in range(count):
            at = created + timedelta(hours=place)
            devices.append((len(devices) + 1, f"{rng.choice(['rack', 'büro', '株'])}-{number}-{place}", number, stamp(at)))
        notes = rng.choice([None, "Annual subscription", "O'Brien; see \"mail\""])
        rows.append((number, key, hashlib.sha256(key.encode()).hexdigest(), tier, most, count, company, active,
                     None if end is None else stamp(end), stamp(created), stamp(created), notes))
        answers.append({
            "key": key, "tier": tier, "maxDevices": most, "currentDeviceCount": count, "companyName": company,
            "notes": notes, "expires": None if last is None else last.strftime("%Y-%m-%d"),
            # Both ends are looked at, and a key that ended is deactivated.
            "isActive": active and (last is None or last >= utc(options.now)), "activated": stamp(created)[:19],
        })
    for place in range(2):
        devices.append((len(devices) + 1, f"free-{place}", None, stamp(utc(options.now - 86_400 + place))))
    bad = [("not a key", 10), ("LK-2-x", 10), ("LK-9-PRO-10-abc", 10), (None, 10), ("LK-1-PRO-10-abcdef-{n:04X}", -5)]
    for n, (key, most) in cycle(bad, options.bad):
        number = options.rows + n + 1
        rows.append((number, key and key.format(n=n), None, "PRO-10", most, 0, None, True, None, None, None, None))
    names = ["Id", "Key", "KeyHash", "Tier", "MaxDevices", "CurrentDeviceCount", "CompanyName", "IsActive", "ExpiresAt",
             "ActivatedAt", "CreatedAt", "Notes"]
    quoted = [f'"{name}"' for name in names]
    more = ['"Id"', '"DeviceId"', '"LicenseId"', '"CreatedAt"']
    return E_TABLES.replace(NOT_THERE, ""), [('"Licenses"', quoted, rows), ('"Devices"', more, devices)], answers


# --- writing -----------------------------------------------------------------------------------------------------------

def cycle(bad, count):
    return [(n, bad[n % len(bad)]) for n in range(count)]


def mixed(rng, rows, more):
    rows = list(rows)
    for row in more:
        rows.insert(rng.randrange(len(rows) + 1), row)
    return rows


def plain(value):
    """As SQLite keeps it."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else value


def sql(value):
    """As PostgreSQL reads it."""
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, list):
        return "ARRAY[" + ", ".join(map(sql, value)) + "]::text[]"
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    return "'" + value.replace("'", "''") + "'"


def write(options, tables, contents):
    if tables is None:
        os.makedirs(options.out)
        for name, text in contents:
            with open(os.path.join(options.out, name.replace("/", "_")), "wb") as out:
                out.write(text if isinstance(text, bytes) else text.encode())
        return
    if options.sql:
        with open(options.out, "w", encoding="utf-8") as out:
            text = tables.replace("INTEGER PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY")
            # PostgreSQL's INTEGER ends in 2038, and holds no texts: A's deployments there have texts.
            if options.system == "A":
                text = text.replace("issued_at INTEGER", "issued_at TEXT").replace("exp INTEGER", "exp TEXT")
            out.write(text + "\n")
            for table, columns, rows in contents:
                for at in range(0, len(rows), 500):
                    values = ",\n".join("(" + ", ".join(map(sql, cells(options, row))) + ")" for row in rows[at:at + 500])
                    out.write(f"INSERT INTO {table} ({', '.join(columns)}) VALUES\n{values};\n")
        return
    if os.path.exists(options.out):
        os.remove(options.out)
    connection = sqlite3.connect(options.out)
    connection.executescript(sqlite(tables))
    for table, columns, rows in contents:
        marks = ", ".join("?" for _ in columns)
        connection.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})",
                               [[plain(value) for value in row] for row in rows])
    connection.commit()
    connection.close()


def cells(options, row):
    """A's times are texts in PostgreSQL."""
    return row if options.system != "A" else [*row[:2], str(row[2]), str(row[3]), *row[4:]]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("system", choices=MAKERS)
    parser.add_argument("out")
    parser.add_argument("--rows", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--now", type=int, default=1_800_000_000)
    parser.add_argument("--bad", type=int, default=0)
    parser.add_argument("--key", help="A, D: the private RSA key, PKCS#1 or PKCS#8")
    parser.add_argument("--sql", action="store_true")
    parser.add_argument("--answers")
    options = parser.parse_args()
    if options.system in "AD" and not options.key:
        sys.exit(f"{options.system} needs --key")
    tables, contents, answers = MAKERS[options.system](random.Random(options.seed), options)
    write(options, tables, contents)
    if options.answers:
        with open(options.answers, "w", encoding="utf-8") as out:
            for answer in answers:
                out.write(json.dumps(answer, ensure_ascii=False) + "\n")


MAKERS = {"A": make_a, "B": make_b, "C": make_c, "D": make_d, "E": make_e}

if __name__ == "__main__":
    main()
