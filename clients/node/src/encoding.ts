/** The wire form: what waits becomes lines of JSON that the service will not refuse. */

import { AddressResolver, parseAddress } from "./addresses";
import * as limits from "./event";
import type { Event, Row, Waiting } from "./event";
import type { Journal } from "./journal";
import type { Settings } from "./settings";
import { clean, cleanHeader, endpointOf, hostnameOf } from "./texts";

/** Makes lines. */
export class Encoder {
  readonly #journal: Journal;
  readonly #resolver: AddressResolver;
  readonly #hook: Settings["onEvent"];
  readonly #clock = new WireClock();

  constructor(settings: Settings, journal: Journal) {
    this.#journal = journal;
    this.#resolver = new AddressResolver(settings.trustedProxies, settings.forwardedHeader, settings.anonymize);
    this.#hook = settings.onEvent;
  }

  /** Return the lines of entries; what is no event, or dropped by the hook, is counted and left out. */
  encode(entries: readonly Waiting[]): string[] {
    // The clock of the rows is one of intervals; what it counts from may have moved since the start.
    const offset = Date.now() - performance.now();
    const lines: string[] = [];
    for (const entry of entries) {
      try {
        const line = this.#line(entry, offset);
        if (line !== "") lines.push(line);
      } catch (error) {
        this.#journal.counts.skipped += 1;
        this.#journal.failed("encoding", error);
      }
    }
    return lines;
  }

  #line(entry: Waiting, offset: number): string {
    if (!limits.isRow(entry)) return this.#hooked(entry);
    if (
      !limits.METHODS.has(entry.method) ||
      !(entry.status >= limits.MIN_STATUS && entry.status <= limits.MAX_STATUS)
    ) {
      this.#journal.counts.skipped += 1;
      return "";
    }
    const event = this.#event(entry, offset);
    return this.#hook === undefined ? this.#wire(event) : this.#hooked(event);
  }

  #event(row: Row, offset: number): Event {
    return {
      createdAt: row.started + offset,
      method: row.method,
      endpoint: endpointOf(row.target, limits.MAX_ENDPOINT),
      route: clean(row.route, limits.MAX_ROUTE),
      statusCode: row.status,
      processTime: row.ended - row.started,
      ip: this.#resolver.resolve(row.peer, row.forwarded),
      userAgent: cleanHeader(row.agent, limits.MAX_USER_AGENT),
      hostname: hostnameOf(row.host),
      consumer: clean(row.consumer, limits.MAX_CONSUMER),
      requestBytes: row.received < 0 ? undefined : row.received,
      responseBytes: row.method === "HEAD" ? 0 : row.sent < 0 ? undefined : row.sent,
    };
  }

  /** A hook that was to hide something must not let it out by failing. */
  #hooked(event: Event): string {
    let fault: string;
    try {
      const changed: unknown = this.#hook === undefined ? event : this.#hook(event);
      if (changed === null || changed === undefined) {
        this.#journal.counts.hooked += 1;
        return "";
      }
      return this.#wire(checked(changed as Event));
    } catch (error) {
      fault = error instanceof Error ? error.message : String(error);
    }
    this.#journal.counts.hooked += 1;
    this.#journal.say(
      "hook",
      "warn",
      (count) => `onEvent or record gave what cannot be sent; dropped ${count} events: ${fault}`,
    );
    return "";
  }

  #wire(event: Event): string {
    return (
      `{"created_at":"${this.#clock.text(event.createdAt)}","method":"${event.method}"` +
      `,"endpoint":${JSON.stringify(event.endpoint)},"status_code":${event.statusCode}` +
      `,"process_time":${event.processTime.toFixed(3)}` +
      piece(',"route":', event.route) +
      piece(',"ip":', event.ip) +
      piece(',"user_agent":', event.userAgent) +
      piece(',"hostname":', event.hostname) +
      piece(',"consumer":', event.consumer) +
      (event.requestBytes === undefined ? "" : `,"request_bytes":${event.requestBytes}`) +
      (event.responseBytes === undefined ? "" : `,"response_bytes":${event.responseBytes}`) +
      "}\n"
    );
  }
}

/** Writes moments with microseconds; those of one second share its text. */
class WireClock {
  #second = Number.NaN;
  #head = "";

  text(at: number): string {
    const micros = Math.floor(at * 1000);
    const second = Math.floor(micros / 1e6);
    if (second !== this.#second) {
      this.#head = new Date(second * 1000).toISOString().slice(0, -4);
      this.#second = second;
    }
    return `${this.#head}${String(micros - second * 1e6).padStart(6, "0")}Z`;
  }
}

function piece(name: string, text: string | undefined): string {
  return text === undefined ? "" : name + JSON.stringify(text);
}

/** Check an event that a hook or the application has made; an `Error` says what cannot be sent. */
function checked(event: Event): Event {
  const { createdAt, statusCode, processTime } = event;
  const year = new Date(createdAt).getUTCFullYear();
  if (!(year >= 1 && year <= 9999)) throw new Error(`createdAt ${createdAt}`);
  if (!limits.METHODS.has(event.method)) throw new Error(`method ${JSON.stringify(event.method)}`);
  if (!Number.isInteger(statusCode) || statusCode < limits.MIN_STATUS || statusCode > limits.MAX_STATUS) {
    throw new Error(`statusCode ${statusCode}`);
  }
  if (!(processTime >= 0 && processTime <= limits.MAX_PROCESS_TIME_MS))
    throw new Error(`processTime ${processTime}`);
  const ip = event.ip ? parseAddress(event.ip) : undefined;
  if (event.ip && ip === undefined) throw new Error(`ip ${JSON.stringify(event.ip)}`);
  return {
    createdAt,
    method: event.method,
    endpoint: clean(text("endpoint", event.endpoint), limits.MAX_ENDPOINT) ?? "/",
    route: clean(text("route", event.route), limits.MAX_ROUTE),
    statusCode,
    processTime,
    ip,
    userAgent: clean(text("userAgent", event.userAgent), limits.MAX_USER_AGENT),
    hostname: clean(text("hostname", event.hostname), limits.MAX_HOSTNAME),
    consumer: clean(text("consumer", event.consumer), limits.MAX_CONSUMER),
    requestBytes: size("requestBytes", event.requestBytes),
    responseBytes: size("responseBytes", event.responseBytes),
  };
}

function text(name: string, value: unknown): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "string") throw new Error(`${name} is no text`);
  return value;
}

function size(name: string, value: number | null | undefined): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!Number.isSafeInteger(value) || value < 0) throw new Error(`${name} ${value}`);
  return value;
}
