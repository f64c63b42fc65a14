CREATE TABLE "Licenses" (
    "Id" INTEGER PRIMARY KEY,
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
    "Id" INTEGER PRIMARY KEY,
    "DeviceId" TEXT,
    "LicenseId" INTEGER,
    "CreatedAt" TEXT
);
INSERT INTO "Licenses" ("Id", "Key", "KeyHash", "Tier", "MaxDevices", "CurrentDeviceCount", "CompanyName", "IsActive", "ExpiresAt", "ActivatedAt", "CreatedAt", "LastValidatedAt", "Notes") VALUES
  (1, 'free', 'ad95d5fa651ba86d8923fe1238d24a4f1988a752acfe426ac72ac7c04471bc17', 'free', 3, 1, NULL, TRUE, NULL, '2025-12-28 09:00:00', '2025-12-28 09:00:00', '2025-12-28 09:00:00', NULL),
  (2, 'LK-1-PRO-20-xY9mKp3rT4u-1643', '617435884b27ebf0ce7e6e513e7643b7f48aae19b5c6dd3af2e32afe4323de48', 'PRO-20', 20, 0, NULL, FALSE, NULL, '2025-12-28 09:00:00', '2025-12-28 09:00:00', '2025-12-28 09:00:00', 'replaced'),
  (3, 'LK-2-H4sIAAAAAAACA6tWKlOyMtJRKlGyUgoI8tc1NFDSUUpRsjI00FFKBoo5JuemKjjnFxXkFyWWZObnAWVTgcJGBpYGuoZGusaGQIFMsICRKUjAyFypFgAtXwnxVAAAAA-Dy2cLjr7', '13f1327d7de7e6a5a1564d8103b5f536deb73c57e6d2c4578a98fc93046b5545', 'PRO-10', 10, 2, 'Acme Corporation', TRUE, '2090-12-31 00:00:00', '2025-12-28 09:00:00', '2025-12-28 09:00:00', '2025-12-28 09:00:00', 'Annual subscription');
INSERT INTO "Devices" ("Id", "DeviceId", "LicenseId", "CreatedAt") VALUES
  (1, 'lobby', 3, '2025-12-28 09:00:00'),
  (2, 'canteen', 3, '2025-12-28 09:00:00'),
  (3, 'gate', 1, '2025-12-28 09:00:00');
