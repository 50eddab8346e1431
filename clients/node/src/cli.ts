#!/usr/bin/env node
/** The command `api-analytics check`. */

import { check } from "./check";
import type { Options } from "./options";
import { VERSION } from "./version";

const USAGE = `usage: api-analytics check [--url URL] [--key KEY]

Sends a test event the whole way to the service, and says how far it came. Without options, the environment
counts: API_ANALYTICS_URL, API_ANALYTICS_KEY and all others.`;

const FLAGS: Record<string, "serverUrl" | "apiKey"> = { "--url": "serverUrl", "--key": "apiKey" };

/** Read the arguments; none if they are wrong. */
function parse(given: readonly string[]): Options | undefined {
  const options: Options = {};
  const rest = [...given];
  if (rest.shift() !== "check") return undefined;
  while (rest.length > 0) {
    const [flag = "", joined] = (rest.shift() ?? "").split(/=(.*)/s);
    const name = FLAGS[flag];
    const value = joined ?? rest.shift();
    if (name === undefined || value === undefined) return undefined;
    options[name] = value;
  }
  return options;
}

const given = process.argv.slice(2);
if (given.includes("--version")) console.log(VERSION);
else if (given.includes("--help")) console.log(USAGE);
else {
  const options = parse(given);
  if (options === undefined) {
    console.error(USAGE);
    process.exitCode = 2;
  } else {
    void check(options).then((arrives) => {
      process.exitCode = arrives ? 0 : 1;
    });
  }
}
