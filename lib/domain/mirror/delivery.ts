/**
 * Sends the messages of a mail with its files, once: also where the mail comes again.
 *
 * @module
 */

import type { Transaction } from "kysely";
import type { Effects } from "../database/effects.ts";
import { keysDone, recordKeys } from "../database/effects_within.ts";
import { type OutboxContext, withOutbox } from "../database/outbox.ts";
import { shapeOf } from "../database/shape.ts";
import type { Database, Tables } from "../database/tables.ts";
import type { MessageSender, SendOnce, SentTogether } from "../messages/send/message_sender.ts";
import { SendError } from "../messages/send/new_message.ts";
import { RestError } from "../messages/send/rest_sender.ts";
import type { Upload } from "../uploads/upload.ts";
import { addUploads } from "../uploads/upload_rows.ts";
import { Uploads } from "../uploads/uploads.ts";

/** What deliveries share. */
export interface DeliverySetup {
  readonly queue: string;
  /** LOCAL_UPLOADS_DIR. */
  readonly uploadsDir: string;
  readonly sender: MessageSender;
}

/** One run of an event. */
export interface DeliveryRun {
  readonly db: Database;
  /** For a Zulip server's database; made where they are needed. */
  readonly effects: () => Effects;
  readonly ctx: OutboxContext;
  /** The run of the worker: `ctx.owner`. */
  readonly owner: string;
  readonly retriedAt: number | undefined;
  /** The longest time of a run, in seconds. */
  readonly maxSeconds: number;
  readonly signal: AbortSignal;
}

/** The messages of a mail. */
export interface Delivery {
  /** What the mail is recognized by. */
  readonly key: string;
  readonly messages: readonly SentTogether[];
  /** The files that the messages link to. */
  readonly uploads: readonly Upload[];
  /** Whose files they are. */
  readonly ownerId: number;
  /** The realm of the messages. */
  readonly realmId: number;
  /** What else is stored with them. @default {nothing} */
  readonly also?: (trx: Transaction<Tables>) => Promise<void>;
}

/** What came of a delivery. */
export type DeliveryEnd =
  | { readonly kind: "sent" }
  /** It had been sent before. */
  | { readonly kind: "repeated" }
  /** Another process is sending it, at the latest until then, in ms since 1970. */
  | { readonly kind: "busy"; readonly until: number };

const STEP = "message";
const SENT: DeliveryEnd = { kind: "sent" };
const REPEATED: DeliveryEnd = { kind: "repeated" };

/**
 * Delivers the messages of a mail. On a database of its own everything is one transaction; a Zulip
 * server gets them by its REST API, where a crash in between can send them twice.
 *
 * @throws {SendError} When a message is refused; nothing was sent then, nor stored in a database of its
 * own.
 * @throws {UploadsUnavailable} When the files cannot be stored.
 * @throws {RestError} When a Zulip server does not answer.
 * @throws {DatabaseError} When the database is lost.
 */
export async function deliver(
  delivery: Delivery,
  setup: DeliverySetup,
  run: DeliveryRun,
): Promise<DeliveryEnd> {
  const { queue, uploadsDir } = setup;
  const folder = new Uploads(uploadsDir);
  const done = await keysDone(run.db, { queue, step: STEP }, [delivery.key]);
  if (done.size > 0) return REPEATED;
  for (const { pathId, bytes } of delivery.uploads) await folder.storeFile(pathId, bytes);
  const { kind } = await shapeOf(run.db);
  // There the rows of the files stay, also of a message that is refused: the server removes both.
  if (kind === "zulip") return await post(delivery, setup, run);
  try {
    return await store(delivery, setup, run);
  } catch (error) {
    if (error instanceof SendError) {
      for (const { pathId } of delivery.uploads) await folder.removeFile(pathId);
    }
    throw error;
  }
}

async function store(
  { key, messages, uploads, ownerId, realmId, also }: Delivery,
  { queue, sender }: DeliverySetup,
  { db, owner, signal }: DeliveryRun,
): Promise<DeliveryEnd> {
  const together: SendOnce["also"] = async (trx, publish) => {
    const now = new Date();
    await addUploads(trx, publish, uploads, { ownerId, realmId, now });
    await also?.(trx);
    await recordKeys(trx, { queue, step: STEP, owner, now: now.getTime() }, [key]);
  };
  const isNew = await sender.send(db, { messages, queue, id: key, also: together, signal });
  return isNew ? SENT : REPEATED;
}

async function post(
  { key, messages, uploads, ownerId, realmId, also }: Delivery,
  { queue, sender }: DeliverySetup,
  run: DeliveryRun,
): Promise<DeliveryEnd> {
  const { db, ctx, maxSeconds, retriedAt, signal } = run;
  const effects = run.effects();
  const [state] = await effects.takeOver(key, [STEP], { maxSeconds, retriedAt });
  if (state === "done" || state === "failed") return REPEATED;
  if (typeof state === "object") return { kind: "busy", until: state.busyUntil };
  if (state === "again") ctx.log.warn(TWICE, { key });
  await withOutbox(db, ctx, async (trx, publish) => {
    await addUploads(trx, publish, uploads, { ownerId, realmId, now: new Date() });
  });
  try {
    await sender.send(db, { messages, queue, id: key, mustArrive: true, signal });
  } catch (error) {
    if (error instanceof SendError) await effects.failed(key, [STEP]);
    const isNotSent = error instanceof RestError && !error.mayHaveArrived && messages.length === 1;
    if (isNotSent) await effects.forget(key, [STEP]);
    throw error;
  }
  await effects.done(key, [STEP]);
  if (also) await withOutbox(db, ctx, also);
  return SENT;
}

const TWICE = "The messages of the mail {key} are sent maybe a second time";
