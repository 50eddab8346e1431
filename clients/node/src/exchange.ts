/**
 * A request and its answer, as seen on Node's own objects under every framework.
 *
 * Everything here is in the request's path: it must not wait, throw, or change what the application does.
 */

import type { IncomingMessage, ServerResponse } from "node:http";

import type { Client } from "./client";
import { STATUS_CLIENT_CLOSED, STATUS_FAILED, UNKNOWN_BYTES } from "./event";
import { mark, markOf, type Marked } from "./marks";
import type { Settings } from "./settings";
import { endpointOf, pathOf } from "./texts";

const WATCHED = Symbol.for("api-analytics-client.watched");
/** Of a `Content-Length` that is believed. */
const LENGTH = /^\d{1,15}$/;
const MAX_FORWARDED_CHARS = 2048;

type Request = IncomingMessage & { originalUrl?: string };
type Response = ServerResponse;

/** What a framework knows about a request. */
export interface Subject {
  /** What the function that names consumers is given. */
  readonly request: unknown;
  /** Return the template that the path matched; called once the request is answered. */
  readonly route?: (() => string | undefined) | undefined;
}

/** One request, for one client. */
class Exchange implements Marked {
  readonly #started = performance.now();
  readonly #client: Client;
  readonly #request: Request;
  readonly #target: string;
  readonly #peer: string | undefined;
  #subject: Subject;
  #finished = false;
  #failed = false;
  #consumer: string | null | undefined;
  /** Bytes of the request's body, if they are counted. */
  received: number;
  /** That of another client that records the same request. */
  readonly next: Exchange | undefined;
  /** The methods of the answer before they were observed. */
  readonly write: ServerResponse["write"];
  readonly end: ServerResponse["end"];
  sent = 0;
  /** What the framework's methods call in turn is not counted again. */
  isCounting = false;

  constructor(client: Client, request: Request, response: Response, subject: Subject) {
    this.#client = client;
    this.#request = request;
    this.#subject = subject;
    this.#target = textOf(request.originalUrl) ?? textOf(request.url) ?? "";
    // Of a broken connection it is no longer known.
    this.#peer = request.socket?.remoteAddress;
    this.received = countRequest(request);
    this.next = exchangeOf(request);
    this.write = this.next?.write ?? response.write;
    this.end = this.next?.end ?? response.end;
  }

  /** The exchange of a client, if it records the request already. */
  of(client: Client): Exchange | undefined {
    return this.#client === client ? this : this.next?.of(client);
  }

  /** What is nearer to the application knows more of the request. */
  refine(subject: Subject): void {
    this.#subject = { request: subject.request, route: subject.route ?? this.#subject.route };
  }

  /** What the application has said about who called. */
  get consumer(): string | null | undefined {
    return this.#consumer;
  }

  set consumer(name: string | null | undefined) {
    this.#consumer = name;
    if (this.next !== undefined) this.next.consumer = name;
  }

  /** The application has failed; if it has not begun to answer, its server will. */
  fail(response: Response): void {
    this.#failed = true;
    this.finish(response);
    this.next?.fail(response);
  }

  finish(response: Response): void {
    if (this.#finished) return;
    this.#finished = true;
    const ended = performance.now();
    const settings = this.#client.settings;
    if (settings === undefined) return;
    try {
      const { headers } = this.#request;
      const begun = response.headersSent || response.writableFinished;
      const status = begun ? response.statusCode : this.#failed ? STATUS_FAILED : STATUS_CLIENT_CLOSED;
      const length = textOf(headers["content-length"]);
      this.#client.put({
        started: this.#started,
        ended,
        method: textOf(this.#request.method) ?? "",
        target: this.#target,
        route: this.#route(),
        status,
        peer: this.#peer,
        agent: textOf(headers["user-agent"]),
        host: textOf(headers.host ?? headers[":authority"]),
        forwarded:
          settings.trustedProxies === undefined ? undefined : forwardedOf(headers[settings.forwardedHeader]),
        consumer: this.#consumer === undefined ? this.#askConsumer(settings) : (this.#consumer ?? undefined),
        received: length !== undefined && LENGTH.test(length) ? Number(length) : this.received,
        sent: status === 204 || status === 304 ? 0 : (exchangeOf(this.#request) ?? this).sent,
      });
    } catch (error) {
      this.#client.failed("recording", error);
    }
  }

  #route(): string | undefined {
    try {
      const route: unknown = this.#subject.route?.();
      return typeof route === "string" ? route : undefined;
    } catch (error) {
      this.#client.failed("finding the route", error);
      return undefined;
    }
  }

  #askConsumer(settings: Settings): string | undefined {
    return nameConsumer(this.#client, settings, this.#subject.request);
  }
}

/** Ask the application who called; none if it does not know, or its function fails. */
export function nameConsumer(client: Client, settings: Settings, request: unknown): string | undefined {
  if (settings.consumer === undefined) return undefined;
  try {
    const name = settings.consumer(request as never);
    if (name === undefined || name === null || typeof name === "string") return name ?? undefined;
    if (name instanceof Promise) name.catch(() => undefined);
    throw new TypeError("consumer must return a text at once");
  } catch (error) {
    client.failed("the consumer function", error);
    return undefined;
  }
}

/** Whether requests for this target are to be recorded. */
export function isWanted(settings: Settings, method: string | undefined, target: string): boolean {
  if (method === "OPTIONS" && !settings.recordOptions) return false;
  if (settings.exclude === undefined) return true;
  const path = target.includes("%") ? endpointOf(target, target.length) : pathOf(target);
  return !settings.exclude.test(path);
}

/** Record the request once it is answered, or its caller has gone; once for each client. */
export function observe(client: Client, request: Request, response: Response, subject: Subject): void {
  try {
    const known = exchangeOf(request)?.of(client);
    if (known !== undefined) {
      known.refine(subject);
      return;
    }
    const settings = client.settings;
    if (settings === undefined || !isWanted(settings, request.method, request.originalUrl ?? request.url ?? ""))
      return;
    const exchange = new Exchange(client, request, response, subject);
    mark(request, exchange);
    if (exchange.next === undefined) countAnswer(request, response);
    const finish = (): void => exchange.finish(response);
    response.on("finish", finish);
    response.on("close", finish);
    watchServer(client, request);
  } catch (error) {
    client.failed("observing a request", error);
  }
}

/** The application has failed; what it throws may end the process, so nothing is waited for. */
export function observeFailure(request: Request, response: Response): void {
  exchangeOf(request)?.fail(response);
}

function exchangeOf(request: object | undefined): Exchange | undefined {
  const marked = request === undefined ? undefined : markOf(request);
  return marked instanceof Exchange ? marked : undefined;
}

/** Prototypes of answers whose methods count. */
const counting = new WeakSet<object>();

/**
 * Have the bytes of an answer counted.
 *
 * Applications of Express have a prototype of their own for their answers, made to be extended; it is, once, since
 * replacing methods of each answer costs microseconds there. All other answers get methods of their own.
 */
function countAnswer(request: Request, response: Response): void {
  if (response.req !== request) mark(response, markOf(request) as Marked);
  const prototype = Object.getPrototypeOf(response) as Response & { app?: unknown };
  if (!Object.hasOwn(prototype, "app")) {
    response.write = countedWrite as Response["write"];
    response.end = countedEnd as Response["end"];
  } else if (!counting.has(prototype)) {
    counting.add(prototype);
    const { write, end } = prototype;
    prototype.write = function (this: Response, ...given: Written) {
      return counted(this, given, write) as boolean;
    } as Response["write"];
    prototype.end = function (this: Response, ...given: Written) {
      return counted(this, given, end) as Response;
    } as Response["end"];
  }
}

type Written = [chunk?: unknown, encoding?: unknown];
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- two methods with many forms
type Method = (...given: any[]) => unknown;

// One function for all answers: a closure for each would cost more than what it does.
function countedWrite(this: Response, ...given: Written): boolean {
  return counted(this, given, exchangeOfAnswer(this)?.write ?? prototypeOf(this).write) as boolean;
}

function countedEnd(this: Response, ...given: Written): Response {
  return counted(this, given, exchangeOfAnswer(this)?.end ?? prototypeOf(this).end) as Response;
}

function prototypeOf(response: Response): Response {
  return Object.getPrototypeOf(response) as Response;
}

function exchangeOfAnswer(response: Response): Exchange | undefined {
  return exchangeOf(response.req) ?? exchangeOf(response);
}

function counted(response: Response, given: Written, method: Method): unknown {
  const exchange = exchangeOfAnswer(response);
  if (exchange === undefined || exchange.isCounting) return Reflect.apply(method, response, given);
  if (!response.writableEnded) exchange.sent += sizeOf(given[0], given[1]);
  exchange.isCounting = true;
  try {
    return Reflect.apply(method, response, given);
  } finally {
    exchange.isCounting = false;
  }
}

function sizeOf(chunk: unknown, encoding: unknown): number {
  if (chunk instanceof Uint8Array) return chunk.byteLength;
  if (typeof chunk !== "string") return 0;
  return Buffer.byteLength(chunk, typeof encoding === "string" ? (encoding as BufferEncoding) : "utf8");
}

/** Count the bytes of a body that comes without a length; not known if it has begun to come before. */
function countRequest(request: Request): number {
  if (request.headers["transfer-encoding"] === undefined && request.httpVersionMajor < 2) return 0;
  if (request.readableDidRead || request.readableLength > 0 || request.complete) return UNKNOWN_BYTES;
  const { push } = request;
  request.push = function (chunk: unknown, encoding?: BufferEncoding): boolean {
    const size = chunk instanceof Uint8Array ? chunk.byteLength : 0;
    for (let each = exchangeOf(request); each !== undefined; each = each.next) each.received += size;
    return push.call(request, chunk, encoding);
  };
  return 0;
}

/** Applications may change what a request has, into anything. */
function textOf(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}

function forwardedOf(value: string | string[] | undefined): string | undefined {
  const text = Array.isArray(value) ? value.join(",") : value;
  return text?.slice(-MAX_FORWARDED_CHARS);
}

/** When a server closes, its process will often end soon. */
function watchServer(client: Client, request: Request): void {
  const { server } = request.socket as {
    server?: { once(name: "close", listener: () => void): void; [WATCHED]?: Set<Client> };
  };
  if (server === undefined) return;
  const watched = (server[WATCHED] ??= new Set());
  if (watched.has(client)) return;
  watched.add(client);
  server.once("close", () => {
    watched.delete(client);
    client.hurry();
  });
}
