// The tiny application for Koa.

import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { PassThrough } from "node:stream";

import Router from "@koa/router";
import { setConsumer } from "api-analytics-client";
import { analytics } from "api-analytics-client/koa";
import Koa from "koa";

import { parts } from "./fastify.mjs";

export async function start() {
  const app = new Koa();
  app.silent = true;
  app.use(analytics());
  const router = new Router();
  router.get("/items/:id", (context) => {
    context.body = `item ${context.params.id}`;
  });
  router.post("/echo", async (context) => {
    context.body = await text(context.req);
  });
  router.get("/stream", async (context) => {
    context.body = await parts();
  });
  router.get("/fail", () => {
    throw new Error("failed");
  });
  router.get("/late-fail", (context) => {
    const body = new PassThrough();
    body.write("part");
    setTimeout(() => body.destroy(new Error("failed late")), 20);
    context.body = body;
  });
  router.get("/hang", () => new Promise(() => undefined));
  router.get("/whoami", (context) => {
    setConsumer(context, "acme");
    context.body = "you";
  });
  router.get("/redirect", (context) => context.redirect("/items/1"));
  router.get("/health", (context) => {
    context.body = "well";
  });
  const users = new Router();
  users.get("/users/:id", (context) => {
    context.body = `user ${context.params.id}`;
  });
  router.use("/tenants/:tenant", users.routes());
  app.use(router.routes());
  const server = createServer(app.callback()).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port, close: () => server.close() };
}
