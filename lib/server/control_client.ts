/**
 * The client of control sockets, as commands use it.
 *
 * @module
 */

import { request as httpRequest } from "node:http";
import { HttpError } from "./http_error.ts";

/** What is asked of a process. */
export interface ControlRequest {
  readonly method: "GET" | "POST";
  /** Such as `/v1/snapshot`. */
  readonly path: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** The media type of the answer. @default {any} */
  readonly accept?: string;
}

/** The answer of a process. */
export interface ControlAnswer {
  readonly status: number;
  /** The body; JSON is parsed. */
  readonly body: unknown;
}

/** The process does not answer: it has ended, hangs, or is another user's. */
export class NoAnswerError extends Error {
  override readonly name = "NoAnswerError";
}

/**
 * Asks the process behind a socket.
 *
 * @param socket The socket's path.
 * @param timeoutMs How long the answer may take.
 * @throws {NoAnswerError} When there is none.
 */
export async function ask(
  socket: string,
  { method, path, body, accept = "*/*" }: ControlRequest,
  timeoutMs: number,
): Promise<ControlAnswer> {
  const text = body === undefined ? "" : JSON.stringify(body);
  const headers: Record<string, string> = {
    Host: "localhost",
    Accept: accept,
    Connection: "close",
  };
  if (method === "POST") headers["Content-Type"] = "application/json";
  return await new Promise((resolve, reject) => {
    const fail = (error: Error) => reject(new NoAnswerError(reasonOf(error)));
    const signal = AbortSignal.timeout(timeoutMs);
    const sent = httpRequest({ socketPath: socket, method, path, headers, signal }, (response) => {
      const chunks: string[] = [];
      response.setEncoding("utf8");
      response.on("data", (chunk: string) => chunks.push(chunk));
      response.on("error", fail);
      response.on("end", () => {
        const type = response.headers["content-type"] ?? "";
        const status = response.statusCode ?? 0;
        resolve({ status, body: parsed(chunks.join(""), type) });
      });
    });
    sent.on("error", fail);
    sent.end(text);
  });
}

/**
 * The body of an answer that is no error.
 *
 * @throws {HttpError} With the message of the process.
 */
export function successOf({ status, body }: ControlAnswer): unknown {
  if (status < 400) return body;
  const { error } = (body ?? {}) as { error?: { code?: string; message?: string } };
  const message = error?.message ?? `the process answered with status ${status}`;
  throw new HttpError(error?.code === "conflict" ? "conflict" : "internal", message);
}

function parsed(text: string, type: string): unknown {
  if (!type.startsWith("application/json")) return text;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function reasonOf(error: Error & { code?: string }): string {
  switch (error.code) {
    case "ECONNREFUSED":
    case "ENOENT":
      return "it has ended";
    case "EACCES":
    case "EPERM":
      return "it belongs to another user: run this as its user";
    default:
      return error.name === "AbortError" || error.name === "TimeoutError"
        ? "it did not answer in time"
        : error.message;
  }
}
