/**
 * The routes of both control doors, the Unix socket and TCP: a request and who sends it in, a
 * response out. It knows neither sockets nor tokens.
 *
 * @module
 */

import type { z } from "zod";
import { TOO_LATE, within } from "../system/deadline.ts";
import { type ErrorCode, errorResponse, HttpError } from "./http_error.ts";

/** What a caller may see and do; each includes those before it. */
export const RIGHTS = ["probes", "numbers", "events", "changes"] as const;
/** What a caller may see and do. */
export type Right = typeof RIGHTS[number];

/** Who sends a request. */
export interface Caller {
  readonly right: Right;
  /** Whether a token or session proved it; decides between 401 and 403. */
  readonly isKnown: boolean;
  /** The name for the log: a user, a session's name, or an address. */
  readonly by: string;
  readonly door: "socket" | "http";
}

/** A request that has found its route. */
export interface Call {
  readonly request: Request;
  readonly caller: Caller;
  /** The parts of the path that the route names, decoded. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  /**
   * Reads the body as JSON of a shape.
   *
   * @throws {HttpError} `bad_request` where it is none, `too_large` over 1 MB.
   */
  body<T>(schema: z.ZodType<T>): Promise<T>;
}

/** One route. `GET` also answers `HEAD`. */
export interface Route {
  readonly method: "GET" | "POST" | "DELETE";
  /** Such as `/v1/queues/:queue/pause`. */
  readonly path: string;
  /** What a caller must be allowed. */
  readonly right: Right;
  /** Answers. What it throws, other than an {@linkcode HttpError}, is answered with 500. */
  handle(call: Call): Response | Promise<Response>;
}

/** How a router is made. */
export interface RouterOptions {
  readonly routes: readonly Route[];
  /** Gets what a route throws by mistake. */
  readonly onFault: (error: unknown, path: string) => void;
  /** How long an answer may take, in ms. @default {10_000} */
  readonly limitMs?: number;
}

/** The most bytes of a request's body. */
const MOST_BYTES = 1_000_000;
const LIMIT_MS = 10_000;

/** Whether one right includes another. */
export function includes(right: Right, needed: Right): boolean {
  return RIGHTS.indexOf(right) >= RIGHTS.indexOf(needed);
}

/** Answers requests by their path. */
export class Router {
  readonly #options: RouterOptions;
  readonly #limitMs: number;

  /** @param options The routes; the first that matches answers. */
  constructor(options: RouterOptions) {
    this.#options = options;
    this.#limitMs = options.limitMs ?? LIMIT_MS;
  }

  /** Answers a request. Never rejects. @param path The path, where it is not the request's own. */
  async handle(
    request: Request,
    caller: Caller,
    path: string = new URL(request.url).pathname,
  ): Promise<Response> {
    try {
      const response = await within(this.#limitMs, this.#answer(request, caller, path));
      if (response === TOO_LATE) throw tooLate(this.#limitMs);
      if (request.method !== "HEAD") return response;
      void response.body?.cancel();
      return new Response(null, { status: response.status, headers: response.headers });
    } catch (error) {
      if (error instanceof HttpError) return errorResponse(error);
      this.#options.onFault(error, path);
      return errorResponse(new HttpError("internal", "The program failed to answer: see its log"));
    }
  }

  async #answer(request: Request, caller: Caller, path: string): Promise<Response> {
    const { route, params } = this.#find(request.method, path);
    if (!includes(caller.right, route.right)) throw notAllowed(caller, route.right);
    const { searchParams: query } = new URL(request.url);
    const body = <T>(schema: z.ZodType<T>) => readBody(request, schema);
    return await route.handle({ request, caller, params, query, body });
  }

  #find(method: string, path: string): { route: Route; params: Record<string, string> } {
    const wanted = method === "HEAD" ? "GET" : method;
    const found = this.#options.routes.flatMap((route) => {
      const params = match(route.path, path);
      return params ? [{ route, params }] : [];
    });
    const match_ = found.find(({ route }) => route.method === wanted);
    if (match_) return match_;
    if (found.length === 0) throw new HttpError("not_found", `There is nothing at ${path}`);
    const allowed = [...new Set(found.map(({ route }) => route.method))].join(", ");
    const message = `${path} does not take ${method}: use ${allowed}`;
    throw new HttpError("method_not_allowed", message, { Allow: allowed });
  }
}

/** The named parts of a path; `undefined` where the path is another one. */
export function match(pattern: string, path: string): Record<string, string> | undefined {
  const [names, parts] = [pattern.split("/"), path.split("/")];
  if (names.length !== parts.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, name] of names.entries()) {
    const part = decoded(parts[index] ?? "");
    if (part === undefined) return undefined;
    if (name.startsWith(":") && part !== "") params[name.slice(1)] = part;
    else if (name !== part) return undefined;
  }
  return params;
}

function decoded(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
}

/**
 * Reads a request's body as JSON of a shape.
 *
 * @throws {HttpError} `bad_request` where it is none, `too_large` over 1 MB.
 */
export async function readBody<T>(request: Request, schema: z.ZodType<T>): Promise<T> {
  const type = request.headers.get("Content-Type") ?? "";
  if (!/^application\/json\s*(?:;|$)/i.test(type)) {
    throw new HttpError("bad_request", "Send the body as Content-Type: application/json");
  }
  const parsed = schema.safeParse(parse(await readText(request)));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const where = issue?.path.join(".") || "the body";
  throw new HttpError("bad_request", `${where} is not valid: ${issue?.message ?? "see the docs"}`);
}

function parse(text: string): unknown {
  try {
    return text === "" ? {} : JSON.parse(text);
  } catch {
    throw new HttpError("bad_request", "The body is not JSON");
  }
}

async function readText(request: Request): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of request.body ?? []) {
    bytes += chunk.byteLength;
    if (bytes > MOST_BYTES) {
      throw new HttpError("too_large", `The body has more than ${MOST_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return await new Blob(chunks as BlobPart[]).text();
}

function notAllowed({ isKnown }: Caller, needed: Right): HttpError {
  const code: ErrorCode = isKnown ? "forbidden" : "unauthorized";
  const what = {
    probes: "reads probes",
    numbers: "reads numbers",
    events: "reads events and errors",
    changes: "changes something",
  }[needed];
  const message = isKnown
    ? `This ${what}, and your token may only read: use the one in HTTP_TOKEN_FILE`
    : `This ${what}: send a token, as in "Authorization: Bearer …"`;
  return new HttpError(code, message, isKnown ? {} : { "WWW-Authenticate": "Bearer" });
}

function tooLate(limitMs: number): HttpError {
  return new HttpError("unavailable", `There was no answer within ${limitMs / 1000} s`);
}
