/** Where the request's path leaves what it saw: a queue, bounded in entries and in bytes, that drops its oldest. */

import { bytesOf, type Waiting } from "./event";

const COMPACT_AT = 1024;

/** A bounded queue. */
export class Inbox {
  readonly #most: number;
  readonly #mostBytes: number;
  #entries: (Waiting | undefined)[] = [];
  #head = 0;
  #bytes = 0;
  /** Entries that were dropped since this was last read. */
  #overflowed = 0;

  constructor(most: number, mostBytes: number) {
    this.#most = most;
    this.#mostBytes = mostBytes;
  }

  get length(): number {
    return this.#entries.length - this.#head;
  }

  get bytes(): number {
    return this.#bytes;
  }

  get overflowed(): number {
    return this.#overflowed;
  }

  /** Leave an entry; the oldest make room for it. */
  push(entry: Waiting): void {
    this.#entries.push(entry);
    this.#bytes += bytesOf(entry);
    while (this.length > this.#most || (this.#bytes > this.#mostBytes && this.length > 1)) {
      this.#shift();
      this.#overflowed += 1;
    }
  }

  /** Take up to so many entries, the oldest first. */
  take(most: number): Waiting[] {
    const taken: Waiting[] = [];
    while (taken.length < most && this.length > 0) {
      const entry = this.#shift();
      if (entry !== undefined) taken.push(entry);
    }
    return taken;
  }

  /** Return how many were dropped since the last call. */
  takeOverflowed(): number {
    const overflowed = this.#overflowed;
    this.#overflowed = 0;
    return overflowed;
  }

  #shift(): Waiting | undefined {
    const entry = this.#entries[this.#head];
    this.#entries[this.#head] = undefined;
    this.#head += 1;
    if (entry !== undefined) this.#bytes -= bytesOf(entry);
    if (this.#head === this.#entries.length) {
      this.#entries = [];
      this.#head = 0;
    } else if (this.#head >= COMPACT_AT && this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head);
      this.#head = 0;
    }
    return entry;
  }
}
