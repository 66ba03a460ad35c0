/**
 * One request and its answer, on a connection of its own.
 *
 * @module
 */

import http, { type IncomingMessage, type RequestOptions } from "node:http";
import https from "node:https";
import { httpErrorOf } from "./failure.ts";
import { HttpError, type HttpFailure } from "./http_error.ts";

/** A request that is ready to be sent. */
export interface Call {
  readonly isSecure: boolean;
  readonly options: Omit<RequestOptions, "agent"> & { readonly agent: http.Agent };
  readonly body: Uint8Array | undefined;
  /** The server, for messages. */
  readonly place: string;
  /** Ends the call. */
  readonly signal: AbortSignal;
  /** Whether an earlier request of the same call has arrived. */
  readonly mayHaveArrived: boolean;
  /** Who is connected to, for messages, and what it means that there is no connection. */
  readonly peer: { readonly place: string; readonly unreachable: HttpFailure };
  /** Bytes of the body that are read. */
  readonly maxBytes: number;
}

/** What is known of the connection of a call. */
interface Progress {
  isConnected: boolean;
  /** Bytes that have come. */
  received: number;
}

/** Bytes of the head of an answer. */
const MOST_HEAD = 32_768;
/** Answers with a status 1xx before the one that counts. */
const MOST_INTERIM = 8;
/** Bytes besides the body: heads, and what surrounds chunks, which may be longer than their data. */
const MOST_AROUND = 262_144;
const MOST_PER_BYTE = 4;

/**
 * Sends a request. The connection is closed at the end, whether the answer was read or not.
 *
 * @param read Gets the answer, with its body still to come.
 * @throws {HttpError} Also for what `read` throws.
 */
export async function exchange<Answer>(
  call: Call,
  read: (response: IncomingMessage) => Promise<Answer>,
): Promise<Answer> {
  const request = (call.isSecure ? https : http).request({
    ...call.options,
    maxHeaderSize: MOST_HEAD,
  });
  const progress = { isConnected: false, received: 0 };
  const failure = failureOf(request, call, progress);
  try {
    request.end(call.body);
    const response = await Promise.race([responseTo(request, call.place), failure.promise]);
    return await Promise.race([read(response), failure.promise]);
  } catch (error) {
    const mayHaveArrived = call.mayHaveArrived || progress.isConnected;
    const { place, unreachable: kind } = call.peer;
    const unconnected = progress.isConnected ? {} : { place, kind };
    throw httpErrorOf(error, { ...call, ...unconnected, mayHaveArrived });
  } finally {
    failure.stop();
    request.destroy();
    call.options.agent.destroy();
  }
}

/** A promise that only fails: when the connection does, or the call is ended. */
function failureOf(
  request: http.ClientRequest,
  call: Call,
  progress: Progress,
): { readonly promise: Promise<never>; stop(): void } {
  const { isSecure, signal } = call;
  const { promise, reject } = Promise.withResolvers<never>();
  promise.catch(() => {});
  const onAbort = () => reject(signal.reason);
  signal.addEventListener("abort", onAbort);
  if (signal.aborted) onAbort();
  request.on("error", (error) => reject(isOverflow(error) ? tooLarge(call.place) : error));
  request.on("socket", (socket) => {
    socket.once(isSecure ? "secureConnect" : "connect", () => progress.isConnected = true);
    socket.on("data", (piece: Uint8Array) => {
      progress.received += piece.length;
      if (progress.received <= MOST_AROUND + MOST_PER_BYTE * call.maxBytes) return;
      reject(tooLarge(call.place));
      socket.destroy();
    });
  });
  return { promise, stop: () => signal.removeEventListener("abort", onAbort) };
}

async function responseTo(request: http.ClientRequest, place: string): Promise<IncomingMessage> {
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  let interim = 0;
  const noHttp = (what: string) => {
    reject(new HttpError("network", `${place} ${what}`, { mayHaveArrived: true }));
    request.destroy();
  };
  request.on("response", resolve);
  request.on("information", () => {
    if (++interim > MOST_INTERIM) noHttp("does not come to its answer");
  });
  request.on("upgrade", (_, socket) => {
    socket.destroy();
    noHttp("speaks another protocol than HTTP");
  });
  request.on("close", () => noHttp("closed the connection without an answer"));
  const response = await promise;
  response.on("error", () => {}); // The reader of the body gets the error too.
  if (headSize(response) > MOST_HEAD) throw tooLarge(place);
  return response;
}

function headSize({ rawHeaders }: IncomingMessage): number {
  return rawHeaders.reduce((size, text) => size + text.length + 2, 0);
}

/** More has come than a head and its body can have. */
function tooLarge(place: string): HttpError {
  return new HttpError("too large", `${place} sends more than an answer with its body may have`, {
    mayHaveArrived: true,
  });
}

/** The parser's error for a head over its limit. */
function isOverflow(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "HPE_HEADER_OVERFLOW";
}
