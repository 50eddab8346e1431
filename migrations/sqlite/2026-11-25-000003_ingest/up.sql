-- What became of received events, by the hour of their arrival. Only what happened has a row.
CREATE TABLE ingest_ledger (
    key_id  BIGINT NOT NULL,
    hour    BIGINT NOT NULL, -- its start: microseconds since the Unix epoch, UTC
    verdict TEXT NOT NULL, -- stored, duplicate, or the reason of a refusal
    events  BIGINT NOT NULL,
    PRIMARY KEY (key_id, hour, verdict)
) WITHOUT ROWID;

-- Batches that must not be stored twice, with the answers they got. Each is written together with its events.
CREATE TABLE idempotency_keys (
    id         INTEGER PRIMARY KEY NOT NULL,
    key_id     BIGINT NOT NULL,
    name_hash  BLOB NOT NULL, -- SHA-256 of the header
    body_hash  BLOB NOT NULL, -- SHA-256 of the request
    created_at BIGINT NOT NULL,
    answer     TEXT NOT NULL, -- JSON
    UNIQUE (key_id, name_hash)
);

CREATE INDEX idempotency_keys_by_time ON idempotency_keys (created_at);
