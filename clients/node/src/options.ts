/** The options of the client and of all middlewares; what is left out comes from the environment. */

import type { Event } from "./event";

/** Whether addresses are sent as they are, cut to the network (IPv4 /24, IPv6 /48) or not at all. */
export type Anonymize = "none" | "truncated" | "dropped";

/** Where messages go. `console` is one. */
export interface Logger {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}

/**
 * Every option has an environment variable, named beside it, except functions and the logger. Lists are
 * separated by commas there, and `true`, `1`, `yes`, `on` mean true.
 */
export interface Options {
  /** The key of the application: `API_ANALYTICS_KEY`. */
  apiKey?: string | undefined;
  /** Where the service is, an http or https URL; may have a path: `API_ANALYTICS_URL`, then `API_BASE`. */
  serverUrl?: string | undefined;
  /** Whether anything is recorded: `API_ANALYTICS_ENABLED`. Default: true, but false in test runs. */
  enabled?: boolean | undefined;
  /** Paths that are not recorded; `*` stands for any characters: `API_ANALYTICS_EXCLUDE`. */
  exclude?: string | readonly string[] | undefined;
  /** Whether the paths in `HEALTH_CHECKS` are not recorded: `API_ANALYTICS_EXCLUDE_HEALTH_CHECKS`. Default: true. */
  excludeHealthChecks?: boolean | undefined;
  /** Whether requests by `OPTIONS` are recorded: `API_ANALYTICS_RECORD_OPTIONS`. Default: true. */
  recordOptions?: boolean | undefined;
  /** Proxies whose forwarded header is believed; `*` is any: `API_ANALYTICS_TRUSTED_PROXIES`. */
  trustedProxies?: string | readonly string[] | undefined;
  /** The one header that these write: `API_ANALYTICS_FORWARDED_HEADER`. Default: `X-Forwarded-For`. */
  forwardedHeader?: string | undefined;
  /** What is done to addresses: `API_ANALYTICS_ANONYMIZE`. Default: `none`. */
  anonymize?: Anonymize | undefined;
  /** Names who called; is given the request of the framework once it is answered. Must not be asynchronous. */
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- each framework has its own requests
  consumer?: ((request: any) => string | null | undefined) | undefined;
  /** Changes an event, or drops it by returning nothing. Runs off the request's path. */
  onEvent?: ((event: Event) => Event | null | undefined) | undefined;
  /** Requests that may wait to be put into batches: `API_ANALYTICS_QUEUE_SIZE`. Default: 50,000. */
  queueSize?: number | undefined;
  /** Memory in bytes for them: `API_ANALYTICS_QUEUE_BYTES`. Default: 32 MiB. */
  queueBytes?: number | undefined;
  /** Events of a batch at most, up to 10,000: `API_ANALYTICS_BATCH_SIZE`. Default: 1,000. */
  batchSize?: number | undefined;
  /** Seconds that an event waits for others: `API_ANALYTICS_FLUSH_INTERVAL`. Default: 1. */
  flushInterval?: number | undefined;
  /** Seconds for a request to the service, from the name look-up to the last byte: `API_ANALYTICS_TIMEOUT`. Default: 10. */
  timeout?: number | undefined;
  /** Memory in bytes for compressed batches that wait: `API_ANALYTICS_BACKLOG_BYTES`. Default: 16 MiB. */
  backlogBytes?: number | undefined;
  /** A folder for batches during an outage: `API_ANALYTICS_SPOOL_DIR`. Default: none. */
  spoolDir?: string | undefined;
  /** Its size in bytes: `API_ANALYTICS_SPOOL_BYTES`. Default: 256 MiB. */
  spoolBytes?: number | undefined;
  /** Seconds that the end of the process may be held up: `API_ANALYTICS_SHUTDOWN_TIMEOUT`. Default: 5. */
  shutdownTimeout?: number | undefined;
  /** An HTTP proxy on the way to the service, as a URL: `API_ANALYTICS_PROXY`. Default: none. */
  proxy?: string | undefined;
  /** A file with certificates (PEM) that are trusted instead of the system's: `API_ANALYTICS_CA_FILE`. */
  caFile?: string | undefined;
  /** Whether the log tells of every request to the service: `API_ANALYTICS_DEBUG`. Default: false. */
  debug?: boolean | undefined;
  /** Where messages go. Default: `console`. */
  logger?: Logger | undefined;
}
