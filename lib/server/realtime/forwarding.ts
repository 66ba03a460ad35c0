/**
 * Requests that another event server of this host answers.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { once } from "node:events";
import { type IncomingMessage, request as ask, type RequestOptions } from "node:http";
import { ApiError, JSON_HEADERS } from "./answers.ts";
import type { Form } from "./form.ts";

/** How long the other server may take, in ms. */
const MOST_MS = 60_000;
/** The header of a forwarded request: it is forwarded once. */
const FORWARDED = "x-pq-forwarded";

/** A request with its parameters. */
export interface ForwardedCall {
  readonly request: Request;
  readonly form: Form;
  /** Where it comes from. */
  readonly place: string;
}

/**
 * Has another event server answer a POST.
 *
 * @param port Its port, at 127.0.0.1.
 * @throws {ApiError} When it does not answer, or has forwarded the request itself.
 */
export async function forwarded(port: number, call: ForwardedCall): Promise<Response> {
  const { request, form, place } = call;
  if (request.headers.has(FORWARDED)) {
    throw unavailable(`The event servers disagree who has the user's queues: port ${port} is next`);
  }
  const headers: Record<string, string> = {
    ...{ [FORWARDED]: "1", "x-real-ip": place },
    "content-type": "application/x-www-form-urlencoded",
  };
  for (const name of ["authorization", "user-agent"]) {
    const value = request.headers.get(name);
    if (value !== null) headers[name] = value;
  }
  const { pathname: path } = new URL(request.url);
  try {
    return await answerOf({ port, path, headers }, new URLSearchParams([...form]).toString());
  } catch {
    throw unavailable(`The event server at port ${port} does not answer: try again later`);
  }
}

/** Not by `fetch`, which would ask the proxy of HTTP_PROXY. */
async function answerOf(to: RequestOptions, body: string): Promise<Response> {
  const signal = AbortSignal.timeout(MOST_MS);
  const asking = ask({ host: "127.0.0.1", method: "POST", signal, ...to });
  asking.end(body);
  const [answer] = await once(asking, "response") as [IncomingMessage];
  const text = Buffer.concat(await answer.toArray());
  const { statusCode: status = 502, headers: { "retry-after": seconds } } = answer;
  const more = seconds === undefined ? {} : { "retry-after": seconds };
  return new Response(text, { status, headers: { ...JSON_HEADERS, ...more } });
}

function unavailable(message: string): ApiError {
  return new ApiError(503, "SERVICE_UNAVAILABLE", message, {}, { "retry-after": "5" });
}
