/** Sends batches, one at a time, until each is settled; keeps them on the disk while the service is away. */

import { Backlog, type Turn } from "./backlog";
import { Backoff } from "./backoff";
import type { Batch } from "./batch";
import type { Journal } from "./journal";
import { shown, type Settings } from "./settings";
import { Spool, type Claim } from "./spool";
import { Transport } from "./transport";
import { judge, type Verdict } from "./verdicts";

const FAILURES_BEFORE_SPOOL = 2;
/** Of the service itself on one batch; after the last one it is dropped. */
const LAST_ATTEMPT = 12;
/** How often the spool is looked at, for what other processes have left. */
const SPOOL_INTERVAL_MS = 60_000;
const PAUSE_AFTER_FAULT_MS = 250;

type Again = Extract<Verdict, { kind: "again" }>;

/** What sends, and owns what waits to be sent. Times are those of `performance.now()`. */
export class Sender {
  readonly backlog: Backlog;
  readonly #journal: Journal;
  readonly #transport: Transport;
  readonly #backoff = new Backoff();
  readonly #spool: Spool | undefined;
  readonly #where: string;
  #delivering: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  #closing = false;
  #spoolDue = Infinity;
  #claim: Claim | undefined;

  constructor(settings: Settings, journal: Journal) {
    this.#journal = journal;
    this.#transport = new Transport(settings);
    this.backlog = new Backlog(settings.backlogBytes);
    this.#where = shown(settings.url);
    if (settings.spoolDir !== undefined) {
      const { spoolDir, apiKey, spoolBytes, timeout } = settings;
      this.#spool = new Spool(spoolDir, apiKey, this.#where, spoolBytes, timeout);
      this.#spoolDue = 0;
    }
  }

  /** Until when the service has asked to be left alone. */
  get askedUntil(): number {
    return this.#backoff.askedUntil;
  }

  /** Add a batch; what there is no room for goes to the disk, or is dropped. */
  async add(batch: Batch): Promise<void> {
    this.backlog.push(batch);
    if (this.#backoff.failures >= FAILURES_BEFORE_SPOOL) await this.#moveToSpool();
    for (const oldest of this.backlog.excess(batch)) {
      if (await this.#toSpool(oldest)) continue;
      this.#journal.dropped("backlog", oldest.count);
      this.backlog.settle(oldest);
    }
  }

  /** Send what is due, unless that is being done. */
  kick(): void {
    if (this.#closing) return;
    clearTimeout(this.#timer);
    this.#delivering ??= this.#deliver()
      .catch((error: unknown) => {
        this.#backoff.pausedUntil = performance.now() + PAUSE_AFTER_FAULT_MS;
        this.#journal.failed("the sender", error);
      })
      .finally(() => {
        this.#delivering = undefined;
        this.#rest();
      });
  }

  /** Somebody waits for what is on its way: attempts are repeated soon, and keep the process alive. */
  hasten(): void {
    this.#transport.hold(true);
    this.backlog.hasten(this.#backoff.hasten());
    this.kick();
  }

  /** Who called `hasten` waits no longer. */
  relax(): void {
    if (!this.#backoff.relax()) this.#transport.hold(false);
  }

  /** Give up what is on its way, and bring what is left to the disk; what does not get there is dropped. */
  async abandon(): Promise<void> {
    this.#closing = true;
    clearTimeout(this.#timer);
    this.#transport.abort();
    await this.#delivering;
    await this.#moveToSpool();
    this.#drop(this.backlog.all());
    this.#closing = false;
  }

  /** The same at once, for the end of the process, with batches that are not in the backlog. */
  abandonSync(more: readonly Batch[]): void {
    this.#closing = true;
    if (this.#claim !== undefined) this.#spool?.releaseSync(this.#claim);
    this.#claim = undefined;
    for (const batch of [...this.backlog.all(), ...more]) {
      try {
        this.#spool?.writeSync(batch);
      } catch (error) {
        this.#cannotSpool(error);
        this.#drop([batch]);
        continue;
      }
      if (this.#spool === undefined) this.#drop([batch]);
      else this.#journal.counts.toSpool += batch.count;
      this.backlog.settle(batch);
    }
  }

  /** Close the connection. */
  close(): void {
    this.#closing = true;
    clearTimeout(this.#timer);
    this.#transport.close();
  }

  async #deliver(): Promise<void> {
    while (!this.#closing && performance.now() >= this.#backoff.pausedUntil) {
      const entry = this.backlog.due(performance.now());
      if (entry !== undefined) await this.#send(entry.batch, entry.turn);
      else if (!(await this.#sendSpooled())) return;
    }
  }

  /** Sleep until something is due. */
  #rest(): void {
    if (this.#closing) return;
    const next = Math.max(
      this.#backoff.pausedUntil,
      Math.min(this.backlog.nextTurn() ?? Infinity, this.#spoolDue),
    );
    if (next === Infinity) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.kick(), Math.max(0, next - performance.now())).unref();
  }

  async #send(batch: Batch, turn: Turn): Promise<void> {
    this.backlog.pinned.add(batch);
    const verdict = await this.#attempt(batch);
    this.backlog.pinned.delete(batch);
    if (verdict.kind === "again") {
      if (!this.#isBlamed(batch, verdict)) {
        this.backlog.postpone(batch);
        await this.#pause(verdict);
        return;
      }
      if (!this.#backoff.isUrgent) turn.failures += 1;
      if (turn.failures >= LAST_ATTEMPT) {
        this.#count(batch, { kind: "refused", reason: `${verdict.reason}, ${turn.failures} times` });
        this.backlog.settle(batch);
        return;
      }
      const delay = this.#backoff.aloneDelay(turn.failures, verdict.after);
      turn.notBefore = performance.now() + delay;
      if (turn.failures >= FAILURES_BEFORE_SPOOL) await this.#toSpool(batch, delay, turn.failures);
      return;
    }
    this.#recover();
    if (verdict.kind === "too large" && batch.count > 1) {
      this.backlog.replace(batch, await batch.halves());
      return;
    }
    this.#count(batch, verdict);
    this.backlog.settle(batch);
  }

  /** Send one batch of the spool; return whether there may be more to do. */
  async #sendSpooled(): Promise<boolean> {
    const spool = this.#spool;
    if (spool === undefined || performance.now() < this.#spoolDue) return false;
    let found = await spool.claim();
    if (found.claim === undefined) {
      await spool.tidy();
      found = await spool.claim();
    }
    const { claim, nextDueMs } = found;
    if (claim === undefined || this.#closing) {
      if (claim !== undefined) await spool.release(claim);
      this.#spoolDue = performance.now() + Math.min(SPOOL_INTERVAL_MS, nextDueMs);
      return false;
    }
    this.#claim = claim;
    try {
      await this.#sendClaimed(spool, claim);
    } finally {
      this.#claim = undefined;
    }
    return true;
  }

  async #sendClaimed(spool: Spool, claim: Claim): Promise<void> {
    const { batch } = claim;
    let verdict = await this.#attempt(batch);
    if (verdict.kind === "again") {
      if (!this.#isBlamed(batch, verdict)) {
        await spool.release(claim);
        await this.#pause(verdict);
        return;
      }
      const failures = claim.failures + (this.#backoff.isUrgent ? 0 : 1);
      if (failures < LAST_ATTEMPT) {
        await spool.release(claim, this.#backoff.aloneDelay(failures, verdict.after), failures);
        return;
      }
      verdict = { kind: "refused", reason: `${verdict.reason}, ${failures} times` };
    } else this.#recover();
    if (verdict.kind === "too large" && batch.count > 1) {
      for (const half of await batch.halves()) await spool.write(half);
    } else {
      this.#journal.counts.fromSpool += batch.count;
      this.#count(batch, verdict);
    }
    await spool.remove(claim);
  }

  async #attempt(batch: Batch): Promise<Verdict> {
    const verdict = judge(await this.#transport.postBatch(batch.body, batch.key), batch.count);
    this.#journal.debug(() => `batch ${batch.key} of ${batch.count} events: ${JSON.stringify(verdict)}`);
    if (verdict.kind === "again") {
      this.#journal.counts.retries += 1;
      const tell = (count: number): string =>
        `cannot deliver to ${this.#where}, trying again (${count} attempts): ${verdict.reason}`;
      this.#journal.say("retry", "warn", tell);
    }
    return verdict;
  }

  /** Whether a failure is that of the service on this batch, and not on all. */
  #isBlamed(batch: Batch, verdict: Again): boolean {
    return verdict.alone && !this.#backoff.failsOnAll(batch.key);
  }

  #count(batch: Batch, verdict: Exclude<Verdict, Again>): void {
    const { counts } = this.#journal;
    if (verdict.kind === "settled") {
      counts.stored += verdict.stored;
      counts.duplicate += verdict.duplicate;
      counts.rejected += verdict.rejected;
      if (verdict.rejected === 0) return;
      const { rejected, reasons } = verdict;
      this.#journal.say(
        "rejected",
        "warn",
        (count) => `the service rejected ${count} events: ${reasons}`,
        rejected,
      );
      return;
    }
    counts.refused += batch.count;
    const reason = verdict.kind === "refused" ? verdict.reason : "413: a single event is too large for it";
    const tell = (count: number): string => `the service refused ${count} events, which are lost: ${reason}`;
    this.#journal.say("refused", "error", tell, batch.count);
  }

  /** Let all batches wait, because the service takes none. */
  async #pause(verdict: Again): Promise<void> {
    this.#backoff.pause(verdict.after);
    if (this.#backoff.failures >= FAILURES_BEFORE_SPOOL) await this.#moveToSpool();
  }

  #recover(): void {
    if (!this.#backoff.recover()) return;
    this.#journal.say("recovered", "info", () => `delivered again to ${this.#where}`);
    // What lies on the disk need not wait any longer.
    if (this.#spool !== undefined) this.#spoolDue = 0;
  }

  /** Bring the batches in memory to the disk, if there is a spool and it takes them. */
  async #moveToSpool(): Promise<void> {
    for (const batch of this.backlog.all()) {
      if (!this.backlog.pinned.has(batch) && !(await this.#toSpool(batch))) return;
    }
  }

  /** Bring a batch to the disk; return whether it need not be in memory any more. */
  async #toSpool(batch: Batch, delayMs = 0, failures = 0): Promise<boolean> {
    if (this.#spool === undefined) return false;
    if (!this.backlog.has(batch)) return true;
    this.backlog.pinned.add(batch);
    try {
      await this.#spool.write(batch, delayMs, failures);
    } catch (error) {
      this.#cannotSpool(error);
      return false;
    } finally {
      this.backlog.pinned.delete(batch);
    }
    this.#journal.counts.toSpool += batch.count;
    this.backlog.settle(batch);
    this.#spoolDue = 0;
    const trimmed = await this.#spool.trim();
    this.#journal.counts.fromSpool += trimmed;
    this.#journal.dropped("spool", trimmed);
    return true;
  }

  #cannotSpool(error: unknown): void {
    this.#journal.say("spool", "error", () => `cannot write to the spool: ${(error as Error).message}`);
  }

  #drop(batches: readonly Batch[]): void {
    for (const batch of batches) {
      this.#journal.dropped("exit", batch.count);
      this.backlog.settle(batch);
    }
  }
}
