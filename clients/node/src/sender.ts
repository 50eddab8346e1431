/** Sends batches, one at a time, until each is settled; keeps them on the disk while the service is away. */

import { Backlog, type Turn } from "./backlog";
import type { Batch } from "./batch";
import type { Journal } from "./journal";
import { shown, type Settings } from "./settings";
import { Spool, type Claim } from "./spool";
import { Transport } from "./transport";
import { judge, type Verdict } from "./verdicts";

const FIRST_DELAY_MS = 500;
const MAX_DELAY_MS = 30_000;
/** Of a batch that the service fails on by itself. */
const MAX_ALONE_DELAY_MS = 600_000;
const MAX_RETRY_AFTER_SECONDS = 600;
/** Between attempts while somebody waits for them: a flush, or the end of the process. */
const URGENT_DELAY_MS = 250;
const FAILURES_BEFORE_SPOOL = 2;
/** From then on, a batch that the service itself fails on is tried only once more. */
const LAST_ATTEMPT_AFTER_MS = 86_400_000;
/** How often the spool is looked at, for what other processes have left. */
const SPOOL_INTERVAL_MS = 60_000;
const MAX_TURNS = 10_000;

type Again = Extract<Verdict, { kind: "again" }>;

/** What sends, and owns what waits to be sent. Times are those of `performance.now()`. */
export class Sender {
  readonly backlog: Backlog;
  readonly #journal: Journal;
  readonly #transport: Transport;
  readonly #spool: Spool | undefined;
  readonly #where: string;
  #delivering: Promise<void> | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** How many wait for the end of all that is on its way. */
  #waiting = 0;
  #closing = false;
  /** Failed attempts in a row that were not one batch's fault. */
  #failures = 0;
  #pausedUntil = 0;
  /** Until when the service has asked to be left alone. */
  #askedUntil = 0;
  #spoolDue = Infinity;
  #claim: Claim | undefined;
  /** When spooled batches that failed by themselves may be tried again, by their keys. */
  readonly #spoolTurns = new Map<string, Turn>();

  constructor(settings: Settings, journal: Journal) {
    this.#journal = journal;
    this.#transport = new Transport(settings);
    this.backlog = new Backlog(settings.backlogBytes);
    this.#where = shown(settings.url);
    if (settings.spoolDir !== undefined) {
      const { spoolDir, apiKey, spoolBytes, timeout } = settings;
      this.#spool = new Spool(spoolDir, apiKey, this.#where, spoolBytes, Math.max(60, 2 * timeout));
      this.#spoolDue = 0;
    }
  }

  /** Send what is due, unless that is being done. */
  kick(): void {
    if (this.#closing) return;
    clearTimeout(this.#timer);
    this.#delivering ??= this.#deliver()
      .catch((error: unknown) => {
        this.#pausedUntil = performance.now() + URGENT_DELAY_MS;
        this.#journal.failed("the sender", error);
      })
      .finally(() => {
        this.#delivering = undefined;
        this.#rest();
      });
  }

  /** Take notice of new batches. */
  async attend(): Promise<void> {
    if (this.#failures >= FAILURES_BEFORE_SPOOL) await this.#moveToSpool();
    this.kick();
  }

  /** Somebody waits for what is on its way: attempts are repeated soon, and keep the process alive. */
  hasten(): void {
    this.#waiting += 1;
    this.#transport.hold(true);
    const soon = Math.max(performance.now() + URGENT_DELAY_MS, this.#askedUntil);
    this.#pausedUntil = Math.min(this.#pausedUntil, soon);
    this.backlog.hasten(soon);
    this.kick();
  }

  /** Who called `hasten` waits no longer. */
  relax(): void {
    this.#waiting -= 1;
    if (this.#waiting === 0) this.#transport.hold(false);
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
      else this.#journal.counts.spooled += batch.count;
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
    while (!this.#closing && performance.now() >= this.#pausedUntil) {
      const entry = this.backlog.due(performance.now());
      if (entry !== undefined) await this.#send(entry.batch, entry.turn);
      else if (!(await this.#sendSpooled())) return;
    }
  }

  /** Sleep until something is due. */
  #rest(): void {
    if (this.#closing) return;
    const next = Math.max(this.#pausedUntil, Math.min(this.backlog.nextTurn() ?? Infinity, this.#spoolDue));
    if (next === Infinity) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.kick(), Math.max(0, next - performance.now())).unref();
  }

  async #send(batch: Batch, turn: Turn): Promise<void> {
    this.backlog.pinned.add(batch);
    const outcome = await this.#transport.postBatch(batch.body, batch.key);
    this.backlog.pinned.delete(batch);
    const verdict = judge(outcome);
    this.#journal.debug(() => `batch ${batch.key} of ${batch.count} events: ${JSON.stringify(verdict)}`);
    if (verdict.kind === "again") {
      if (!verdict.alone) await this.#pause(verdict);
      else if (this.#failedAlone(batch, turn, verdict)) this.#giveUp(batch, () => this.backlog.settle(batch));
      else if (turn.failures >= FAILURES_BEFORE_SPOOL && (await this.#toSpool(batch)))
        this.#rememberTurn(batch.key, turn);
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
    const now = performance.now();
    if (spool === undefined || now < this.#spoolDue) return false;
    const resting = [...this.#spoolTurns].filter(([, { notBefore }]) => notBefore > now).map(([key]) => key);
    let claim = await spool.claim(new Set(resting));
    if (claim === undefined) {
      await spool.tidy();
      claim = await spool.claim(new Set(resting));
    }
    if (claim === undefined || this.#closing) {
      if (claim !== undefined) await spool.release(claim);
      this.#spoolDue = now + SPOOL_INTERVAL_MS;
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
    const outcome = await this.#transport.postBatch(batch.body, batch.key);
    const verdict = judge(outcome);
    this.#journal.debug(() => `spooled batch ${batch.key} of ${batch.count} events: ${JSON.stringify(verdict)}`);
    if (verdict.kind === "again") {
      const turn = this.#spoolTurns.get(batch.key) ?? { notBefore: 0, failures: 0 };
      if (verdict.alone && this.#failedAlone(batch, turn, verdict)) {
        await spool.remove(claim);
        this.#giveUp(batch, () => (this.#journal.counts.taken += batch.count));
        return;
      }
      await spool.release(claim);
      if (verdict.alone) this.#rememberTurn(batch.key, turn);
      else await this.#pause(verdict);
      return;
    }
    this.#recover();
    this.#spoolTurns.delete(batch.key);
    if (verdict.kind === "too large" && batch.count > 1) {
      for (const half of await batch.halves()) await spool.write(half);
    } else {
      this.#journal.counts.taken += batch.count;
      this.#count(batch, verdict);
    }
    await spool.remove(claim);
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
    this.#journal.counts.retries += 1;
    this.#failures += 1;
    const now = performance.now();
    this.#askedUntil = now + Math.min(verdict.after ?? 0, MAX_RETRY_AFTER_SECONDS) * 1000;
    this.#pausedUntil = Math.max(now + this.#delay(this.#failures, MAX_DELAY_MS), this.#askedUntil);
    this.#sayRetry(verdict);
    if (this.#failures >= FAILURES_BEFORE_SPOOL) await this.#moveToSpool();
  }

  /** Let one batch wait, because the service fails on it; return whether that was its last attempt. */
  #failedAlone(batch: Batch, turn: Turn, verdict: Again): boolean {
    this.#journal.counts.retries += 1;
    this.#sayRetry(verdict);
    turn.failures += 1;
    const asked = Math.min(verdict.after ?? 0, MAX_RETRY_AFTER_SECONDS) * 1000;
    turn.notBefore = performance.now() + Math.max(this.#delay(turn.failures, MAX_ALONE_DELAY_MS), asked);
    return Date.now() - batch.madeAt > LAST_ATTEMPT_AFTER_MS;
  }

  #delay(failures: number, most: number): number {
    if (this.#waiting > 0) return URGENT_DELAY_MS;
    // The random part spreads the clients of a service.
    return Math.min(most, FIRST_DELAY_MS * 2 ** Math.min(failures - 1, 16)) * (0.5 + Math.random() / 2);
  }

  #sayRetry(verdict: Again): void {
    const tell = (count: number): string =>
      `cannot deliver to ${this.#where}, trying again (${count} attempts): ${verdict.reason}`;
    this.#journal.say("retry", "warn", tell);
  }

  #recover(): void {
    if (this.#failures > 0) {
      this.#journal.say("recovered", "info", () => `delivered again to ${this.#where}`);
      // What lies on the disk need not wait any longer.
      if (this.#spool !== undefined) this.#spoolDue = 0;
    }
    this.#failures = this.#pausedUntil = this.#askedUntil = 0;
  }

  #rememberTurn(key: string, turn: Turn): void {
    if (this.#spoolTurns.size >= MAX_TURNS) this.#spoolTurns.clear();
    this.#spoolTurns.set(key, turn);
  }

  #giveUp(batch: Batch, forget: () => void): void {
    this.#spoolTurns.delete(batch.key);
    this.#journal.dropped("failing", batch.count);
    forget();
  }

  /** Bring the batches in memory to the disk, if there is a spool and it takes them. */
  async #moveToSpool(): Promise<void> {
    for (const batch of this.backlog.all()) {
      if (!this.backlog.pinned.has(batch) && !(await this.#toSpool(batch))) return;
    }
  }

  async #toSpool(batch: Batch): Promise<boolean> {
    if (this.#spool === undefined) return false;
    if (!this.backlog.has(batch)) return true;
    this.backlog.pinned.add(batch);
    try {
      await this.#spool.write(batch);
    } catch (error) {
      this.#cannotSpool(error);
      return false;
    } finally {
      this.backlog.pinned.delete(batch);
    }
    this.#journal.counts.spooled += batch.count;
    this.backlog.settle(batch);
    this.#spoolDue = 0;
    const trimmed = await this.#spool.trim();
    this.#journal.counts.taken += trimmed;
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
