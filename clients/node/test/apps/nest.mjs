// The tiny application for NestJS, on Express or Fastify; decorators are applied by hand.

import "reflect-metadata";

import { text } from "node:stream/consumers";

import { Controller, Get, Module, Post, Req, Res } from "@nestjs/common";
import { NestFactory } from "@nestjs/core";
import { setConsumer } from "api-analytics-client";
import { analytics as forExpress } from "api-analytics-client/express";
import { analytics as forFastify } from "api-analytics-client/fastify";

import { parts } from "./fastify.mjs";

class Root {
  item(request) {
    return `item ${request.params.id}`;
  }
  async echo(request, response) {
    const body = typeof request.body === "string" ? request.body : await text(request.raw ?? request);
    response.status(200).send(body);
  }
  async stream(_request, response) {
    if (response.raw !== undefined) return response.send(await parts());
    (await parts()).pipe(response);
    return undefined;
  }
  fail() {
    throw new Error("failed");
  }
  lateFail(_request, response) {
    const raw = response.raw ?? response;
    raw.write("part");
    setTimeout(() => raw.destroy(), 20);
  }
  hang() {
    return new Promise(() => undefined);
  }
  whoami(request) {
    setConsumer(request, "acme");
    return "you";
  }
  redirect(_request, response) {
    if (response.raw !== undefined) response.status(302).header("location", "/items/1").send();
    else response.redirect("/items/1");
  }
  health() {
    return "well";
  }
}

class Tenants {
  user(request) {
    return `user ${request.params.id}`;
  }
}

function route(type, method, decorator, ...parameters) {
  decorator(type.prototype, method, Object.getOwnPropertyDescriptor(type.prototype, method));
  parameters.forEach((parameter, index) => parameter()(type.prototype, method, index));
}

route(Root, "item", Get("items/:id"), Req);
route(Root, "echo", Post("echo"), Req, Res);
route(Root, "stream", Get("stream"), Req, Res);
route(Root, "fail", Get("fail"));
route(Root, "lateFail", Get("late-fail"), Req, Res);
route(Root, "hang", Get("hang"));
route(Root, "whoami", Get("whoami"), Req);
route(Root, "redirect", Get("redirect"), Req, Res);
route(Root, "health", Get("health"));
route(Tenants, "user", Get("users/:id"), Req);
Controller()(Root);
Controller("tenants/:tenant")(Tenants);

class App {}
Module({ controllers: [Root, Tenants] })(App);

export async function start(platform) {
  const options = { logger: false, bodyParser: platform !== "express" };
  let app;
  if (platform === "express") {
    app = await NestFactory.create(App, options);
    app.use(forExpress());
  } else {
    const { FastifyAdapter } = await import("@nestjs/platform-fastify");
    app = await NestFactory.create(App, new FastifyAdapter(), options);
    await app.register(forFastify);
    const parser = app.getHttpAdapter().getInstance();
    parser.removeContentTypeParser("text/plain");
    parser.addContentTypeParser("text/plain", { parseAs: "string" }, (_request, body, done) => done(null, body));
  }
  await app.listen(0, "127.0.0.1");
  return { port: app.getHttpServer().address().port, close: () => app.close() };
}
