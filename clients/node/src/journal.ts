/** What the client tells of itself: its counts, and its log with each kind of message at most once a minute. */

import type { Logger } from "./options";
import { Counters, type Drop } from "./stats";

const INTERVAL_MS = 60_000;

const REASONS: Record<Drop, string> = {
  queue: "the oldest: the queue is full",
  backlog: "the oldest: the backlog is full",
  spool: "the oldest: the spool is full",
  exit: "the process ends",
  closed: "the client was shut down before",
};

type Level = "info" | "warn" | "error";

interface Kind {
  at: number;
  /** The sum since the last message, and the message that would tell it. */
  held: number;
  tell: (count: number) => string;
  level: Level;
}

/** Counts everything, and says what matters without flooding the log. */
export class Journal {
  readonly counts = new Counters();
  readonly #logger: Logger;
  readonly #debug: boolean;
  #timer: NodeJS.Timeout | undefined;
  readonly #kinds = new Map<string, Kind>();

  constructor(logger: Logger, debug: boolean) {
    this.#logger = logger;
    this.#debug = debug;
  }

  /** Log a message, unless one of its kind was logged within the last minute; then it is held. */
  say(kind: string, level: Level, tell: (count: number) => string, count = 1): void {
    const now = performance.now();
    const known = this.#kinds.get(kind);
    const total = count + (known?.held ?? 0);
    if (known !== undefined && now - known.at < INTERVAL_MS) {
      Object.assign(known, { held: total, tell, level });
      this.#timer ??= setTimeout(() => this.flush(), INTERVAL_MS).unref();
      return;
    }
    this.#kinds.set(kind, { at: now, held: 0, tell, level });
    this.#write(level, tell(total));
  }

  /** Log the sums that are held: a minute after, or when the client closes. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    for (const kind of this.#kinds.values()) {
      if (kind.held === 0) continue;
      this.#write(kind.level, kind.tell(kind.held));
      kind.held = 0;
      kind.at = performance.now();
    }
  }

  /** Count lost events, each reason by itself. */
  dropped(reason: Drop, events: number): void {
    if (events === 0) return;
    this.counts.dropped[reason] += events;
    this.say(`dropped ${reason}`, "warn", (count) => `dropped ${count} events, ${REASONS[reason]}`, events);
  }

  /** Count a fault of the client or of a function given to it. */
  failed(where: string, error: unknown): void {
    this.counts.failures += 1;
    const what = error instanceof Error ? (error.stack ?? error.message) : String(error);
    this.say(
      `failed ${where}`,
      "error",
      (count) => `tracking failed in ${where} (${count} times); the application goes on: ${what}`,
    );
  }

  /** Tell a detail, if that is wanted. */
  debug(tell: () => string): void {
    if (this.#debug) this.#write("info", tell());
  }

  #write(level: Level, message: string): void {
    try {
      this.#logger[level](`api-analytics-client: ${message}`);
    } catch {
      // A logger that fails is no reason to hurt the application.
    }
  }
}
