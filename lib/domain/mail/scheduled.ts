/**
 * Mails that Zulip has written down for later, in `zerver_scheduledemail`: when they are due, they
 * become events of the queue of mails that nobody waits for.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { parseJson } from "../../json/parse_json.ts";
import type { Database } from "../database/database.ts";
import { isPostgres } from "../database/dialect.ts";
import { inIds } from "../database/ids.ts";
import { type OutboxContext, withOutbox } from "../database/outbox.ts";
import type { Row, Tables } from "../database/tables.ts";

/** The queue that the mails go to. */
export const SCHEDULED_QUEUE = "deferred_email_senders";

/** The most rows in one transaction. */
const MOST = 10;

/** A mail that is due, as it is stored. */
export type ScheduledRow = Pick<Row<"zerver_scheduledemail">, "id" | "data" | "address">;

/** What becomes of a mail that is due. */
export type ScheduledDecision =
  /** Its event, for the queue. */
  | { readonly kind: "publish"; readonly event: Readonly<Record<string, unknown>> }
  /** It goes to nobody. */
  | { readonly kind: "delete" }
  /** Nobody can send it as it is. */
  | { readonly kind: "broken"; readonly reason: string };

/** What was done in one transaction. The lists are of ids of rows. */
export interface Delivered {
  /** Those whose events are published, or wait in the outbox. */
  readonly published: readonly number[];
  /** Those that were deleted, as they went to nobody. */
  readonly deleted: readonly number[];
  /** Those that stay, as they cannot be sent, and why. */
  readonly broken: readonly { readonly id: number; readonly reason: string }[];
}

/** What is delivered. */
export interface DeliverOptions {
  /** ms since 1970. */
  readonly now: number;
  /** Ids of rows that are left alone. */
  readonly skip?: readonly number[];
}

/** Decides what becomes of a mail. @param users The ids of those it goes to. */
export function decideScheduled(
  { data, address }: Pick<ScheduledRow, "data" | "address">,
  users: readonly number[],
): ScheduledDecision {
  if (users.length === 0 && !address) return { kind: "delete" };
  const mail = parsed(data);
  if (typeof mail === "string") return { kind: "broken", reason: mail };
  return {
    kind: "publish",
    event: {
      ...mail,
      ...(users.length > 0 && { to_user_ids: users }),
      ...(address && { to_emails: [address] }),
    },
  };
}

/**
 * Takes up to 10 mails that are due, the earliest first, in one transaction: their events go into the
 * outbox, which publishes them after the commit, and their rows are deleted. The `message_id` is
 * `scheduled:<id of the row>`. Several processes may do so at once: each row is taken by one.
 *
 * @param ctx Publishes; what cannot be published now waits for `outboxLoop`.
 * @returns What was done; nothing where no mail is due.
 * @throws {DatabaseError} When the database is lost or locked.
 */
export async function deliverScheduled(
  db: Database,
  ctx: OutboxContext,
  { now, skip = [] }: DeliverOptions,
): Promise<Delivered> {
  return await withOutbox(db, ctx, async (trx, publish) => {
    const rows = await takeDue(trx, new Date(now), skip);
    const users = await usersOf(trx, rows.map(({ id }) => id));
    const decided = rows.map((row) => {
      const { id } = row;
      return { id, decision: decideScheduled(row, users.get(id) ?? []) };
    });
    for (const { id, decision } of decided) {
      if (decision.kind !== "publish") continue;
      publish(SCHEDULED_QUEUE, decision.event, { id: `scheduled:${id}` });
    }
    const idsOf = (kind: ScheduledDecision["kind"]) =>
      decided.filter(({ decision }) => decision.kind === kind).map(({ id }) => id);
    const [published, deleted] = [idsOf("publish"), idsOf("delete")];
    await remove(trx, [...published, ...deleted]);
    const broken = decided.flatMap(({ id, decision }) =>
      decision.kind === "broken" ? [{ id, reason: decision.reason }] : []
    );
    return { published, deleted, broken };
  });
}

/** The mail, or why it is none. The reason does not repeat it. */
function parsed(data: string): Readonly<Record<string, unknown>> | string {
  let mail: unknown;
  try {
    mail = parseJson(data);
  } catch {
    return "its data is not JSON";
  }
  if (!isObject(mail)) return "its data is not a JSON object";
  if (typeof mail["template_prefix"] !== "string") return "its data has no template_prefix";
  const { context = {} } = mail;
  return context === null || isObject(context) ? mail : "the context in its data is not an object";
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Locks the rows, unless another process has them. SQLite's transactions come one after another. */
async function takeDue(
  trx: Transaction<Tables>,
  now: Date,
  skip: readonly number[],
): Promise<ScheduledRow[]> {
  let due = trx.selectFrom("zerver_scheduledemail").select(["id", "data", "address"])
    .where("scheduled_timestamp", "<=", now)
    .orderBy("scheduled_timestamp").orderBy("id").limit(MOST);
  if (skip.length > 0) {
    due = due.where(({ not }) => not(inIds(trx, "zerver_scheduledemail.id", skip)));
  }
  return await (isPostgres(trx) ? due.forUpdate().skipLocked() : due).execute();
}

async function usersOf(
  trx: Transaction<Tables>,
  ids: readonly number[],
): Promise<Map<number, number[]>> {
  if (ids.length === 0) return new Map();
  const rows = await trx.selectFrom("zerver_scheduledemail_users")
    .select(["scheduledemail_id", "userprofile_id"])
    .where("scheduledemail_id", "in", ids).orderBy("userprofile_id").execute();
  const users = new Map<number, number[]>();
  for (const { scheduledemail_id: id, userprofile_id: user } of rows) {
    users.set(id, [...users.get(id) ?? [], user]);
  }
  return users;
}

async function remove(trx: Transaction<Tables>, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await trx.deleteFrom("zerver_scheduledemail_users").where("scheduledemail_id", "in", ids)
    .execute();
  await trx.deleteFrom("zerver_scheduledemail").where("id", "in", ids).execute();
}
