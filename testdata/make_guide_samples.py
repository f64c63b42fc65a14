"""Makes testdata/guides/: what the operators of the five old systems have at hand, small enough to be read in a guide.

Tables, keys and files are those of the old systems' documents; nothing here uses Keyward. Run it from the repository's root;
it needs Python and OpenSSL's command. The same input gives the same files.
"""

import hashlib
import json
import pathlib
import subprocess
import tempfile

from old_systems import A_TABLE, B_TABLES, C_TABLES, E_TABLES, file, lk1, lk2, sqlite, tag

HERE = pathlib.Path("testdata")
OUT = HERE / "guides"
TIER_SECRET = "an old master key, only for the guides"
INSTALLATION_KEY = "an old installation key, only for the guides"


def key(letter):
    vectors = json.loads((HERE / f"vectors/format_{letter}.json").read_text())
    return vectors["keys"][f"{letter}_main"]["private_pkcs1"]


def sign(pem, text):
    with tempfile.NamedTemporaryFile("w", suffix=".pem") as file:
        file.write(pem)
        file.flush()
        command = ["openssl", "dgst", "-sha256", "-sign", file.name]
        return subprocess.run(command, input=text.encode(), capture_output=True, check=True).stdout


def sql(value):
    if value is None:
        return "NULL"
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def insert(table, columns, rows):
    lines = ",\n".join("  (" + ", ".join(map(sql, row)) + ")" for row in rows)
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES\n{lines};\n"


def system_a():
    pem = key("a")
    (OUT / "a-key.pem").write_text(pem)
    records = [
        {"client_id": "example.com", "license_type": "Pro", "exp": 3786912000, "issued_at": 1710748800},
        {"client_id": "shop.example", "license_type": "Basic", "exp": 1609459200, "issued_at": 1577836800},
        {"client_id": "zoë.example", "license_type": "Enterprise", "exp": 3786912000, "issued_at": 1710748800},
    ]
    signed = [{**record, "signature": sign(pem, json.dumps(record)).hex()} for record in records]
    (OUT / "a-record.json").write_text(json.dumps(signed[0]) + "\n")
    columns = ["client_id", "license_type", "issued_at", "exp", "signature"]
    return A_TABLE + "\n" + insert("licenses", columns, [[record[name] for name in columns] for record in signed])


def system_b():
    made, begun, over = "2024-01-02 08:00:00", "2024-03-01 10:30:00", "2024-03-31 10:30:00"
    unused = [None, None, None, None, None, "INITIAL"]
    used = [begun, begun, over, "domain_hash_here", "198.51.100.7", "INITIAL"]
    rows = [
        ["ABC123XYZ789", 30, "1 mois", "ACTIVE", False, made, *unused],
        ["MINE30USED22", 30, "1 mois", "ACTIVE", True, made, *used],
        ["YEARKEY36555", 365, "12 mois", "ACTIVE", False, made, *unused],
        ["HALFYEAR6MO2", 180, "6 mois", "INACTIVE", False, made, *unused],
    ]
    columns = (
        "license_key duration_days duration_label status is_used created_date used_date activation_date"
        " expiration_date used_domain used_ip batch_id"
    ).split()
    beside = "license_key domain_fingerprint activation_date expiration_date client_ip user_agent".split()
    activation = ["MINE30USED22", "domain_hash_here", begun, over, "198.51.100.7", "mines/1.0"]
    return B_TABLES + "\n" + insert("licenses", columns, rows) + insert("license_activations", beside, [activation])


def system_c():

    def tiered(tier, seconds):
        return f"QF-{tier}-{tag(TIER_SECRET, f'QF-{tier}-{seconds}').hexdigest()[:16]}-{seconds}"

    pro = tiered("PRO", 1704182400)
    (OUT / "c-key.txt").write_text(pro + "\n")
    (OUT / "c-secret.txt").write_text(TIER_SECRET + "\n")
    made, far = "2024-01-02 08:00:00", "2090-01-01 00:00:00"
    rows = [
        [pro, "user_12345", "user@example.com", "pro", far, made, True, None, '{"order": 17}'],
        [tiered("ELITE", 1704182401), "user_2", None, "elite", "2024-02-01 08:00:00", made, True, None, None],
        [tiered("LIFETIME", 1704182402), "user_3", "b@example.com", "lifetime", "4761-11-28 08:00:00", made, True, None, None],
        [tiered("FREE", 1704182403), "user_4", None, "free", far, made, False, None, None],
    ]
    columns = "license_key user_id email tier expires_at created_at active features metadata".split()
    return sqlite(C_TABLES) + "\n" + insert("licenses", columns, rows)


def system_d():
    pem = key("d")
    (OUT / "d-key.pem").write_text(pem)
    folder = OUT / "d-sent"
    folder.mkdir(exist_ok=True)
    for customer, device, issued, expires in [
        ("ABC Traders", "A1B2C3D4E5F60718", "2025-01-01", "2026-01-01"),
        ("XYZ Corp", "0F1E2D3C4B5A6978", "2025-01-01", "2090-01-01"),
    ]:
        payload = {
            "product": "Versoll Books",
            "licenseType": "YEARLY",
            "issuedTo": customer,
            "deviceId": device,
            "issuedAt": f"{issued}T00:00:00.000Z",
            "expiresAt": f"{expires}T00:00:00.000Z",
            "gracePeriodDays": 15,
        }
        whole = file(payload, lambda text: sign(pem, text.decode()))
        (folder / f"{customer.replace(' ', '_')}.key").write_text(whole)


def key_e(tier, devices, company, expires):
    return lk2(INSTALLATION_KEY, {"v": 2, "t": tier, "d": devices, "c": company, "e": expires, "i": "2025-12-27"})


def system_e():
    short = lk1(INSTALLATION_KEY, "LK-1-PRO-20-xY9mKp3rT4u")
    long = key_e("PRO-10", 10, "Acme Corporation", "2090-12-31")
    (OUT / "e-key.txt").write_text(long + "\n")
    (OUT / "e-secret.txt").write_text(INSTALLATION_KEY + "\n")
    # One that the old system never saw: a customer who activates after the move.
    (OUT / "e-new-key.txt").write_text(key_e("PRO-50", 50, "Acme Corporation", None) + "\n")
    at = "2025-12-28 09:00:00"

    def row(number, text, tier, devices, used, company, active, ends, notes):
        digest = hashlib.sha256(text.encode()).hexdigest()
        return [number, text, digest, tier, devices, used, company, active, ends, at, at, at, notes]

    rows = [
        row(1, "free", "free", 3, 1, None, True, None, None),
        row(2, short, "PRO-20", 20, 0, None, False, None, "replaced"),
        row(3, long, "PRO-10", 10, 2, "Acme Corporation", True, "2090-12-31 00:00:00", "Annual subscription"),
    ]
    columns = (
        '"Id" "Key" "KeyHash" "Tier" "MaxDevices" "CurrentDeviceCount" "CompanyName" "IsActive" "ExpiresAt" "ActivatedAt"'
        ' "CreatedAt" "LastValidatedAt" "Notes"'
    ).split()
    devices = [[1, "lobby", 3, at], [2, "canteen", 3, at], [3, "gate", 1, at]]
    beside = '"Id" "DeviceId" "LicenseId" "CreatedAt"'.split()
    return sqlite(E_TABLES) + "\n" + insert('"Licenses"', columns, rows) + insert('"Devices"', beside, devices)


OUT.mkdir(exist_ok=True)
for letter, made in [("a", system_a()), ("b", system_b()), ("c", system_c()), ("e", system_e())]:
    (OUT / f"{letter}.sql").write_text(made)
system_d()
