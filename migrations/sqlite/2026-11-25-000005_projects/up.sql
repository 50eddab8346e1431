-- Projects own events; members, API keys and links open them. What was an API key becomes a project with the same id,
-- so that no event moves, with that key as its only one.
-- Each id is given once and never again, also after what had it is gone: hence AUTOINCREMENT. Hashes are SHA-256.

-- A bearer token is good for the generation it was issued in; a new password ends it.
ALTER TABLE accounts ADD COLUMN token_generation BIGINT NOT NULL DEFAULT 0;
ALTER TABLE accounts ADD COLUMN is_admin BOOLEAN NOT NULL DEFAULT FALSE;

ALTER TABLE events RENAME COLUMN key_id TO project_id;
ALTER TABLE segments RENAME COLUMN key_id TO project_id;
ALTER TABLE ingest_ledger RENAME COLUMN key_id TO project_id;
ALTER TABLE idempotency_keys RENAME COLUMN key_id TO project_id;

-- A column that is UNIQUE cannot be dropped, so this table is made anew. Nothing refers to it: foreign keys can stay on.
ALTER TABLE api_keys RENAME TO old_api_keys;

CREATE TABLE projects (
    id               INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    name             TEXT NOT NULL,
    created_at       BIGINT NOT NULL,
    last_event_id    BIGINT NOT NULL DEFAULT 0, -- the number of the project's newest event; its row lock orders writers
    last_event_at    BIGINT, -- the time of that event
    sealed_id        BIGINT NOT NULL DEFAULT 0, -- events up to this number are in segments
    segments_version BIGINT NOT NULL DEFAULT 0, -- grows with every change of the project's segments
    settings         TEXT NOT NULL DEFAULT '{}', -- JSON
    settings_version BIGINT NOT NULL DEFAULT 0 -- grows with every change of the settings
);

INSERT INTO projects (id, name, created_at, last_event_id, last_event_at, sealed_id, segments_version)
SELECT id, 'API ' || id, created_at, last_event_id,
       (SELECT events.created_at FROM events
        WHERE events.project_id = old_api_keys.id AND events.id = old_api_keys.last_event_id),
       sealed_id, segments_version
FROM old_api_keys ORDER BY id;

-- Also the ids of rows that somebody has deleted by hand, whose events may still be there.
DELETE FROM sqlite_sequence WHERE name = 'projects';
INSERT INTO sqlite_sequence (name, seq) SELECT 'projects', seq FROM sqlite_sequence WHERE name = 'old_api_keys';

CREATE TABLE api_keys (
    id           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    project_id   BIGINT NOT NULL REFERENCES projects (id),
    name         TEXT NOT NULL,
    key_hash     BLOB NOT NULL UNIQUE, -- the key itself is not kept
    prefix       TEXT, -- its first characters; unknown for keys from before there were any
    scopes       TEXT NOT NULL, -- ingest, read, or both, separated by a blank
    created_at   BIGINT NOT NULL,
    created_by   BIGINT, -- an account, which may be gone
    expires_at   BIGINT,
    last_used_at BIGINT, -- to the minute
    revoked_at   BIGINT
);

CREATE INDEX api_keys_by_project ON api_keys (project_id, id);

INSERT INTO api_keys (project_id, name, key_hash, scopes, created_at, created_by, revoked_at)
SELECT id, 'API ' || id, key_hash, 'ingest', created_at, account_id, revoked_at FROM old_api_keys ORDER BY id;

CREATE TABLE members (
    project_id BIGINT NOT NULL REFERENCES projects (id),
    account_id BIGINT NOT NULL REFERENCES accounts (id),
    role       TEXT NOT NULL, -- viewer, editor or owner
    created_at BIGINT NOT NULL,
    PRIMARY KEY (project_id, account_id)
) WITHOUT ROWID;

CREATE INDEX members_by_account ON members (account_id, project_id);

-- The account of a revoked key is an owner, too: revoking hides no data.
INSERT INTO members (project_id, account_id, role, created_at)
SELECT id, account_id, 'owner', created_at FROM old_api_keys;

DROP TABLE old_api_keys;

CREATE TABLE invitations (
    id         INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    project_id BIGINT REFERENCES projects (id), -- none: an invitation to the service
    role       TEXT, -- in that project
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    expires_at BIGINT NOT NULL,
    used_at    BIGINT,
    used_by    BIGINT
);

CREATE INDEX invitations_by_project ON invitations (project_id, id);

CREATE TABLE sessions (
    id           INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    account_id   BIGINT NOT NULL REFERENCES accounts (id),
    token_hash   BLOB NOT NULL UNIQUE,
    created_at   BIGINT NOT NULL,
    last_used_at BIGINT NOT NULL,
    user_agent   TEXT,
    address      BLOB -- 16 bytes; IPv4 as ::ffff:a.b.c.d
);

CREATE INDEX sessions_by_account ON sessions (account_id, id);

CREATE TABLE links (
    id         INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    project_id BIGINT NOT NULL REFERENCES projects (id),
    token_hash BLOB NOT NULL UNIQUE,
    name       TEXT NOT NULL,
    filters    TEXT NOT NULL, -- a line name=value for each
    hidden     TEXT NOT NULL, -- names of fields, separated by blanks
    created_at BIGINT NOT NULL,
    created_by BIGINT,
    expires_at BIGINT
);

CREATE INDEX links_by_project ON links (project_id, id);

-- Who did what, when, from where. It outlives what it speaks of, so nothing of it is a foreign key.
CREATE TABLE audit (
    id         INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
    at         BIGINT NOT NULL,
    project_id BIGINT,
    account_id BIGINT, -- whom it concerns: another account, or else the one that did it
    actor      TEXT NOT NULL, -- a user's name, or: command line
    action     TEXT NOT NULL,
    subject    TEXT NOT NULL,
    address    BLOB -- 16 bytes; IPv4 as ::ffff:a.b.c.d
);

CREATE INDEX audit_by_project ON audit (project_id, id);
CREATE INDEX audit_by_account ON audit (account_id, id);

-- Projects that are gone, and whose events are still to be removed.
CREATE TABLE deleted_projects (
    project_id BIGINT NOT NULL PRIMARY KEY
) WITHOUT ROWID;
