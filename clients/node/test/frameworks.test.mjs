// What is recorded of requests to an application of each framework: the cases that all clients share.

import assert from "node:assert/strict";
import { request as httpRequest } from "node:http";
import { after, before, test } from "node:test";

import { App } from "./support/apps.mjs";
import { cases, Hostile } from "./support/hostile.mjs";

const APPLICATIONS = [
  ["express", "express4"],
  ["express", "express5"],
  ["fastify"],
  ["koa"],
  ["hono"],
  ["http"],
  ["nest", "express"],
  ["nest", "fastify"],
];

let hostile;
before(async () => {
  hostile = await Hostile.start();
});
after(() => hostile.stop());

for (const [framework, version] of APPLICATIONS) {
  test(`requests: ${framework} ${version ?? ""}`, async (context) => {
    await hostile.tell("/reset");
    const app = await App.start(hostile, framework, version);
    for (const each of cases.requests) await make(app.port, each);
    // The end of the process waits until all is sent.
    assert.equal(await app.end(), 0, app.errors);
    const events = await hostile.get("/events");
    for (const each of cases.requests) {
      await context.test(each.name, () => {
        const found = events.filter((event) => event.user_agent === each.name);
        assert.equal(found.length, each.event === null ? 0 : 1);
        if (each.event !== null) compare(found[0], each.event);
      });
    }
    assert.equal(events.length, cases.requests.filter(({ event }) => event !== null).length);
  });
}

function compare(event, expected) {
  const { process_time_at_least: least, ...fields } = expected;
  for (const [name, value] of Object.entries(fields)) {
    const got = name === "route" ? (event.route?.replace(/:(\w+)/g, "{$1}") ?? null) : (event[name] ?? null);
    if (Array.isArray(value)) assert.ok(value.includes(got), `${name} is ${got}`);
    else assert.equal(got, value, `${name} of ${JSON.stringify(event)}`);
  }
  if (least !== undefined) assert.ok(event.process_time >= least, `${event.process_time} ms`);
  assert.ok(Math.abs(Date.parse(event.created_at) - Date.now()) < 60_000, event.created_at);
}

/** Make a request, and wait for the end of its answer. */
function make(port, { name, request }) {
  return new Promise((resolve, reject) => {
    const { method, path, headers, body, chunks, abort_after_ms: abortAfter, may_break: mayBreak } = request;
    const length = body === undefined ? {} : { "content-length": Buffer.byteLength(body) };
    const made = httpRequest({
      port,
      host: "127.0.0.1",
      method,
      path,
      headers: { "user-agent": name, ...headers, ...length },
    });
    const failed = mayBreak || abortAfter !== undefined ? () => setTimeout(resolve, 50) : reject;
    made.on("error", failed);
    made.on("response", (response) => response.resume().on("end", resolve).on("error", failed));
    if (abortAfter !== undefined) setTimeout(() => made.destroy(), abortAfter);
    for (const chunk of chunks ?? []) made.write(chunk);
    made.end(body);
  });
}
