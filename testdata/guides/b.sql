CREATE TABLE licenses (
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
);
INSERT INTO licenses (license_key, duration_days, duration_label, status, is_used, created_date, used_date, activation_date, expiration_date, used_domain, used_ip, batch_id) VALUES
  ('ABC123XYZ789', 30, '1 mois', 'ACTIVE', FALSE, '2024-01-02 08:00:00', NULL, NULL, NULL, NULL, NULL, 'INITIAL'),
  ('MINE30USED22', 30, '1 mois', 'ACTIVE', TRUE, '2024-01-02 08:00:00', '2024-03-01 10:30:00', '2024-03-01 10:30:00', '2024-03-31 10:30:00', 'domain_hash_here', '198.51.100.7', 'INITIAL'),
  ('YEARKEY36555', 365, '12 mois', 'ACTIVE', FALSE, '2024-01-02 08:00:00', NULL, NULL, NULL, NULL, NULL, 'INITIAL'),
  ('HALFYEAR6MO2', 180, '6 mois', 'INACTIVE', FALSE, '2024-01-02 08:00:00', NULL, NULL, NULL, NULL, NULL, 'INITIAL');
INSERT INTO license_activations (license_key, domain_fingerprint, activation_date, expiration_date, client_ip, user_agent) VALUES
  ('MINE30USED22', 'domain_hash_here', '2024-03-01 10:30:00', '2024-03-31 10:30:00', '198.51.100.7', 'mines/1.0');
