// Nothing is lost when a process ends, and nothing holds it up.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { environment } from "./support/apps.mjs";
import { Hostile, until } from "./support/hostile.mjs";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));
const PRELUDE = `
const { Client, flush, shutdown, setConsumer } = require(${JSON.stringify(DIST)});
const { track } = require(${JSON.stringify(`${DIST}http.js`)});
const http = require("node:http");
const event = (endpoint = "/x") => ({ method: "GET", endpoint, statusCode: 200, processTime: 1 });
`;

let hostile;
before(async () => {
  hostile = await Hostile.start();
});
after(() => hostile.stop());
beforeEach(() => hostile.tell("/reset"));

/** Start a script; `ended` becomes what it left. */
function start(script, more = {}) {
  // A file, because workers of a cluster run the same one.
  const path = join(mkdtempSync(join(tmpdir(), "script-")), "script.cjs");
  writeFileSync(path, PRELUDE + script);
  const child = spawn(process.execPath, [path], {
    env: environment(hostile, more),
    stdio: ["ignore", "pipe", "pipe"],
  });
  const begun = performance.now();
  let out = "";
  let errors = "";
  child.stdout.setEncoding("utf8").on("data", (text) => (out += text));
  child.stderr.setEncoding("utf8").on("data", (text) => (errors += text));
  const ended = once(child, "close").then(([code, signal]) => {
    return { code, signal, out, errors, seconds: (performance.now() - begun) / 1000 };
  });
  return { child, ended, says: (word) => until(() => out.includes(word)) };
}

const run = (script, more) => start(script, more).ended;
const stored = async () => (await hostile.get("/count")).events;

test("events are sent when the process has nothing more to do", async () => {
  const ended = await run("const c = new Client(); for (let n = 0; n < 2500; n++) c.record(event());");
  assert.deepEqual([ended.code, ended.errors, await stored()], [0, "", 2500]);
});

test("events that come in the last moment are sent, too", async () => {
  const ended = await run(
    "const c = new Client(); c.record(event()); process.once('beforeExit', () => setTimeout(() => c.record(event()), 50));",
  );
  assert.deepEqual([ended.code, await stored()], [0, 2]);
});

test("an idle client lets the process end at once and says nothing", async () => {
  const ended = await run("new Client({ flushInterval: 3600 });");
  assert.deepEqual([ended.code, ended.out, ended.errors], [0, "", ""]);
  assert.ok(ended.seconds < 2);
});

test("a client whose events are sent lets the process end at once", async () => {
  const ended = await run(
    "const c = new Client(); c.record(event()); c.flush().then((done) => console.log(done));",
  );
  assert.equal(ended.out, "true\n");
  assert.ok(ended.seconds < 2);
});

test("shutdown sends what is left and closes; what comes later is counted", async () => {
  const ended = await run(`
const c = new Client({ flushInterval: 3600 });
c.record(event());
c.shutdown().then((done) => { c.record(event()); console.log(done, c.stats().stored, c.stats().dropped.closed); });`);
  assert.equal(ended.out, "true 1 1\n");
});

test("a dead service holds the exit up no longer than is set, and the loss is logged", async () => {
  const more = { API_ANALYTICS_URL: "http://127.0.0.1:1", API_ANALYTICS_SHUTDOWN_TIMEOUT: "0.5" };
  const ended = await run("new Client().record(event());", more);
  assert.equal(ended.code, 0);
  assert.match(ended.errors, /dropped 1 events, the process ends/);
  assert.ok(ended.seconds > 0.4 && ended.seconds < 3, `${ended.seconds}`);
});

for (const deed of ["stall", "half", "drip", "endless"]) {
  test(`a service that answers like "${deed}" holds the exit up no longer than is set`, async () => {
    await hostile.tell("/always", { do: deed, seconds: 60 });
    const ended = await run("new Client().record(event());", { API_ANALYTICS_SHUTDOWN_TIMEOUT: "0.5" });
    assert.equal(ended.code, 0);
    assert.match(ended.errors, /dropped 1 events, the process ends/);
    assert.ok(ended.seconds < 3, `${ended.seconds}`);
  });
}

test("a request under way does not keep the process alive for its whole time", async () => {
  await hostile.tell("/always", { do: "stall" });
  const ended = await run(
    "const c = new Client({ flushInterval: 0.01, timeout: 60 }); c.record(event()); setTimeout(() => {}, 300);",
    {
      API_ANALYTICS_SHUTDOWN_TIMEOUT: "0.5",
    },
  );
  assert.match(ended.errors, /dropped 1 events/);
  assert.ok(ended.seconds < 3, `${ended.seconds}`);
});

test("process.exit() waits for nothing: without a spool the loss is logged", async () => {
  const ended = await run("const c = new Client(); c.record(event()); c.record(event()); process.exit(3);");
  assert.equal(ended.code, 3);
  assert.match(ended.errors, /dropped 2 events, the process ends/);
});

test("process.exit() leaves everything in the spool, and the next process sends it", async () => {
  const spool = mkdtempSync(join(tmpdir(), "spool-"));
  const more = { API_ANALYTICS_SPOOL_DIR: spool };
  await hostile.tell("/always", { do: "stall" });
  const ended = await run(
    `const c = new Client({ flushInterval: 0.01 }); c.record(event());
setTimeout(() => { for (let n = 0; n < 2500; n++) c.record(event()); process.exit(3); }, 300);`,
    more,
  );
  assert.deepEqual([ended.code, ended.errors, await stored()], [3, "", 0]);
  await hostile.tell("/always", { do: "pass" });
  const again = start("const c = new Client(); setInterval(() => console.log(c.stats().stored), 20);", more);
  await again.says("2501");
  await until(() => !readdirSync(spool, { recursive: true }).some((name) => name.includes("ndjson")));
  again.child.kill("SIGKILL");
  assert.equal(await stored(), 2501);
});

test("an uncaught error ends the process as before, and the request that raised it is in the spool", async () => {
  const spool = mkdtempSync(join(tmpdir(), "spool-"));
  const ended = await run(
    `const server = http.createServer(track(() => { throw new Error("broken"); })).listen(0, () => {
  http.get({ port: server.address().port, agent: false }).on("error", () => {});
});`,
    { API_ANALYTICS_SPOOL_DIR: spool },
  );
  assert.deepEqual([ended.code, ended.signal], [1, null]);
  assert.match(ended.errors, /Error: broken/);
  assert.equal(readdirSync(spool, { recursive: true }).filter((name) => name.endsWith(".gz")).length, 1);
});

test("signals are left alone: SIGTERM kills as before", async () => {
  const { child, ended, says } = start(`
const c = new Client(); c.record(event());
console.log(process.listenerCount("SIGTERM"), process.listenerCount("SIGINT"));
setInterval(() => {}, 1000);`);
  await says("0 0");
  child.kill("SIGTERM");
  assert.equal((await ended).signal, "SIGTERM");
});

test("an application that closes its server at SIGTERM loses nothing", async () => {
  const { child, ended, says } = start(`
const server = http.createServer(track((request, response) => response.end("ok"), { flushInterval: 3600 }));
server.listen(0, async () => {
  for (let n = 0; n < 20; n++) await (await fetch("http://127.0.0.1:" + server.address().port)).text();
  console.log("ready");
});
process.once("SIGTERM", () => { server.close(); server.closeAllConnections(); });`);
  await says("ready");
  child.kill("SIGTERM");
  const { code, signal } = await ended;
  assert.deepEqual([code, signal, await stored()], [0, null, 20]);
});

test("an application that awaits shutdown and exits loses nothing", async () => {
  const { child, ended, says } = start(`
const server = http.createServer(track((request, response) => response.end("ok"), { flushInterval: 3600 }));
server.listen(0, async () => {
  for (let n = 0; n < 20; n++) await (await fetch("http://127.0.0.1:" + server.address().port)).text();
  console.log("ready");
});
process.once("SIGTERM", async () => { await shutdown(); process.exit(0); });`);
  await says("ready");
  child.kill("SIGTERM");
  assert.deepEqual([(await ended).code, await stored()], [0, 20]);
});

test("workers of a cluster each report their own requests", async () => {
  const ended = await run(`
const cluster = require("node:cluster");
if (cluster.isPrimary) {
  const workers = [1, 2, 3].map(() => cluster.fork());
  let open = workers.length;
  for (const worker of workers) worker.on("exit", (code) => { if (code) process.exitCode = code; if (--open === 0) cluster.disconnect(); });
} else {
  const c = new Client();
  for (let n = 0; n < 100; n++) c.record(event("/" + cluster.worker.id));
  cluster.worker.disconnect();
}`);
  assert.equal(ended.code, 0, ended.errors);
  const counts = {};
  for (const { endpoint } of await hostile.get("/events")) counts[endpoint] = (counts[endpoint] ?? 0) + 1;
  assert.deepEqual(counts, { "/1": 100, "/2": 100, "/3": 100 });
});

test("a forked process has a client of its own", async () => {
  const ended = await run(`
const { fork } = require("node:child_process");
const c = new Client(); c.record(event("/parent"));
fork(${JSON.stringify(`${DIST}cli.js`)}, ["check"], { silent: true });`);
  assert.equal(ended.code, 0, ended.errors);
  const endpoints = (await hostile.get("/events")).map(({ endpoint }) => endpoint).sort();
  assert.deepEqual(endpoints, ["/api-analytics-client/check", "/parent"]);
});

test("a worker thread has a client of its own, and its end waits for it", async () => {
  const ended = await run(`
const { Worker } = require("node:worker_threads");
const code = "const { Client } = require(" + JSON.stringify(${JSON.stringify(DIST)}) + "); new Client().record({ method: 'GET', endpoint: '/thread', statusCode: 200, processTime: 1 });";
new Worker(code, { eval: true });`);
  assert.equal(ended.code, 0, ended.errors);
  assert.deepEqual(
    (await hostile.get("/events")).map(({ endpoint }) => endpoint),
    ["/thread"],
  );
});

test("before a process is frozen, flush brings everything to the service", async () => {
  const ended = await run(`
const c = new Client({ flushInterval: 3600 });
(async () => { for (let n = 0; n < 3; n++) { c.record(event()); console.log(await c.flush(5), c.stats().queued); } })();`);
  assert.equal(ended.out, "true 0\ntrue 0\ntrue 0\n");
});

test("test runs report nothing unless that was asked for", async () => {
  const script = `
const { analytics } = require(${JSON.stringify(`${DIST}express.js`)});
console.log(new Client().enabled, analytics().length, new Client({ enabled: true }).enabled);`;
  for (const more of [
    { NODE_ENV: "test" },
    { NODE_TEST_CONTEXT: "child" },
    { JEST_WORKER_ID: "1" },
    { VITEST: "true" },
  ]) {
    const ended = await run(script, { API_ANALYTICS_ENABLED: "", ...more });
    assert.equal(ended.out, "false 3 true\n", JSON.stringify(ended));
  }
  const off = await run(script, { API_ANALYTICS_ENABLED: "off", NODE_TEST_CONTEXT: "" });
  assert.equal(off.out, "false 3 true\n");
});
