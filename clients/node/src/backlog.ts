/** Batches in memory that wait for the service, oldest first, up to a number of bytes. */

import type { Batch } from "./batch";

interface Mark {
  readonly keys: Set<string>;
  readonly reach: () => void;
}

/** When a batch may be tried again, and how often the service failed on just this one. */
export interface Turn {
  notBefore: number;
  failures: number;
}

/** The waiting batches. Times are those of `performance.now()`. */
export class Backlog {
  readonly #mostBytes: number;
  readonly #batches = new Map<string, { batch: Batch; turn: Turn }>();
  #marks: Mark[] = [];
  /** Batches that are being sent or written to the disk; they are not dropped meanwhile, lest they count twice. */
  readonly pinned = new Set<Batch>();
  bytes = 0;
  events = 0;

  constructor(mostBytes: number) {
    this.#mostBytes = mostBytes;
  }

  get size(): number {
    return this.#batches.size;
  }

  /** Add a batch. */
  push(batch: Batch): void {
    this.#add(batch, { notBefore: 0, failures: 0 });
  }

  /** Batches that there is no room for, the oldest first. The newest stays, for one is bounded by itself. */
  excess(newest: Batch): Batch[] {
    const found: Batch[] = [];
    let excess = this.bytes - this.#mostBytes;
    for (const { batch } of this.#batches.values()) {
      if (excess <= 0) break;
      if (this.pinned.has(batch) || batch === newest) continue;
      found.push(batch);
      excess -= batch.body.length;
    }
    return found;
  }

  /** The first batch that may be sent now. */
  due(now: number): { batch: Batch; turn: Turn } | undefined {
    for (const entry of this.#batches.values()) {
      if (entry.turn.notBefore <= now && !this.pinned.has(entry.batch)) return entry;
    }
    return undefined;
  }

  /** Make a batch the last one, so that it does not block the others, however it fails. */
  postpone(batch: Batch): void {
    const entry = this.#batches.get(batch.key);
    if (entry === undefined) return;
    this.#batches.delete(batch.key);
    this.#batches.set(batch.key, entry);
  }

  /** When the next batch may be sent; none if there is none. */
  nextTurn(): number | undefined {
    let next: number | undefined;
    for (const { turn } of this.#batches.values()) next = Math.min(next ?? Infinity, turn.notBefore);
    return next;
  }

  /** Let no batch wait beyond this time. */
  hasten(notBefore: number): void {
    for (const { turn } of this.#batches.values()) turn.notBefore = Math.min(turn.notBefore, notBefore);
  }

  /** Take a batch out: it is delivered, or dropped, or on the disk. */
  settle(batch: Batch): void {
    this.#remove(batch);
    for (const { keys } of this.#marks) keys.delete(batch.key);
    this.#reach();
  }

  /** Put a batch's halves in its place in the accounts; they are sent next to last. */
  replace(batch: Batch, halves: readonly Batch[]): void {
    this.#remove(batch);
    for (const half of halves) this.#add(half, { notBefore: 0, failures: 0 });
    for (const { keys } of this.#marks) {
      if (keys.delete(batch.key)) for (const half of halves) keys.add(half.key);
    }
  }

  /** Call back when all batches that are there now are settled; the result takes the call back. */
  whenSettled(reach: () => void): () => void {
    const mark = { keys: new Set(this.#batches.keys()), reach };
    this.#marks.push(mark);
    this.#reach();
    return () => {
      this.#marks = this.#marks.filter((other) => other !== mark);
    };
  }

  has(batch: Batch): boolean {
    return this.#batches.has(batch.key);
  }

  /** All batches, oldest first. */
  all(): Batch[] {
    return [...this.#batches.values()].map(({ batch }) => batch);
  }

  #add(batch: Batch, turn: Turn): void {
    this.#batches.set(batch.key, { batch, turn });
    this.bytes += batch.body.length;
    this.events += batch.count;
  }

  #remove(batch: Batch): void {
    if (!this.#batches.delete(batch.key)) return;
    this.bytes -= batch.body.length;
    this.events -= batch.count;
  }

  #reach(): void {
    this.#marks = this.#marks.filter(({ keys, reach }) => {
      if (keys.size === 0) reach();
      return keys.size > 0;
    });
  }
}
