-- Segments: a key's events as compressed columns, derived from the rows in events; see docs/segments.md.
ALTER TABLE api_keys ADD COLUMN sealed_id BIGINT NOT NULL DEFAULT 0; -- events up to this number are in segments
ALTER TABLE api_keys ADD COLUMN segments_version BIGINT NOT NULL DEFAULT 0; -- grows with every change of the key's segments

-- Each holds all events from first_id to last_id; together they hold those up to sealed_id, each once.
CREATE TABLE segments (
    key_id     BIGINT NOT NULL,
    first_id   BIGINT NOT NULL,
    last_id    BIGINT NOT NULL,
    first_time BIGINT NOT NULL, -- of the oldest event, in microseconds since the Unix epoch, UTC
    last_time  BIGINT NOT NULL,
    size_bytes BIGINT NOT NULL,
    data       BLOB NOT NULL, -- last, so that the columns before it are read without it
    PRIMARY KEY (key_id, first_id)
);

-- Reads by time go to the segments.
DROP INDEX events_by_time;
