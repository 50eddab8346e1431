// The tiny application for Express, whose version is given.

import { once } from "node:events";
import { createRequire } from "node:module";
import { createServer } from "node:http";

import { setConsumer } from "api-analytics-client";
import { analytics } from "api-analytics-client/express";

const require = createRequire(import.meta.url);

export async function start(version) {
  const express = require(version);
  const app = express();
  app.use(analytics());
  app.get("/items/:id", (request, response) => response.send(`item ${request.params.id}`));
  app.post("/echo", express.text({ type: "*/*" }), (request, response) => response.send(request.body));
  app.get("/stream", async (_request, response) => {
    for (const part of ["one\n", "two\n", "three\n"]) {
      response.write(part);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    response.end();
  });
  app.get("/fail", () => {
    throw new Error("failed");
  });
  app.get("/late-fail", (_request, response) => {
    response.write("part");
    throw new Error("failed late");
  });
  app.get("/hang", () => undefined);
  app.get("/whoami", (request, response) => {
    setConsumer(request, "acme");
    response.send("you");
  });
  app.get("/redirect", (_request, response) => response.redirect("/items/1"));
  app.get("/health", (_request, response) => response.send("well"));
  const users = express.Router();
  users.get("/users/:id", (request, response) => response.send(`user ${request.params.id}`));
  const tenants = express.Router();
  tenants.use("/:tenant", users);
  app.use("/tenants", tenants);
  app.use((error, _request, response, next) => {
    if (response.headersSent) next(new Error("as Express does"));
    else response.status(500).send(error.message);
  });
  app.set("env", "test");
  const server = createServer(app).listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port, close: () => server.close() };
}
