/**
 * Removes messages from a user's devices.
 *
 * @module
 */

import { inTransaction } from "../database/transaction.ts";
import { clearFlag, FLAG } from "../messages/mark_read.ts";
import { removalContents } from "./contents.ts";
import { devicesOf } from "./devices.ts";
import type { RemovePush } from "./push_event.ts";
import type { PushDecision } from "./push_outcome.ts";
import { beginAt, busy, deliver, logNothing, type PushRun, realmOf } from "./push_run.ts";
import { pushReader } from "./reader.ts";

/**
 * Removes messages from a user's devices, once from each. That they are no longer shown is stored
 * first, so that it is true also while no push can be sent.
 *
 * @throws {DatabaseError} When the database is lost.
 * @throws The signal's reason when it is aborted.
 */
export async function takeBack(event: RemovePush, run: PushRun): Promise<PushDecision> {
  const { db, now, maker } = run;
  const { userId: user, messageIds } = event;
  await inTransaction(db, (trx) => clearFlag(trx, user, messageIds, FLAG.activeMobilePush));
  const reader = await pushReader(db, user);
  if (!reader) {
    return logNothing(run, { kind: "nothing", level: "info", reason: "There is no user {user}" }, {
      user,
    });
  }
  const key = `remove ${user} ${messageIds.join(",")}`;
  const target = await beginAt(run, key, reader, await devicesOf(db, user));
  const contents = removalContents(realmOf(run, reader), user, messageIds);
  return busy(target, now) ??
    await deliver(run, target, contents, now + maker.patienceSeconds * 1000);
}
