// The real service: the program itself, in a folder of its own, and what can be asked of it.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const REPOSITORY = fileURLToPath(new URL("../../../../", import.meta.url));

/** Find the program; a run without it proves nothing, so there is no way to skip. */
export function binary() {
  const named = process.env.API_ANALYTICS_BIN;
  if (named) return named;
  const built = ["debug", "release"]
    .map((profile) => join(REPOSITORY, "target", profile, "api-analytics"))
    .filter((path) => existsSync(path))
    .sort((one, other) => statSync(other).mtimeMs - statSync(one).mtimeMs);
  if (built[0] === undefined)
    throw new Error("no api-analytics: run `cargo build -p api` or set API_ANALYTICS_BIN");
  return built[0];
}

/** A running service with an account. */
export class Service {
  #folder = mkdtempSync(join(tmpdir(), "service-"));
  port = 0;

  static async start() {
    const service = new Service();
    await service.resume();
    service.url = `http://127.0.0.1:${service.port}`;
    const account = { username: "ann", password: "correct horse" };
    await service.#ask("/register", { method: "POST", body: JSON.stringify(account) });
    const answer = await service.#ask("/token", { method: "POST", body: new URLSearchParams(account) });
    service.token = answer.access_token;
    return service;
  }

  /** Start it, after a stop on the same port. */
  async resume() {
    const own = Object.entries(process.env).filter(([name]) => !/^(API_|SECRET_|DATABASE_)/.test(name));
    const env = { ...Object.fromEntries(own), API_ANALYTICS_BCRYPT_COST: "4", RUST_LOG: "warn" };
    this.child = spawn(binary(), ["serve", "--port", String(this.port), "--data-dir", this.#folder], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
    for await (const line of createInterface(this.child.stdout)) {
      const port = /^listening on .*:(\d+)$/.exec(line)?.[1];
      if (port !== undefined) {
        this.port = Number(port);
        this.child.stdout.resume();
        return;
      }
    }
    throw new Error("the service did not start");
  }

  /** End it by a signal. */
  async stop(signal = "SIGTERM") {
    this.child.kill(signal);
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, "exit");
  }

  async close() {
    await this.stop("SIGKILL");
    rmSync(this.#folder, { recursive: true, force: true });
  }

  /** Make a key, so that a test sees its own events only. */
  async newKey() {
    return this.#ask("/generate_key", { method: "POST", headers: { authorization: `Bearer ${this.token}` } });
  }

  /** Ask for something about a key's events. */
  async get(path, key) {
    return this.#ask(path, { headers: { authorization: `Bearer ${this.token}`, "x-api-key": key } });
  }

  /** How many events are stored. */
  async count(key) {
    return (await this.get("/dashboard?start_date=2000-01-01", key)).summary.total_requests;
  }

  async #ask(path, options) {
    const answer = await fetch(`http://127.0.0.1:${this.port}${path}`, options);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
