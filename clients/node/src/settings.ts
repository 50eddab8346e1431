/** Checks options once and completes them. An `Error` says what is missing or wrong. */

import { readFileSync } from "node:fs";
import { resolve } from "node:path";

import { Networks } from "./addresses";
import { isTestRun, readEnvFile, variable } from "./environment";
import type { Event } from "./event";
import type { Anonymize, Logger, Options } from "./options";

/** Paths that load balancers and orchestrators ask for; not recorded unless `excludeHealthChecks` is false. */
export const HEALTH_CHECKS: readonly string[] = [
  "/health",
  "/health/live",
  "/health/ready",
  "/healthz",
  "/healthcheck",
  "/livez",
  "/readyz",
];

const MAX_KEY_CHARS = 64;
const MAX_COUNT = 10_000_000;
const MAX_BYTES = 2 ** 40;
const MAX_SECONDS = 3600;
const MIB = 2 ** 20;

/** Checked options. Durations are in seconds. */
export interface Settings {
  readonly enabled: boolean;
  readonly apiKey: string;
  readonly url: URL;
  readonly exclude: RegExp | undefined;
  readonly recordOptions: boolean;
  readonly trustedProxies: Networks | undefined;
  readonly forwardedHeader: string;
  readonly anonymize: Anonymize;
  readonly consumer: ((request: never) => unknown) | undefined;
  readonly onEvent: ((event: Event) => Event | null | undefined) | undefined;
  readonly queueSize: number;
  readonly queueBytes: number;
  readonly batchSize: number;
  readonly flushInterval: number;
  readonly timeout: number;
  readonly backlogBytes: number;
  readonly spoolDir: string | undefined;
  readonly spoolBytes: number;
  readonly shutdownTimeout: number;
  readonly proxy: URL | undefined;
  readonly ca: string | undefined;
  readonly debug: boolean;
  readonly logger: Logger;
}

const NAMES: ReadonlySet<string> = new Set<keyof Options>([
  ...(["apiKey", "serverUrl", "enabled", "exclude", "excludeHealthChecks", "recordOptions"] as const),
  ...(["trustedProxies", "forwardedHeader", "anonymize", "consumer", "onEvent", "queueSize"] as const),
  ...(["queueBytes", "batchSize", "flushInterval", "timeout", "backlogBytes", "spoolDir"] as const),
  ...(["spoolBytes", "shutdownTimeout", "proxy", "caFile", "debug", "logger"] as const),
]);

/** Whether anything is to be recorded: by the option, else the variable, else by whether this is a test run. */
export function isEnabled(options: Options): boolean {
  return flag(options, "enabled", !isTestRun());
}

/** Check the options and complete them. */
export function resolveSettings(options: Options): Settings {
  const unknown = Object.keys(options).filter((name) => !NAMES.has(name));
  if (unknown.length > 0) throw new Error(`unknown option ${unknown.sort().join(", ")}`);
  const outside = envFile();
  const proxy = text(options, "proxy");
  const caFile = text(options, "caFile");
  const spoolDir = text(options, "spoolDir");
  return {
    enabled: isEnabled(options),
    apiKey: key(options.apiKey ?? outside("API_ANALYTICS_KEY")),
    url: address(options.serverUrl ?? outside("API_ANALYTICS_URL", "API_BASE")),
    exclude: patterns(list(options, "exclude"), flag(options, "excludeHealthChecks", true)),
    recordOptions: flag(options, "recordOptions", true),
    trustedProxies: Networks.parse(list(options, "trustedProxies")),
    forwardedHeader: (text(options, "forwardedHeader") ?? "X-Forwarded-For").trim().toLowerCase(),
    anonymize: anonymize(text(options, "anonymize") ?? "none"),
    consumer: synchronous("consumer", options.consumer),
    onEvent: synchronous("onEvent", options.onEvent),
    queueSize: whole(options, "queueSize", 50_000, 1, MAX_COUNT),
    queueBytes: whole(options, "queueBytes", 32 * MIB, 1, MAX_BYTES),
    batchSize: whole(options, "batchSize", 1_000, 1, 10_000),
    flushInterval: number(options, "flushInterval", 1, 0.01, MAX_SECONDS),
    timeout: number(options, "timeout", 10, 0.1, MAX_SECONDS),
    backlogBytes: whole(options, "backlogBytes", 16 * MIB, 1, MAX_BYTES),
    spoolDir: spoolDir === undefined ? undefined : resolve(spoolDir),
    spoolBytes: whole(options, "spoolBytes", 256 * MIB, 1, MAX_BYTES),
    shutdownTimeout: number(options, "shutdownTimeout", 5, 0, MAX_SECONDS),
    proxy: proxy === undefined ? undefined : httpUrl("proxy", proxy),
    ca: caFile === undefined ? undefined : certificates(caFile),
    debug: flag(options, "debug", false),
    logger: options.logger ?? console,
  };
}

/** Show a URL without the name and password that it may hold. */
export function shown(url: URL): string {
  return `${url.protocol}//${url.host}${url.pathname.replace(/\/+$/, "")}`;
}

/** The variable of an option: `queueSize` is `API_ANALYTICS_QUEUE_SIZE`. */
export function variableOf(name: keyof Options): string {
  return `API_ANALYTICS_${name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
}

function envFile(): (...names: string[]) => string | undefined {
  let file: Map<string, string> | undefined;
  return (...names) => {
    for (const name of names) {
      const value = variable(name);
      if (value !== undefined) return value;
    }
    file ??= readEnvFile();
    return names.map((name) => file?.get(name)).find((value) => value);
  };
}

function text(
  options: Options,
  name: "proxy" | "caFile" | "spoolDir" | "forwardedHeader" | "anonymize",
): string | undefined {
  const value: unknown = options[name] ?? variable(variableOf(name));
  if (value !== undefined && typeof value !== "string") throw new Error(`${name} must be a text`);
  return value;
}

function list(options: Options, name: "exclude" | "trustedProxies"): readonly string[] {
  const value: unknown =
    options[name] ??
    variable(variableOf(name))
      ?.split(",")
      .map((part) => part.trim());
  if (value === undefined) return [];
  const values: unknown[] = typeof value === "string" ? [value] : Array.isArray(value) ? value : [undefined];
  return values.map((part) => {
    if (typeof part !== "string") throw new Error(`${name} must be a list of texts`);
    return part;
  });
}

function flag(
  options: Options,
  name: "enabled" | "excludeHealthChecks" | "recordOptions" | "debug",
  otherwise: boolean,
): boolean {
  const given: unknown = options[name];
  if (typeof given === "boolean") return given;
  if (given !== undefined) throw new Error(`${name} must be true or false`);
  const value = variable(variableOf(name))?.toLowerCase();
  if (value === undefined) return otherwise;
  if (["true", "1", "yes", "on"].includes(value)) return true;
  if (["false", "0", "no", "off"].includes(value)) return false;
  throw new Error(`${variableOf(name)} must be true or false, not ${JSON.stringify(value)}`);
}

type NumberName =
  | "queueSize"
  | "queueBytes"
  | "batchSize"
  | "flushInterval"
  | "timeout"
  | "backlogBytes"
  | "spoolBytes"
  | "shutdownTimeout";

function number(options: Options, name: NumberName, otherwise: number, least: number, most: number): number {
  const outside = variable(variableOf(name));
  const value: unknown = options[name] ?? (outside === undefined ? otherwise : Number(outside));
  if (typeof value !== "number" || !(value >= least && value <= most)) {
    const given = options[name] === undefined ? outside : JSON.stringify(value);
    throw new Error(`${name} must be a number from ${least} to ${most}, not ${given}`);
  }
  return value;
}

function whole(options: Options, name: NumberName, otherwise: number, least: number, most: number): number {
  return Math.floor(number(options, name, otherwise, least, most));
}

function key(given: unknown): string {
  if (given === undefined || given === "") throw new Error("no API key: give apiKey or set API_ANALYTICS_KEY");
  if (typeof given !== "string" || given.length > MAX_KEY_CHARS || !/^[!-~]+$/.test(given)) {
    throw new Error(`the API key must be 1 to ${MAX_KEY_CHARS} visible ASCII characters`);
  }
  return given;
}

function address(given: unknown): URL {
  if (given === undefined || given === "") {
    throw new Error("no address of the service: give serverUrl or set API_ANALYTICS_URL");
  }
  return httpUrl("serverUrl", given);
}

function httpUrl(name: string, given: unknown): URL {
  // The text is not repeated in the message: it may hold a password.
  const fault = new Error(`${name} must be an http or https URL`);
  if (typeof given !== "string") throw fault;
  let url: URL;
  try {
    url = new URL(given.trim());
  } catch {
    throw fault;
  }
  if ((url.protocol !== "http:" && url.protocol !== "https:") || url.hostname === "") throw fault;
  return url;
}

function patterns(given: readonly string[], healthChecks: boolean): RegExp | undefined {
  const all = [...given.filter((pattern) => pattern !== ""), ...(healthChecks ? HEALTH_CHECKS : [])];
  if (all.length === 0) return undefined;
  // Only `*` is special.
  const sources = all.map((pattern) => pattern.replace(/[.+?^${}()|[\]\\/]/g, "\\$&").replace(/\*+/g, ".*"));
  return new RegExp(`^(?:${sources.join("|")})$`, "s");
}

function anonymize(value: string): Anonymize {
  if (value === "none" || value === "truncated" || value === "dropped") return value;
  throw new Error(`anonymize must be none, truncated or dropped, not ${JSON.stringify(value)}`);
}

function synchronous<F>(name: string, value: F | undefined): F | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "function") throw new Error(`${name} must be a function`);
  if (value.constructor.name === "AsyncFunction") throw new Error(`${name} must not be asynchronous`);
  return value;
}

function certificates(path: string): string {
  let found: string;
  try {
    found = readFileSync(path, "utf8");
  } catch (error) {
    throw new Error(`caFile cannot be read: ${(error as Error).message}`);
  }
  if (!found.includes("-----BEGIN CERTIFICATE-----")) throw new Error(`caFile holds no certificate: ${path}`);
  return found;
}
