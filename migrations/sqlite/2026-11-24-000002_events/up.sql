-- One row for each tracked request, clustered by key in the order of arrival. There is no foreign key to
-- api_keys: numbering the events updates the key's row in the same transaction, which proves that it exists.
CREATE TABLE events (
    key_id          BIGINT NOT NULL,
    id              BIGINT NOT NULL, -- 1, 2, 3, … for each key, without gaps
    created_at      BIGINT NOT NULL, -- microseconds since the Unix epoch, UTC
    method          TEXT NOT NULL,
    endpoint        TEXT NOT NULL,
    ip              BLOB, -- 16 bytes; IPv4 as ::ffff:a.b.c.d
    process_time_us BIGINT NOT NULL,
    status_code     SMALLINT NOT NULL,
    route           TEXT,
    user_agent      TEXT,
    hostname        TEXT,
    consumer        TEXT,
    request_bytes   BIGINT,
    response_bytes  BIGINT,
    PRIMARY KEY (key_id, id)
) WITHOUT ROWID;

CREATE INDEX events_by_time ON events (key_id, created_at, id);
