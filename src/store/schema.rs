//! The tables, once for both databases: only BigInt, Text and Binary columns.
//!
//! Promises: a column's Rust type here is its type in `migrations/sqlite` and in
//! `migrations/postgres` (tests/migrations.rs). Times, decimals, JSON and enums are text,
//! because a `Numeric` becomes a float on SQLite and a timestamp loses digits on PostgreSQL.

diesel::table! {
    facts (entry) {
        entry -> BigInt,
        fact -> Text,
        leaf_hash -> Binary,
        kind -> Text,
        lot -> Nullable<Text>,
    }
}

diesel::table! {
    tree_nodes (level, position) {
        level -> BigInt,
        position -> BigInt,
        hash -> Binary,
    }
}

diesel::table! {
    checkpoints (size) {
        size -> BigInt,
        note -> Text,
    }
}

diesel::table! {
    documents (sha256) {
        sha256 -> Text,
        media_type -> Text,
        content -> Binary,
    }
}

diesel::table! {
    specifications (product, version) {
        product -> Text,
        version -> BigInt,
        effective_from -> Text,
        sha256 -> Text,
        document -> Text,
        entry -> BigInt,
        state -> Text,
        authors -> Text,
        approval -> Nullable<Text>,
    }
}

diesel::table! {
    users (username) {
        username -> Text,
        full_name -> Text,
        roles -> Text,
        created_at -> Text,
        entry -> BigInt,
    }
}

diesel::table! {
    lots (lot) {
        lot -> Text,
        product -> Text,
        specification_version -> BigInt,
        donor -> Text,
        manufactured_at -> Text,
        expires_at -> Text,
        containers -> BigInt,
        registered_by -> Text,
        registered_by_name -> Text,
        registered_at -> Text,
        entry -> BigInt,
        stage -> Text,
        bank -> Nullable<Text>,
        statements -> Text,
    }
}

diesel::table! {
    runs (run) {
        run -> BigInt,
        lot -> Text,
        assay -> Text,
        method -> Text,
        instrument -> Text,
        started_at -> Nullable<Text>,
        tested_at -> Text,
        controls -> Text,
        comment -> Text,
        entered_by -> Text,
        entered_by_name -> Text,
        entered_at -> Text,
        entry -> BigInt,
        particulars -> Text,
    }
}

diesel::table! {
    readings (run, attribute) {
        run -> BigInt,
        attribute -> Text,
        place -> BigInt,
        value -> Text,
        unit -> Nullable<Text>,
        calculation -> Nullable<Text>,
    }
}

diesel::table! {
    changes (entry, run, attribute) {
        entry -> BigInt,
        run -> BigInt,
        attribute -> Text,
        value_before -> Text,
        value_after -> Text,
        reason -> Text,
        changed_by -> Text,
        changed_by_name -> Text,
        changed_at -> Text,
        calculation -> Nullable<Text>,
    }
}

diesel::table! {
    verifications (run) {
        run -> BigInt,
        verified_by -> Text,
        verified_by_name -> Text,
        verified_at -> Text,
        content_sha256 -> Text,
        entry -> BigInt,
        second_entry -> Text,
    }
}

diesel::table! {
    aftermaths (run) {
        run -> BigInt,
        content -> Text,
    }
}

diesel::table! {
    records (noun, code) {
        noun -> Text,
        code -> Text,
        lot -> Nullable<Text>,
        state -> Text,
        content -> Text,
        entry -> BigInt,
    }
}

diesel::table! {
    decisions (lot) {
        lot -> Text,
        act -> Text,
        certificate -> Nullable<Text>,
        reason -> Nullable<Text>,
        record_sha256 -> Text,
        signature -> Text,
        decided_by -> Text,
        decided_by_name -> Text,
        decided_at -> Text,
        entry -> BigInt,
    }
}

diesel::table! {
    certificates (number) {
        number -> Text,
        ordinal -> BigInt,
        lot -> Text,
        issued_at -> Text,
        record_sha256 -> Text,
        pdf_sha256 -> Text,
        entry -> BigInt,
    }
}

diesel::table! {
    files (sha256) {
        sha256 -> Text,
        media_type -> Text,
        bytes -> BigInt,
        name -> Text,
        stored_by -> Text,
        stored_by_name -> Text,
        stored_at -> Text,
        entry -> BigInt,
    }
}

diesel::table! {
    credentials (username) {
        username -> Text,
        password_hash -> Text,
        must_change -> BigInt,
        totp_secret -> Nullable<Text>,
        totp_step -> BigInt,
        recovery_codes -> Text,
    }
}

diesel::table! {
    sessions (token_sha256) {
        token_sha256 -> Text,
        username -> Text,
        created_at -> Text,
        expires_at -> Text,
        ended_at -> Nullable<Text>,
        id -> Text,
        label -> Text,
        last_seen_at -> Text,
        browser -> BigInt,
    }
}

diesel::table! {
    tokens (token_sha256) {
        token_sha256 -> Text,
        id -> Text,
        username -> Text,
    }
}

diesel::table! {
    passkeys (id) {
        id -> Text,
        username -> Text,
        passkey -> Text,
    }
}

diesel::table! {
    attempts (username, deed) {
        username -> Text,
        deed -> Text,
        failures -> BigInt,
        last_at -> Text,
    }
}

diesel::table! {
    ceremonies (token_sha256) {
        token_sha256 -> Text,
        kind -> Text,
        username -> Nullable<Text>,
        content -> Text,
        expires_at -> Text,
    }
}

diesel::table! {
    answers (username, idempotency_key) {
        username -> Text,
        idempotency_key -> Text,
        request_sha256 -> Text,
        answer -> Text,
        answered_at -> Text,
    }
}

diesel::allow_tables_to_appear_in_same_query!(lots, decisions, runs, verifications, certificates);
