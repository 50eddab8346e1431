// Against the real service: every event is stored once, whatever happens to it.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { App } from "./support/apps.mjs";
import { assertAddsUp, clientOf, record, row } from "./support/clients.mjs";
import { Hostile } from "./support/hostile.mjs";
import { Service } from "./support/service.mjs";

const CLI = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const run = promisify(execFile);
const CHUNK = 50;

let service;
before(async () => {
  service = await Service.start();
});
after(() => service.close());

test("every one of 100,000 requests is stored once, though the service is killed and started again", async () => {
  const own = await Service.start();
  try {
    const key = await own.newKey();
    const app = await App.start(own, "http", "", { API_ANALYTICS_KEY: key });
    await requestMany(app.port, 0, 40_000);
    await own.stop("SIGKILL");
    await requestMany(app.port, 40_000, 60_000);
    await own.resume();
    await requestMany(app.port, 60_000, 100_000);
    assert.equal(await app.end(), 0, app.errors);
    assert.equal(await own.count(key), 100_000);
    const largest = (await own.get("/dashboard?start_date=2000-01-01", key)).endpoint_stats;
    assert.deepEqual(new Set(largest.map(({ requests }) => requests)), new Set([1]));
  } finally {
    await own.close();
  }
});

test("every field is taken as it is sent", async () => {
  const key = await service.newKey();
  const client = clientOf(service, { apiKey: key });
  client.put(
    row({ target: "/a%00b?x", route: "/:a", agent: "x\u0001y".repeat(400), host: "Ex.org:80", consumer: "ÿ" }),
  );
  client.put(row({ target: "", peer: "::ffff:192.0.2.9", agent: "\u00c3\u00a9", received: 2 ** 40, sent: -1 }));
  client.put(row({ target: `/${"%F0%9F%98%80".repeat(300)}`, status: 599, method: "TRACE" }));
  client.put(row({ target: "/\ud800", consumer: "\udfff", host: "[::1]:80" }));
  client.put(row({ method: "BREW" }));
  client.put(row({ status: 600 }));
  client.record({ method: "PUT", endpoint: "/own", statusCode: 204, processTime: 0, createdAt: new Date(0) });
  client.record({ method: "PUT", endpoint: "/own", statusCode: 204, processTime: Number.NaN });
  assert.equal(await client.flush(20), true);
  const stats = client.stats();
  await client.shutdown();
  assertAddsUp(stats);
  assert.deepEqual([stats.stored, stats.rejected, stats.skipped, stats.hooked], [5, 0, 2, 1]);
  const logs = await service.get("/raw_logs?order_by=id", key).catch(() => service.get("/raw_logs", key));
  const endpoints = logs.map(({ endpoint }) => endpoint).sort();
  assert.deepEqual(endpoints, ["/", "/ab", "/own", `/${"😀".repeat(199)}`, "/\ufffd"].sort());
});

test("an answer of the real service that is lost stores nothing twice", async () => {
  const key = await service.newKey();
  const hostile = await Hostile.start(service.url);
  await hostile.tell("/script", [{ do: "cut" }, { do: "half", end: true }, { do: "answer", status: 502 }]);
  const client = clientOf(hostile, { apiKey: key });
  record(client, 100);
  assert.equal(await client.flush(20), true);
  await client.shutdown();
  assertAddsUp(client.stats());
  assert.equal(await service.count(key), 100);
  await hostile.stop();
});

test("a wrong key is told with the service's own words, and not tried again", async () => {
  const client = clientOf(service, { apiKey: "wrong" });
  record(client, 3);
  assert.equal(await client.flush(20), true);
  const { refused, retries } = client.stats();
  assert.deepEqual([refused, retries], [3, 0]);
  assert.match(client.settings.logger.text(), /refused 3 events, which are lost: 401: Invalid API Key/);
  await client.shutdown();
});

test("check says how far it came", async () => {
  const key = await service.newKey();
  const good = await run(process.execPath, [CLI, "check", "--url", service.url, "--key", key]);
  assert.match(good.stdout, /all is well: events arrive/);
  assert.equal(await service.count(key), 1);
  for (const [url, text, word] of [
    [service.url, "wrong", /401: Invalid API Key\nmake a key/],
    ["http://127.0.0.1:1", key, /cannot reach http:\/\/127\.0\.0\.1:1: nothing listens there/],
    [`${service.url}/elsewhere`, key, /not the service that answers there: 404/],
    ["ftp://x", key, /not set up: serverUrl must be/],
    ["http://ann:secret@127.0.0.1:1", key, /cannot reach http:\/\/127\.0\.0\.1:1:/],
  ]) {
    const failed = await run(process.execPath, [CLI, "check", `--url=${url}`, "--key", text]).catch(
      (error) => error,
    );
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, word);
    assert.doesNotMatch(failed.stdout, /secret/);
  }
});

/** Make requests over one connection, many at a time, and see all of them answered. */
async function requestMany(port, first, last) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  socket.setEncoding("latin1");
  let answered = 0;
  let tail = "";
  socket.on("data", (text) => {
    const parts = (tail + text).split("HTTP/1.1 200 OK\r\n");
    answered += parts.length - 1;
    tail = parts.at(-1).slice(-"HTTP/1.1 200 OK\r\n".length);
  });
  for (let start = first; start < last; start += CHUNK) {
    const heads = Array.from({ length: CHUNK }, (_, at) => `GET /items/${start + at} HTTP/1.1\r\nHost: a\r\n\r\n`);
    socket.write(heads.join(""));
    while (answered < start + CHUNK - first) await once(socket, "data");
  }
  socket.destroy();
}
