-- Secrets of an account. They stand beside the facts and never in them.
ALTER TABLE credentials ADD COLUMN must_change INTEGER NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN totp_secret TEXT;
-- The newest time step whose code was taken: a code counts once (RFC 6238, 5.2).
ALTER TABLE credentials ADD COLUMN totp_step INTEGER NOT NULL DEFAULT 0;
-- SHA-256 of the recovery codes that are left, as a JSON list.
ALTER TABLE credentials ADD COLUMN recovery_codes TEXT NOT NULL DEFAULT '[]';

-- A session by a name that is no secret, with the place it was opened from.
ALTER TABLE sessions ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN label TEXT NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_seen_at TEXT NOT NULL DEFAULT '';
-- Whether a page's cookie carries it: then it locks when nobody touches it.
ALTER TABLE sessions ADD COLUMN browser INTEGER NOT NULL DEFAULT 0;
CREATE INDEX sessions_by_username ON sessions (username);

-- Tokens of instruments and other programs; what they may do stands in the account's facts.
CREATE TABLE tokens (
    token_sha256 TEXT PRIMARY KEY NOT NULL,
    id TEXT NOT NULL,
    username TEXT NOT NULL
) STRICT;

-- Passkeys (WebAuthn credentials with their counters).
CREATE TABLE passkeys (
    id TEXT PRIMARY KEY NOT NULL,
    username TEXT NOT NULL,
    passkey TEXT NOT NULL
) STRICT;
CREATE INDEX passkeys_by_username ON passkeys (username);

-- Wrong attempts in a row, by account and deed.
CREATE TABLE attempts (
    username TEXT NOT NULL,
    deed TEXT NOT NULL,
    failures INTEGER NOT NULL,
    last_at TEXT NOT NULL,
    PRIMARY KEY (username, deed)
) STRICT;

-- What was begun and waits for its second half: a passkey's challenge, a sign-in that lacks its
-- second factor, a visit to an OpenID provider.
CREATE TABLE ceremonies (
    token_sha256 TEXT PRIMARY KEY NOT NULL,
    kind TEXT NOT NULL,
    username TEXT,
    content TEXT NOT NULL,
    expires_at TEXT NOT NULL
) STRICT;

-- A lot has another certificate where the first is replaced.
CREATE TABLE certificates_again (
    number TEXT PRIMARY KEY NOT NULL,
    ordinal INTEGER NOT NULL UNIQUE,
    lot TEXT NOT NULL REFERENCES lots (lot),
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
CREATE INDEX certificates_by_lot ON certificates (lot);
