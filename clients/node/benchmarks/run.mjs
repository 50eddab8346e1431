// What tracking costs an application: bare, tracked and the plain awaiting way, side by side in one run.
//
//     node benchmarks/run.mjs [--framework express5] [--rounds 20] [--seconds 1]
//
// Needs `wrk`, `npm ci`, `npm run build` and a release build of the service (`cargo build --release -p api`;
// `API_ANALYTICS_BIN` names another program). All forms run at the same time, each in a process of its own, and
// are loaded in turn, so that whatever else happens on the machine happens to all of them. Load generator and
// service share the cores with the application. New processes take over every few rounds, because how one
// happens to lie in memory makes it faster or slower for life.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";

import { Service } from "../test/support/service.mjs";

const APPLICATION = fileURLToPath(new URL("application.mjs", import.meta.url));
const FORMS = { bare: "bare", tracked: "tracked", plain: "plain awaiting way" };
const MANY = 32;
const ROUNDS_OF_A_PROCESS = 5;
const TICKS = 100;

const { values } = parseArgs({
  options: {
    framework: { type: "string", default: "express5" },
    rounds: { type: "string", default: "20" },
    seconds: { type: "string", default: "1" },
  },
});
const rounds = Number(values.rounds);
const seconds = Number(values.seconds);
const run = promisify(execFile);

/** Load a server with wrk; return requests, requests a second and the 99th percentile in milliseconds. */
async function load(port, connections) {
  const url = `http://127.0.0.1:${port}/ping`;
  const given = ["-t1", `-c${connections}`, `-d${seconds}s`, "--timeout", "60s", "--latency", url];
  const { stdout } = await run("wrk", given);
  if (/Non-2xx|Socket errors/.test(stdout)) throw new Error(stdout);
  const [, amount, unit] = /99%\s+([\d.]+)(us|ms|s)/.exec(stdout);
  return {
    requests: Number(/(\d+) requests in/.exec(stdout)[1]),
    rate: Number(/Requests\/sec:\s+([\d.]+)/.exec(stdout)[1]),
    p99: Number(amount) * { us: 0.001, ms: 1, s: 1000 }[unit],
  };
}

async function start(form, url, key) {
  const env = { ...process.env, NODE_ENV: "production", API_ANALYTICS_URL: url, API_ANALYTICS_KEY: key };
  const child = spawn(process.execPath, [APPLICATION, values.framework, form], {
    env,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const [line] = await once(createInterface(child.stdout), "line");
  return { child, port: Number(line.split(" ").pop()) };
}

async function stop({ child }) {
  child.kill("SIGTERM");
  if (child.exitCode === null) await once(child, "exit");
}

/** The processor time that a process has had, in all its threads, in microseconds. */
function cpu(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").pop().split(" ");
  return ((Number(fields[11]) + Number(fields[12])) / TICKS) * 1e6;
}

function peakMib(pid) {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) / 1024;
}

function median(numbers) {
  const sorted = [...numbers].sort((one, other) => one - other);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

const service = await Service.start();
const keys = {};
const figures = {};
for (const form of Object.keys(FORMS)) {
  keys[form] = await service.newKey();
  figures[form] = { one: [], many: [], p99: [], cpu: [], requests: 0, peak: 0 };
}
try {
  for (let first = 0; first < rounds; first += ROUNDS_OF_A_PROCESS) {
    const servers = {};
    for (const form of Object.keys(FORMS)) servers[form] = await start(form, service.url, keys[form]);
    // The first round of a process does not count: the compiler is still at work.
    for (let round = 0; round <= Math.min(ROUNDS_OF_A_PROCESS, rounds - first); round += 1) {
      for (const [form, { child, port }] of Object.entries(servers)) {
        const one = await load(port, 1);
        const before = cpu(child.pid);
        const many = await load(port, MANY);
        const found = figures[form];
        found.requests += one.requests + many.requests;
        if (round === 0) continue;
        found.one.push(one.rate);
        found.many.push(many.rate);
        found.p99.push(many.p99);
        found.cpu.push((cpu(child.pid) - before) / many.requests);
      }
    }
    for (const [form, server] of Object.entries(servers)) {
      figures[form].peak = Math.max(figures[form].peak, peakMib(server.child.pid));
      await stop(server);
    }
  }
  console.log(
    `| ${values.framework} | requests/s at 1 | added to a request | requests/s at ${MANY} | of bare | p99 | CPU a request | peak memory |`,
  );
  console.log("|---|---|---|---|---|---|---|---|");
  for (const [form, name] of Object.entries(FORMS)) {
    const { one, many, p99, cpu: time, peak } = figures[form];
    // Differences and ratios are taken within a round, where both had the same conditions.
    const added = median(one.map((rate, at) => 1e6 / rate - 1e6 / figures.bare.one[at]));
    const ratio = median(many.map((rate, at) => rate / figures.bare.many[at])) * 100;
    const cells = [name, median(one).toFixed(0), `${added.toFixed(0)} µs`, median(many).toFixed(0)];
    cells.push(
      `${ratio.toFixed(1)}%`,
      `${median(p99).toFixed(1)} ms`,
      `${median(time).toFixed(0)} µs`,
      `${peak.toFixed(0)} MiB`,
    );
    console.log(`| ${cells.join(" | ")} |`);
  }
  const stored = await service.count(keys.tracked);
  console.log(
    `\nwrk saw ${figures.tracked.requests} requests of the tracked form answered; ${stored} events were stored.`,
  );
} finally {
  await service.close();
}
