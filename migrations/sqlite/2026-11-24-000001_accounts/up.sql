-- Times are microseconds since the Unix epoch, UTC.
CREATE TABLE accounts (
    id            INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    username      TEXT NOT NULL UNIQUE,
    password_hash TEXT NOT NULL, -- bcrypt
    created_at    BIGINT NOT NULL
);

CREATE TABLE api_keys (
    id            INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    account_id    BIGINT NOT NULL REFERENCES accounts (id),
    key_hash      BLOB NOT NULL UNIQUE, -- SHA-256; the key itself is not kept
    created_at    BIGINT NOT NULL,
    revoked_at    BIGINT,
    last_event_id BIGINT NOT NULL -- the number of the key's newest event; its row lock orders writers
);
