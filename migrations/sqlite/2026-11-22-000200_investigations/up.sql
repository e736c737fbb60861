-- A specification is drafted, approved and retired.
ALTER TABLE specifications ADD COLUMN state TEXT NOT NULL DEFAULT 'approved';
ALTER TABLE specifications ADD COLUMN authors TEXT NOT NULL DEFAULT '[]';
ALTER TABLE specifications ADD COLUMN approval TEXT;

-- A bank or a donor has a number, runs and investigations like a lot.
ALTER TABLE lots ADD COLUMN stage TEXT NOT NULL DEFAULT 'product';
ALTER TABLE lots ADD COLUMN bank TEXT;
ALTER TABLE lots ADD COLUMN statements TEXT NOT NULL DEFAULT '{}';
CREATE INDEX lots_by_bank ON lots (bank) WHERE bank IS NOT NULL;

-- Reagents, evidence, re-test, flags of a run; raw entries of a calculated value.
ALTER TABLE runs ADD COLUMN particulars TEXT NOT NULL DEFAULT '{}';
ALTER TABLE readings ADD COLUMN calculation TEXT;
ALTER TABLE changes ADD COLUMN calculation TEXT;
ALTER TABLE verifications ADD COLUMN second_entry TEXT NOT NULL DEFAULT '[]';

-- What happened to a run after it was entered: fallen verifications, discrepancies, invalidation.
CREATE TABLE aftermaths (
    run INTEGER PRIMARY KEY NOT NULL REFERENCES runs (run),
    content TEXT NOT NULL
) STRICT;

-- Nouns whose content is one JSON document made by their facts: investigations, deviations,
-- flags of lots, instruments, reagents, the site's policy, retirements.
CREATE TABLE records (
    noun TEXT NOT NULL,
    code TEXT NOT NULL,
    lot TEXT,
    state TEXT NOT NULL,
    content TEXT NOT NULL,
    entry INTEGER NOT NULL,
    PRIMARY KEY (noun, code)
) STRICT;
CREATE INDEX records_by_lot ON records (lot, noun) WHERE lot IS NOT NULL;
