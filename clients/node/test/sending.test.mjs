// Bounds, accounts, deadlines and the way to the service: TLS, proxies, names.

import assert from "node:assert/strict";
import dns from "node:dns";
import { once } from "node:events";
import { createServer, request } from "node:http";
import { connect, createServer as createRawServer } from "node:net";
import { after, before, beforeEach, test } from "node:test";

import { assertAddsUp, clientOf, droppedOf, record, row } from "./support/clients.mjs";
import { Hostile, until } from "./support/hostile.mjs";

let hostile;
before(async () => {
  hostile = await Hostile.start();
});
after(() => hostile.stop());
beforeEach(() => hostile.tell("/reset"));

async function seconds(work) {
  const begun = performance.now();
  await work();
  return (performance.now() - begun) / 1000;
}

test("an event is sent without a flush once it has waited long enough", async () => {
  const client = clientOf(hostile, { flushInterval: 0.05 });
  for (const count of [1, 2]) {
    client.put(row());
    await hostile.arrived(count);
  }
  await until(() => client.stats().stored === 2);
  await client.shutdown();
});

test("a full batch does not wait", async () => {
  const client = clientOf(hostile, { flushInterval: 3600, batchSize: 100 });
  record(client, 100);
  await hostile.arrived(1);
  await client.shutdown();
});

test("all batches go over one connection", async () => {
  const client = clientOf(hostile, { batchSize: 10 });
  record(client, 500);
  await client.flush(20);
  await client.shutdown();
  const { connections, batches } = await hostile.get("/count");
  assert.deepEqual([connections, batches], [1, 50]);
});

test("a kept connection that the service has closed is replaced at once, and no failure", async () => {
  const sockets = [];
  let bodies = 0;
  const server = createServer((incoming, response) => {
    incoming.resume().on("end", () => {
      bodies += 1;
      response.end('{"received":1,"stored":1,"duplicate":0,"rejected":0}');
    });
  }).on("connection", (socket) => sockets.push(socket));
  await once(server.listen(0), "listening");
  const client = clientOf({ url: `http://127.0.0.1:${server.address().port}` });
  record(client, 1);
  await client.flush(20);
  // Not told to the client before it writes: what it writes is answered by a reset.
  sockets[0].resetAndDestroy();
  record(client, 1);
  await client.flush(20);
  assert.deepEqual([client.stats().retries, client.stats().stored, bodies], [0, 2, 2]);
  await client.shutdown();
  server.close();
});

test("a certificate chain is verified, and one that is not trusted gets nothing", async () => {
  const trusting = clientOf({ url: hostile.tls_url }, { caFile: hostile.ca_file });
  record(trusting, 100);
  assert.equal(await trusting.flush(20), true);
  assert.equal(trusting.stats().stored, 100);
  await trusting.shutdown();
  const wary = clientOf({ url: hostile.tls_url });
  record(wary, 1);
  assert.equal(await wary.flush(1), false);
  await wary.shutdown(0);
  assert.match(wary.settings?.logger.text() ?? "", /its certificate is not trusted/);
  assert.equal((await hostile.get("/count")).events, 100);
});

test("over TLS, too, one deadline holds for all of a request", async () => {
  for (const deed of ["stall", "half", "drip"]) {
    await hostile.tell("/reset");
    await hostile.tell("/script", [{ do: deed, seconds: 0.1 }]);
    const client = clientOf({ url: hostile.tls_url }, { caFile: hostile.ca_file, timeout: 0.5 });
    record(client, 10);
    const took = await seconds(() => client.flush(20));
    assert.ok(took >= 0.4 && took < 3, `${deed}: ${took} s`);
    assert.deepEqual([client.stats().stored, client.stats().retries], [10, 1], deed);
    await client.shutdown();
  }
});

test("a handshake that hangs is given up", async () => {
  const server = createRawServer(() => undefined).listen(0);
  await once(server, "listening");
  const client = clientOf({ url: `https://127.0.0.1:${server.address().port}` }, { timeout: 0.3 });
  record(client, 1);
  await client.flush(1);
  assert.ok(client.stats().retries >= 1);
  assert.ok((await seconds(() => client.shutdown(0.2))) < 2);
  assertAddsUp(client.stats());
  server.close();
});

test("a name that is not known is tried again", async () => {
  const client = clientOf({ url: "http://no-such-host.invalid" }, { timeout: 1 });
  record(client, 1);
  assert.equal(await client.flush(0.6), false);
  assert.ok(client.stats().retries >= 1);
  await client.shutdown(0);
  assert.match(client.settings.logger.text(), /the host name is unknown|no answer in time/);
});

test("a look-up that hangs holds up neither flush nor shutdown, and no second one is begun", async () => {
  const { lookup } = dns;
  let lookups = 0;
  dns.lookup = () => (lookups += 1);
  try {
    const client = clientOf({ url: "http://slow.example" }, { timeout: 0.2 });
    record(client, 1);
    assert.ok((await seconds(() => client.flush(1.5))) < 2);
    assert.ok(client.stats().retries >= 2);
    assert.ok((await seconds(() => client.shutdown(0.2))) < 1);
    assert.equal(lookups, 1);
    assertAddsUp(client.stats());
  } finally {
    dns.lookup = lookup;
  }
});

test("while a service is slow, batches are made, and nobody waits", async () => {
  await hostile.tell("/script", [{ do: "stall" }]);
  const client = clientOf(hostile, { timeout: 30 });
  record(client, 10);
  assert.equal(await client.flush(0), false);
  await hostile.arrived(1);
  for (let number = 0; number < 50; number += 1) {
    record(client, 1000);
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(droppedOf(client.stats()), 0);
  await hostile.tell("/release");
  assert.equal(await client.flush(30), true);
  assert.equal((await hostile.get("/count")).events, 50_010);
  assertAddsUp(client.stats());
  await client.shutdown();
});

test("memory is bounded in bytes during an outage, and what goes is counted", async () => {
  await hostile.tell("/always", { do: "answer", status: 503, headers: { "Retry-After": "60" } });
  const client = clientOf(hostile, {
    backlogBytes: 50_000,
    queueBytes: 200_000,
    batchSize: 500,
    flushInterval: 0.01,
  });
  for (let round = 0; round < 100; round += 1) {
    for (let number = 0; number < 500; number += 1)
      client.put(row({ target: `/${Math.random()}/${Math.random()}` }));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  await client.flush(0.2);
  const stats = client.stats();
  assertAddsUp(stats);
  assert.equal(stats.recorded, 50_000);
  assert.ok(stats.dropped.backlog > 0);
  assert.ok(stats.queued > 0 && stats.queued < 10_000, `${stats.queued}`);
  await client.shutdown(0);
  const end = client.stats();
  assertAddsUp(end);
  assert.deepEqual([end.queued, end.stored], [0, 0]);
  assert.match(client.settings.logger.text(), /the backlog is full[\s\S]*the process ends/);
});

test("a burst that the event loop does not get to is bounded by the queue", async () => {
  const client = clientOf(hostile, { queueSize: 1000, batchSize: 1000 });
  record(client, 5000, "/old");
  record(client, 1000, "/new");
  assert.equal(client.stats().queued, 1000);
  assert.equal(await client.flush(20), true);
  const stats = client.stats();
  assertAddsUp(stats);
  assert.deepEqual([stats.dropped.queue, stats.stored], [5000, 1000]);
  assert.deepEqual(new Set((await hostile.get("/events")).map(({ endpoint }) => endpoint)), new Set(["/new"]));
  await client.shutdown();
});

test("flush comes back in time, and says that it was not all", async () => {
  await hostile.tell("/always", { do: "stall" });
  const client = clientOf(hostile);
  record(client, 1);
  let done;
  const took = await seconds(async () => (done = await client.flush(0.3)));
  assert.equal(done, false);
  assert.ok(took < 1, `${took}`);
  assert.ok((await seconds(() => client.shutdown(0.1))) < 1);
});

test("if the service fails on all batches, none is given up for it", async () => {
  await hostile.tell("/always", { do: "answer", status: 500 });
  const client = clientOf(hostile, { batchSize: 10, timeout: 1 });
  record(client, 50);
  assert.equal(await client.flush(5), false);
  const { refused, queued } = client.stats();
  assert.deepEqual([refused, queued], [0, 50]);
  await hostile.tell("/always", { do: "pass" });
  assert.equal(await client.flush(20), true);
  assert.equal(client.stats().stored, 50);
  await client.shutdown();
});

test("nobody waits for a service that wants to be left alone for longer than there is", async () => {
  await hostile.tell("/always", { do: "answer", status: 503, headers: { "Retry-After": "60" } });
  const client = clientOf(hostile);
  record(client, 1);
  await client.flush(0.2);
  assert.ok((await seconds(() => client.shutdown(5))) < 1);
  assert.equal(client.stats().dropped.exit, 1);
});

test("a batch that breaks every connection does not block the others", async () => {
  await hostile.tell("/script", [{ do: "reset" }]);
  const client = clientOf(hostile, { batchSize: 10 });
  record(client, 20);
  assert.equal(await client.flush(20), true);
  const keys = (await hostile.get("/seen")).map(({ key }) => key);
  assert.deepEqual(keys, [keys[0], keys[1], keys[0]]);
  assert.notEqual(keys[0], keys[1]);
  await client.shutdown();
});

test("a function that hides something lets nothing out by failing", async () => {
  const logger = { lines: [], info() {}, warn: (line) => logger.lines.push(line), error() {} };
  const onEvent = (event) => {
    if (event.endpoint === "/fail") throw new Error("no");
    if (event.endpoint === "/drop") return null;
    if (event.endpoint === "/promise") return Promise.resolve(event);
    if (event.endpoint === "/bad") event.ip = "nobody";
    event.endpoint = event.endpoint.replace(/secret.*/, "***");
    return event;
  };
  const client = clientOf(hostile, { onEvent, logger });
  for (const target of ["/fail", "/drop", "/promise", "/bad", "/secret/1", "/ok"]) client.put(row({ target }));
  assert.equal(await client.flush(20), true);
  assertAddsUp(client.stats());
  assert.deepEqual([client.stats().hooked, client.stats().stored], [4, 2]);
  assert.deepEqual(
    (await hostile.get("/events")).map(({ endpoint }) => endpoint),
    ["/***", "/ok"],
  );
  await client.shutdown();
});

test("credentials of URLs are sent as headers, and never logged", async () => {
  const { host } = new URL(hostile.url);
  const client = clientOf({ url: `http://ann:s%40cret@${host}` }, { debug: true });
  await hostile.tell("/script", [{ do: "foreign", status: 404 }]);
  record(client, 1);
  assert.equal(await client.flush(20), true);
  const [seen] = await hostile.get("/seen");
  assert.equal(Buffer.from(seen.authorization.split(" ")[1], "base64").toString(), "ann:s@cret");
  assert.doesNotMatch(client.settings.logger.text(), /cret/);
  assert.match(client.settings.logger.text(), /cannot deliver to http:\/\/127\.0\.0\.1:\d+, trying again/);
  await client.shutdown();
});

/** A proxy that notes what it is asked for. */
async function proxy() {
  const asked = [];
  const server = createServer((incoming, response) => {
    asked.push([incoming.method, incoming.url, incoming.headers["proxy-authorization"]]);
    const onward = request(
      incoming.url,
      { method: incoming.method, headers: incoming.headers, agent: false },
      (answer) => {
        response.writeHead(answer.statusCode, answer.headers);
        answer.pipe(response);
      },
    );
    incoming.pipe(onward);
  });
  server.on("connect", (incoming, socket) => {
    asked.push([incoming.method, incoming.url, incoming.headers["proxy-authorization"]]);
    const [host, port] = incoming.url.split(":");
    const onward = connect(port, host, () => {
      socket.write("HTTP/1.1 200 OK\r\n\r\n");
      onward.pipe(socket).pipe(onward);
    });
    for (const end of [socket, onward]) end.on("error", () => undefined);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return { asked, url: `http://ann:secret@127.0.0.1:${server.address().port}`, server };
}

test("a proxy is used for http and, with a tunnel, for https", async () => {
  const { asked, url, server } = await proxy();
  const plain = clientOf(hostile, { proxy: url });
  record(plain, 5);
  assert.equal(await plain.flush(20), true);
  await plain.shutdown();
  const secure = clientOf({ url: hostile.tls_url }, { proxy: url, caFile: hostile.ca_file });
  record(secure, 5);
  assert.equal(await secure.flush(20), true);
  await secure.shutdown();
  const authorization = `Basic ${Buffer.from("ann:secret").toString("base64")}`;
  assert.deepEqual(asked, [
    ["POST", `${hostile.url}/track/batch`, authorization],
    ["CONNECT", new URL(hostile.tls_url).host, authorization],
  ]);
  assert.equal((await hostile.get("/count")).events, 10);
  server.closeAllConnections();
  server.close();
});

test("a proxy that refuses or hangs is tried again, within the deadline", async () => {
  const server = createServer().on("connect", (incoming, socket) => {
    if (server.refused) return;
    server.refused = true;
    socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const client = clientOf(
    { url: hostile.tls_url },
    { proxy: `http://127.0.0.1:${server.address().port}`, timeout: 0.4 },
  );
  record(client, 1);
  assert.equal(await client.flush(1.5), false);
  assert.ok(client.stats().retries >= 2);
  assert.match(client.settings.logger.text(), /the proxy answers 407/);
  await client.shutdown(0);
  assertAddsUp(client.stats());
  server.closeAllConnections();
  server.close();
});
