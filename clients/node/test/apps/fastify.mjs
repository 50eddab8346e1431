// The tiny application for Fastify.

import { Readable } from "node:stream";

import { setConsumer } from "api-analytics-client";
import { analytics } from "api-analytics-client/fastify";
import Fastify from "fastify";

export async function parts() {
  return Readable.from(
    (async function* () {
      for (const part of ["one\n", "two\n", "three\n"]) {
        yield part;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    })(),
  );
}

export async function start() {
  const app = Fastify();
  await app.register(analytics);
  app.addContentTypeParser("text/plain", { parseAs: "string" }, (_request, body, done) => done(null, body));
  app.get("/items/:id", (request, reply) => reply.send(`item ${request.params.id}`));
  app.post("/echo", (request, reply) => reply.send(request.body));
  app.get("/stream", async (_request, reply) => reply.send(await parts()));
  app.get("/fail", () => {
    throw new Error("failed");
  });
  app.get("/late-fail", (_request, reply) => {
    const body = new Readable({ read() {} });
    body.push("part");
    setTimeout(() => body.destroy(new Error("failed late")), 20);
    return reply.send(body);
  });
  app.get("/hang", () => new Promise(() => undefined));
  app.get("/whoami", (request, reply) => {
    setConsumer(request, "acme");
    return reply.send("you");
  });
  app.get("/redirect", (_request, reply) => reply.redirect("/items/1"));
  app.get("/health", (_request, reply) => reply.send("well"));
  await app.register(
    async (tenants) => {
      tenants.get("/users/:id", (request, reply) => reply.send(`user ${request.params.id}`));
    },
    { prefix: "/tenants/:tenant" },
  );
  await app.listen({ port: 0, host: "127.0.0.1" });
  return { port: app.server.address().port, close: () => app.close() };
}
