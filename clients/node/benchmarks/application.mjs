// One trivial route in one of three forms: `node application.mjs express5 bare|tracked|plain`.

import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:http";

import { analytics as forExpress } from "api-analytics-client/express";
import { analytics as forFastify } from "api-analytics-client/fastify";
import { track } from "api-analytics-client/http";

const require = createRequire(import.meta.url);
const [framework, form] = process.argv.slice(2);
const ANSWER = { ping: "pong" };

/** Report a request the plain way: an awaited POST within each request. */
async function report(method, endpoint, ip, started, status) {
  const event = {
    created_at: new Date().toISOString(),
    method,
    endpoint,
    ip,
    process_time: performance.now() - started,
    status_code: status,
  };
  const answer = await fetch(`${process.env.API_ANALYTICS_URL}/track`, {
    method: "POST",
    body: JSON.stringify(event),
    headers: { "content-type": "application/json", "x-api-key": process.env.API_ANALYTICS_KEY },
  });
  await answer.arrayBuffer();
}

const makers = {
  async fastify() {
    const app = require("fastify")();
    if (form === "tracked") await app.register(forFastify);
    if (form === "plain") {
      app.addHook("onRequest", async (request) => (request.started = performance.now()));
      app.addHook("onSend", async (request, reply) => {
        await report(request.method, request.url, request.ip, request.started, reply.statusCode);
      });
    }
    app.get("/ping", (_request, reply) => reply.send(ANSWER));
    await app.ready();
    return app.server;
  },
  express(version) {
    const app = require(version)();
    if (form === "tracked") app.use(forExpress());
    if (form === "plain") {
      app.use((request, response, next) => {
        const started = performance.now();
        const json = response.json.bind(response);
        response.json = (body) => {
          void report(request.method, request.path, request.ip, started, response.statusCode).then(() =>
            json(body),
          );
        };
        next();
      });
    }
    app.get("/ping", (_request, response) => response.json(ANSWER));
    return createServer(app);
  },
  http() {
    const handle = async (request, response) => {
      const started = performance.now();
      const body = JSON.stringify(ANSWER);
      if (form === "plain") await report(request.method, request.url, request.socket.remoteAddress, started, 200);
      response.writeHead(200, { "content-type": "application/json", "content-length": body.length }).end(body);
    };
    return createServer(form === "tracked" ? track(handle) : handle);
  },
};

const server = await (framework.startsWith("express") ? makers.express(framework) : makers[framework]());
server.listen(0, "127.0.0.1");
await once(server, "listening");
console.log(`listening on ${server.address().port}`);
process.once("SIGTERM", () => {
  server.close();
  server.closeAllConnections();
});
