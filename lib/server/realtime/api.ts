/**
 * The requests that the event server answers: a plain function from a request to an answer.
 *
 * @module
 */

import { Buffer } from "node:buffer";
import { timingSafeEqual } from "node:crypto";
import type { Database } from "../../domain/database/database.ts";
import { BrokerError } from "../../engine/broker/broker.ts";
import { isDatabaseLost } from "../../domain/database/database_error.ts";
import type { Sharding } from "../../domain/realtime/sharding.ts";
import { type ApiUser, userWithId } from "../../domain/users/api_login.ts";
import {
  ApiError,
  badQueue,
  badRequest,
  failure,
  JSON_HEADERS,
  missing,
  success,
  unavailable,
} from "./answers.ts";
import { clientName, placeOf } from "./caller.ts";
import type { EventQueues } from "./event_queues.ts";
import { pollText } from "./event_text.ts";
import { forwarded } from "./forwarding.ts";
import { flag, type Form, readForm, required, wholeNumber } from "./form.ts";
import { internalForm } from "./internal_form.ts";
import type { Logins } from "./logins.ts";
import { type RegisterOptions, registerQueue } from "./registering.ts";
import type { Waiting } from "./session.ts";
import { slowBody } from "./slow_body.ts";

/** What answers are made of. */
export interface ApiOptions extends Omit<RegisterOptions, "queues"> {
  readonly queues: EventQueues;
  readonly logins: Logins;
  readonly database: () => Promise<Database>;
  /** `undefined`: internal requests are refused. */
  readonly sharedSecret: string | undefined;
  /** Where users have their queues, if there are several event servers. */
  readonly shard: Shard | undefined;
  /** Takes a warning of a request that is not the user's to make. */
  readonly warn: (message: string, properties: Record<string, unknown>) => void;
  /** Takes an error that no request should lead to. */
  readonly onError: (error: unknown) => void;
}

/** One of several event servers. */
export interface Shard {
  /** Its port, by which the others know it. */
  readonly port: number;
  readonly sharding: Sharding;
  /** The host of a realm. @param realm Its subdomain. */
  hostOf(realm: string): string;
  /** Has the server at a port remove a queue. */
  removeAt(port: number, userId: number, queueId: string): Promise<void>;
}

/** A request and its caller. */
interface Call {
  readonly request: Request;
  readonly form: Form;
  readonly user: ApiUser;
  /** Where it comes from. */
  readonly place: string;
}

const INTERNAL = "/api/v1/events/internal";
const NOT_HERE = "There is nothing at this address: this server answers /api/v1/register, " +
  "/api/v1/events and /health only";

/** Answers requests. */
export class Api {
  readonly #options: ApiOptions;
  readonly #routes: Readonly<Record<string, (call: Call) => Promise<Response> | Response>> = {
    "POST /api/v1/register": (call) => this.#register(call),
    "GET /api/v1/events": (call) => this.#events(call),
    "DELETE /api/v1/events": (call) => this.#remove(call),
  };

  /** @param options What answers are made of. */
  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** Answers a request. Never throws. @param remote The address that it comes from. */
  async answer(request: Request, remote: string): Promise<Response> {
    try {
      return await this.#answer(request, remote);
    } catch (error) {
      if (error instanceof ApiError) return failure(error);
      if (isDatabaseLost(error)) return failure(unavailable("database"));
      if (error instanceof BrokerError) return failure(unavailable("broker"));
      this.#options.onError(error);
      return failure(new ApiError(500, "INTERNAL_SERVER_ERROR", "Internal server error"));
    }
  }

  async #answer(request: Request, remote: string): Promise<Response> {
    const { pathname } = new URL(request.url);
    const { method } = request;
    if (pathname === "/health") return this.#health();
    if (pathname === INTERNAL && method === "POST") return await this.#internal(request, remote);
    const route = this.#routes[`${method} ${pathname}`];
    if (!route) throw this.#noRoute(pathname, method);
    const place = placeOf(request, remote);
    const user = await this.#options.logins.userOf(request, place);
    return await route({ request, user, place, form: await readForm(request) });
  }

  #noRoute(pathname: string, method: string): ApiError {
    const isKnown = Object.keys(this.#routes).some((route) => route.endsWith(` ${pathname}`));
    return isKnown
      ? new ApiError(405, "METHOD_NOT_ALLOWED", `Method Not Allowed: ${method}`)
      : new ApiError(404, "BAD_REQUEST", NOT_HERE);
  }

  #health(): Response {
    const { sessions } = this.#options.queues;
    const waiting_polls = [...sessions.all()].filter(({ isPolled }) => isPolled).length;
    return success({ event_queues: sessions.size, waiting_polls });
  }

  async #register({ request, user, form, place }: Call): Promise<Response> {
    const elsewhere = this.#elsewhere(user, request);
    // By the header of a redirect nginx would ask with GET.
    if (elsewhere) return await forwarded(elsewhere.port, { request, form, place });
    const client = clientName(request.headers.get("user-agent"));
    return success(await registerQueue({ ...this.#options, user, form, client }));
  }

  #events({ request, user, form }: Call): Response {
    const elsewhere = this.#elsewhere(user, request);
    if (elsewhere) return elsewhere.redirect;
    const isAtOnce = flag(form, "dont_block");
    const queueId = form.get("queue_id");
    if (queueId === undefined) throw missing("queue_id");
    const lastId = wholeNumber(form, "last_event_id");
    if (lastId === undefined) throw missing("last_event_id");
    return this.#poll(user.id, queueId, lastId, !isAtOnce);
  }

  #poll(userId: number, queueId: string, lastId: number, mayWait: boolean): Response {
    const polling = this.#options.queues.poll(userId, queueId, lastId, mayWait);
    switch (polling.kind) {
      case "unknown":
        throw this.#unknown(userId, queueId);
      case "error":
        throw badRequest(polling.message);
      case "events":
        return pollAnswer({ events: Promise.resolve(polling.events), cancel() {} }, queueId);
      case "waiting":
        return pollAnswer(polling.waiting, queueId);
    }
  }

  async #remove({ user, form, request }: Call): Promise<Response> {
    const queueId = required(form, "queue_id");
    const elsewhere = this.#elsewhere(user, request);
    if (elsewhere) {
      await this.#options.shard?.removeAt(elsewhere.port, user.id, queueId);
      return success();
    }
    if (!await this.#options.queues.remove(user.id, queueId)) throw this.#unknown(user.id, queueId);
    return success();
  }

  /** Another user's queue looks like one that does not exist. */
  #unknown(userId: number, queueId: string): ApiError {
    const owner = this.#options.queues.sessions.get(queueId)?.userId;
    if (owner !== undefined && owner !== userId) {
      this.#options.warn("User {user} asked for an event queue of user {owner}", {
        ...{ user: userId, owner },
      });
    }
    return badQueue(queueId);
  }

  /** The event server that has a user's queues, where it is another one. */
  #elsewhere(user: ApiUser, request: Request): { port: number; redirect: Response } | undefined {
    const { shard } = this.#options;
    if (!shard) return undefined;
    const port = shard.sharding.portOf(shard.hostOf(user.realm), user.id);
    if (port === shard.port) return undefined;
    const { pathname, search } = new URL(request.url);
    const headers = { "x-accel-redirect": `/internal/tornado/${port}${pathname}${search}` };
    return { port, redirect: new Response(null, { headers }) };
  }

  /** Zulip's own requests, for a queue of a user, or for its events at once. */
  async #internal(request: Request, remote: string): Promise<Response> {
    const form = await readForm(request);
    this.#requireSecret(form, remote);
    const userId = wholeNumber(form, "user_profile_id");
    if (userId === undefined) throw missing("user_profile_id");
    const queueId = form.get("queue_id");
    if (queueId !== undefined) {
      return this.#poll(userId, queueId, wholeNumber(form, "last_event_id") ?? -1, false);
    }
    const user = await userWithId(await this.#options.database(), userId);
    if (!user) throw badRequest("There is no such user");
    const { queue_id, last_event_id } = await registerQueue({
      ...{ ...this.#options, user, form: internalForm(form), isStateWanted: false },
      client: form.get("user_client") ?? "internal",
    });
    return success({ queue_id, last_event_id, events: [] });
  }

  /** @throws {ApiError} When it does not come from this host, or does not know the secret. */
  #requireSecret(form: Form, remote: string): void {
    const { sharedSecret } = this.#options;
    const given = Buffer.from(form.get("secret") ?? "");
    const wanted = Buffer.from(sharedSecret ?? "");
    const isRight = sharedSecret !== undefined && given.length === wanted.length &&
      timingSafeEqual(given, wanted);
    if (!isRight || !isLoopback(remote)) {
      throw new ApiError(403, "ACCESS_DENIED", "Access denied");
    }
  }
}

/** Events that are there, or come later. Their client may leave before that. */
function pollAnswer(waiting: Waiting, queueId: string): Response {
  const text = waiting.events.then((events) => pollText(events, queueId));
  const body = slowBody({ text, onLeft: () => waiting.cancel() });
  return new Response(body, { headers: JSON_HEADERS });
}

function isLoopback(address: string): boolean {
  return address === "::1" || /^(::ffff:)?127\./.test(address);
}
