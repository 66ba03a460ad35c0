/**
 * Pushes so that no device gets a push twice: each has an effect record.
 *
 * @module
 */

import { busyUntil, type StepState } from "../database/effect_state.ts";
import type { BeginOptions, Effects } from "../database/effects.ts";
import type { RealmPushStatus } from "./bouncer_bodies.ts";
import type { Addressed, Parcel, ParcelResult } from "./parcel.ts";
import { recordsOf, type StepOutcome } from "./push_outcome.ts";
import { PushUnavailable } from "./push_transport.ts";

/** The step that stands for the event itself, before its devices are pushed to. */
const EVENT = "event";

/** The records of an event that was begun. */
export interface Begun {
  readonly key: string;
  /** What the record of the event itself says. */
  readonly event: StepState;
  /** What the records of the devices say, by step. */
  readonly devices: ReadonlyMap<string, StepState>;
  /** Another run is at it until then, in ms since 1970. */
  readonly busyUntil: number | undefined;
}

/**
 * Begins an event. Pushes of which nobody knows how they ended are made again: with the same id, by
 * which a device shows them once.
 *
 * @param key The same whenever the event comes.
 * @throws {DatabaseError} When the database is lost.
 */
export async function beginPush(
  effects: Effects,
  key: string,
  devices: readonly string[],
  options: BeginOptions,
): Promise<Begun> {
  const [event = "run", ...states] = await effects.takeOver(key, [EVENT, ...devices], options);
  const byStep = devices.map((step, at) => [step, states[at] ?? "run"] as const);
  return { key, event, devices: new Map(byStep), busyUntil: busyUntil([event, ...states]) };
}

/** Removes the record that an event was begun: nothing is pushed. @throws As {@linkcode beginPush}. */
export async function endUnpushed(effects: Effects, { key, event, devices }: Begun): Promise<void> {
  const steps = [[EVENT, event] as const, ...devices].filter(([, state]) => mayRun(state));
  await effects.forget(key, steps.map(([step]) => step));
}

/** The outcome of a push. */
export interface PushReport {
  /** Of the devices that were pushed to now. */
  readonly pushed: readonly { readonly device: Addressed; readonly outcome: StepOutcome }[];
  /** Pushes that services say they have sent. */
  readonly sent: number;
  /** What services say of the realm. */
  readonly realm: RealmPushStatus | undefined;
}

/**
 * Pushes to the devices that do not have the push yet, to all services at once, and records which have
 * it. A service that fails does not block the devices of another.
 *
 * @throws {DatabaseError} When the database is lost before a refusal is recorded.
 * @throws The signal's reason when it is aborted.
 * @throws What a service throws otherwise.
 */
export async function pushRecorded(
  effects: Effects,
  { key, devices }: Begun,
  parcels: readonly Parcel[],
  signal: AbortSignal,
): Promise<PushReport> {
  const runs = (step: string) => mayRun(devices.get(step));
  const due = parcels.map((parcel) => ({
    parcel,
    these: parcel.devices.filter(({ step }) => runs(step)),
  })).filter(({ these }) => these.length > 0);
  const results = await Promise.all(due.map(({ parcel, these }) => send(parcel, these, signal)));
  const outcomes = new Map(results.flatMap((result) => [...result.outcomes]));
  const { done, failed, forget } = recordsOf(outcomes);
  effects.doneSoon(key, [EVENT, ...done]);
  await effects.failed(key, failed);
  await effects.forget(key, forget);
  // What was cut or failed is recorded as begun, as nobody knows how it ended.
  signal.throwIfAborted();
  for (const { error } of results) if (error !== undefined) throw error;
  return {
    pushed: due.flatMap(({ these }) => these).flatMap((device) => {
      const outcome = outcomes.get(device.step);
      return outcome ? [{ device, outcome }] : [];
    }),
    sent: results.reduce((sum, { sent }) => sum + sent, 0),
    realm: results.map(({ realm }) => realm).find((realm) => realm !== undefined),
  };
}

type Sent = Omit<ParcelResult, "outcomes"> & {
  readonly outcomes: ReadonlyMap<string, StepOutcome>;
  /** Thrown for another reason than that the service is unavailable. */
  readonly error?: unknown;
};

async function send(
  parcel: Parcel,
  devices: readonly Addressed[],
  signal: AbortSignal,
): Promise<Sent> {
  try {
    return await parcel.send(new Set(devices.map(({ step }) => step)), signal);
  } catch (error) {
    if (!(error instanceof PushUnavailable)) return { outcomes: new Map(), sent: 0, error };
    const away = { kind: "away", error } as const;
    return { outcomes: new Map(devices.map(({ step }) => [step, away])), sent: 0 };
  }
}

function mayRun(state: StepState | undefined): boolean {
  return state === "run" || state === "again";
}
