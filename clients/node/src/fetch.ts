/** A request and its answer by the Fetch standard, where no server of Node can be seen. */

import type { Client } from "./client";
import { STATUS_FAILED, UNKNOWN_BYTES } from "./event";
import { isWanted, nameConsumer, type Subject } from "./exchange";
import { mark, markOf } from "./marks";

/**
 * Have a request answered, and record it when the body of the answer has been read.
 *
 * The address of the connection's other end is not known here; with trusted proxies, that which they wrote is.
 */
export async function observeFetch(
  client: Client,
  request: Request,
  subject: Subject,
  answer: () => Promise<Response>,
): Promise<Response> {
  const settings = client.settings;
  if (settings === undefined || markOf(request) !== undefined || !isWanted(settings, request.method, request.url))
    return answer();
  const started = performance.now();
  const said: { consumer: string | null | undefined } = { consumer: undefined };
  mark(request, said);
  let recorded = false;
  const finish = (status: number, sent: number): void => {
    if (recorded) return;
    recorded = true;
    const { headers } = request;
    const length = headers.get("content-length");
    let route: string | undefined;
    try {
      route = subject.route?.();
    } catch (error) {
      client.failed("finding the route", error);
    }
    client.put({
      started,
      ended: performance.now(),
      method: request.method,
      target: request.url,
      route,
      status,
      peer: undefined,
      agent: headers.get("user-agent") ?? undefined,
      host: headers.get("host") ?? new URL(request.url).host,
      forwarded:
        settings.trustedProxies === undefined ? undefined : (headers.get(settings.forwardedHeader) ?? undefined),
      consumer:
        said.consumer === undefined
          ? nameConsumer(client, settings, subject.request)
          : (said.consumer ?? undefined),
      received:
        length !== null && /^\d{1,15}$/.test(length) ? Number(length) : request.body === null ? 0 : UNKNOWN_BYTES,
      sent,
    });
  };
  let response: Response;
  try {
    response = await answer();
  } catch (error) {
    finish(STATUS_FAILED, UNKNOWN_BYTES);
    throw error;
  }
  try {
    return watched(response, (sent) => finish(response.status, sent));
  } catch (error) {
    client.failed("watching an answer", error);
    finish(response.status, UNKNOWN_BYTES);
    return response;
  }
}

/** The same answer, which says when its body is at its end, and how long it was. */
function watched(response: Response, ended: (sent: number) => void): Response {
  const length = response.headers.get("content-length");
  if (response.body === null || length !== null) {
    ended(response.body === null ? 0 : Number(length));
    return response;
  }
  const reader = (response.body as ReadableStream<Uint8Array>).getReader();
  let sent = 0;
  const body = new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await reader.read();
        if (done) {
          ended(sent);
          controller.close();
        } else {
          sent += value.byteLength;
          controller.enqueue(value);
        }
      } catch (error) {
        ended(sent);
        controller.error(error);
      }
    },
    async cancel(reason) {
      ended(sent);
      await reader.cancel(reason);
    },
  });
  return new Response(body, {
    status: response.status,
    statusText: response.statusText,
    headers: response.headers,
  });
}
