/**
 * A batch: events in the form in which they are sent.
 *
 * It never changes once it is made, and has one idempotency key for life: whoever sends it again, even after a
 * restart, sends the same bytes under the same key, and the service stores nothing twice.
 */

import { randomBytes } from "node:crypto";
import { promisify } from "node:util";
import { gunzip, gzip, gzipSync } from "node:zlib";

// The fastest: lines of one application are so alike that it leaves a tenth of them.
const OPTIONS = { level: 1 };
/** The service takes no more after inflating. */
const MAX_PLAIN_BYTES = 2 ** 23;

const compress = promisify(gzip) as (data: Buffer, options: object) => Promise<Buffer>;
const expand = promisify(gunzip) as (data: Buffer, options: object) => Promise<Buffer>;

/** Some events, compressed. */
export class Batch {
  constructor(
    /** The idempotency key. */
    readonly key: string,
    /** Events in it. */
    readonly count: number,
    /** Lines of JSON, gzip. */
    readonly body: Buffer,
  ) {}

  /** Make a new batch of lines that end with a line feed; the compression runs in another thread. */
  static async of(lines: readonly string[]): Promise<Batch> {
    return new Batch(newKey(), lines.length, await compress(Buffer.from(lines.join("")), OPTIONS));
  }

  /** The same at once, for the end of the process. */
  static ofSync(lines: readonly string[]): Batch {
    return new Batch(newKey(), lines.length, gzipSync(Buffer.from(lines.join("")), OPTIONS));
  }

  /**
   * Split a batch of two events or more that was too large.
   *
   * The keys follow from the batch's own, so that a split made twice is the same split.
   */
  async halves(): Promise<[Batch, Batch]> {
    const plain = await expand(this.body, { maxOutputLength: MAX_PLAIN_BYTES });
    const lines = plain.toString("utf8").split(/(?<=\n)/);
    const middle = Math.floor(lines.length / 2);
    const half = async (number: 1 | 2, part: string[]): Promise<Batch> =>
      new Batch(`${this.key}-${number}`, part.length, await compress(Buffer.from(part.join("")), OPTIONS));
    return [await half(1, lines.slice(0, middle)), await half(2, lines.slice(middle))];
  }
}

function newKey(): string {
  return randomBytes(16).toString("hex");
}
