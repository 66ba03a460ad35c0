/**
 * Requests that another event server of this host answers.
 *
 * @module
 */

import { ApiError } from "./answers.ts";
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
  const headers = new Headers({ [FORWARDED]: "1", "x-real-ip": place });
  for (const name of ["authorization", "user-agent"]) {
    const value = request.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  const { pathname } = new URL(request.url);
  try {
    return await fetch(`http://127.0.0.1:${port}${pathname}`, {
      ...{ method: "POST", headers, body: new URLSearchParams([...form]), redirect: "manual" },
      signal: AbortSignal.timeout(MOST_MS),
    });
  } catch {
    throw unavailable(`The event server at port ${port} does not answer: try again later`);
  }
}

function unavailable(message: string): ApiError {
  return new ApiError(503, "SERVICE_UNAVAILABLE", message, {}, { "retry-after": "5" });
}
