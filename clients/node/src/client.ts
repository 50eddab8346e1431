/** The engine under all middlewares: it takes requests without a wait and has them sent. */

import { Collector } from "./collector";
import type { NewEvent, Row, Waiting } from "./event";
import { Inbox } from "./inbox";
import { Journal } from "./journal";
import * as lifecycle from "./lifecycle";
import type { Options } from "./options";
import { Sender } from "./sender";
import { isEnabled, resolveSettings, type Settings } from "./settings";
import type { Stats } from "./stats";

/** How long recorded requests wait for others once the application has begun to end. */
const HURRY_MS = 20;

/** What runs while a client is enabled. */
interface Engine {
  readonly settings: Settings;
  readonly journal: Journal;
  readonly inbox: Inbox;
  readonly collector: Collector;
  readonly sender: Sender;
}

/**
 * Sends noted requests to the service in the background.
 *
 * An `Error` of the constructor says what is missing or wrong; after that, nothing of the client throws or
 * rejects. A client that is not enabled does nothing. Middlewares with equal options share one.
 */
export class Client {
  readonly #engine: Engine | undefined;
  readonly #pid = process.pid;
  #timer: NodeJS.Timeout | undefined;
  #intervalMs = 0;
  #collecting = false;
  #closed = false;

  constructor(options: Options = {}) {
    if (!isEnabled(options)) return;
    const settings = resolveSettings(options);
    const journal = new Journal(settings.logger, settings.debug);
    const inbox = new Inbox(settings.queueSize, settings.queueBytes);
    const sender = new Sender(settings, journal);
    const collector = new Collector(settings, inbox, (batch) => sender.add(batch), journal);
    this.#engine = { settings, journal, inbox, collector, sender };
    this.#intervalMs = settings.flushInterval * 1000;
    lifecycle.enroll(this);
    // What an earlier process has left need not wait for the first request.
    if (settings.spoolDir !== undefined) sender.kick();
  }

  /** Whether anything is recorded. */
  get enabled(): boolean {
    return this.#engine !== undefined;
  }

  /** Whether `shutdown` was called. */
  get isClosed(): boolean {
    return this.#closed;
  }

  /** The checked options; none if the client is not enabled. */
  get settings(): Settings | undefined {
    return this.#engine?.settings;
  }

  /** Record an event of the application's own. Never waits and never throws; what cannot be sent is counted. */
  record(event: NewEvent): void {
    const { createdAt } = event;
    this.put({ ...event, createdAt: createdAt instanceof Date ? createdAt.getTime() : (createdAt ?? Date.now()) });
  }

  /** Note a request. This is all that stands in its path. */
  put(entry: Waiting | Row): void {
    const engine = this.#engine;
    if (engine === undefined) return;
    engine.journal.counts.recorded += 1;
    if (this.#closed) {
      engine.journal.dropped("closed", 1);
      return;
    }
    engine.inbox.push(entry);
    if (engine.inbox.length >= engine.settings.batchSize) {
      if (this.#collecting) return;
      this.#collecting = true;
      setImmediate(() => void this.#collect());
    } else if (this.#timer === undefined) {
      this.#timer = setTimeout(() => void this.#collect(), this.#intervalMs).unref();
    }
  }

  /** Count a fault that was kept from the application. */
  failed(where: string, error: unknown): void {
    this.#engine?.journal.failed(where, error);
  }

  /**
   * Wait until what was recorded before is settled or on the disk, for so many seconds at most (by default
   * `shutdownTimeout`); return whether it was in time. Before a process is frozen, wait for this.
   */
  async flush(timeout?: number): Promise<boolean> {
    const engine = this.#engine;
    if (engine === undefined) return true;
    const { sender, journal, settings } = engine;
    sender.hasten();
    let cancel: (() => void) | undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<boolean>((resolve) => {
        timer = setTimeout(() => resolve(false), (timeout ?? settings.shutdownTimeout) * 1000);
        void this.#collect().then(() => {
          cancel = sender.backlog.whenSettled(() => resolve(true));
        });
      });
    } catch (error) {
      journal.failed("flush", error);
      return false;
    } finally {
      clearTimeout(timer);
      cancel?.();
      sender.relax();
      journal.flush();
    }
  }

  /**
   * Send what is left and close, within so many seconds (by default `shutdownTimeout`); return whether all of it
   * was settled or is on the disk. What is recorded later is dropped and counted.
   */
  async shutdown(timeout?: number): Promise<boolean> {
    if (this.#engine === undefined || this.#closed) return true;
    this.#closed = true;
    const done = await this.drain(timeout);
    this.#engine.sender.close();
    lifecycle.dismiss(this);
    return done;
  }

  /** Send what is left, within the time; bring to the disk or drop what is left then. The client goes on. */
  async drain(timeout?: number): Promise<boolean> {
    const engine = this.#engine;
    if (engine === undefined) return true;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ms = (timeout ?? engine.settings.shutdownTimeout) * 1000;
    // If nothing may be sent before the time is over, it is not waited for.
    if (engine.sender.askedUntil < performance.now() + ms && (await this.flush(timeout))) return true;
    await engine.collector.collect();
    const before = engine.journal.counts.dropped.exit;
    await engine.sender.abandon();
    engine.journal.flush();
    return engine.journal.counts.dropped.exit === before;
  }

  /** Send without waiting for more, because the process may end soon. */
  hurry(): void {
    this.#intervalMs = Math.min(this.#intervalMs, HURRY_MS);
    if (this.#engine !== undefined && this.#engine.inbox.length > 0) void this.#collect();
  }

  /** Keep or count what is left, at once: the process is ending and waits for nothing. */
  exit(): void {
    const engine = this.#engine;
    // After a bare fork of some native addon, what waits is the parent's.
    if (engine === undefined || process.pid !== this.#pid) return;
    engine.sender.abandonSync(engine.collector.collectSync());
    engine.journal.flush();
  }

  /** Whether anything waits in memory. */
  get isIdle(): boolean {
    return this.#engine === undefined || this.#queued(this.#engine) === 0;
  }

  /** Count what became of the requests; all zero if the client is not enabled. */
  stats(): Stats {
    if (this.#engine === undefined) return new Journal(console, false).counts.snapshot(0);
    const { journal, inbox } = this.#engine;
    journal.dropped("queue", inbox.takeOverflowed());
    return journal.counts.snapshot(this.#queued(this.#engine));
  }

  #queued({ inbox, collector, sender }: Engine): number {
    return inbox.length + collector.events + sender.backlog.events;
  }

  async #collect(): Promise<void> {
    const engine = this.#engine;
    if (engine === undefined) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    try {
      await engine.collector.collect();
      engine.sender.kick();
    } catch (error) {
      engine.journal.failed("making batches", error);
    } finally {
      this.#collecting = false;
      if (engine.inbox.length > 0 && !this.#closed) {
        this.#timer ??= setTimeout(() => void this.#collect(), this.#intervalMs).unref();
      }
    }
  }
}
