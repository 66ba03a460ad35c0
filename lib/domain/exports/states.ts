/**
 * The states of an export, and the notice by which administrators see them.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { toJson } from "../../json/to_json.ts";
import { ADMINISTRATOR } from "../database/codes.ts";
import type { PublishWithTransaction } from "../database/outbox.ts";
import type { Database, RowChange, Tables } from "../database/tables.ts";
import { NOTICE_QUEUE } from "../messages/send/notice.ts";
import { realmPage, type Site } from "../users/realm_host.ts";
import type { Written } from "./archive.ts";

/** `zerver_realmexport.status`. */
export const STATUS = { requested: 1, started: 2, succeeded: 3, failed: 4, deleted: 5 } as const;

/** An export that is over, or is not there: it is not made. */
export class ExportRefused extends Error {
  /** Always `ExportRefused`. */
  override readonly name = "ExportRefused";
}

/** An export that is being made. */
export interface BegunExport {
  readonly exportId: number;
  /** 1 public, 2 full with consent, 3 full without consent. */
  readonly type: number;
  readonly realm: { readonly id: number; readonly string_id: string; readonly name: string };
}

/**
 * Notes that an export has started, also where an earlier run had started it.
 *
 * @throws {ExportRefused} When it is over, was deleted or is not there.
 * @throws {DatabaseError} When the database is lost.
 */
export async function beginExport(db: Database, id: number, now: Date): Promise<BegunExport> {
  const row = await db.selectFrom("zerver_realmexport as export")
    .innerJoin("zerver_realm as realm", "realm.id", "export.realm_id")
    .select(["export.type", "export.status", "export.date_started"])
    .select(["realm.id", "realm.string_id", "realm.name"])
    .where("export.id", "=", id).executeTakeFirst();
  if (!row) throw new ExportRefused(`There is no export ${id} in zerver_realmexport`);
  const { numUpdatedRows } = await db.updateTable("zerver_realmexport")
    .set({ status: STATUS.started, date_started: row.date_started ?? now })
    .where("id", "=", id).where("status", "in", [STATUS.requested, STATUS.started])
    .executeTakeFirst();
  if (numUpdatedRows === 0n) {
    throw new ExportRefused(`The export ${id} has status ${row.status}, so it is over`);
  }
  const { type, id: realm, string_id, name } = row;
  return { exportId: id, type, realm: { id: realm, string_id, name } };
}

/** An archive that was made. */
export interface MadeExport extends Written {
  readonly realmId: number;
  /** Its address below the realm's, as `zerver_realmexport.export_path` has it. */
  readonly path: string;
  /** For `zerver_realmexport.stats`. */
  readonly stats: {
    /** Rows by table. */
    readonly tables: Readonly<Record<string, number>>;
    readonly files: number;
    readonly missing_files: number;
  };
}

/** An export whose end was stored. */
export interface EndedExport {
  readonly realmId: number;
  /** Who asked for it. */
  readonly userId: number | null;
}

/**
 * Stores that an export has succeeded.
 *
 * @returns `undefined` if it is not there, or over.
 * @throws {DatabaseError} When the database is lost.
 */
export async function succeed(
  trx: Transaction<Tables>,
  id: number,
  { path, sha256, bytes, stats }: MadeExport,
  now: Date,
): Promise<EndedExport | undefined> {
  return await end(trx, id, {
    status: STATUS.succeeded,
    date_succeeded: now,
    export_path: path,
    sha256sum_hex: sha256,
    tarball_size_bytes: bytes,
    stats: toJson(stats),
  });
}

/** Stores that an export has failed. @returns As {@linkcode succeed}. */
export async function fail(
  trx: Transaction<Tables>,
  id: number,
  now: Date,
): Promise<EndedExport | undefined> {
  return await end(trx, id, { status: STATUS.failed, date_failed: now });
}

async function end(
  trx: Transaction<Tables>,
  id: number,
  change: RowChange<"zerver_realmexport">,
): Promise<EndedExport | undefined> {
  const row = await trx.updateTable("zerver_realmexport").set(change)
    .where("id", "=", id).where("status", "in", [STATUS.requested, STATUS.started])
    .returning(["realm_id", "acting_user_id"]).executeTakeFirst();
  return row && { realmId: row.realm_id, userId: row.acting_user_id };
}

/**
 * Publishes the list of a realm's exports for its administrators, with the transaction.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function publishExports(
  trx: Transaction<Tables>,
  publish: PublishWithTransaction,
  realmId: number,
  site: Site,
): Promise<void> {
  const realm = await trx.selectFrom("zerver_realm").select("string_id")
    .where("id", "=", realmId).executeTakeFirstOrThrow();
  const administrators = await trx.selectFrom("zerver_userprofile").select("id")
    .where("realm_id", "=", realmId).where("role", "<=", ADMINISTRATOR)
    .where("is_active", "=", true).where("is_bot", "=", false).orderBy("id").execute();
  const rows = await trx.selectFrom("zerver_realmexport").selectAll()
    .where("realm_id", "=", realmId).orderBy("id").execute();
  const page = realmPage(realm.string_id, site);
  const exports = rows.map((row) => ({
    id: row.id,
    export_time: secondsOf(row.date_requested),
    acting_user_id: row.acting_user_id,
    export_url: row.status === STATUS.succeeded && row.export_path !== null
      ? page + row.export_path
      : null,
    deleted_timestamp: row.status === STATUS.deleted ? secondsOf(row.date_deleted) : null,
    failed_timestamp: row.status === STATUS.failed ? secondsOf(row.date_failed) : null,
    pending: row.status === STATUS.requested || row.status === STATUS.started,
    export_type: row.type,
  }));
  const users = administrators.map(({ id }) => id);
  publish(NOTICE_QUEUE, { event: { type: "realm_export", exports }, users });
}

function secondsOf(time: Date | null): number | null {
  return time && Math.floor(time.getTime() / 1000);
}
