/** Whether events would arrive: one test event goes the whole way, and each step is told in words. */

import { randomBytes } from "node:crypto";
import { hostname } from "node:os";

import { Batch } from "./batch";
import { Encoder } from "./encoding";
import { Journal } from "./journal";
import type { Options } from "./options";
import { resolveSettings, shown, type Settings } from "./settings";
import { Transport, type Answer } from "./transport";
import { explain, judge, problem } from "./verdicts";

const TEST_PATH = "/api-analytics-client/check";

const HINTS: Record<number, string> = {
  401: "make a key with POST /generate_key and give it as --key or API_ANALYTICS_KEY",
  403: "the key must have the scope ingest",
  404: "the service there is older than batches; update it",
  405: "the service there is older than batches; update it",
  429: "it is asked too often; events would wait and be sent later",
  503: "it is overloaded or lacks its database; events would wait and be sent later",
};

/** Try the whole way and say how far it goes; return whether events arrive. Does so where nothing is recorded, too. */
export async function check(options: Options, say: (line: string) => void = console.log): Promise<boolean> {
  let settings: Settings;
  try {
    settings = resolveSettings(options);
  } catch (error) {
    say(`not set up: ${(error as Error).message}`);
    return false;
  }
  if (!settings.enabled)
    say("note: in this environment nothing is recorded (API_ANALYTICS_ENABLED, or a test run)");
  const transport = new Transport(settings);
  transport.hold(true);
  // What waits for a deadline does not keep the process alive; this does.
  const alive = setInterval(() => undefined, 1000);
  try {
    return (await findsService(settings, transport, say)) && (await delivers(settings, transport, say));
  } finally {
    clearInterval(alive);
    transport.close();
  }
}

async function findsService(
  settings: Settings,
  transport: Transport,
  say: (line: string) => void,
): Promise<boolean> {
  const where = shown(settings.url);
  const outcome = await transport.request("GET", "/");
  if (outcome.kind === "failure") {
    say(`cannot reach ${where}: ${explain(outcome.error)}`);
    say("events would wait in memory (or in spoolDir, if that is set) and be sent once it can be reached");
    return false;
  }
  if (!isService(outcome)) {
    say(`reached ${where}, but it is not the service that answers there: ${outcome.status} ${problem(outcome)}`);
    say("serverUrl must be the address under which GET / answers 'Analytics service OK'");
    return false;
  }
  say(`reached the service at ${where}`);
  return true;
}

async function delivers(settings: Settings, transport: Transport, say: (line: string) => void): Promise<boolean> {
  const lines = new Encoder({ ...settings, onEvent: undefined }, new Journal(settings.logger, false)).encode([
    {
      createdAt: Date.now(),
      method: "GET",
      endpoint: TEST_PATH,
      route: TEST_PATH,
      statusCode: 200,
      processTime: 0,
      hostname: hostname(),
      userAgent: `check ${randomBytes(4).toString("hex")}`,
    },
  ]);
  const batch = await Batch.of(lines);
  const outcome = await transport.postBatch(batch.body, batch.key);
  const verdict = judge(outcome, 1);
  if (verdict.kind === "settled" && verdict.stored === 1) {
    say("the key is good");
    say(`a test event is stored: GET ${TEST_PATH}, as it will show in /raw_logs`);
    say("all is well: events arrive");
    return true;
  }
  if (verdict.kind === "settled") say(`the key is good, but the test event was rejected: ${verdict.reasons}`);
  else if (verdict.kind === "too large") say("the test event was not taken: it is too large for the service");
  else say(`the test event was not taken: ${verdict.reason}`);
  const hint = outcome.kind === "answer" ? HINTS[outcome.status] : undefined;
  if (hint !== undefined) say(hint);
  return false;
}

function isService(answer: Answer): boolean {
  try {
    const values = Object.values(JSON.parse(answer.body.toString("utf8")) as object);
    return answer.status === 200 && values.includes("Analytics service OK");
  } catch {
    return false;
  }
}
