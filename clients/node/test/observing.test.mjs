// Details of requests and frameworks beyond the cases that all clients share.

import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer, request as httpRequest } from "node:http";
import { createServer as createHttp2, connect as connectHttp2 } from "node:http2";
import { createRequire } from "node:module";
import { connect } from "node:net";
import { after, before, beforeEach, test } from "node:test";

import Router from "@koa/router";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import mount from "koa-mount";

import { flush, setConsumer } from "../dist/index.js";
import { analytics as forExpress } from "../dist/express.js";
import { analytics as forFastify } from "../dist/fastify.js";
import { analytics as forHono } from "../dist/hono.js";
import { track } from "../dist/http.js";
import { analytics as forKoa } from "../dist/koa.js";
import { track as trackRoute } from "../dist/next.js";
import { noting } from "./support/clients.mjs";
import { Hostile } from "./support/hostile.mjs";

const require = createRequire(import.meta.url);
const VERSIONS = ["express4", "express5"];

let hostile;
let options;
let servers = [];
before(async () => {
  hostile = await Hostile.start();
});
after(() => hostile.stop());
beforeEach(async () => {
  for (const server of servers) server.close();
  servers = [];
  await hostile.tell("/reset");
  options = { apiKey: "key", serverUrl: hostile.url, enabled: true, logger: noting(), flushInterval: 3600 };
});
after(() => servers.forEach((server) => server.close()));

async function serve(listener) {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return `http://127.0.0.1:${server.address().port}`;
}

/** What was recorded, in the order of arrival. */
async function events() {
  assert.equal(await flush(20), true);
  const found = await hostile.get("/events");
  return found.sort((one, other) => (one.created_at < other.created_at ? -1 : 1));
}

async function routes() {
  return (await events()).map(({ route }) => route ?? null);
}

async function get(url) {
  const answer = await fetch(url);
  await answer.arrayBuffer();
  return answer.status;
}

for (const version of VERSIONS) {
  for (const forgetful of version === "express5" ? [false, true] : [false]) {
    test(`${version}: templates of mounted routers are whole${forgetful ? ", as in versions that forget prefixes" : ""}`, async () => {
      const express = require(version);
      const app = express();
      app.use(forExpress(options));
      const answer = (_request, response) => response.send("ok");
      const router = (path, inner) => {
        const made = express.Router({ mergeParams: true });
        if (inner === undefined) made.get(path, answer);
        else made.use(path, inner);
        return made;
      };
      app.use("/API/v1", router("/orgs/:org", router("/users/:user")));
      app.use("/twice/a", router("/x/:y"));
      const shared = router("/z");
      app.use("/one/:n", shared);
      app.use("/two", shared);
      app.use(["/list/:a", "/other/:b/c"], router("/end"));
      app.use("/", router("/root"));
      app.use("/:first", router("/:second/last", router("/")));
      const sub = express();
      sub.use("/deep/:d", router("/leaf"));
      sub.get("/own", answer);
      app.use("/sub/:s", sub);
      app.get(["/p", "/q/:r"], answer);
      app.get(/^\/digits\/(\d+)$/, answer);
      if (forgetful) forget(app.router.stack);
      const url = await serve(app);
      const paths = [
        ["/API/v1/orgs/users/users/orgs", "/API/v1/orgs/:org/users/:user", "/api/v1/orgs/:org/users/:user"],
        ["/api/V1/orgs/1/users/2", "/API/v1/orgs/:org/users/:user", "/api/v1/orgs/:org/users/:user"],
        ["/twice/a/x/twice", "/twice/a/x/:y"],
        ["/one/two/z", "/one/:n/z"],
        ["/two/z", "/two/z"],
        ["/list/other/end", "/list/:a/end"],
        ["/other/list/c/end", "/other/:b/c/end"],
        ["/root", "/root"],
        ["/last/first/last", "/:first/:second/last"],
        ["/sub/deep/deep/sub/leaf", "/sub/:s/deep/:d/leaf"],
        ["/sub/1/own", "/sub/:s/own"],
        ["/q/p", version === "express4" ? "/p|/q/:r" : "/q/:r"],
        ["/digits/7", String(/^\/digits\/(\d+)$/)],
        ["/one/1/nothing", null],
      ];
      for (const [path] of paths) await get(url + path);
      const found = await routes();
      const tried = forgetful || version === "express4";
      paths.forEach(([path, exact, tries], at) => assert.equal(found[at], (tried && tries) || exact, path));
    });
  }

  test(`${version}: no value that a caller sends becomes part of a template`, async () => {
    const express = require(version);
    const app = express();
    app.use(forExpress(options));
    const leaf = express.Router().get("/x", (_request, response) => response.send("ok"));
    app.use(version === "express4" ? "/:kind(\\d+|[a-c]+)" : /^\/(\d+|[a-c]+)/, leaf);
    app.use("/v:major/:from-:to", leaf);
    if (version === "express5") forget(app.router.stack);
    const url = await serve(app);
    for (const path of ["/abc/x", "/77/x", "/v1/a-b/x", "/v%zz/a-b/x"]) await get(url + path);
    for (const route of await routes()) assert.ok(route === null || !/abc|77|v1|a-b|zz/.test(route), route);
  });

  test(`${version}: with several wrappings a request is recorded once, and the inner one tells the route`, async () => {
    const express = require(version);
    const app = express();
    app.use(forExpress(options));
    app.use(forExpress(options));
    const other = noting();
    app.use(forExpress({ ...options, logger: other }));
    app.get("/items/:id", (request, response) => {
      setConsumer(request, "acme");
      response.write("it");
      response.end("em");
    });
    await get((await serve(track(app, options))) + "/items/1");
    const found = await events();
    // Once for each of two clients.
    assert.deepEqual(
      found.map(({ route, consumer, response_bytes: sent }) => [route, consumer, sent]),
      Array(2).fill(["/items/:id", "acme", 4]),
    );
  });
}

/** Let Express 5 forget how paths were written, as its versions before 5.3 do. */
function forget(stack) {
  for (const layer of stack) {
    layer.rawPath = undefined;
    const inner =
      layer.handle?.stack ?? (typeof layer.handle?.router === "function" ? layer.handle.router.stack : undefined);
    if (layer.route === undefined && inner !== undefined) forget(inner);
  }
}

test("fastify: prefixes of nested plugins, and of plugins that came first, are whole", async () => {
  const app = Fastify();
  app.register(
    async (outer) => {
      outer.register(async (inner) => inner.get("/users/:id", () => "ok"), { prefix: "/tenants/:tenant" });
    },
    { prefix: "/api" },
  );
  app.register(forFastify, options);
  app.get("/own", () => "ok");
  app.get("/injected", () => "ok");
  await app.listen({ port: 0, host: "127.0.0.1" });
  const url = `http://127.0.0.1:${app.server.address().port}`;
  for (const path of ["/api/tenants/a/users/b", "/own", "/nothing", "/%zz"]) await get(url + path);
  await app.inject("/injected");
  const found = await events();
  assert.deepEqual(found.map(({ route, status_code: status }) => [route ?? null, status]).slice(0, 3), [
    ["/api/tenants/:tenant/users/:id", 200],
    ["/own", 200],
    [null, 404],
  ]);
  assert.equal(found.at(-1).route, "/injected");
  await app.close();
});

test("koa: prefixes of mounted applications are whole, and a rewritten path forges none", async () => {
  const answer = (context) => (context.body = "ok");
  const inner = new Koa().use(new Router().get("/leaf/:id", answer).routes());
  const middle = new Koa().use(mount("/inner", inner)).use(new Router().get("/own/:id", answer).routes());
  const app = new Koa();
  app.use(forKoa(options));
  app.use(async (context, next) => {
    if (context.path.startsWith("/lang-")) context.path = context.path.replace(/^\/lang-\w+/, "");
    await next();
  });
  app.use(mount("/never", new Koa()));
  app.use(mount("/middle", middle));
  app.use(new Router().get("/plain/:id", answer).routes());
  const url = await serve(app.callback());
  for (const path of [
    "/middle/inner/leaf/inner",
    "/middle/own/own",
    "/plain/1",
    "/lang-en/plain/1",
    "/lang-en/middle/own/1",
    "/none",
  ]) {
    await get(url + path);
  }
  assert.deepEqual(await routes(), [
    "/middle/inner/leaf/:id",
    "/middle/own/:id",
    "/plain/:id",
    "/plain/:id",
    "/middle/own/:id",
    null,
  ]);
});

test("hono: without a server, by the Fetch standard; a middleware that answers hides no route", async () => {
  const app = new Hono();
  app.use(forHono(options));
  app.use("/private/*", async (context, next) => (context.req.header("x-key") ? next() : context.text("no", 401)));
  app.get("/private/:id", (context) => context.text("ok"));
  app.get("/stream", () => new Response(new Blob(["one", "two"]).stream()));
  app.get("/fail", () => {
    throw new Error("failed");
  });
  assert.equal(await (await app.request("/private/1?x")).text(), "no");
  await (await app.request("/private/1", { headers: { "x-key": "1" } })).text();
  assert.equal(await (await app.request("/stream")).text(), "onetwo");
  await (await app.request("/fail")).text();
  await (await app.request("/none")).text();
  const found = await events();
  assert.deepEqual(
    found.map(({ route, status_code: status, response_bytes: sent }) => [route ?? null, status, sent ?? null]),
    [
      ["/private/:id", 401, 2],
      ["/private/:id", 200, 2],
      ["/stream", 200, 6],
      ["/fail", 500, 21],
      [null, 404, 13],
    ],
  );
  assert.equal(found[0].hostname, "localhost");
});

test("route handlers: the template is told, the address only by trusted proxies", async () => {
  const GET = trackRoute(
    async (request, { params }) => {
      if (request.url.endsWith("fail")) throw new Error("failed");
      setConsumer(request, "acme");
      return Response.json(await params);
    },
    { ...options, route: "/users/[id]", trustedProxies: "*" },
  );
  const make = (path) =>
    GET(new Request(`http://example.org${path}`, { headers: { "x-forwarded-for": "203.0.113.9" } }), {
      params: Promise.resolve({ id: "7" }),
    });
  assert.deepEqual(await (await make("/users/7")).json(), { id: "7" });
  await assert.rejects(make("/users/fail"), /failed/);
  const found = await events();
  assert.deepEqual(
    found.map(({ route, status_code: status, consumer, ip, endpoint }) => [
      route,
      status,
      consumer ?? null,
      ip,
      endpoint,
    ]),
    [
      ["/users/[id]", 200, "acme", "203.0.113.9", "/users/7"],
      ["/users/[id]", 500, null, "203.0.113.9", "/users/fail"],
    ],
  );
});

test("a stream that its reader cancels is recorded", async () => {
  const GET = trackRoute(
    () => new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(10)) })),
    options,
  );
  const answer = await GET(new Request("http://example.org/endless"));
  const reader = answer.body.getReader();
  await reader.read();
  await reader.cancel();
  const [event] = await events();
  assert.ok(event.response_bytes >= 10);
});

test("http: pipelined requests over one connection are told apart", async () => {
  const url = await serve(
    track(
      (request, response) => setTimeout(() => response.end(request.url), request.url === "/1" ? 50 : 0),
      options,
    ),
  );
  const socket = connect(new URL(url).port, "127.0.0.1");
  const heads = [1, 2, 3].map((number) => `GET /${number} HTTP/1.1\r\nHost: a\r\nUser-Agent: ${number}\r\n\r\n`);
  socket.write(heads.join(""));
  let text = "";
  socket.on("data", (data) => (text += data));
  while (!text.includes("/3")) await once(socket, "data");
  socket.destroy();
  const found = await events();
  assert.deepEqual(
    found.map(({ endpoint, user_agent: agent, status_code: status }) => [endpoint, agent, status]),
    [
      ["/1", "1", 200],
      ["/2", "2", 200],
      ["/3", "3", 200],
    ],
  );
});

test("http: what is written in any form is counted, and what HTTP does not send is not", async () => {
  const url = await serve(
    track((request, response) => {
      const path = request.url;
      if (path === "/texts") {
        response.write("é");
        response.write("ff", "hex");
        response.end(Buffer.from("xyz"), () => undefined);
      } else if (path === "/pairs") response.writeHead(200, { "content-length": "2" }).end("é", "utf8");
      else if (path === "/none") response.writeHead(204).end("not sent");
      else if (path === "/same") response.writeHead(304).end();
      else if (path === "/late") {
        response.on("error", () => undefined).end("once");
        response.write("more", () => undefined);
      } else response.end();
    }, options),
  );
  for (const path of ["/texts", "/pairs", "/none", "/same", "/late", "/nothing"]) await get(url + path);
  assert.deepEqual(
    (await events()).map(({ response_bytes: sent }) => sent),
    [6, 2, 0, 0, 4, 0],
  );
});

test("http: a caller that goes away within an answer leaves its status", async () => {
  const url = await serve(
    track((_request, response) => {
      response.write("first");
    }, options),
  );
  await new Promise((resolve) => {
    const made = httpRequest(url, (answer) =>
      answer.once("data", () => made.destroy()).on("error", () => undefined),
    );
    made
      .on("error", () => undefined)
      .on("close", resolve)
      .end();
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [event] = await events();
  assert.deepEqual([event.status_code, event.response_bytes, event.ip], [200, 5, "127.0.0.1"]);
});

test("http2: requests of the compatible form are recorded", async () => {
  const server = createHttp2(track((request, response) => request.pipe(response), options)).listen(0);
  await once(server, "listening");
  const session = connectHttp2(`http://localhost:${server.address().port}`);
  const stream = session.request({ ":method": "POST", ":path": "/two?x", "user-agent": "h2" });
  stream.end("hello");
  let text = "";
  for await (const chunk of stream) text += chunk;
  assert.equal(text, "hello");
  session.close();
  server.close();
  await new Promise((resolve) => setTimeout(resolve, 50));
  const [event] = await events();
  assert.deepEqual(
    [event.method, event.endpoint, event.status_code, event.hostname, event.request_bytes, event.response_bytes],
    ["POST", "/two", 200, "localhost", 5, 5],
  );
});

test("consumers: a function of the application names them, and its faults stay without effect", async () => {
  const consumer = (request) => {
    if (request.url === "/fail") throw new Error("no");
    if (request.url === "/promise") return Promise.reject(new Error("no"));
    if (request.url === "/number") return 7;
    return request.headers["x-team"] ?? null;
  };
  const url = await serve(track((_request, response) => response.end(), { ...options, consumer }));
  for (const path of ["/fail", "/promise", "/number", "/none"]) await get(url + path);
  await (await fetch(`${url}/team`, { headers: { "x-team": "shop" } })).text();
  assert.deepEqual(
    (await events()).map(({ consumer: name }) => name ?? null),
    [null, null, null, null, "shop"],
  );
});

test("requests by OPTIONS can be left out", async () => {
  const url = await serve(track((_request, response) => response.end(), { ...options, recordOptions: false }));
  await fetch(url, { method: "OPTIONS" });
  await get(url);
  assert.deepEqual(
    (await events()).map(({ method }) => method),
    ["GET"],
  );
});

test("an application that spoils its request is served, and recorded as far as that goes", async () => {
  const url = await serve(
    track((request, response) => {
      request.headers["user-agent"] = 7;
      request.headers["content-length"] = { no: "number" };
      request.method = undefined;
      response.end("ok");
    }, options),
  );
  assert.equal(await get(url), 200);
  const url2 = await serve(
    track((request, response) => {
      request.socket.server.emit("spoiled", (request.rawHeaders = undefined), (request.headers = undefined));
      response.end("ok");
    }, options),
  );
  assert.equal(await get(url2), 200);
  assert.equal((await events()).length, 0);
});

test("without a set-up, every form leaves the application as it is", async () => {
  const bad = { enabled: true, apiKey: "a b", logger: noting() };
  const listener = (_request, response) => response.end("ok");
  assert.equal(track(listener, bad), listener);
  const app = new Koa();
  app.use(forKoa(bad));
  app.use((context) => (context.body = "ok"));
  assert.equal(await get(await serve(app.callback())), 200);
  const express = require("express5")();
  express.use(forExpress(bad)).get("/", listener);
  assert.equal(await get(await serve(express)), 200);
  const fastify = Fastify();
  await fastify.register(forFastify, bad);
  fastify.get("/", () => "ok");
  assert.equal((await fastify.inject("/")).statusCode, 200);
  assert.equal(
    (
      await new Hono()
        .use(forHono(bad))
        .get("/", (context) => context.text("ok"))
        .request("/")
    ).status,
    200,
  );
});
