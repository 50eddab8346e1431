// The hostile service of the conformance suite, as a child process.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const folder = fileURLToPath(new URL("../../../conformance/", import.meta.url));

export const cases = JSON.parse(readFileSync(`${folder}cases.json`, "utf8"));

export class Hostile {
  static async start(upstream) {
    const given = upstream === undefined ? [] : ["--upstream", upstream];
    const child = spawn("python3", [`${folder}hostile.py`, ...given], { stdio: ["pipe", "pipe", "inherit"] });
    const [line] = await once(createInterface(child.stdout), "line");
    return Object.assign(new Hostile(), JSON.parse(line), { child });
  }

  async get(path) {
    return (await fetch(this.control_url + path)).json();
  }

  async tell(path, value) {
    await fetch(this.control_url + path, { method: "POST", body: JSON.stringify(value ?? null) });
  }

  /** Wait until so many batches have arrived. */
  async arrived(batches) {
    await until(async () => (await this.get("/count")).batches >= batches);
  }

  async stop() {
    this.child.stdin.end();
    await once(this.child, "exit");
  }
}

/** Look again and again until something holds. */
export async function until(holds, seconds = 20) {
  const deadline = performance.now() + seconds * 1000;
  while (!(await holds())) {
    if (performance.now() > deadline) throw new Error(`not within ${seconds} s: ${holds}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
