/**
 * From the event that asks for an export to the job that makes it.
 *
 * @module
 */

import type { Transaction } from "kysely";
import { addJob } from "../database/jobs.ts";
import { newRow } from "../database/rows.ts";
import type { Tables } from "../database/tables.ts";
import type { ExportArgs } from "./export_realm.ts";
import { exportToken } from "./paths.ts";
import { STATUS } from "./states.ts";

/** The type of the job. */
export const EXPORT_JOB = "realm_export";

/** The export that an event asks for. */
export type ExportRequest =
  | { readonly exportId: number }
  /** Of servers before Zulip 10, which have an entry of the audit log and no row of the export. */
  | { readonly entryId: number; readonly userId: number; readonly at: Date };

/** What came of it. */
export type Requested =
  | { readonly kind: "added"; readonly exportId: number }
  /** It is being made, or is over. */
  | { readonly kind: "known"; readonly reason: string }
  /** It was begun, and nobody makes it. */
  | { readonly kind: "lost"; readonly exportId: number }
  | { readonly kind: "refused"; readonly reason: string };

/** A realm was exported: an entry of the audit log. */
const REALM_EXPORTED = 206;
const PUBLIC = 1;

/**
 * Adds the job of an export, once however often its event comes.
 *
 * @throws {DatabaseError} When the database is lost.
 */
export async function requestExport(
  trx: Transaction<Tables>,
  request: ExportRequest,
  now: number,
): Promise<Requested> {
  return "exportId" in request
    ? await requestRow(trx, request.exportId, now)
    : await requestEntry(trx, request, now);
}

async function requestRow(
  trx: Transaction<Tables>,
  exportId: number,
  now: number,
): Promise<Requested> {
  const row = await trx.selectFrom("zerver_realmexport").select("status")
    .where("id", "=", exportId).executeTakeFirst();
  if (!row) {
    return { kind: "refused", reason: `There is no export ${exportId} in zerver_realmexport` };
  }
  const key = `${EXPORT_JOB} ${exportId}`;
  const isOurs = await hasJob(trx, key);
  if (row.status === STATUS.started && !isOurs) return { kind: "lost", exportId };
  if (row.status !== STATUS.requested) {
    return { kind: "known", reason: `The export ${exportId} has status ${row.status}` };
  }
  return await add(trx, key, exportId, now);
}

/** Makes the row that newer servers have. */
async function requestEntry(
  trx: Transaction<Tables>,
  { entryId, userId, at }: Extract<ExportRequest, { entryId: number }>,
  now: number,
): Promise<Requested> {
  const entry = await trx.selectFrom("zerver_realmauditlog").select("realm_id")
    .where("id", "=", entryId).where("event_type", "=", REALM_EXPORTED).executeTakeFirst();
  if (!entry) {
    return { kind: "refused", reason: `The audit log has no export ${entryId}` };
  }
  const key = `${EXPORT_JOB} entry ${entryId}`;
  if (await hasJob(trx, key)) return known(key);
  const { id } = await trx.insertInto("zerver_realmexport").values(newRow("zerver_realmexport", {
    realm_id: entry.realm_id,
    type: PUBLIC,
    date_requested: at,
    acting_user_id: userId,
  })).returning("id").executeTakeFirstOrThrow();
  const requested = await add(trx, key, id, now);
  // Another process has stored the job meanwhile, with a row of its own.
  if (requested.kind === "known") {
    await trx.deleteFrom("zerver_realmexport").where("id", "=", id).execute();
  }
  return requested;
}

async function add(
  trx: Transaction<Tables>,
  key: string,
  exportId: number,
  now: number,
): Promise<Requested> {
  const args: ExportArgs = { exportId, token: exportToken() };
  const isNew = await addJob(trx, { key, type: EXPORT_JOB, args }, now);
  return isNew ? { kind: "added", exportId } : known(key);
}

async function hasJob(trx: Transaction<Tables>, key: string): Promise<boolean> {
  const row = await trx.selectFrom("process_queue_job").select("key").where("key", "=", key)
    .executeTakeFirst();
  return row !== undefined;
}

function known(key: string): Requested {
  return { kind: "known", reason: `There is a job ${key} already` };
}
