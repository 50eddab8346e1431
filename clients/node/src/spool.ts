/**
 * Batches on the disk: what waits for the service outlives the process.
 *
 * One file a batch, named by the time from which it may be sent, the failures of the service on it, its count
 * and its idempotency key. Several processes may share a folder: who sends a batch claims it by renaming its
 * file, until a time that stands in the new name. The Python client has the same names.
 */

import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { promises as files } from "node:fs";
import { join } from "node:path";

import { Batch } from "./batch";

const NAME = /^(\d{20})-(?:f(\d{1,2})-)?(\d{1,5})-([0-9a-f]{32}(?:-[12]){0,16})\.ndjson\.gz$/;
const CLAIM = /^(.+\.ndjson\.gz)\.claim-(\d{1,12})-[0-9a-f]{8}$/;
const PART = /\.part$/;
/** What a writer left behind that did not live to finish. */
const PART_EXPIRES_MS = 600_000;
/** How much longer than a request a claim lasts. */
const CLAIM_MARGIN_SECONDS = 60;
/** A time that is farther in the future is that of another clock, and counts as past. */
const MAX_AHEAD_MS = 7_200_000;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** A batch that this process has claimed. */
export interface Claim {
  readonly batch: Batch;
  /** How often the service failed on just this batch. */
  readonly failures: number;
  readonly path: string;
}

interface Found {
  readonly name: string;
  readonly dueMs: number;
  readonly failures: number;
  readonly count: number;
  readonly key: string;
}

/** The batches of one API key and service in a folder, up to a number of bytes. */
export class Spool {
  readonly folder: string;
  readonly #mostBytes: number;
  readonly #claimSeconds: number;

  /** `timeout` is the longest that a request takes, in seconds. */
  constructor(folder: string, apiKey: string, url: string, mostBytes: number, timeout: number) {
    // Batches of different keys must not mix; the key itself is not to be read from the name.
    this.folder = join(folder, createHash("sha256").update(`${apiKey}\n${url}`).digest("hex").slice(0, 16));
    this.#mostBytes = mostBytes;
    this.#claimSeconds = timeout + CLAIM_MARGIN_SECONDS;
  }

  /** Keep a batch on the disk for good, to be sent after so many milliseconds; or throw and leave nothing. */
  async write(batch: Batch, delayMs = 0, failures = 0): Promise<void> {
    await files.mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
    const { whole, part } = this.#paths(batch, delayMs, failures);
    try {
      const file = await files.open(part, "w", FILE_MODE);
      try {
        await file.writeFile(batch.body);
        await file.sync();
      } finally {
        await file.close();
      }
      await files.rename(part, whole);
    } catch (error) {
      await files.rm(part, { force: true });
      throw error;
    }
    await this.#syncFolder();
  }

  /** The same at once, for the end of the process. */
  writeSync(batch: Batch): void {
    fs.mkdirSync(this.folder, { recursive: true, mode: FOLDER_MODE });
    const { whole, part } = this.#paths(batch, 0, 0);
    try {
      const file = fs.openSync(part, "w", FILE_MODE);
      try {
        fs.writeFileSync(file, batch.body);
        fs.fsyncSync(file);
      } finally {
        fs.closeSync(file);
      }
      fs.renameSync(part, whole);
    } catch (error) {
      fs.rmSync(part, { force: true });
      throw error;
    }
  }

  /** Remove the oldest batches until the rest fits; return how many events went with them. */
  async trim(): Promise<number> {
    const sizes = await Promise.all(
      (await this.#batches()).map(async ({ name, count }) => {
        const path = join(this.folder, name);
        return {
          path,
          count,
          bytes: await files.stat(path).then(
            (stat) => stat.size,
            () => 0,
          ),
        };
      }),
    );
    let excess = sizes.reduce((sum, { bytes }) => sum + bytes, 0) - this.#mostBytes;
    let events = 0;
    for (const { path, count, bytes } of sizes.slice(0, -1)) {
      if (excess <= 0) break;
      // Whoever removes it counts it; another process may be faster.
      if (
        await files.unlink(path).then(
          () => true,
          () => false,
        )
      )
        events += count;
      excess -= bytes;
    }
    return events;
  }

  /**
   * Claim the first batch that may be sent and that no other process has; without one, say in how many
   * milliseconds the next may be.
   */
  async claim(): Promise<{ claim: Claim | undefined; nextDueMs: number }> {
    const now = Date.now();
    let nextDueMs = Infinity;
    for (const { name, dueMs, failures, count, key } of await this.#batches()) {
      if (dueMs > now && dueMs < now + MAX_AHEAD_MS) {
        nextDueMs = Math.min(nextDueMs, dueMs - now);
        continue;
      }
      const until = Math.ceil(now / 1000 + this.#claimSeconds);
      const path = join(this.folder, `${name}.claim-${until}-${randomBytes(4).toString("hex")}`);
      try {
        await files.rename(join(this.folder, name), path);
        return { claim: { batch: new Batch(key, count, await files.readFile(path)), failures, path }, nextDueMs };
      } catch {
        // Another process was faster.
      }
    }
    return { claim: undefined, nextDueMs };
  }

  /** Give a claimed batch back, to be sent after so many milliseconds, and after those that wait already. */
  async release(claim: Claim, delayMs = 0, failures = claim.failures): Promise<void> {
    await files.rename(claim.path, this.#paths(claim.batch, delayMs, failures).whole).catch(() => undefined);
  }

  /** The same at once, for the end of the process. */
  releaseSync(claim: Claim): void {
    try {
      fs.renameSync(claim.path, this.#paths(claim.batch, 0, claim.failures).whole);
    } catch {
      // It is found again when the claim has run out.
    }
  }

  /** Forget a claimed batch that is settled. */
  async remove(claim: Claim): Promise<void> {
    await files.rm(claim.path, { force: true }).catch(() => undefined);
  }

  /** Give back what dead processes have claimed, and remove what they have written by half. */
  async tidy(): Promise<void> {
    const now = Date.now();
    for (const name of await this.#names()) {
      const path = join(this.folder, name);
      const claim = CLAIM.exec(name);
      try {
        if (claim !== null && Number(claim[2]) * 1000 < now)
          await files.rename(path, join(this.folder, claim[1] ?? ""));
        else if (PART.test(name) && (await files.stat(path)).mtimeMs < now - PART_EXPIRES_MS)
          await files.unlink(path);
      } catch {
        // Another process was faster.
      }
    }
  }

  #paths(batch: Batch, delayMs: number, failures: number): { whole: string; part: string } {
    const due = `${Math.floor(Date.now() + delayMs)}000000`.padStart(20, "0");
    const failed = failures === 0 ? "" : `f${failures}-`;
    const whole = join(this.folder, `${due}-${failed}${batch.count}-${batch.key}.ndjson.gz`);
    return { whole, part: `${whole}.${randomBytes(4).toString("hex")}.part` };
  }

  /** Unclaimed batches, in the order in which they may be sent. */
  async #batches(): Promise<Found[]> {
    return (await this.#names()).sort().flatMap((name) => {
      const [, due, failures, count, key] = NAME.exec(name) ?? [];
      if (due === undefined || key === undefined) return [];
      return [{ name, dueMs: Number(due) / 1e6, failures: Number(failures ?? 0), count: Number(count), key }];
    });
  }

  async #names(): Promise<string[]> {
    return files.readdir(this.folder).catch(() => []);
  }

  /** A rename is on the disk only once its folder is. */
  async #syncFolder(): Promise<void> {
    const folder = await files.open(this.folder, "r").catch(() => undefined);
    try {
      await folder?.sync();
    } catch {
      // Some file systems cannot.
    } finally {
      await folder?.close();
    }
  }
}
