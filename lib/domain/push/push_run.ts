/**
 * One run of the worker for an event of pushes: what it works with, and how a push is delivered.
 *
 * @module
 */

import { nounFor } from "../../errors/counted.ts";
import type { BeginOptions, Effects } from "../database/effects.ts";
import type { OutboxContext } from "../database/outbox.ts";
import type { Database } from "../database/tables.ts";
import type { TextOf } from "../messages/missed/words.ts";
import { realmHost } from "../users/realm_host.ts";
import type { PushContents, PushRealm } from "./contents.ts";
import type { Nothing } from "./deciding.ts";
import type { Devices } from "./devices.ts";
import type { Posting } from "./forms.ts";
import { type Addressed, deadToken, encryptedStep, legacyStep, type Parcel } from "./parcel.ts";
import type { PushEnds } from "./push_ends.ts";
import { decidePush, type PushDecision } from "./push_outcome.ts";
import type { PushReader } from "./reader.ts";
import { storeRealmStatus } from "./realm_push.ts";
import { beginPush, type Begun, pushRecorded, type PushReport } from "./recorded_push.ts";
import type { PushWay } from "./way.ts";
import { encryptedTitle } from "./words.ts";

type Log = (message: string, properties?: Record<string, unknown>) => void;

/** What pushes are made with. */
export interface PushMaker {
  /** Zulip's EXTERNAL_HOST. */
  readonly externalHost: string;
  /** `https://` or `http://`. */
  readonly scheme: string;
  /** Zulip's MAX_GROUP_SIZE_FOR_MENTION_REACTIVATION. */
  readonly mostMembers: number;
  /** Zulip's DEDICATED_SOFT_REACTIVATION_QUEUE. */
  readonly hasReactivationQueue: boolean;
  /** PUSH_PATIENCE_SECONDS. */
  readonly patienceSeconds: number;
  /** EFFECTS_DAYS. */
  readonly effectsDays: number;
  /** A text of the catalogue in a language. */
  readonly text: (language: string, ...args: Parameters<TextOf>) => string;
}

/** A run of the worker. */
export interface PushRun {
  readonly db: Database;
  readonly effects: Effects;
  readonly ends: PushEnds;
  readonly way: PushWay;
  readonly maker: PushMaker;
  /** How the event's steps are begun. */
  readonly begin: BeginOptions;
  /** When the event was published, or first failed, in ms since 1970. */
  readonly publishedAt: number | undefined;
  /** ms since 1970. */
  readonly now: number;
  readonly signal: AbortSignal;
  /** The worker's `ctx`. */
  readonly ctx: OutboxContext & {
    readonly log: Readonly<Record<"debug" | "info" | "warn" | "error", Log>>;
  };
}

/** A user, and the devices that a push can go to. */
export interface Target {
  readonly reader: PushReader;
  readonly devices: Devices;
  readonly begun: Begun;
}

/** The texts in the language of a user. */
export function textOf({ maker }: Pick<PushRun, "maker">, { language }: PushReader): TextOf {
  return (...args) => maker.text(language, ...args);
}

/** A realm as pushes name it. */
export function realmOf({ maker }: Pick<PushRun, "maker">, { realm }: PushReader): PushRealm {
  const { externalHost: server, scheme } = maker;
  const { id, name, stringId } = realm;
  return { id, name, server, url: `${scheme}${realmHost(stringId, server)}` };
}

/**
 * Begins the pushes of an event to a user's devices.
 *
 * @param key The same whenever the event comes.
 * @throws {DatabaseError} When the database is lost.
 */
export async function beginAt(
  run: PushRun,
  key: string,
  reader: PushReader,
  registered: Devices,
): Promise<Target> {
  const { devices, problems } = run.way.reachable(registered);
  for (const problem of problems) {
    run.ctx.log.error("{problem} (user {user})", { problem, user: reader.id });
  }
  const steps = [...devices.legacy.map(legacyStep), ...devices.encrypted.map(encryptedStep)];
  return { reader, devices, begun: await beginPush(run.effects, key, steps, run.begin) };
}

/** That another run is at the event. */
export function busy({ begun }: Target, now: number): PushDecision | undefined {
  const { busyUntil: until } = begun;
  if (until === undefined) return undefined;
  const reason = "another process is pushing this, or was when it ended";
  return { kind: "later", reason, afterMs: Math.max(1000, until - now) };
}

/** Logs why nothing is done. */
export function logNothing(
  { ctx }: PushRun,
  { level, reason }: Nothing,
  properties: { readonly user: number; readonly message?: number },
): PushDecision {
  ctx.log[level](reason, properties);
  return { kind: "done" };
}

/**
 * Pushes to those of a user's devices that do not have it yet; removes dead ones, and counts.
 *
 * @param until Until when a service keeps it for a device that is off, in ms since 1970.
 * @throws {DatabaseError} When the database is lost.
 * @throws The signal's reason when it is aborted.
 */
export async function deliver(
  run: PushRun,
  { reader, devices, begun }: Target,
  contents: PushContents,
  until: number,
): Promise<PushDecision> {
  const posting: Posting = {
    key: `${reader.realm.uuid} ${begun.key}`,
    expiresAt: new Date(until),
    encryptedTitle: encryptedTitle(textOf(run, reader)),
  };
  const parcels = run.way.parcels(reader, devices, contents, posting, run.now);
  logAgain(run, reader, begun, parcels);
  const report = await pushRecorded(run.effects, begun, parcels, run.signal);
  logReport(run, reader, report);
  await store(run, reader, report);
  return decidePush(report.pushed.map(({ outcome }) => outcome), run.way.services);
}

/** Logs which devices may have the push already: a run ended before it could record that. */
function logAgain(
  { ctx }: PushRun,
  { id: user }: PushReader,
  begun: Begun,
  parcels: readonly Parcel[],
): void {
  for (const device of parcels.flatMap(({ devices }) => devices)) {
    if (begun.devices.get(device.step) !== "again") continue;
    ctx.log.warn("Device {id} of user {user} was maybe pushed to, and is pushed to again", {
      ...{ id: idOf(device), user },
    });
  }
}

function idOf(device: Addressed): number {
  return "legacy" in device ? device.legacy.id : device.encrypted.id;
}

function logReport({ ctx }: PushRun, { id: user }: PushReader, { pushed, sent }: PushReport): void {
  if (sent > 0) {
    const properties = { sent, devices: nounFor(sent, "device"), user };
    ctx.log.info("Pushed to {sent} {devices} of user {user}", properties);
  }
  for (const { device, outcome } of pushed) {
    const id = idOf(device);
    if (outcome.kind === "dead") {
      ctx.log.info("Device {id} of user {user} is no longer registered and is removed: {reason}", {
        ...{ id, user, reason: outcome.reason },
      });
    } else if (outcome.kind === "refused") {
      ctx.log.warn("The push to device {id} of user {user} was refused: {reason}", {
        ...{ id, user, reason: outcome.reason },
      });
    }
  }
}

/** Removes what is dead, and writes what a service said of the realm. */
async function store(
  { db, ends, ctx, now }: PushRun,
  { realm: { id: realm } }: PushReader,
  { pushed, sent, realm: status }: PushReport,
): Promise<void> {
  const tokens = pushed.flatMap(({ device, outcome }) =>
    "legacy" in device && outcome.kind === "dead" ? [deadToken(device.legacy, outcome)] : []
  );
  const encrypted = pushed.flatMap(({ device, outcome }) =>
    "encrypted" in device && outcome.kind === "dead" ? [device.encrypted] : []
  );
  await ends.store({ realmId: realm, sent, tokens, encrypted, now });
  if (!status || !await storeRealmStatus(db, ctx, realm, status, now)) return;
  const what = status.can_push ? "lets" : "does not let";
  ctx.log.warn("The push bouncer {what} the organization {realm} push", { what, realm });
}
