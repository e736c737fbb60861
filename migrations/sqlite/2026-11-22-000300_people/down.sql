CREATE TABLE certificates_again (
    number TEXT PRIMARY KEY NOT NULL,
    ordinal INTEGER NOT NULL UNIQUE,
    lot TEXT NOT NULL UNIQUE REFERENCES lots (lot),
    issued_at TEXT NOT NULL,
    record_sha256 TEXT NOT NULL,
    pdf_sha256 TEXT NOT NULL,
    entry INTEGER NOT NULL
) STRICT;
INSERT INTO certificates_again SELECT * FROM certificates;
DROP TABLE certificates;
ALTER TABLE certificates_again RENAME TO certificates;
CREATE INDEX certificates_by_record ON certificates (record_sha256);
CREATE INDEX certificates_by_pdf ON certificates (pdf_sha256);
DROP TABLE ceremonies;
DROP TABLE attempts;
DROP TABLE passkeys;
DROP TABLE tokens;
DROP INDEX sessions_by_username;
ALTER TABLE sessions DROP COLUMN browser;
ALTER TABLE sessions DROP COLUMN last_seen_at;
ALTER TABLE sessions DROP COLUMN label;
ALTER TABLE sessions DROP COLUMN id;
ALTER TABLE credentials DROP COLUMN recovery_codes;
ALTER TABLE credentials DROP COLUMN totp_step;
ALTER TABLE credentials DROP COLUMN totp_secret;
ALTER TABLE credentials DROP COLUMN must_change;
