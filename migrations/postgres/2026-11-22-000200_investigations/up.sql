-- A specification is drafted, approved and retired.
ALTER TABLE specifications ADD COLUMN state TEXT COLLATE "C" NOT NULL DEFAULT 'approved';
ALTER TABLE specifications ADD COLUMN authors TEXT COLLATE "C" NOT NULL DEFAULT '[]';
ALTER TABLE specifications ADD COLUMN approval TEXT COLLATE "C";

-- A bank or a donor has a number, runs and investigations like a lot.
ALTER TABLE lots ADD COLUMN stage TEXT COLLATE "C" NOT NULL DEFAULT 'product';
ALTER TABLE lots ADD COLUMN bank TEXT COLLATE "C";
ALTER TABLE lots ADD COLUMN statements TEXT COLLATE "C" NOT NULL DEFAULT '{}';
CREATE INDEX lots_by_bank ON lots (bank) WHERE bank IS NOT NULL;

-- Reagents, evidence, re-test, flags of a run; raw entries of a calculated value.
ALTER TABLE runs ADD COLUMN particulars TEXT COLLATE "C" NOT NULL DEFAULT '{}';
ALTER TABLE readings ADD COLUMN calculation TEXT COLLATE "C";
ALTER TABLE changes ADD COLUMN calculation TEXT COLLATE "C";
ALTER TABLE verifications ADD COLUMN second_entry TEXT COLLATE "C" NOT NULL DEFAULT '[]';

-- What happened to a run after it was entered: fallen verifications, discrepancies, invalidation.
CREATE TABLE aftermaths (
    run BIGINT PRIMARY KEY NOT NULL REFERENCES runs (run),
    content TEXT COLLATE "C" NOT NULL
);

-- Nouns whose content is one JSON document made by their facts: investigations, deviations,
-- flags of lots, instruments, reagents, the site's policy, retirements.
CREATE TABLE records (
    noun TEXT COLLATE "C" NOT NULL,
    code TEXT COLLATE "C" NOT NULL,
    lot TEXT COLLATE "C",
    state TEXT COLLATE "C" NOT NULL,
    content TEXT COLLATE "C" NOT NULL,
    entry BIGINT NOT NULL,
    PRIMARY KEY (noun, code)
);
CREATE INDEX records_by_lot ON records (lot, noun) WHERE lot IS NOT NULL;
