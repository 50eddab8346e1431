// Applications in processes of their own.

import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const RUN = fileURLToPath(new URL("../apps/run.mjs", import.meta.url));

/** The environment of a child that reports to a service. */
export function environment(hostile, more = {}) {
  return {
    ...process.env,
    API_ANALYTICS_URL: hostile.url,
    API_ANALYTICS_KEY: "key",
    API_ANALYTICS_ENABLED: "true",
    ...more,
  };
}

export class App {
  static async start(hostile, framework, version = "", more = {}) {
    const app = new App();
    app.child = spawn(process.execPath, [RUN, framework, version], {
      env: environment(hostile, more),
      stdio: ["pipe", "pipe", "pipe"],
    });
    app.errors = "";
    app.child.stderr.setEncoding("utf8").on("data", (text) => (app.errors += text));
    const lines = createInterface(app.child.stdout);
    const [line] = await Promise.race([once(lines, "line"), once(app.child, "exit").then(() => [""])]);
    const port = /^listening on (\d+)$/.exec(line)?.[1];
    if (port === undefined) throw new Error(`the application did not start: ${line} ${app.errors}`);
    app.port = Number(port);
    return app;
  }

  /** End it in its own way; return its exit status. */
  async end() {
    this.child.stdin.end();
    if (this.child.exitCode === null) await once(this.child, "exit");
    return this.child.exitCode;
  }
}
