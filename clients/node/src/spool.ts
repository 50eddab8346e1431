/**
 * Batches on the disk: what waits for the service outlives the process.
 *
 * One file a batch, named by its time, count and idempotency key. Several processes may share a folder: who
 * sends a batch claims it by renaming its file, until a time that stands in the new name.
 */

import { createHash, randomBytes } from "node:crypto";
import * as fs from "node:fs";
import { promises as files } from "node:fs";
import { join } from "node:path";

import { Batch } from "./batch";

const NAME = /^(\d{20})-(\d{1,5})-([0-9a-f]{32}(?:-[12]){0,16})\.ndjson\.gz$/;
const CLAIM = /^(.+\.ndjson\.gz)\.(\d{1,15})-[0-9a-f]{8}\.claim$/;
const PART = /\.part$/;
/** What a writer left behind that did not live to finish. */
const PART_EXPIRES_MS = 600_000;
const FOLDER_MODE = 0o700;
const FILE_MODE = 0o600;

/** A batch that this process has claimed. */
export interface Claim {
  readonly batch: Batch;
  readonly path: string;
  /** The name by which others find it once it is given back. */
  readonly free: string;
}

/** The batches of one API key and service in a folder, up to a number of bytes. */
export class Spool {
  readonly folder: string;
  readonly #mostBytes: number;
  readonly #claimMs: number;

  /** `claimSeconds` is how long a claimed batch is left to its claimer. */
  constructor(folder: string, apiKey: string, url: string, mostBytes: number, claimSeconds: number) {
    // Batches of different keys must not mix; the key itself is not to be read from the name.
    this.folder = join(folder, createHash("sha256").update(`${apiKey}\n${url}`).digest("hex").slice(0, 16));
    this.#mostBytes = mostBytes;
    this.#claimMs = claimSeconds * 1000;
  }

  /** Keep a batch on the disk for good, or throw and leave nothing. */
  async write(batch: Batch): Promise<void> {
    await files.mkdir(this.folder, { recursive: true, mode: FOLDER_MODE });
    const { whole, part } = this.#paths(batch);
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
    const { whole, part } = this.#paths(batch);
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
      (await this.#batches()).map(async (name) => {
        const path = join(this.folder, name);
        return {
          path,
          count: countOf(name),
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

  /** Claim a batch, about the oldest of those that no other process has, leaving out some by their keys. */
  async claim(besides: ReadonlySet<string>): Promise<Claim | undefined> {
    for (const name of await this.#batches()) {
      const match = NAME.exec(name);
      if (match === null || besides.has(match[3] ?? "")) continue;
      const free = join(this.folder, name);
      const path = `${free}.${Date.now() + this.#claimMs}-${randomBytes(4).toString("hex")}.claim`;
      try {
        await files.rename(free, path);
        const madeAt = Number(match[1]?.slice(0, 14));
        return {
          batch: new Batch(match[3] ?? "", Number(match[2]), await files.readFile(path), madeAt),
          path,
          free,
        };
      } catch {
        // Another process was faster.
      }
    }
    return undefined;
  }

  /** Give a claimed batch back. */
  async release(claim: Claim): Promise<void> {
    await files.rename(claim.path, claim.free).catch(() => undefined);
  }

  /** The same at once, for the end of the process. */
  releaseSync(claim: Claim): void {
    try {
      fs.renameSync(claim.path, claim.free);
    } catch {
      // It is found again when the claim has expired.
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
        if (claim !== null && Number(claim[2]) < now) await files.rename(path, join(this.folder, claim[1] ?? ""));
        else if (PART.test(name) && (await files.stat(path)).mtimeMs < now - PART_EXPIRES_MS)
          await files.unlink(path);
      } catch {
        // Another process was faster.
      }
    }
  }

  /** Events on the disk that nobody has claimed. */
  async events(): Promise<number> {
    return (await this.#batches()).reduce((sum, name) => sum + countOf(name), 0);
  }

  #paths(batch: Batch): { whole: string; part: string } {
    const time = `${Math.floor(batch.madeAt)}000000`.padStart(20, "0");
    const whole = join(this.folder, `${time}-${batch.count}-${batch.key}.ndjson.gz`);
    return { whole, part: `${whole}.${randomBytes(4).toString("hex")}.part` };
  }

  /** Names of unclaimed batches, oldest first. */
  async #batches(): Promise<string[]> {
    return (await this.#names()).filter((name) => NAME.test(name)).sort();
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

function countOf(name: string): number {
  return Number(NAME.exec(name)?.[2] ?? 0);
}
