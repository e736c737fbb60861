-- The ledger: facts, their tree, and the signed checkpoints. Insert-only, in order, without gaps.
CREATE TABLE facts (
    entry INTEGER PRIMARY KEY NOT NULL,
    fact TEXT NOT NULL CHECK (length(CAST(fact AS BLOB)) <= 65535),
    leaf_hash BLOB NOT NULL CHECK (length(leaf_hash) = 32),
    kind TEXT NOT NULL,
    lot TEXT
) STRICT;
CREATE INDEX facts_by_lot ON facts (lot, entry) WHERE lot IS NOT NULL;
CREATE TABLE tree_nodes (
    level INTEGER NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
) STRICT;
CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY NOT NULL,
    note TEXT NOT NULL
) STRICT;

-- Documents that facts name by their SHA-256: certificate records, PDFs, rejection dossiers.
CREATE TABLE documents (
    sha256 TEXT PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
    media_type TEXT NOT NULL,
    content BLOB NOT NULL
) STRICT;

-- Projections of the facts. `lotgate ledger verify` rebuilds them and compares.
CREATE TABLE specifications (
    product TEXT NOT NULL,
    version INTEGER NOT NULL,
    effective_from TEXT NOT NULL,
    sha256 TEXT NOT NULL,
    document TEXT NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (product, version)
) STRICT;
CREATE TABLE users (
    username TEXT PRIMARY KEY NOT NULL,
    full_name TEXT NOT NULL,
    roles TEXT NOT NULL,
    created_at TEXT NOT NULL,
    entry INTEGER NOT NULL
) STRICT;
CREATE TABLE lots (
    lot TEXT PRIMARY KEY NOT NULL,
    product TEXT NOT NULL,
    specification_version INTEGER NOT NULL,
    donor TEXT NOT NULL,
    manufactured_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    containers INTEGER NOT NULL,
    registered_by TEXT NOT NULL,
    registered_by_name TEXT NOT NULL,
    registered_at TEXT NOT NULL,
    entry INTEGER NOT NULL UNIQUE,
    FOREIGN KEY (product, specification_version) REFERENCES specifications (product, version)
) STRICT;
CREATE TABLE runs (
    run INTEGER PRIMARY KEY NOT NULL,
    lot TEXT NOT NULL REFERENCES lots (lot),
    assay TEXT NOT NULL,
    method TEXT NOT NULL,
    instrument TEXT NOT NULL,
    started_at TEXT,
    tested_at TEXT NOT NULL,
    controls TEXT NOT NULL,
    comment TEXT NOT NULL,
    entered_by TEXT NOT NULL,
    entered_by_name TEXT NOT NULL,
    entered_at TEXT NOT NULL,
    entry INTEGER NOT NULL
) STRICT;
CREATE INDEX runs_by_lot ON runs (lot, run);
CREATE TABLE readings (
    run INTEGER NOT NULL REFERENCES runs (run),
    attribute TEXT NOT NULL,
    place INTEGER NOT NULL,
    value TEXT NOT NULL,
    unit TEXT,
    PRIMARY KEY (run, attribute)
) STRICT;
CREATE TABLE changes (
    entry INTEGER NOT NULL,
    run INTEGER NOT NULL REFERENCES runs (run),
    attribute TEXT NOT NULL,
    value_before TEXT NOT NULL,
    value_after TEXT NOT NULL,
    reason TEXT NOT NULL,
    changed_by TEXT NOT NULL,
    changed_by_name TEXT NOT NULL,
    changed_at TEXT NOT NULL,
    PRIMARY KEY (entry, run, attribute)
) STRICT;
CREATE INDEX changes_by_run ON changes (run, entry);
CREATE TABLE verifications (
    run INTEGER PRIMARY KEY NOT NULL REFERENCES runs (run),
    verified_by TEXT NOT NULL,
    verified_by_name TEXT NOT NULL,
    verified_at TEXT NOT NULL,
    content_sha256 TEXT NOT NULL,
    entry INTEGER NOT NULL
) STRICT;
CREATE TABLE decisions (
    lot TEXT PRIMARY KEY NOT NULL REFERENCES lots (lot),
    act TEXT NOT NULL CHECK (act IN ('release', 'rejection')),
    certificate TEXT,
    reason TEXT,
    record_sha256 TEXT NOT NULL,
    signature TEXT NOT NULL,
    decided_by TEXT NOT NULL,
    decided_by_name TEXT NOT NULL,
    decided_at TEXT NOT NULL,
    entry INTEGER NOT NULL
) STRICT;
CREATE TABLE certificates (
    number TEXT PRIMARY KEY NOT NULL,
    ordinal INTEGER NOT NULL UNIQUE,
    lot TEXT NOT NULL UNIQUE REFERENCES lots (lot),
    issued_at TEXT NOT NULL,
    record_sha256 TEXT NOT NULL,
    pdf_sha256 TEXT NOT NULL,
    entry INTEGER NOT NULL
) STRICT;
CREATE INDEX certificates_by_record ON certificates (record_sha256);
CREATE INDEX certificates_by_pdf ON certificates (pdf_sha256);

-- Beside the facts: secrets and the memory of repeated requests. Never in the ledger.
CREATE TABLE credentials (
    username TEXT PRIMARY KEY NOT NULL,
    password_hash TEXT NOT NULL
) STRICT;
CREATE TABLE sessions (
    token_sha256 TEXT PRIMARY KEY NOT NULL,
    username TEXT NOT NULL,
    created_at TEXT NOT NULL,
    expires_at TEXT NOT NULL,
    ended_at TEXT
) STRICT;
CREATE TABLE answers (
    username TEXT NOT NULL,
    idempotency_key TEXT NOT NULL,
    request_sha256 TEXT NOT NULL,
    answer TEXT NOT NULL,
    answered_at TEXT NOT NULL,
    PRIMARY KEY (username, idempotency_key)
) STRICT;

-- A barrier, not a proof: who owns the file can drop a trigger, and then the tree shows it.
CREATE TRIGGER facts_next BEFORE INSERT ON facts
WHEN NEW.entry IS NOT (SELECT coalesce(max(entry) + 1, 0) FROM facts)
BEGIN SELECT RAISE(ABORT, 'facts: not the next entry'); END;
CREATE TRIGGER facts_no_update BEFORE UPDATE ON facts BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
CREATE TRIGGER facts_no_delete BEFORE DELETE ON facts BEGIN SELECT RAISE(ABORT, 'facts are append-only'); END;
CREATE TRIGGER tree_nodes_no_update BEFORE UPDATE ON tree_nodes BEGIN SELECT RAISE(ABORT, 'tree_nodes are append-only'); END;
CREATE TRIGGER tree_nodes_no_delete BEFORE DELETE ON tree_nodes BEGIN SELECT RAISE(ABORT, 'tree_nodes are append-only'); END;
CREATE TRIGGER checkpoints_no_update BEFORE UPDATE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER checkpoints_no_delete BEFORE DELETE ON checkpoints BEGIN SELECT RAISE(ABORT, 'checkpoints are append-only'); END;
CREATE TRIGGER documents_no_update BEFORE UPDATE ON documents BEGIN SELECT RAISE(ABORT, 'documents are append-only'); END;
CREATE TRIGGER documents_no_delete BEFORE DELETE ON documents BEGIN SELECT RAISE(ABORT, 'documents are append-only'); END;
