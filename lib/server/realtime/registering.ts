/**
 * The registration of a queue: it is made first, and then the state is read that its events change.
 *
 * @module
 */

import type { Database } from "../../domain/database/database.ts";
import { readRegistration, type Registration } from "../../domain/realtime/register/parameters.ts";
import { readState, unsupportedTypes } from "../../domain/realtime/register/state.ts";
import type { StatePart } from "../../domain/realtime/register/state_query.ts";
import type { ApiUser } from "../../domain/users/api_login.ts";
import { ApiError, badRequest } from "./answers.ts";
import type { EventQueues } from "./event_queues.ts";
import type { Form } from "./form.ts";
import type { Session } from "./session.ts";

/** Zulip's feature level, by which clients know what a server can do. */
const FEATURE_LEVEL = 442;
/** How often the state is read again, because events came while it was read. */
const MOST_READS = 5;

/** What registrations are made with. */
export interface RegisterOptions {
  readonly queues: EventQueues;
  readonly database: () => Promise<Database>;
  /** Seconds for which clients wait for events, as the answer of a registration says. */
  readonly longPollSeconds: number;
}

/** A registration. */
export interface RegisterCall extends RegisterOptions {
  readonly user: ApiUser;
  readonly form: Form;
  /** The kind of the client. */
  readonly client: string;
  /** @default {true} */
  readonly isStateWanted?: boolean;
}

/** The keys that every answer has. */
interface Registered {
  readonly queue_id: string;
  readonly last_event_id: number;
  readonly [key: string]: unknown;
}

/**
 * Registers a queue, and reads the state that the client starts with. A client gets all events after
 * `last_event_id`; the state has those before it.
 *
 * @throws {ApiError} When a parameter is wrong, or the user may not have such a queue.
 * @throws {DatabaseError} When the database is lost; no queue is left then.
 */
export async function registerQueue(call: RegisterCall): Promise<Registered> {
  const { queues, user, form, isStateWanted = true } = call;
  const read = readRegistration(form);
  if (read.kind === "error") throw badRequest(read.message);
  const { registration } = read;
  if (registration.allPublicStreams && user.isGuest) {
    throw badRequest("User not authorized for this query");
  }
  const session = queues.register(clientOf(call, registration), registration.idleTimeoutSeconds);
  if (!session) throw new ApiError(429, "RATE_LIMIT_HIT", "Too many event queues: delete some");
  try {
    const { state, lastId } = isStateWanted
      ? await stateOf(call, registration, session)
      : { state: {}, lastId: session.queue.mark() };
    queues.settle(session);
    return {
      ...answerOf(call, registration),
      ...state,
      queue_id: session.id,
      last_event_id: lastId,
    };
  } catch (error) {
    await queues.remove(user.id, session.id);
    throw error;
  }
}

function clientOf({ user, client: clientName }: RegisterCall, registration: Registration) {
  const { eventTypes, applyMarkdown, clientGravatar, allPublicStreams, narrow, capabilities } =
    registration;
  return {
    ...{ userId: user.id, realmId: user.realmId, isGuest: user.isGuest, clientName },
    ...{ eventTypes, applyMarkdown, clientGravatar, allPublicStreams, narrow, capabilities },
    userRecipientId: user.recipientId,
  };
}

/**
 * Reads the state until no event has come meanwhile. Where events keep coming, the client gets those
 * of the last time, though the state may have them already.
 */
async function stateOf(
  { database, user }: RegisterCall,
  registration: Registration,
  { queue }: Session,
): Promise<{ state: StatePart; lastId: number }> {
  const db = await database();
  for (let reads = 1;; reads++) {
    const lastId = queue.mark();
    const state = await readState({ db, user, registration, now: Date.now() });
    if (queue.lastId === lastId || reads === MOST_READS) return { state, lastId };
  }
}

function answerOf({ longPollSeconds }: RegisterCall, registration: Registration) {
  const ignored = [...registration.ignored, ...unsupportedTypes(registration.fetchTypes)];
  return {
    zulip_feature_level: FEATURE_LEVEL,
    event_queue_longpoll_timeout_seconds: longPollSeconds,
    idle_queue_timeout_secs: registration.idleTimeoutSeconds,
    ...(ignored.length > 0 && { ignored_parameters_unsupported: ignored }),
  };
}
