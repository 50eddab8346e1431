/**
 * Reports the requests of a Node application to API Analytics, at almost no cost to the application.
 *
 * The middlewares are in `api-analytics-client/express`, `/fastify`, `/koa`, `/hono`, `/http` and `/next`; the
 * engine under them is `Client`. What all clients do alike, in whatever language, is specified in
 * `docs/clients.md` of the repository.
 */

export { Client } from "./client";
export type { Event, NewEvent } from "./event";
export { setConsumer } from "./marks";
export type { Anonymize, Logger, Options } from "./options";
export { HEALTH_CHECKS } from "./settings";
export { flush, shutdown } from "./shared";
export type { Drop, Stats } from "./stats";
export { VERSION } from "./version";
