/**
 * What an answer of the service means for the batch that was sent.
 *
 * | Answer | Verdict |
 * |---|---|
 * | 200 with counts | settled, event by event |
 * | 413 | to be split in two; a single event is refused, if it is the service that says so |
 * | 408, 425, 429, 502, 503, 504, none at all, anything that is not the service's | to be sent again |
 * | any other 4xx of the service itself | refused |
 * | any other 5xx of the service itself | to be sent again, a number of times |
 */

import { STATUS_CODES } from "node:http";

import type { Answer, Outcome } from "./transport";

/** By these the service, or something on the way, says that it takes nothing now. */
const UNAVAILABLE = new Set([408, 425, 429, 502, 503, 504]);
const MAX_REASONS = 5;
const MAX_REASON_CHARS = 300;

/** Durations are in seconds. */
export type Verdict =
  | {
      readonly kind: "settled";
      readonly stored: number;
      readonly duplicate: number;
      readonly rejected: number;
      readonly reasons: string;
    }
  | { readonly kind: "too large" }
  | { readonly kind: "refused"; readonly reason: string }
  | {
      readonly kind: "again";
      readonly reason: string;
      readonly after: number | undefined;
      /** Whether it may be the fault of this batch, so that others should be tried before it. */
      readonly alone: boolean;
    };

/** Say what became of a batch of so many events. */
export function judge(outcome: Outcome, events: number): Verdict {
  if (outcome.kind === "failure") return again(explain(outcome.error));
  const { status } = outcome;
  if (status === 200) {
    const { stored, duplicate, rejected, errors } = object(outcome.body);
    if (isCount(stored) && isCount(duplicate) && isCount(rejected)) {
      return { kind: "settled", stored, duplicate, rejected, reasons: reasonsOf(errors) };
    }
    return again("something else than the service answers there");
  }
  const isOwn = isProblem(outcome);
  if (status === 413 && (isOwn || events > 1)) return { kind: "too large" };
  const reason = `${status}: ${problem(outcome)}`;
  const after = outcome.retryAfter;
  if (UNAVAILABLE.has(status)) return { kind: "again", reason, after, alone: false };
  if (status >= 400) {
    // During a deployment, proxies answer 403 or 404 for a service that is not there.
    if (!isOwn) return { kind: "again", reason: `${reason} (not by the service)`, after, alone: false };
    return status < 500 ? { kind: "refused", reason } : { kind: "again", reason, after, alone: true };
  }
  return again(`${status}: it points elsewhere, which is not followed`);
}

/** The reason in a problem document, or the words that belong to the status. */
export function problem(answer: Answer): string {
  const { detail } = object(answer.body);
  if (typeof detail === "string" && detail !== "") return detail.slice(0, MAX_REASON_CHARS);
  return STATUS_CODES[answer.status] ?? "no reason given";
}

/** Say in words why there was no answer. */
export function explain(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case "ECONNREFUSED":
      return "nothing listens there";
    case "ETIMEDOUT":
      return "no answer in time";
    case "ENOTFOUND":
    case "EAI_AGAIN":
    case "EAI_NODATA":
      return "the host name is unknown";
    case "ECONNRESET":
    case "EPIPE":
      return "the connection was cut";
    default:
      break;
  }
  const code = error.code ?? "";
  if (/CERT|SELF_SIGNED|UNABLE_TO/.test(code)) return `its certificate is not trusted: ${error.message}`;
  if (/SSL|TLS/.test(code) || code === "EPROTO") return `TLS failed: ${code}`;
  return error.message || error.name;
}

function again(reason: string): Verdict {
  return { kind: "again", reason, after: undefined, alone: false };
}

/** Whether the service itself answers: by a problem document of its kind that names the status it came with. */
function isProblem(answer: Answer): boolean {
  if (answer.type !== "application/problem+json") return false;
  const { type, title, detail, status, instance } = object(answer.body);
  const isOfItsKind = type === "about:blank" && typeof title === "string" && typeof detail === "string";
  return isOfItsKind && status === answer.status && instance === undefined;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function object(body: Buffer): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(body.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : {};
  } catch {
    return {};
  }
}

/** Sum up the reasons of rejected events: each once, the first few. */
function reasonsOf(errors: unknown): string {
  const reasons = new Set<string>();
  for (const refused of Array.isArray(errors) ? (errors as { errors?: unknown }[]) : []) {
    const faults = Array.isArray(refused?.errors)
      ? (refused.errors as { field?: unknown; detail?: unknown }[])
      : [];
    for (const fault of faults) reasons.add(`${String(fault?.field)} ${String(fault?.detail)}`);
  }
  return [...reasons].slice(0, MAX_REASONS).join("; ").slice(0, MAX_REASON_CHARS) || "no reasons given";
}
