CREATE TABLE licenses (
    id INTEGER PRIMARY KEY,
    license_key VARCHAR(255) UNIQUE NOT NULL,
    user_id VARCHAR(255) NOT NULL,
    email VARCHAR(255),
    tier VARCHAR(20) NOT NULL CHECK (tier IN ('free', 'pro', 'elite', 'lifetime')),
    expires_at TIMESTAMP NOT NULL,
    created_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    active BOOLEAN DEFAULT TRUE,
    features TEXT,
    metadata JSONB
);
CREATE INDEX idx_license_key ON licenses(license_key);
CREATE INDEX idx_user_id ON licenses(user_id);
CREATE INDEX idx_expires_at ON licenses(expires_at);
CREATE TABLE license_verifications (
    id INTEGER PRIMARY KEY,
    license_key VARCHAR(255) NOT NULL,
    verified_at TIMESTAMP DEFAULT CURRENT_TIMESTAMP,
    ip_address INET,
    origin VARCHAR(255),
    result VARCHAR(20),
    error_message TEXT
);
CREATE INDEX idx_license_verifications_key ON license_verifications(license_key);
CREATE INDEX idx_license_verifications_time ON license_verifications(verified_at);
INSERT INTO licenses (license_key, user_id, email, tier, expires_at, created_at, active, features, metadata) VALUES
  ('QF-PRO-657bc157d2d58e6a-1704182400', 'user_12345', 'user@example.com', 'pro', '2090-01-01 00:00:00', '2024-01-02 08:00:00', TRUE, NULL, '{"order": 17}'),
  ('QF-ELITE-edda6a35df283695-1704182401', 'user_2', NULL, 'elite', '2024-02-01 08:00:00', '2024-01-02 08:00:00', TRUE, NULL, NULL),
  ('QF-LIFETIME-aaac107b422e9f09-1704182402', 'user_3', 'b@example.com', 'lifetime', '4761-11-28 08:00:00', '2024-01-02 08:00:00', TRUE, NULL, NULL),
  ('QF-FREE-5f99f900405a2ca0-1704182403', 'user_4', NULL, 'free', '2090-01-01 00:00:00', '2024-01-02 08:00:00', FALSE, NULL, NULL);
