/**
 * The rows of `process_queue_effect`, and the statements that write them.
 *
 * @module
 */

import { createHash } from "node:crypto";
import { type RawBuilder, sql, type Transaction } from "kysely";
import { isPostgres } from "./dialect.ts";
import type { EffectRow } from "./effect_state.ts";
import { pieces } from "./pieces.ts";
import type { Database, Tables } from "./tables.ts";

/** The most steps in one statement: SQLite takes 32,766 parameters, and a row has six. */
const STEPS = 5_000;
/** The most steps of {@linkcode doneAndStarted}, where one that begins has eight. */
export const STEPS_AT_ONCE = 4_000;
/** Days for which the records of an event are kept while one of its steps is not done. */
const UNDONE_DAYS = 90;
const DAY_MS = 24 * 60 * 60 * 1000;

/** A step of an event, as both are stored: see `storedKey` and {@linkcode storedStep}. */
export interface Step {
  readonly key: string;
  readonly step: string;
}

/** Who writes records, and when. */
export interface Writer {
  readonly queue: string;
  readonly owner: string;
  /** ms since 1970. */
  readonly now: number;
}

/** A step as it is stored: nobody can read an address or a secret from it. */
export function storedStep(step: string): string {
  return createHash("sha256").update(step).digest("hex");
}

/** Sorted, each once: processes that write the same steps in one order cannot deadlock. */
export function distinctSteps(steps: Iterable<Step>): Step[] {
  const byName = new Map<string, Step>();
  for (const step of steps) byName.set(nameOf(step), step);
  return [...byName].sort(([one], [other]) => one < other ? -1 : 1).map(([, step]) => step);
}

/** The same for a step of an event, and no other. */
export function nameOf({ key, step }: Step): string {
  return `${step} ${key}`;
}

/**
 * Writes `started` for the steps that have no record.
 *
 * @param steps As {@linkcode distinctSteps} returns them.
 * @param started Those for which the writer has written it just now.
 * @returns For each step, by its name, the record that was there; `undefined` where it is new.
 */
export async function startNew(
  trx: Transaction<Tables>,
  steps: readonly Step[],
  started: readonly Step[],
  writer: Writer,
): Promise<Map<string, EffectRow | undefined>> {
  const found = new Map<string, EffectRow | undefined>(
    started.map((step) => [nameOf(step), undefined]),
  );
  const isMissing = (step: Step) => !found.has(nameOf(step));
  // A record may be deleted between the statements: its step is inserted in the next turn.
  for (let rest = steps.filter(isMissing); rest.length > 0; rest = rest.filter(isMissing)) {
    for (const step of await insertNew(trx, rest, writer)) found.set(nameOf(step), undefined);
    for (const { key, step, ...row } of await lockedRows(trx, rest.filter(isMissing), writer)) {
      found.set(nameOf({ key, step }), row);
    }
  }
  return found;
}

async function insertNew(
  trx: Transaction<Tables>,
  steps: readonly Step[],
  writer: Writer,
): Promise<Step[]> {
  const inserted: Step[] = [];
  for (const some of pieces(steps, STEPS)) {
    inserted.push(...(await insertion(some, writer).execute(trx)).rows);
  }
  return inserted;
}

function insertion(steps: readonly Step[], writer: Writer, condition = sql<boolean>`true`) {
  return sql<Step>`
    insert into process_queue_effect (queue, key, step, state, owner, at)
    ${newRows(steps, "started", writer, condition)}
    on conflict (queue, key, step) do nothing returning key, step`;
}

/** The rows of steps. @param condition Where it does not hold, there are none. */
function newRows(
  steps: readonly Step[],
  state: "started" | "done",
  { queue, owner, now }: Writer,
  condition = sql<boolean>`true`,
) {
  const values = steps.map(({ key, step }) =>
    sql`(${queue}, ${key}, ${step}, ${state}, ${owner}, cast(${now} as bigint))`
  );
  return sql`select column1, column2, column3, column4, column5, column6
    from (values ${sql.join(values)}) as added where ${condition}`;
}

/**
 * Writes `done` for some steps, and `started` for others unless one of those has a record, in one
 * statement. Both must be as {@linkcode distinctSteps} returns them, and at most
 * {@linkcode STEPS_AT_ONCE} together.
 *
 * @returns The steps that are started: all or none, or with PostgreSQL some where another process
 * starts the same.
 */
export async function doneAndStarted(
  db: Database,
  done: readonly Step[],
  begun: readonly Step[],
  writer: Writer,
): Promise<readonly Step[]> {
  const areNew = sql<boolean>`not exists (
    select 1 from process_queue_effect where ${theseOf(writer.queue, begun)})`;
  if (!isPostgres(db)) return await doneOrStarted(db, done, begun, { ...writer, areNew });
  const ended = done.length === 0 ? sql`` : sql`with ended as (${ending(done, writer)})`;
  const { rows } = await sql<Step>`${ended} ${insertion(begun, writer, areNew)}`.execute(db);
  return rows;
}

/** SQLite updates no rows within another statement, but where a row that is inserted is there. */
async function doneOrStarted(
  db: Database,
  done: readonly Step[],
  begun: readonly Step[],
  { areNew, ...writer }: Writer & { readonly areNew: RawBuilder<boolean> },
): Promise<readonly Step[]> {
  const ended = done.length === 0 ? sql`` : sql`${newRows(done, "done", writer)} union all`;
  const { rows } = await sql<Step & Pick<EffectRow, "state">>`
    insert into process_queue_effect (queue, key, step, state, owner, at)
    ${ended} ${newRows(begun, "started", writer, areNew)}
    on conflict (queue, key, step) do update set state = 'done', at = excluded.at
      where excluded.state = 'done'
    returning key, step, state`.execute(db);
  return rows.filter(({ state }) => state === "started");
}

async function lockedRows(
  trx: Transaction<Tables>,
  steps: readonly Step[],
  { queue }: Writer,
): Promise<(Step & EffectRow)[]> {
  const found: (Step & EffectRow)[] = [];
  const lock = isPostgres(trx) ? sql`for update` : sql``;
  for (const some of pieces(steps, STEPS)) {
    const { rows } = await sql<Step & EffectRow>`
      select key, step, state, owner, at from process_queue_effect
      where ${theseOf(queue, some)} order by step, key ${lock}`.execute(trx);
    found.push(...rows);
  }
  return found;
}

/** Writes `started` over the records of steps. */
export async function restart(
  trx: Transaction<Tables>,
  steps: readonly Step[],
  { queue, owner, now }: Writer,
): Promise<void> {
  for (const some of pieces(steps, STEPS)) {
    await sql`update process_queue_effect set state = 'started', owner = ${owner}, at = ${now}
      where ${theseOf(queue, some)}`.execute(trx);
  }
}

/** Writes `done`, also for steps that another owner has started: they are done. */
export async function writeDone(
  trx: Transaction<Tables>,
  steps: readonly Step[],
  writer: Writer,
): Promise<void> {
  for (const some of pieces(steps, STEPS)) await ending(some, writer).execute(trx);
}

function ending(steps: readonly Step[], { queue, now }: Writer) {
  return sql`update process_queue_effect set state = 'done', at = ${now}
    where ${theseOf(queue, steps)}`;
}

/** Writes `failed` for the steps that the writer has started. */
export async function writeFailed(
  trx: Transaction<Tables>,
  steps: readonly Step[],
  { queue, owner, now }: Writer,
): Promise<void> {
  for (const some of pieces(steps, STEPS)) {
    await sql`update process_queue_effect set state = 'failed', at = ${now}
      where ${theseOf(queue, some)} and owner = ${owner} and state = 'started'`.execute(trx);
  }
}

/** Deletes the records of the steps that the writer has started. */
export async function forget(
  trx: Transaction<Tables>,
  steps: readonly Step[],
  { queue, owner }: Writer,
): Promise<void> {
  for (const some of pieces(steps, STEPS)) {
    await sql`delete from process_queue_effect
      where ${theseOf(queue, some)} and owner = ${owner} and state = 'started'`.execute(trx);
  }
}

/** The condition that a row is that of one of these steps. */
function theseOf(queue: string, steps: readonly Step[]) {
  const values = steps.map(({ key, step }) => sql`(${key}, ${step})`);
  return sql<boolean>`queue = ${queue} and (key, step) in (values ${sql.join(values)})`;
}

/**
 * Deletes the oldest records of events whose records are all old: `days` where all steps are done,
 * else 90 days, for which the event may lie in `<queue>.failed`.
 *
 * @param now ms since 1970.
 * @param limit How many at most.
 * @returns How many were deleted.
 */
export async function pruneEffects(
  db: Database,
  now: number,
  days: number,
  limit: number,
): Promise<number> {
  const doneBefore = now - days * DAY_MS;
  const undoneBefore = now - Math.max(days, UNDONE_DAYS) * DAY_MS;
  const { numAffectedRows = 0n } = await sql`
    delete from process_queue_effect where (queue, key, step) in (
      select queue, key, step from process_queue_effect as old
      where at < ${doneBefore} and not exists (
        select 1 from process_queue_effect as young
        where young.queue = old.queue and young.key = old.key and (
          young.at >= ${doneBefore} or young.state <> 'done' and young.at >= ${undoneBefore}))
      order by at, queue, key, step limit ${limit})`.execute(db);
  return Number(numAffectedRows);
}
