/** From the inbox to batches: what has waited long enough, or is enough, becomes batches, in short steps. */

import { setImmediate as nextTurn } from "node:timers/promises";

import { Batch } from "./batch";
import { Encoder } from "./encoding";
import type { Inbox } from "./inbox";
import type { Journal } from "./journal";
import type { Settings } from "./settings";

/** Entries that are encoded before the event loop has its turn: it waits for some 500 µs at most. */
const STEP_ENTRIES = 200;
/** Keeps a batch below the 8 MiB that the service takes, even if every character has four bytes. */
const MAX_BATCH_CHARS = 1_500_000;

/** Makes batches. */
export class Collector {
  readonly #inbox: Inbox;
  readonly #add: (batch: Batch) => Promise<void>;
  readonly #journal: Journal;
  readonly #encoder: Encoder;
  readonly #size: number;
  #running: Promise<void> | undefined;
  /** Of the batch that is being made. */
  #lines: string[] = [];

  constructor(settings: Settings, inbox: Inbox, add: (batch: Batch) => Promise<void>, journal: Journal) {
    this.#inbox = inbox;
    this.#add = add;
    this.#journal = journal;
    this.#encoder = new Encoder(settings, journal);
    this.#size = Math.min(settings.batchSize, settings.queueSize);
  }

  /** Events that are in neither inbox nor backlog. */
  get events(): number {
    return this.#lines.length;
  }

  /** Make batches of all that waits now; what comes in meanwhile is for the next time, so that it ends. */
  async collect(): Promise<void> {
    await this.#running;
    this.#running ??= this.#collect().finally(() => {
      this.#running = undefined;
    });
    await this.#running;
  }

  /** Make batches of everything at once, for the end of the process. */
  collectSync(): Batch[] {
    this.#countOverflow();
    const batches: Batch[] = [];
    for (;;) {
      const entries = this.#inbox.take(this.#size);
      const lines = [...this.#lines, ...this.#encoder.encode(entries)];
      this.#lines = [];
      if (lines.length > 0) batches.push(Batch.ofSync(lines));
      if (entries.length === 0) return batches;
    }
  }

  async #collect(): Promise<void> {
    this.#countOverflow();
    let left = this.#inbox.length;
    while (left > 0) {
      const taken = await this.#make(Math.min(left, this.#size));
      if (taken === 0) break;
      left -= taken;
    }
  }

  async #make(most: number): Promise<number> {
    let taken = 0;
    let chars = 0;
    while (taken < most && chars < MAX_BATCH_CHARS) {
      const entries = this.#inbox.take(Math.min(STEP_ENTRIES, most - taken));
      if (entries.length === 0) break;
      taken += entries.length;
      const lines = this.#encoder.encode(entries);
      this.#lines.push(...lines);
      for (const line of lines) chars += line.length;
      if (taken < most) await nextTurn();
    }
    // At the end of the process `collectSync` may have taken the lines.
    const lines = this.#lines;
    if (lines.length > 0) {
      const batch = await Batch.of(lines);
      if (this.#lines !== lines) return 0;
      this.#lines = [];
      await this.#add(batch);
    }
    return taken;
  }

  #countOverflow(): void {
    this.#journal.dropped("queue", this.#inbox.takeOverflowed());
  }
}
