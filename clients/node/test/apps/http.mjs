// The tiny application on a plain server, which tells the templates by itself.

import { once } from "node:events";
import { createServer } from "node:http";
import { text } from "node:stream/consumers";

import { setConsumer } from "api-analytics-client";
import { track } from "api-analytics-client/http";

const ROUTES = [
  [/^\/items\/([^/]+)$/, "/items/:id"],
  [/^\/tenants\/[^/]+\/users\/([^/]+)$/, "/tenants/:tenant/users/:id"],
  [/^\/(echo|stream|fail|late-fail|hang|whoami|redirect|health)$/, undefined],
];

function routeOf(request) {
  const path = request.url.split("?")[0];
  for (const [pattern, template] of ROUTES) if (pattern.test(path)) return template ?? path;
  return undefined;
}

async function handle(request, response) {
  const path = request.url.split("?")[0];
  const route = routeOf(request);
  if (route === "/echo") response.end(await text(request));
  else if (route === "/stream") {
    for (const part of ["one\n", "two\n", "three\n"]) {
      response.write(part);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    response.end();
  } else if (route === "/fail") response.writeHead(500).end("failed");
  else if (route === "/late-fail") {
    response.write("part");
    setTimeout(() => response.destroy(), 20);
  } else if (route === "/hang") return;
  else if (route === "/redirect") response.writeHead(302, { location: "/items/1" }).end();
  else if (route === undefined) response.writeHead(404).end();
  else {
    if (route === "/whoami") setConsumer(request, "acme");
    const last = decodeURIComponent(path.split("/").pop());
    response.end(route.startsWith("/items") ? `item ${last}` : last);
  }
}

export async function start() {
  const server = createServer(track((request, response) => void handle(request, response), { route: routeOf }));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return { port: server.address().port, close: () => server.close() };
}
