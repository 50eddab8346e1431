// The tiny application for Hono.

import { once } from "node:events";

import { serve } from "@hono/node-server";
import { setConsumer } from "api-analytics-client";
import { analytics } from "api-analytics-client/hono";
import { Hono } from "hono";
import { stream } from "hono/streaming";

export function make() {
  const app = new Hono();
  app.use(analytics());
  app.get("/items/:id", (context) => context.text(`item ${context.req.param("id")}`));
  app.post("/echo", async (context) => context.text(await context.req.text()));
  app.get("/stream", (context) =>
    stream(context, async (out) => {
      for (const part of ["one\n", "two\n", "three\n"]) {
        await out.write(part);
        await out.sleep(20);
      }
    }),
  );
  app.get("/fail", () => {
    throw new Error("failed");
  });
  app.get("/late-fail", () => {
    const body = new ReadableStream({
      async start(controller) {
        controller.enqueue(new TextEncoder().encode("part"));
        setTimeout(() => controller.error(new Error("failed late")), 20);
      },
    });
    return new Response(body);
  });
  app.get("/hang", () => new Promise(() => undefined));
  app.get("/whoami", (context) => {
    setConsumer(context, "acme");
    return context.text("you");
  });
  app.get("/redirect", (context) => context.redirect("/items/1"));
  app.get("/health", (context) => context.text("well"));
  const users = new Hono();
  users.get("/users/:id", (context) => context.text(`user ${context.req.param("id")}`));
  app.route("/tenants/:tenant", users);
  app.onError((error, context) => context.text(error.message, 500));
  return app;
}

export async function start() {
  const server = serve({ fetch: make().fetch, port: 0, hostname: "127.0.0.1" });
  if (!server.listening) await once(server, "listening");
  return { port: server.address().port, close: () => server.close() };
}
