"""The older systems, as their documents print them: their tables, how system D writes a file and system E seals a key.

Only Python's standard library is needed; nothing here uses Keyward.
"""
import base64
import gzip
import hashlib
import hmac
import json

A_TABLE = """CREATE TABLE licenses (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    client_id TEXT UNIQUE NOT NULL,
    license_type TEXT NOT NULL,
    issued_at INTEGER NOT NULL,
    exp INTEGER NOT NULL,
    signature TEXT NOT NULL
);"""

B_TABLES = """CREATE TABLE licenses (
  id INTEGER PRIMARY KEY,
  license_key VARCHAR(12) UNIQUE NOT NULL,
  duration_days INTEGER NOT NULL,
  duration_label VARCHAR(50) NOT NULL,
  status VARCHAR(20) DEFAULT 'ACTIVE',
  is_used BOOLEAN DEFAULT FALSE,
  created_date TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  used_date TIMESTAMP,
  activation_date TIMESTAMP,
  expiration_date TIMESTAMP,
  used_domain VARCHAR(100),
  used_ip VARCHAR(45),
  batch_id VARCHAR(50)
);
CREATE TABLE license_activations (
  id INTEGER PRIMARY KEY,
  license_key VARCHAR(12) REFERENCES licenses(license_key),
  domain_fingerprint VARCHAR(100) NOT NULL,
  activation_date TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
  expiration_date TIMESTAMP NOT NULL,
  client_ip VARCHAR(45),
  user_agent TEXT,
  is_active BOOLEAN DEFAULT TRUE
);"""

C_TABLES = """CREATE TABLE licenses (
    id SERIAL PRIMARY KEY,
    license_key VARCHAR(255) UNIQUE NOT NULL,
    user_id VARCHAR(255) NOT NULL,
    email VARCHAR(255),
    tier VARCHAR(20) NOT NULL CHECK (tier IN ('free', 'pro', 'elite', 'lifetime')),
    expires_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    active BOOLEAN DEFAULT TRUE,
    features TEXT[],
    metadata JSONB
);
CREATE INDEX idx_license_key ON licenses(license_key);
CREATE INDEX idx_user_id ON licenses(user_id);
CREATE INDEX idx_expires_at ON licenses(expires_at);
CREATE TABLE license_verifications (
    id SERIAL PRIMARY KEY,
    license_key VARCHAR(255) NOT NULL,
    verified_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    ip_address INET,
    origin VARCHAR(255),
    result VARCHAR(20),
    error_message TEXT
);
CREATE INDEX idx_license_verifications_key ON license_verifications(license_key);
CREATE INDEX idx_license_verifications_time ON license_verifications(verified_at);"""

# System E's document prints no statement. These are the columns that its generator fills.
E_TABLES = """CREATE TABLE "Licenses" (
    "Id" SERIAL PRIMARY KEY,
    "Key" TEXT,
    "KeyHash" TEXT,
    "Tier" TEXT,
    "MaxDevices" INTEGER,
    "CurrentDeviceCount" INTEGER,
    "CompanyName" TEXT,
    "IsActive" BOOLEAN,
    "ExpiresAt" TEXT,
    "ActivatedAt" TEXT,
    "CreatedAt" TEXT,
    "LastValidatedAt" TEXT,
    "Notes" TEXT
);
CREATE TABLE "Devices" (
    "Id" SERIAL PRIMARY KEY,
    "DeviceId" TEXT,
    "LicenseId" INTEGER,
    "CreatedAt" TEXT
);"""


def sqlite(tables):
    """As SQLite takes them: it knows neither type."""
    return tables.replace("SERIAL PRIMARY KEY", "INTEGER PRIMARY KEY").replace("TEXT[]", "TEXT")


def tag(secret, text):
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256)


def lk1(secret, text):
    """A key of system E's first version; `text` is all of it but the check."""
    return f"{text}-{tag(secret, text).hexdigest()[:4].upper()}"


def lk2(secret, payload):
    """A key of system E's second version."""
    packed = gzip.compress(json.dumps(payload, separators=(",", ":"), ensure_ascii=False).encode(), mtime=0)
    encoded = base64.urlsafe_b64encode(packed).decode().rstrip("=")
    seal = base64.b64encode(tag(secret, encoded).digest()).decode()[:8]
    return f"LK-2-{encoded}-{seal.replace('+', '-').replace('/', '_')}"


def file(payload, sign):
    """A file of system D; `sign` makes the signature of a text in bytes."""
    text = json.dumps(payload, separators=(",", ":"), ensure_ascii=False)
    signature = base64.b64encode(sign(text.encode())).decode()
    return json.dumps({"payload": payload, "signature": signature}, indent=2, ensure_ascii=False)
