/**
 * The worker of `notify_tornado`, whose process is the event server: its setup starts the server, its
 * events are notices for the clients, and its loops sweep the queues of clients and write them.
 *
 * @module
 */

import { z } from "zod";
import { type Notice, notice } from "../../domain/realtime/notice.ts";
import { BrokerError } from "../../engine/broker/broker.ts";
import {
  DatabaseError,
  defineWorker,
  Fail,
  PauseQueue,
  type Worker,
  type WorkerContext,
} from "../../worker.ts";
import { EventServer, type EventServerOptions } from "./event_server.ts";

/** The queue of notices, where there is one event server. */
export const EVENTS_QUEUE = "notify_tornado";

/** Seconds between two sweeps, and between two writings of the queues. */
const EVERY_SECONDS = 60;
/** Seconds that one of these may take. */
const MAX_SECONDS = 300;
/** Seconds that a notice may take: its mails and pushes are confirmed by then, or the broker is slow. */
const MAX_CONSUME_SECONDS = 120;
/** What nobody shall read in a log: texts of messages, addresses, keys. */
const SECRETS = [
  "event.*content",
  "event.*.*content",
  "event.*status_text",
  "event.*email",
  "event.*.*email",
  "event.*.*.*email",
  "event.*.api_key",
  "event.bot.services",
];

/** Makes the worker of an event server. */
export function eventWorker(options: EventServerOptions): Worker<Notice> {
  let server: EventServer | undefined;
  return defineWorker<Notice>({
    queue: EVENTS_QUEUE,
    event: notice,
    maxConsumeSeconds: MAX_CONSUME_SECONDS,
    secrets: SECRETS,

    async setup(ctx) {
      await openDatabase(ctx);
      const started = server = await EventServer.start(ctx, options);
      ctx.loop(every("sweep", (signal) => started.sweep(signal)));
      ctx.loop(every("save", () => started.save()));
      return started;
    },

    async consume(notice) {
      try {
        await server?.apply(notice);
      } catch (error) {
        if (error instanceof z.ZodError) throw new Fail(z.prettifyError(error));
        if (!(error instanceof BrokerError)) throw error;
        throw new PauseQueue({ reason: "the broker", cause: error });
      }
    },
  });
}

/** A database that cannot be reached is waited for: clients that have queues do not need it. */
async function openDatabase(ctx: WorkerContext): Promise<void> {
  try {
    await ctx.database();
  } catch (error) {
    if (!(error instanceof DatabaseError) || error.kind !== "unreachable") throw error;
    ctx.log.warn("Logins wait for the database: {reason}", { reason: error.message });
  }
}

function every(name: string, run: (signal: AbortSignal) => Promise<void>) {
  return { name, everySeconds: EVERY_SECONDS, maxSeconds: MAX_SECONDS, run };
}
