// What an outage leaves on the disk, and what becomes of it.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, beforeEach, test } from "node:test";
import { fileURLToPath } from "node:url";

import { Batch } from "../dist/batch.js";
import { Spool } from "../dist/spool.js";
import { environment } from "./support/apps.mjs";
import { assertAddsUp, clientOf, record } from "./support/clients.mjs";
import { Hostile, until } from "./support/hostile.mjs";

const DIST = fileURLToPath(new URL("../dist/", import.meta.url));

let hostile;
let folder;
before(async () => {
  hostile = await Hostile.start();
});
after(() => hostile.stop());
beforeEach(async () => {
  await hostile.tell("/reset");
  folder = mkdtempSync(join(tmpdir(), "spool-"));
});

const down = { do: "answer", status: 503 };
const files = () =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
const pathOf = (entry) => join(entry.parentPath ?? entry.path, entry.name);

/** A spool as a client with the key of the tests has it. */
const spoolOf = (most = 1e9) => new Spool(folder, "key", hostile.url, most, 60);
const batchOf = (count) =>
  Batch.of(
    Array.from(
      { length: count },
      (_, at) => `{"endpoint":"/${at}"}
`,
    ),
  );

test("a spool keeps events over a restart of the application", async () => {
  await hostile.tell("/always", down);
  const client = clientOf(hostile, { spoolDir: folder });
  record(client, 100);
  await client.shutdown(0.5);
  assertAddsUp(client.stats());
  assert.equal(client.stats().toSpool, 100);
  assert.equal(files().length, 1);
  for (const entry of files()) {
    assert.equal(statSync(pathOf(entry)).mode & 0o077, 0);
    assert.ok(!readFileSync(pathOf(entry)).includes("key"));
  }
  await hostile.tell("/always", { do: "pass" });
  const again = clientOf(hostile, { spoolDir: folder });
  await until(() => again.stats().stored === 100 && files().length === 0);
  await again.shutdown();
  assertAddsUp(again.stats());
  assert.equal(again.stats().fromSpool, 100);
  assert.equal((await hostile.get("/count")).events, 100);
});

test("a spool holds an outage that memory could not", async () => {
  await hostile.tell("/always", down);
  const client = clientOf(hostile, { spoolDir: folder, backlogBytes: 3000, batchSize: 100 });
  for (let number = 0; number < 20; number += 1) {
    record(client, 250, `/${number}`);
    assert.equal(await client.flush(20), true); // on the disk
  }
  assert.equal(client.stats().toSpool, 5000);
  await hostile.tell("/always", { do: "pass" });
  record(client, 1);
  await until(() => client.stats().stored === 5001, 60);
  await client.shutdown();
  assertAddsUp(client.stats());
  assert.equal((await hostile.get("/count")).events, 5001);
});

test("a spool is bounded, and what goes is counted", async () => {
  await hostile.tell("/always", down);
  const client = clientOf(hostile, { spoolDir: folder, spoolBytes: 2000 });
  for (let number = 0; number < 15; number += 1) {
    record(client, 20, `/${number}`);
    assert.equal(await client.flush(20), true);
  }
  await client.shutdown(0.3);
  const bytes = files().reduce((sum, entry) => sum + statSync(pathOf(entry)).size, 0);
  assert.ok(bytes <= 2000, `${bytes}`);
  const stats = client.stats();
  assertAddsUp(stats);
  assert.ok(stats.dropped.spool > 0);
  assert.equal(stats.toSpool - stats.fromSpool + stats.dropped.spool, 300);
});

test("a spool that cannot be written is no harm, and leaves nothing behind", async () => {
  await hostile.tell("/script", [down, down, down]);
  writeFileSync(join(folder, "file"), "no folder");
  const client = clientOf(hostile, { spoolDir: join(folder, "file") });
  record(client, 100);
  assert.equal(await client.flush(20), true);
  await client.shutdown();
  assert.deepEqual([client.stats().stored, client.stats().toSpool], [100, 0]);
  assert.match(client.settings.logger.text(), /cannot write to the spool/);
});

test(
  "a full disk leaves no halves, and the events stay in memory",
  { skip: !existsSync("/dev/full") },
  async () => {
    const spool = spoolOf();
    const batch = await batchOf(3);
    const { open } = await import("node:fs/promises").then(({ default: all }) => all);
    const promises = (await import("node:fs/promises")).default;
    promises.open = async (path, flags, mode) => {
      const file = await open(path, flags, mode);
      if (path.endsWith(".part"))
        file.writeFile = async () => Promise.reject(Object.assign(new Error("ENOSPC"), { code: "ENOSPC" }));
      return file;
    };
    try {
      await assert.rejects(spool.write(batch), /ENOSPC/);
      assert.deepEqual(files(), []);
      await hostile.tell("/script", [down, down, down]);
      const client = clientOf(hostile, { spoolDir: folder });
      record(client, 10);
      assert.equal(await client.flush(20), true);
      assert.deepEqual([client.stats().stored, client.stats().toSpool, files().length], [10, 0, 0]);
      await client.shutdown();
    } finally {
      promises.open = open;
    }
  },
);

test("of two who claim a batch one gets it; given back, it is there again", async () => {
  const [one, two] = [spoolOf(), spoolOf()];
  const batch = await batchOf(3);
  await one.write(batch);
  const claims = (await Promise.all([one.claim(), two.claim()])).map(({ claim }) => claim);
  const [claim] = claims.filter((each) => each !== undefined);
  assert.equal(claims.filter((each) => each !== undefined).length, 1);
  assert.deepEqual([claim.batch.key, claim.batch.count], [batch.key, 3]);
  assert.ok(claim.batch.body.equals(batch.body));
  await two.tidy();
  assert.equal((await two.claim()).claim, undefined);
  await one.release(claim);
  assert.equal((await two.claim()).claim.batch.key, batch.key);
});

test("what a dead process has claimed or written by half is found", async () => {
  const spool = spoolOf();
  await spool.write(await batchOf(3));
  const { claim } = await spool.claim();
  const expired = claim.path.replace(/claim-\d+/, "claim-1000");
  renameSync(claim.path, expired);
  const part = join(spool.folder, "x.part");
  writeFileSync(part, "half");
  utimesSync(part, new Date(0), new Date(0));
  writeFileSync(join(spool.folder, "young.part"), "half");
  writeFileSync(join(spool.folder, "notes.txt"), "not ours");
  await spool.tidy();
  assert.equal((await spool.claim()).claim.batch.count, 3);
  const names = files().map(({ name }) => name);
  assert.ok(!names.includes("x.part") && names.includes("young.part") && names.includes("notes.txt"));
});

test("batches of one key and service are not sent to another", async () => {
  await hostile.tell("/always", down);
  const client = clientOf(hostile, { spoolDir: folder });
  record(client, 10);
  await client.flush(20);
  await client.shutdown(0.1);
  await hostile.tell("/always", { do: "pass" });
  const other = clientOf(hostile, { spoolDir: folder, apiKey: "other" });
  record(other, 1);
  await other.flush(20);
  await new Promise((resolve) => setTimeout(resolve, 200));
  await other.shutdown();
  assert.equal((await hostile.get("/count")).events, 1);
});

test("a batch of the spool that is damaged does not block the others", async () => {
  const spool = spoolOf();
  await spool.write(await batchOf(3));
  writeFileSync(pathOf(files()[0]), "no gzip");
  await spool.write(await batchOf(4));
  const client = clientOf(hostile, { spoolDir: folder });
  await until(() => client.stats().stored === 4);
  await client.shutdown();
  assertAddsUp(client.stats());
});

test("one batch of the spool that the service fails on does not hold up the others", async () => {
  const spool = spoolOf();
  await spool.write(await batchOf(3));
  await spool.write(await batchOf(4));
  await hostile.tell("/script", [{ do: "answer", status: 500 }]);
  const client = clientOf(hostile, { spoolDir: folder });
  await until(() => client.stats().stored === 4);
  assert.deepEqual(
    (await hostile.get("/seen")).map(({ events }) => events),
    [3, 4],
  );
  await client.shutdown();
  assertAddsUp(client.stats());
  assert.equal(files().length, 1);
});

test("a batch of the spool that is too large is split on the disk", async () => {
  await spoolOf().write(await batchOf(1000));
  await hostile.tell("/always", { do: "over", bytes: 6000 });
  const client = clientOf(hostile, { spoolDir: folder });
  await until(() => client.stats().stored === 1000);
  await client.shutdown();
  assertAddsUp(client.stats());
  assert.deepEqual(files(), []);
});

test("the last attempt of a batch that the service fails on is counted over restarts", async () => {
  const spool = spoolOf();
  await spool.write(await batchOf(3), 0, 10);
  await hostile.tell("/always", { do: "answer", status: 500 });
  const first = clientOf(hostile, { spoolDir: folder });
  await until(() => files().some(({ name }) => /^\d{20}-f11-3-/.test(name)));
  await first.shutdown();
  assert.deepEqual([first.stats().refused, (await hostile.get("/count")).batches], [0, 1]);
  const [entry] = files();
  const due = entry.name.slice(0, 20);
  assert.ok(Number(due) / 1e6 > Date.now() + 60_000);
  renameSync(pathOf(entry), pathOf(entry).replace(due, "0".repeat(20)));
  const last = clientOf(hostile, { spoolDir: folder });
  await until(() => last.stats().refused === 3);
  await last.shutdown();
  assertAddsUp(last.stats());
  assert.deepEqual(files(), []);
  assert.match(last.settings.logger.text(), /refused 3 events, which are lost: 500: a bad day, 12 times/);
});

test("several processes share a spool: every batch is sent by one of them", async () => {
  const spool = spoolOf();
  mkdirSync(spool.folder, { recursive: true });
  for (let number = 0; number < 60; number += 1) await spool.write(await batchOf(10));
  await hostile.tell("/always", { do: "pass", seconds: 0.02 });
  const script = `
const { Client } = require(${JSON.stringify(DIST)});
const c = new Client();
const left = () => require("node:fs").readdirSync(${JSON.stringify(spool.folder)}).length;
setInterval(() => { if (left() === 0) { const s = c.stats(); console.log(s.stored, s.duplicate); process.exit(); } }, 20);`;
  const children = [1, 2, 3].map(() =>
    spawn(process.execPath, ["-e", script], { env: environment(hostile, { API_ANALYTICS_SPOOL_DIR: folder }) }),
  );
  const outs = children.map(() => "");
  children.forEach((child, index) => child.stdout.on("data", (text) => (outs[index] += text)));
  await Promise.all(children.map((child) => once(child, "close")));
  const counts = outs.map((text) => text.trim().split(" ").map(Number));
  assert.equal(
    counts.reduce((sum, [stored]) => sum + stored, 0),
    600,
  );
  assert.ok(counts.filter(([stored]) => stored > 0).length > 1, `${outs}`);
  const { events, batches } = await hostile.get("/count");
  assert.deepEqual([events, batches], [600, 60]);
});
