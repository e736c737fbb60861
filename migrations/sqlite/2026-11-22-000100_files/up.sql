-- Evidence files as their facts tell of them; their bytes stand in the evidence folder, by their hash.
CREATE TABLE files (
    sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
    media_type TEXT NOT NULL,
    bytes INTEGER NOT NULL CHECK (bytes > 0),
    name TEXT NOT NULL,
    stored_by TEXT NOT NULL,
    stored_by_name TEXT NOT NULL,
    stored_at TEXT NOT NULL,
    entry INTEGER NOT NULL UNIQUE
) STRICT;
