/** The way to an https service through an HTTP proxy: a tunnel (`CONNECT`), and TLS within it. */

import * as http from "node:http";
import * as https from "node:https";
import type { Duplex } from "node:stream";
import * as tls from "node:tls";

const CONNECT_MS = 3_000;

type Created = (error: Error | null, socket?: Duplex) => void;

/** An agent whose connections go through a proxy. */
export class TunnelAgent extends https.Agent {
  readonly #proxy: URL;

  constructor(proxy: URL, options: https.AgentOptions) {
    super(options);
    this.#proxy = proxy;
  }

  // Node calls this for each new connection; without a socket as the answer it waits for the callback.
  override createConnection(options: https.RequestOptions & tls.ConnectionOptions, created: Created): undefined {
    const proxy = this.#proxy;
    const host = options.host ?? "";
    const authority = `${host.includes(":") ? `[${host}]` : host}:${options.port ?? 443}`;
    const request = (proxy.protocol === "https:" ? https : http).request({
      protocol: proxy.protocol,
      hostname: proxy.hostname.replace(/^\[|\]$/g, ""),
      port: proxy.port,
      method: "CONNECT",
      path: authority,
      headers: { Host: authority, ...proxyAuthorization(proxy) },
      agent: false,
      lookup: options.lookup,
      timeout: CONNECT_MS,
    });
    const fail = (error: Error): void => {
      request.destroy();
      created(error);
    };
    request.on("error", fail);
    request.once("timeout", () => fail(new Error("the proxy does not answer")));
    request.once("socket", (socket) => socket.unref());
    request.once("response", (response) => fail(new Error(`the proxy answers ${response.statusCode}`)));
    request.once("connect", (response, socket) => {
      if (response.statusCode !== 200) {
        fail(new Error(`the proxy answers ${response.statusCode}`));
        return;
      }
      socket.setTimeout(0);
      const secure = tls.connect({ ...options, socket, servername: options.servername ?? host });
      secure.unref();
      created(null, secure);
    });
    request.end();
    return undefined;
  }
}

/** The header by which a proxy knows us, if its URL has a name and password. */
export function proxyAuthorization(proxy: URL): Record<string, string> {
  if (proxy.username === "" && proxy.password === "") return {};
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { "Proxy-Authorization": `Basic ${Buffer.from(pair).toString("base64")}` };
}
