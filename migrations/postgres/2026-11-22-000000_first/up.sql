-- The ledger: facts, their tree, and the signed checkpoints. Insert-only, in order, without gaps.
CREATE TABLE facts (
    entry BIGINT PRIMARY KEY NOT NULL,
    fact TEXT COLLATE "C" NOT NULL CHECK (octet_length(fact) <= 65535),
    leaf_hash BYTEA NOT NULL CHECK (length(leaf_hash) = 32),
    kind TEXT COLLATE "C" NOT NULL,
    lot TEXT COLLATE "C"
);
CREATE INDEX facts_by_lot ON facts (lot, entry) WHERE lot IS NOT NULL;
CREATE TABLE tree_nodes (
    level BIGINT NOT NULL,
    position BIGINT NOT NULL,
    hash BYTEA NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, position)
);
CREATE TABLE checkpoints (
    size BIGINT PRIMARY KEY NOT NULL,
    note TEXT COLLATE "C" NOT NULL
);

-- Documents that facts name by their SHA-256: certificate records, PDFs, rejection dossiers.
CREATE TABLE documents (
    sha256 TEXT COLLATE "C" PRIMARY KEY NOT NULL CHECK (length(sha256) = 64),
    media_type TEXT COLLATE "C" NOT NULL,
    content BYTEA NOT NULL
);

-- Projections of the facts. `lotgate ledger verify` rebuilds them and compares.
CREATE TABLE specifications (
    product TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    effective_from TEXT COLLATE "C" NOT NULL,
    sha256 TEXT COLLATE "C" NOT NULL,
    document TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL,
    PRIMARY KEY (product, version)
);
CREATE TABLE users (
    username TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    full_name TEXT COLLATE "C" NOT NULL,
    roles TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL
);
CREATE TABLE lots (
    lot TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    product TEXT COLLATE "C" NOT NULL,
    specification_version BIGINT NOT NULL,
    donor TEXT COLLATE "C" NOT NULL,
    manufactured_at TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL,
    containers BIGINT NOT NULL,
    registered_by TEXT COLLATE "C" NOT NULL,
    registered_by_name TEXT COLLATE "C" NOT NULL,
    registered_at TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL UNIQUE,
    FOREIGN KEY (product, specification_version) REFERENCES specifications (product, version)
);
CREATE TABLE runs (
    run BIGINT PRIMARY KEY NOT NULL,
    lot TEXT COLLATE "C" NOT NULL REFERENCES lots (lot),
    assay TEXT COLLATE "C" NOT NULL,
    method TEXT COLLATE "C" NOT NULL,
    instrument TEXT COLLATE "C" NOT NULL,
    started_at TEXT COLLATE "C",
    tested_at TEXT COLLATE "C" NOT NULL,
    controls TEXT COLLATE "C" NOT NULL,
    comment TEXT COLLATE "C" NOT NULL,
    entered_by TEXT COLLATE "C" NOT NULL,
    entered_by_name TEXT COLLATE "C" NOT NULL,
    entered_at TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL
);
CREATE INDEX runs_by_lot ON runs (lot, run);
CREATE TABLE readings (
    run BIGINT NOT NULL REFERENCES runs (run),
    attribute TEXT COLLATE "C" NOT NULL,
    place BIGINT NOT NULL,
    value TEXT COLLATE "C" NOT NULL,
    unit TEXT COLLATE "C",
    PRIMARY KEY (run, attribute)
);
CREATE TABLE changes (
    entry BIGINT NOT NULL,
    run BIGINT NOT NULL REFERENCES runs (run),
    attribute TEXT COLLATE "C" NOT NULL,
    value_before TEXT COLLATE "C" NOT NULL,
    value_after TEXT COLLATE "C" NOT NULL,
    reason TEXT COLLATE "C" NOT NULL,
    changed_by TEXT COLLATE "C" NOT NULL,
    changed_by_name TEXT COLLATE "C" NOT NULL,
    changed_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (entry, run, attribute)
);
CREATE INDEX changes_by_run ON changes (run, entry);
CREATE TABLE verifications (
    run BIGINT PRIMARY KEY NOT NULL REFERENCES runs (run),
    verified_by TEXT COLLATE "C" NOT NULL,
    verified_by_name TEXT COLLATE "C" NOT NULL,
    verified_at TEXT COLLATE "C" NOT NULL,
    content_sha256 TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL
);
CREATE TABLE decisions (
    lot TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES lots (lot),
    act TEXT COLLATE "C" NOT NULL CHECK (act IN ('release', 'rejection')),
    certificate TEXT COLLATE "C",
    reason TEXT COLLATE "C",
    record_sha256 TEXT COLLATE "C" NOT NULL,
    signature TEXT COLLATE "C" NOT NULL,
    decided_by TEXT COLLATE "C" NOT NULL,
    decided_by_name TEXT COLLATE "C" NOT NULL,
    decided_at TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL
);
CREATE TABLE certificates (
    number TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    ordinal BIGINT NOT NULL UNIQUE,
    lot TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES lots (lot),
    issued_at TEXT COLLATE "C" NOT NULL,
    record_sha256 TEXT COLLATE "C" NOT NULL,
    pdf_sha256 TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL
);
CREATE INDEX certificates_by_record ON certificates (record_sha256);
CREATE INDEX certificates_by_pdf ON certificates (pdf_sha256);

-- Beside the facts: secrets and the memory of repeated requests. Never in the ledger.
CREATE TABLE credentials (
    username TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    password_hash TEXT COLLATE "C" NOT NULL
);
CREATE TABLE sessions (
    token_sha256 TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    username TEXT COLLATE "C" NOT NULL,
    created_at TEXT COLLATE "C" NOT NULL,
    expires_at TEXT COLLATE "C" NOT NULL,
    ended_at TEXT COLLATE "C"
);
CREATE TABLE answers (
    username TEXT COLLATE "C" NOT NULL,
    idempotency_key TEXT COLLATE "C" NOT NULL,
    request_sha256 TEXT COLLATE "C" NOT NULL,
    answer TEXT COLLATE "C" NOT NULL,
    answered_at TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (username, idempotency_key)
);

-- A barrier, not a proof: who owns the database can drop a trigger, and then the tree shows it.
CREATE FUNCTION lotgate_facts_next() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.entry IS DISTINCT FROM (SELECT coalesce(max(entry) + 1, 0) FROM facts) THEN
        RAISE EXCEPTION 'facts: not the next entry';
    END IF;
    RETURN NEW;
END $$;
CREATE FUNCTION lotgate_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% are append-only', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER facts_next BEFORE INSERT ON facts FOR EACH ROW EXECUTE FUNCTION lotgate_facts_next();
CREATE TRIGGER facts_no_change BEFORE UPDATE OR DELETE ON facts FOR EACH ROW EXECUTE FUNCTION lotgate_append_only();
CREATE TRIGGER facts_no_truncate BEFORE TRUNCATE ON facts FOR EACH STATEMENT EXECUTE FUNCTION lotgate_append_only();
CREATE TRIGGER tree_nodes_no_change BEFORE UPDATE OR DELETE ON tree_nodes FOR EACH ROW EXECUTE FUNCTION lotgate_append_only();
CREATE TRIGGER tree_nodes_no_truncate BEFORE TRUNCATE ON tree_nodes FOR EACH STATEMENT EXECUTE FUNCTION lotgate_append_only();
CREATE TRIGGER checkpoints_no_change BEFORE UPDATE OR DELETE ON checkpoints FOR EACH ROW EXECUTE FUNCTION lotgate_append_only();
CREATE TRIGGER checkpoints_no_truncate BEFORE TRUNCATE ON checkpoints FOR EACH STATEMENT EXECUTE FUNCTION lotgate_append_only();
CREATE TRIGGER documents_no_change BEFORE UPDATE OR DELETE ON documents FOR EACH ROW EXECUTE FUNCTION lotgate_append_only();
CREATE TRIGGER documents_no_truncate BEFORE TRUNCATE ON documents FOR EACH STATEMENT EXECUTE FUNCTION lotgate_append_only();
