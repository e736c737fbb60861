-- Evidence files as their facts tell of them; their bytes stand in the evidence folder, by their hash.
CREATE TABLE files (
    sha256 TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
    media_type TEXT COLLATE "C" NOT NULL,
    bytes BIGINT NOT NULL CHECK (bytes > 0),
    name TEXT COLLATE "C" NOT NULL,
    stored_by TEXT COLLATE "C" NOT NULL,
    stored_by_name TEXT COLLATE "C" NOT NULL,
    stored_at TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL UNIQUE
);
