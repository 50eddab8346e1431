// Parts by themselves: settings, texts, addresses, the queue, messages.

import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { Client, VERSION } from "../dist/index.js";
import { AddressResolver, Networks, parseAddress, truncate } from "../dist/addresses.js";
import { parseEnv } from "../dist/environment.js";
import { isWanted } from "../dist/exchange.js";
import { Inbox } from "../dist/inbox.js";
import { Journal } from "../dist/journal.js";
import { resolveSettings, shown } from "../dist/settings.js";
import { clientFor } from "../dist/shared.js";
import { clean, cleanHeader, endpointOf, hostnameOf } from "../dist/texts.js";
import { retryAfter } from "../dist/transport.js";
import { judge } from "../dist/verdicts.js";
import { noting, row } from "./support/clients.mjs";

const GOOD = { apiKey: "key", serverUrl: "http://127.0.0.1:9", enabled: true };
const before = { ...process.env };
afterEach(() => {
  for (const name of Object.keys(process.env)) if (!(name in before)) delete process.env[name];
});

test("the version is that of the package", () => {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  assert.equal(JSON.parse(text).version, VERSION);
});

test("wrong settings are named, and show no secrets", () => {
  for (const [options, message] of [
    [{ apiKey: "" }, /no API key/],
    [{ apiKey: "a b" }, /visible ASCII/],
    [{ apiKey: "x".repeat(65) }, /1 to 64/],
    [{ serverUrl: "" }, /no address/],
    [{ serverUrl: "ftp://ann:secret@x" }, /^Error: serverUrl must be an http or https URL$/],
    [{ serverUrl: 7 }, /serverUrl must be/],
    [{ proxy: "ann:secret" }, /^Error: proxy must be an http or https URL$/],
    [{ colour: "red" }, /unknown option colour/],
    [{ timeout: 5000 }, /timeout must be a number from 0.1 to 3600, not 5000/],
    [{ queueSize: "many" }, /queueSize must be a number/],
    [{ batchSize: 0 }, /batchSize/],
    [{ debug: "yes" }, /debug must be true or false/],
    [{ anonymize: "all" }, /anonymize must be none, truncated or dropped/],
    [{ trustedProxies: ["10.0.0.0/99"] }, /trustedProxies: "10.0.0.0\/99" is no address/],
    [{ trustedProxies: [7] }, /trustedProxies must be a list of texts/],
    [{ consumer: "me" }, /consumer must be a function/],
    [{ consumer: async () => "me" }, /consumer must not be asynchronous/],
    [{ onEvent: async (event) => event }, /onEvent must not be asynchronous/],
    [{ caFile: "/nowhere" }, /caFile cannot be read/],
  ]) {
    assert.throws(() => new Client({ ...GOOD, ...options }), message, JSON.stringify(options));
  }
});

test("undefined means that an option is left out", () => {
  const options = Object.fromEntries(
    ["exclude", "queueSize", "spoolDir", "consumer", "proxy"].map((name) => [name, undefined]),
  );
  assert.equal(resolveSettings({ ...GOOD, ...options }).queueSize, 50_000);
});

test("every setting can be given by a variable", () => {
  const folder = mkdtempSync(join(tmpdir(), "env-"));
  writeFileSync(join(folder, "ca.pem"), "-----BEGIN CERTIFICATE-----");
  Object.assign(process.env, {
    API_ANALYTICS_KEY: "from-env",
    API_ANALYTICS_URL: "https://ann:secret@example.org/api/",
    API_ANALYTICS_ENABLED: "yes",
    API_ANALYTICS_EXCLUDE: "/a, /b/*",
    API_ANALYTICS_EXCLUDE_HEALTH_CHECKS: "off",
    API_ANALYTICS_RECORD_OPTIONS: "0",
    API_ANALYTICS_TRUSTED_PROXIES: "10.0.0.0/8,::1",
    API_ANALYTICS_FORWARDED_HEADER: "Forwarded",
    API_ANALYTICS_ANONYMIZE: "truncated",
    API_ANALYTICS_QUEUE_SIZE: "1",
    API_ANALYTICS_QUEUE_BYTES: "2",
    API_ANALYTICS_BATCH_SIZE: "3",
    API_ANALYTICS_FLUSH_INTERVAL: "4.5",
    API_ANALYTICS_TIMEOUT: "5.5",
    API_ANALYTICS_BACKLOG_BYTES: "6",
    API_ANALYTICS_SPOOL_DIR: folder,
    API_ANALYTICS_SPOOL_BYTES: "7",
    API_ANALYTICS_SHUTDOWN_TIMEOUT: "8",
    API_ANALYTICS_PROXY: "http://proxy:3128",
    API_ANALYTICS_CA_FILE: join(folder, "ca.pem"),
    API_ANALYTICS_DEBUG: "true",
  });
  const settings = resolveSettings({});
  assert.equal(settings.apiKey, "from-env");
  assert.equal(shown(settings.url), "https://example.org/api");
  assert.equal(settings.enabled, true);
  assert.equal(isWanted(settings, "GET", "/b/c"), false);
  assert.equal(isWanted(settings, "GET", "/health"), true);
  assert.equal(settings.recordOptions, false);
  assert.ok(settings.trustedProxies.has("10.9.9.9") && settings.trustedProxies.has("::1"));
  assert.equal(settings.forwardedHeader, "forwarded");
  assert.equal(settings.anonymize, "truncated");
  assert.deepEqual([settings.queueSize, settings.queueBytes, settings.batchSize], [1, 2, 3]);
  assert.deepEqual([settings.flushInterval, settings.timeout, settings.backlogBytes], [4.5, 5.5, 6]);
  assert.deepEqual([settings.spoolDir, settings.spoolBytes, settings.shutdownTimeout], [folder, 7, 8]);
  assert.equal(settings.proxy.host, "proxy:3128");
  assert.equal(settings.ca, "-----BEGIN CERTIFICATE-----");
  assert.equal(settings.debug, true);
  process.env.API_ANALYTICS_TIMEOUT = "long";
  assert.throws(() => resolveSettings({}), /timeout must be a number from 0.1 to 3600, not long/);
});

test("a .env file is read as shells would", () => {
  const values = parseEnv(`# comment\nexport A=1 # one\n B = "two # 2"\r\nC='three'\nD=\nnot a line\nE=a#b`);
  assert.deepEqual(Object.fromEntries(values), { A: "1", B: "two # 2", C: "three", D: "", E: "a#b" });
});

test("what is not set up runs untracked, and says so", () => {
  const logger = noting();
  assert.equal(clientFor({ enabled: true, apiKey: "a b", serverUrl: "http://x", logger }), undefined);
  assert.match(logger.text(), /requests are not tracked: the API key/);
});

test("middlewares with equal options share one client", () => {
  const consumer = () => "me";
  const one = clientFor({ ...GOOD, consumer, exclude: ["/a"] });
  assert.equal(clientFor({ exclude: ["/a"], consumer, ...GOOD, debug: undefined }), one);
  assert.notEqual(clientFor({ ...GOOD, consumer: () => "me", exclude: ["/a"] }), one);
  assert.notEqual(clientFor({ ...GOOD, consumer, exclude: ["/b"] }), one);
});

test("paths are left out by their text; only * is special", () => {
  const settings = resolveSettings({ ...GOOD, exclude: ["/static/*", "/a.b", "/[x]"] });
  for (const path of [
    "/static/a/b?c",
    "/a.b",
    "/[x]",
    "/%5Bx%5D",
    "/health",
    "/healthz?verbose",
    "http://h/livez",
  ]) {
    assert.equal(isWanted(settings, "GET", path), false, path);
  }
  for (const path of ["/static", "/aXb", "/x", "/health/other", "/?/health"]) {
    assert.equal(isWanted(settings, "GET", path), true, path);
  }
  assert.equal(isWanted(settings, "OPTIONS", "/x"), true);
});

test("texts become what the service takes", () => {
  assert.equal(clean("  a\u0000b\u0085c  ", 10), "abc");
  assert.equal(clean("\u0007 ", 10), undefined);
  assert.equal(clean("x".repeat(300), 200), "x".repeat(200));
  assert.equal(clean("😀".repeat(300), 200), "😀".repeat(200));
  assert.equal(clean("a\ud800b\udc00", 10), "a\ufffdb\ufffd");
  assert.equal(cleanHeader("\u00c3\u00a9", 10), "é");
  assert.equal(cleanHeader("\u00ff", 10), "\ufffd");
  assert.equal(endpointOf("/a%20b/%C3%A9?q=%20", 200), "/a b/é");
  assert.equal(endpointOf("/%zz/%20", 200), "/%zz/");
  assert.equal(endpointOf("http://h:1/x?y", 200), "/x");
  assert.equal(endpointOf("http://h", 200), "/");
  assert.equal(endpointOf("?x", 200), "/");
  assert.equal(hostnameOf("EX.org:8080"), "ex.org");
  assert.equal(hostnameOf("[::1]:80"), "[::1]");
  assert.equal(hostnameOf("[::1]"), "[::1]");
});

test("addresses are read with all that may stand around them", () => {
  for (const [text, address] of [
    ["192.0.2.1", "192.0.2.1"],
    ["192.0.2.1:80", "192.0.2.1"],
    ["::ffff:192.0.2.1", "192.0.2.1"],
    ["::ffff:c000:201", "192.0.2.1"],
    ['"[2001:db8::1]:80"', "2001:db8::1"],
    ["fe80::1%eth0", "fe80::1"],
    ["unknown", undefined],
    ["", undefined],
    ["1.2.3", undefined],
  ]) {
    assert.equal(parseAddress(text), address, text);
  }
  assert.equal(truncate("192.0.2.77"), "192.0.2.0");
  assert.equal(truncate("2001:db8:77:1::1"), "2001:db8:77::");
  assert.equal(truncate("2001:db8::1"), "2001:db8::");
  assert.equal(truncate("::1"), "::");
});

test("a forwarded address counts as far as trusted proxies have written it", () => {
  const find = (names, header, peer, value, mode = "none") =>
    new AddressResolver(Networks.parse(names), header, mode).resolve(peer, value);
  const list = "x-forwarded-for";
  assert.equal(find([], list, "10.0.0.1", "203.0.113.9"), "10.0.0.1");
  assert.equal(find(["10.0.0.0/8"], list, "10.0.0.1", "203.0.113.9"), "203.0.113.9");
  assert.equal(find(["10.0.0.0/8"], list, "10.0.0.1", "6.6.6.6, 203.0.113.9, 10.0.0.2"), "203.0.113.9");
  assert.equal(find(["10.0.0.0/8"], list, "192.0.2.1", "203.0.113.9"), "192.0.2.1");
  assert.equal(find(["10.0.0.0/8"], list, "10.0.0.1", "6.6.6.6, unknown, 10.0.0.2"), undefined);
  assert.equal(find(["*"], list, "10.0.0.1", "203.0.113.9, 10.0.0.7"), "203.0.113.9");
  assert.equal(find(["10.0.0.0/8"], list, undefined, "203.0.113.9"), "203.0.113.9");
  assert.equal(
    find(["10.0.0.1"], "forwarded", "10.0.0.1", 'for=6.6.6.6, For="[2001:db8::1]:5";proto=http'),
    "2001:db8::1",
  );
  assert.equal(find(["10.0.0.1"], list, "10.0.0.1", "203.0.113.9", "truncated"), "203.0.113.0");
  assert.equal(find(["10.0.0.1"], list, "10.0.0.1", "203.0.113.9", "dropped"), undefined);
  const trusted = Array(40).fill("10.0.0.1").join(", ");
  assert.equal(find(["10.0.0.1"], list, "10.0.0.1", `6.6.6.6, ${trusted}`), "10.0.0.1");
});

test("the queue is bounded in entries and in bytes, and drops its oldest", () => {
  const inbox = new Inbox(3, 10_000);
  for (const target of ["/1", "/2", "/3", "/4"]) inbox.push(row({ target }));
  assert.deepEqual(
    inbox.take(9).map(({ target }) => target),
    ["/2", "/3", "/4"],
  );
  assert.deepEqual([inbox.takeOverflowed(), inbox.length, inbox.bytes], [1, 0, 0]);
  for (let number = 0; number < 100; number += 1) inbox.push(row({ target: "/".repeat(1000) }));
  assert.equal(inbox.length, 3);
  const large = new Inbox(1e6, 1e6);
  for (let number = 0; number < 5000; number += 1) large.push(row({ agent: "x".repeat(number) }));
  assert.ok(large.bytes <= 1e6);
  assert.ok(large.length > 100);
  assert.equal(large.length + large.takeOverflowed(), 5000);
});

test("the estimate of an entry's memory is one from above", () => {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc");
  const inbox = new Inbox(1e6, 1e9);
  gc();
  const start = process.memoryUsage().heapUsed;
  for (let number = 0; number < 20_000; number += 1) {
    // Texts of their own, as the parser makes them.
    inbox.push(
      row({
        target: Buffer.from(`/items/${number}`).toString("latin1"),
        agent: Buffer.alloc(80, 97).toString("latin1"),
      }),
    );
  }
  gc();
  const used = process.memoryUsage().heapUsed - start;
  assert.ok(used <= inbox.bytes, `${used} of ${inbox.bytes}`);
});

test("each kind of loss is logged by itself, at most once a minute, and its sum at the end", () => {
  const logger = noting();
  const journal = new Journal(logger, false);
  for (let number = 0; number < 10; number += 1) {
    journal.dropped("queue", 1);
    journal.dropped("backlog", 2);
    journal.dropped("spool", 0);
  }
  assert.equal(logger.lines.length, 2);
  assert.match(
    logger.text(),
    /dropped 1 events, the oldest: the queue is full\n.*dropped 2 events, the oldest: the backlog/,
  );
  journal.flush();
  assert.equal(logger.lines.length, 4);
  assert.match(logger.text(), /dropped 9 events, the oldest: the queue is full\n.*dropped 18 events/);
  journal.flush();
  assert.equal(logger.lines.length, 4);
  assert.deepEqual([journal.counts.dropped.queue, journal.counts.dropped.backlog], [10, 20]);
});

test("a logger that fails is no harm", () => {
  const fail = () => {
    throw new Error("no disk");
  };
  new Journal({ info: fail, warn: fail, error: fail }, true).dropped("queue", 1);
});

test("Retry-After is seconds or a date", () => {
  assert.equal(retryAfter("2"), 2);
  assert.equal(retryAfter("0"), 0);
  assert.equal(retryAfter("-1"), undefined);
  assert.equal(retryAfter("soon"), undefined);
  assert.equal(retryAfter("Mon, 01 Jan 2001 00:00:00 GMT"), 0);
  const later = retryAfter(new Date(Date.now() + 60_000).toUTCString());
  assert.ok(later > 50 && later <= 60);
});

test("a 4xx is final only as a problem document of the service that names its status", () => {
  const answer = (status, type, body) => judge({ kind: "answer", status, type, body: Buffer.from(body) }, 1).kind;
  const json = "application/problem+json";
  const own = { type: "about:blank", title: "Not Found", status: 404, detail: "x" };
  assert.equal(answer(404, json, JSON.stringify(own)), "refused");
  assert.equal(answer(413, json, JSON.stringify({ ...own, status: 413 })), "too large");
  assert.equal(answer(413, "text/html", "too large for the proxy"), "again");
  for (const other of [
    { status: 403 },
    { type: "urn:x" },
    { title: 7 },
    { detail: undefined },
    { instance: "/x" },
  ]) {
    assert.equal(answer(404, json, JSON.stringify({ ...own, ...other })), "again", JSON.stringify(other));
  }
  assert.equal(answer(404, json, "not json"), "again");
  assert.equal(answer(404, "application/json", '{"status":404}'), "again");
  assert.equal(answer(404, "text/html", "<h1>"), "again");
  assert.equal(answer(429, json, '{"status":429}'), "again");
  assert.equal(answer(200, "application/json", "[".repeat(100_000)), "again");
  assert.equal(answer(200, "application/json", '{"stored":1,"duplicate":0,"rejected":-1}'), "again");
});
