//! The tables, as `migrations/` makes them.

diesel::table! {
    accounts (id) {
        id -> BigInt,
        username -> Text,
        password_hash -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    api_keys (id) {
        id -> BigInt,
        account_id -> BigInt,
        key_hash -> Binary,
        created_at -> BigInt,
        revoked_at -> Nullable<BigInt>,
        last_event_id -> BigInt,
        sealed_id -> BigInt,
        segments_version -> BigInt,
    }
}

diesel::table! {
    events (key_id, id) {
        key_id -> BigInt,
        id -> BigInt,
        created_at -> BigInt,
        method -> Text,
        endpoint -> Text,
        ip -> Nullable<Binary>,
        process_time_us -> BigInt,
        status_code -> SmallInt,
        route -> Nullable<Text>,
        user_agent -> Nullable<Text>,
        hostname -> Nullable<Text>,
        consumer -> Nullable<Text>,
        request_bytes -> Nullable<BigInt>,
        response_bytes -> Nullable<BigInt>,
    }
}

diesel::table! {
    segments (key_id, first_id) {
        key_id -> BigInt,
        first_id -> BigInt,
        last_id -> BigInt,
        first_time -> BigInt,
        last_time -> BigInt,
        size_bytes -> BigInt,
        data -> Binary,
    }
}

diesel::table! {
    ingest_ledger (key_id, hour, verdict) {
        key_id -> BigInt,
        hour -> BigInt,
        verdict -> Text,
        events -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> BigInt,
        key_id -> BigInt,
        name_hash -> Binary,
        body_hash -> Binary,
        created_at -> BigInt,
        answer -> Text,
    }
}
