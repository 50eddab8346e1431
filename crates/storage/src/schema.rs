//! The tables, as `migrations/` makes them.

diesel::table! {
    accounts (id) {
        id -> BigInt,
        username -> Text,
        password_hash -> Text,
        created_at -> BigInt,
        token_generation -> BigInt,
        is_admin -> Bool,
    }
}

diesel::table! {
    projects (id) {
        id -> BigInt,
        name -> Text,
        created_at -> BigInt,
        last_event_id -> BigInt,
        last_event_at -> Nullable<BigInt>,
        sealed_id -> BigInt,
        segments_version -> BigInt,
        settings -> Text,
        settings_version -> BigInt,
    }
}

diesel::table! {
    api_keys (id) {
        id -> BigInt,
        project_id -> BigInt,
        name -> Text,
        key_hash -> Binary,
        prefix -> Nullable<Text>,
        scopes -> Text,
        created_at -> BigInt,
        created_by -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
        last_used_at -> Nullable<BigInt>,
        revoked_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    members (project_id, account_id) {
        project_id -> BigInt,
        account_id -> BigInt,
        role -> Text,
        created_at -> BigInt,
    }
}

diesel::table! {
    invitations (id) {
        id -> BigInt,
        token_hash -> Binary,
        project_id -> Nullable<BigInt>,
        role -> Nullable<Text>,
        created_at -> BigInt,
        created_by -> Nullable<BigInt>,
        expires_at -> BigInt,
        used_at -> Nullable<BigInt>,
        used_by -> Nullable<BigInt>,
    }
}

diesel::table! {
    sessions (id) {
        id -> BigInt,
        account_id -> BigInt,
        token_hash -> Binary,
        created_at -> BigInt,
        last_used_at -> BigInt,
        user_agent -> Nullable<Text>,
        address -> Nullable<Binary>,
    }
}

diesel::table! {
    links (id) {
        id -> BigInt,
        project_id -> BigInt,
        token_hash -> Binary,
        name -> Text,
        filters -> Text,
        hidden -> Text,
        created_at -> BigInt,
        created_by -> Nullable<BigInt>,
        expires_at -> Nullable<BigInt>,
    }
}

diesel::table! {
    audit (id) {
        id -> BigInt,
        at -> BigInt,
        project_id -> Nullable<BigInt>,
        account_id -> Nullable<BigInt>,
        actor -> Text,
        action -> Text,
        subject -> Text,
        address -> Nullable<Binary>,
    }
}

diesel::table! {
    deleted_projects (project_id) {
        project_id -> BigInt,
    }
}

diesel::table! {
    events (project_id, id) {
        project_id -> BigInt,
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
    segments (project_id, first_id) {
        project_id -> BigInt,
        first_id -> BigInt,
        last_id -> BigInt,
        first_time -> BigInt,
        last_time -> BigInt,
        size_bytes -> BigInt,
        data -> Binary,
    }
}

diesel::table! {
    ingest_ledger (project_id, hour, verdict) {
        project_id -> BigInt,
        hour -> BigInt,
        verdict -> Text,
        events -> BigInt,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> BigInt,
        project_id -> BigInt,
        name_hash -> Binary,
        body_hash -> Binary,
        created_at -> BigInt,
        answer -> Text,
    }
}

diesel::joinable!(api_keys -> projects (project_id));
diesel::joinable!(members -> accounts (account_id));
diesel::joinable!(members -> projects (project_id));
diesel::joinable!(sessions -> accounts (account_id));

diesel::allow_tables_to_appear_in_same_query!(accounts, api_keys, members, projects, sessions);

diesel::allow_tables_to_appear_in_same_query!(audit, members);
