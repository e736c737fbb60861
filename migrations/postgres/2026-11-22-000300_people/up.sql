-- Secrets of an account. They stand beside the facts and never in them.
ALTER TABLE credentials ADD COLUMN must_change BIGINT NOT NULL DEFAULT 0;
ALTER TABLE credentials ADD COLUMN totp_secret TEXT COLLATE "C";
-- The newest time step whose code was taken: a code counts once (RFC 6238, 5.2).
ALTER TABLE credentials ADD COLUMN totp_step BIGINT NOT NULL DEFAULT 0;
-- SHA-256 of the recovery codes that are left, as a JSON list.
ALTER TABLE credentials ADD COLUMN recovery_codes TEXT COLLATE "C" NOT NULL DEFAULT '[]';

-- A session by a name that is no secret, with the place it was opened from.
ALTER TABLE sessions ADD COLUMN id TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN label TEXT COLLATE "C" NOT NULL DEFAULT '';
ALTER TABLE sessions ADD COLUMN last_seen_at TEXT COLLATE "C" NOT NULL DEFAULT '';
-- Whether a page's cookie carries it: then it locks when nobody touches it.
ALTER TABLE sessions ADD COLUMN browser BIGINT NOT NULL DEFAULT 0;
CREATE INDEX sessions_by_username ON sessions (username);

-- Tokens of instruments and other programs; what they may do stands in the account's facts.
CREATE TABLE tokens (
    token_sha256 TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    id TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C" NOT NULL
);

-- Passkeys (WebAuthn credentials with their counters).
CREATE TABLE passkeys (
    id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    passkey TEXT COLLATE "C" NOT NULL
);
CREATE INDEX passkeys_by_username ON passkeys (username);

-- Wrong attempts in a row, by account and deed.
CREATE TABLE attempts (
    username TEXT COLLATE "C" NOT NULL,
    deed TEXT COLLATE "C" NOT NULL,
    failures BIGINT NOT NULL,
    last_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (username, deed)
);

-- What was begun and waits for its second half: a passkey's challenge, a sign-in that lacks its
-- second factor, a visit to an OpenID provider.
CREATE TABLE ceremonies (
    token_sha256 TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    kind TEXT COLLATE "C" NOT NULL,
    username TEXT COLLATE "C",
    content TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL
);

-- A lot has another certificate where the first is replaced.
ALTER TABLE certificates DROP CONSTRAINT certificates_lot_key;
CREATE INDEX certificates_by_lot ON certificates (lot);
