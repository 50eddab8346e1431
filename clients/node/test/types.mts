// Compiled, never run: the package fits the types of every framework.

import Router from "@koa/router";
import { serve } from "@hono/node-server";
import { Client, flush, setConsumer, shutdown, type Event, type Options, type Stats } from "api-analytics-client";
import { analytics as forExpress } from "api-analytics-client/express";
import { analytics as forFastify } from "api-analytics-client/fastify";
import { analytics as forHono } from "api-analytics-client/hono";
import { track } from "api-analytics-client/http";
import { analytics as forKoa } from "api-analytics-client/koa";
import { track as trackRoute } from "api-analytics-client/next";
import express from "express";
import Fastify from "fastify";
import { Hono } from "hono";
import Koa from "koa";
import { createServer } from "node:http";

const options: Options = {
  apiKey: "key",
  serverUrl: "http://127.0.0.1:8000",
  exclude: ["/static/*"],
  onEvent: (event: Event) => (event.endpoint === "/secret" ? null : event),
};

const app = express();
app.use(forExpress({ ...options, consumer: (request: express.Request) => request.get("x-team") }));

const fastify = Fastify();
await fastify.register(forFastify, options);

const koa = new Koa();
koa.use(forKoa(options)).use(new Router().routes());

const hono = new Hono();
hono.use(forHono(options));
serve({ fetch: hono.fetch });

createServer(track((request, response) => response.end(request.url), { route: (request) => request.url }));

export const GET = trackRoute(
  async (request: Request, context: { params: Promise<{ id: string }> }) =>
    Response.json({ url: request.url, ...(await context.params) }),
  { route: "/users/[id]" },
);

const client = new Client(options);
client.record({ method: "GET", endpoint: "/x", statusCode: 200, processTime: 1.5 });
setConsumer({}, "acme");
const stats: Stats = client.stats();
export const done: boolean = (await client.flush(1)) && (await flush()) && (await shutdown(stats.queued));
