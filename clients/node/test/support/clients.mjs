// Clients for tests, their messages, and their accounts.

import assert from "node:assert/strict";

import { Client } from "../../dist/index.js";

/** A logger that keeps what it is told. */
export function noting() {
  const lines = [];
  const note = (line) => lines.push(line);
  return { lines, info: note, warn: note, error: note, text: () => lines.join("\n") };
}

export function clientOf(hostile, options = {}) {
  return new Client({ apiKey: "key", serverUrl: hostile.url, enabled: true, logger: noting(), ...options });
}

export function record(client, count, path = "/x") {
  for (let number = 0; number < count; number += 1) client.put(row({ target: path }));
}

/** A request as a middleware notes it. */
export function row(values = {}) {
  const started = performance.now();
  return {
    started,
    ended: started + 1,
    method: "GET",
    target: "/x",
    route: undefined,
    status: 200,
    peer: "192.0.2.1",
    agent: "tester",
    host: "localhost",
    forwarded: undefined,
    consumer: undefined,
    received: 0,
    sent: 2,
    ...values,
  };
}

export function droppedOf(stats) {
  return Object.values(stats.dropped).reduce((sum, count) => sum + count, 0);
}

/** No event may be unaccounted for. */
export function assertAddsUp(stats) {
  const { stored, duplicate, rejected, refused, skipped, hooked, toSpool, queued } = stats;
  const sum = stored + duplicate + rejected + refused + skipped + hooked + droppedOf(stats) + toSpool + queued;
  assert.equal(stats.recorded + stats.fromSpool, sum, JSON.stringify(stats));
}
