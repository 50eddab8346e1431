/**
 * Requests to the service over one kept-alive connection, each with one deadline for all of it.
 *
 * Knows requests and answers, but not what an answer means for a batch; that is for `verdicts`.
 */

import { lookup as systemLookup } from "node:dns";
import * as http from "node:http";
import * as https from "node:https";
import type { LookupFunction, Socket } from "node:net";

import { TunnelAgent, proxyAuthorization } from "./proxy";
import type { Settings } from "./settings";
import { VERSION } from "./version";

const CONNECT_MS = 3_000;
const MAX_ANSWER_BYTES = 2 ** 20;
/** How a kept connection ends that the service has closed in the meantime. */
const STALE = new Set(["ECONNRESET", "EPIPE", "ECONNABORTED"]);

/** What the service said. */
export interface Answer {
  readonly kind: "answer";
  readonly status: number;
  readonly body: Buffer;
  /** The media type, without parameters, in lower case. */
  readonly type: string;
  /** Seconds, if it named any. */
  readonly retryAfter: number | undefined;
  readonly location: string | undefined;
}

/** Why there is no answer. */
export interface Failure {
  readonly kind: "failure";
  readonly error: NodeJS.ErrnoException;
}

export type Outcome = Answer | Failure;

/** Sends requests one after the other. */
export class Transport {
  readonly #timeoutMs: number;
  readonly #headers: http.OutgoingHttpHeaders;
  readonly #agent: http.Agent;
  readonly #options: http.RequestOptions;
  readonly #prefix: string;
  #socket: Socket | undefined;
  #abort: ((error: Error) => void) | undefined;
  #holding = false;

  constructor(settings: Settings) {
    this.#timeoutMs = settings.timeout * 1000;
    this.#headers = {
      "X-API-Key": settings.apiKey,
      "User-Agent": `api-analytics-client-node/${VERSION}`,
      Accept: "application/json",
      ...authorization(settings.url),
    };
    const { proxy, url } = settings;
    const secure = url.protocol === "https:";
    const kept = { keepAlive: true, maxSockets: 1, lookup: singleLookup() };
    const trust = settings.ca === undefined ? {} : { ca: settings.ca };
    const path = url.pathname.replace(/\/+$/, "");
    if (secure) {
      this.#agent =
        proxy === undefined
          ? new https.Agent({ ...kept, ...trust })
          : new TunnelAgent(proxy, { ...kept, ...trust });
    } else {
      this.#agent = proxy?.protocol === "https:" ? new https.Agent({ ...kept, ...trust }) : new http.Agent(kept);
    }
    if (!secure && proxy !== undefined) {
      Object.assign(this.#headers, proxyAuthorization(proxy), { Host: url.host });
      this.#options = { protocol: proxy.protocol, hostname: bare(proxy.hostname), port: proxy.port };
      this.#prefix = `${url.protocol}//${url.host}${path}`;
    } else {
      this.#options = { protocol: url.protocol, hostname: bare(url.hostname), port: url.port };
      this.#prefix = path;
    }
  }

  /** Whether a request under way keeps the process alive. */
  hold(holding: boolean): void {
    this.#holding = holding;
    if (holding) this.#socket?.ref();
    else this.#socket?.unref();
  }

  /** Send a compressed batch. */
  postBatch(body: Buffer, key: string): Promise<Outcome> {
    return this.request("POST", "/track/batch", body, {
      "Content-Type": "application/x-ndjson",
      "Content-Encoding": "gzip",
      "Idempotency-Key": key,
    });
  }

  /** Send a request and read its answer. Never rejects. */
  async request(
    method: string,
    path: string,
    body?: Buffer,
    headers: http.OutgoingHttpHeaders = {},
  ): Promise<Outcome> {
    const deadline = performance.now() + this.#timeoutMs;
    for (;;) {
      const { outcome, reused } = await this.#exchange(method, path, body, headers, deadline);
      // A connection that was closed while it was idle: a new one may do, and the idempotency key makes that safe.
      if (outcome.kind === "failure" && reused && STALE.has(outcome.error.code ?? "")) continue;
      return outcome;
    }
  }

  /** Give up the request under way, if there is one. */
  abort(): void {
    this.#abort?.(timeout());
  }

  /** Close the kept connection. */
  close(): void {
    this.#agent.destroy();
  }

  #exchange(
    method: string,
    path: string,
    body: Buffer | undefined,
    headers: http.OutgoingHttpHeaders,
    deadline: number,
  ): Promise<{ outcome: Outcome; reused: boolean }> {
    return new Promise((resolve) => {
      const length = body === undefined ? {} : { "Content-Length": body.length };
      let request: http.ClientRequest | undefined;
      let connecting: NodeJS.Timeout | undefined;
      let finished = false;
      const finish = (outcome: Outcome): void => {
        if (finished) return;
        finished = true;
        clearTimeout(timer);
        clearTimeout(connecting);
        this.#abort = this.#socket = undefined;
        resolve({ outcome, reused: request?.reusedSocket === true });
      };
      const fail = (error: Error): void => {
        finish({ kind: "failure", error });
        request?.destroy();
      };
      const timer = setTimeout(() => fail(timeout()), Math.max(0, deadline - performance.now())).unref();
      this.#abort = fail;
      try {
        request = (this.#options.protocol === "https:" ? https : http).request({
          ...this.#options,
          method,
          path: this.#prefix + path,
          agent: this.#agent,
          headers: { ...this.#headers, ...headers, ...length },
        });
      } catch (error) {
        fail(error as Error);
        return;
      }
      request.once("socket", (socket) => {
        this.#socket = socket;
        this.hold(this.#holding);
        if (!socket.connecting) return;
        connecting = setTimeout(() => fail(timeout()), CONNECT_MS).unref();
        socket.once("connect", () => clearTimeout(connecting));
      });
      // More than one may come, and one that nobody listens to would end the process.
      request.on("error", fail);
      request.once("response", (response) => readAnswer(response, finish, fail));
      request.end(body);
    });
  }
}

function readAnswer(
  response: http.IncomingMessage,
  finish: (answer: Answer) => void,
  fail: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let bytes = 0;
  response.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) fail(new Error("the answer is too long"));
  });
  response.on("error", fail);
  response.once("close", () => {
    if (!response.complete) fail(Object.assign(new Error("the answer was cut"), { code: "ECUT" }));
  });
  response.once("end", () => {
    if (!response.complete) return;
    finish({
      kind: "answer",
      status: response.statusCode ?? 0,
      body: Buffer.concat(chunks),
      type: (response.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase() ?? "",
      retryAfter: retryAfter(response.headers["retry-after"]),
      location: response.headers.location,
    });
  });
}

/** Read the header `Retry-After`: seconds, or a date. */
export function retryAfter(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = text.trim();
  if (/^\d+(?:\.\d+)?$/.test(value)) return Number(value);
  // A date of HTTP begins with the name of a day; other texts that happen to be dates are none.
  const moment = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(moment) ? undefined : Math.max(0, (moment - Date.now()) / 1000);
}

/**
 * Look names up, one at a time.
 *
 * A look-up takes one of few threads of the process, and cannot be given up. While one hangs, later attempts
 * wait for the same one instead of taking more threads from the application.
 */
function singleLookup(): LookupFunction {
  type Done = Parameters<LookupFunction>[2];
  const waiting = new Map<string, Done[]>();
  return (name, options, done) => {
    const id = JSON.stringify([name, options]);
    const others = waiting.get(id);
    if (others !== undefined) {
      others.push(done);
      return;
    }
    waiting.set(id, [done]);
    systemLookup(name, options as object, (...answer: unknown[]) => {
      const callers = waiting.get(id) ?? [];
      waiting.delete(id);
      for (const caller of callers) (caller as (...found: unknown[]) => void)(...answer);
    });
  };
}

function authorization(url: URL): http.OutgoingHttpHeaders {
  if (url.username === "" && url.password === "") return {};
  const pair = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  return { Authorization: `Basic ${Buffer.from(pair).toString("base64")}` };
}

function bare(hostname: string): string {
  return hostname.replace(/^\[|\]$/g, "");
}

function timeout(): NodeJS.ErrnoException {
  return Object.assign(new Error("no answer in time"), { code: "ETIMEDOUT" });
}
