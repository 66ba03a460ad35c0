/**
 * What is stored after pushes: dead devices are removed, and pushes counted. Those of several events
 * at once are one transaction, as all of them change the counter of their realm.
 *
 * @module
 */

import { GroupCommit } from "../database/group_commit.ts";
import type { Database } from "../database/tables.ts";
import { inTransaction } from "../database/transaction.ts";
import { type DeadToken, type EncryptedDevice, removeEncrypted, removeTokens } from "./devices.ts";
import { countPushes } from "./realm_push.ts";

/** What follows from the pushes of one event. */
export interface PushEnd {
  readonly realmId: number;
  /** Pushes that services have sent. */
  readonly sent: number;
  /** Devices that are no longer registered. */
  readonly tokens: readonly DeadToken[];
  readonly encrypted: readonly EncryptedDevice[];
  /** ms since 1970. */
  readonly now: number;
}

/** Stores what follows from pushes. */
export class PushEnds {
  readonly #commits: GroupCommit<PushEnd, undefined>;

  /** @param db The database of the events. */
  constructor(db: Database) {
    this.#commits = new GroupCommit((ends) => storeAll(db, ends));
  }

  /**
   * Stores what follows from the pushes of an event, if anything does.
   *
   * @throws {DatabaseError} When the database is lost or locked.
   */
  async store(end: PushEnd): Promise<void> {
    const { sent, tokens, encrypted } = end;
    if (sent > 0 || tokens.length > 0 || encrypted.length > 0) await this.#commits.run(end);
  }
}

async function storeAll(db: Database, ends: readonly PushEnd[]): Promise<undefined[]> {
  await inTransaction(db, async (trx) => {
    await removeTokens(trx, ends.flatMap(({ tokens }) => tokens));
    await removeEncrypted(trx, ends.flatMap(({ encrypted }) => encrypted));
    for (const { realmId, sent, now } of summed(ends)) await countPushes(trx, realmId, sent, now);
  });
  return ends.map(() => undefined);
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** One for each realm and day, by the realms' ids: so processes that count the same cannot deadlock. */
function summed(ends: readonly PushEnd[]): Pick<PushEnd, "realmId" | "sent" | "now">[] {
  const groups = Map.groupBy(ends, ({ realmId, now }) => `${realmId} ${Math.floor(now / DAY_MS)}`);
  const sums = [...groups.values()].flatMap(([first, ...others]) =>
    first ? [{ ...first, sent: others.reduce((sum, { sent }) => sum + sent, first.sent) }] : []
  );
  return sums.sort((one, other) => one.realmId - other.realmId || one.now - other.now);
}
