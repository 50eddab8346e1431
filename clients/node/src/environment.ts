/** Where settings come from that are no arguments: the environment, and a `.env` file for key and address. */

import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Variables by which test runners are known; their processes report nothing unless that was asked for. */
const TEST_RUNNERS = ["NODE_TEST_CONTEXT", "JEST_WORKER_ID", "VITEST"];

/** Read a variable; an empty one counts as absent. */
export function variable(name: string): string | undefined {
  const value = process.env[name];
  return value === undefined || value === "" ? undefined : value;
}

/** Whether this process runs tests. */
export function isTestRun(): boolean {
  return process.env["NODE_ENV"] === "test" || TEST_RUNNERS.some((name) => variable(name) !== undefined);
}

/** Read the first `.env` in the working folder or above it; empty if there is none or it cannot be read. */
export function readEnvFile(): Map<string, string> {
  try {
    for (let folder = process.cwd(); ; folder = dirname(folder)) {
      const path = join(folder, ".env");
      if (existsSync(path)) return parseEnv(readFileSync(path, "utf8"));
      if (folder === dirname(folder)) break;
    }
  } catch {
    // A file that cannot be read counts as none: the message about a missing key says what to do.
  }
  return new Map();
}

/** Read lines of the form `NAME=value`, with `export`, quotes and comments. */
export function parseEnv(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const line of text.split(/\r?\n/)) {
    const match = /^\s*(?:export\s+)?(\w+)\s*=\s*(.*?)\s*$/.exec(line);
    if (match === null) continue;
    const [, name = "", value = ""] = match;
    const quoted = /^(["'])(.*?)\1/.exec(value);
    values.set(name, quoted === null ? (value.split(/(?:^|\s+)#/)[0] ?? "") : (quoted[2] ?? ""));
  }
  return values;
}
