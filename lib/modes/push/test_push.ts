/**
 * `process-queue push test`: pushes to a user's devices as the worker does, and prints what each
 * service answers.
 *
 * @module
 */

import { sql } from "kysely";
import type { PushTestCommand } from "../../command_line/command.ts";
import type { Config } from "../../config/config.ts";
import { type Database, openDatabase } from "../../domain/database/database.ts";
import { MailTemplates } from "../../domain/mail/templates/mail_templates.ts";
import { openPushServices } from "../../domain/push/configured.ts";
import { testContents } from "../../domain/push/contents.ts";
import { type Devices, devicesOf } from "../../domain/push/devices.ts";
import type { Addressed, Parcel } from "../../domain/push/parcel.ts";
import { type DeviceOutcome, PushUnavailable } from "../../domain/push/push_transport.ts";
import { type PushReader, pushReader } from "../../domain/push/reader.ts";
import { realmHost } from "../../domain/users/realm_host.ts";
import { type ConfiguredServices, pushWay } from "../../domain/push/way.ts";
import { encryptedTitle } from "../../domain/push/words.ts";
import { counted } from "../../errors/counted.ts";
import { UsageError } from "../../errors/usage_error.ts";
import { visible } from "../../errors/visible.ts";
import { EXIT } from "../../system/signals.ts";
import type { Services } from "../services.ts";

type Settings = Pick<Config, "push" | "site" | "mail" | "databaseUrl">;

/** ms that a test may take. */
const TIMEOUT_MS = 60_000;
const NOT_CONFIGURED =
  "No push service is configured: set ZULIP_SERVICE_PUSH_NOTIFICATIONS to true, " +
  "with ZULIP_ORG_ID and ZULIP_ORG_KEY; or APNS_TOKEN_KEY_FILE and ANDROID_FCM_CREDENTIALS_PATH";

/**
 * Pushes a test to each of a user's devices, and prints a line for each. Nothing is stored.
 *
 * @returns The exit code: 0 when all devices got it, else 1.
 * @throws {PushSettingError} When a file that a setting names cannot be used.
 * @throws {UsageError} When there is no such user, or there are several.
 * @throws {DatabaseError} When the database cannot be reached.
 */
export async function runPushTest(
  { user }: Pick<PushTestCommand, "user">,
  config: Settings,
  services: Pick<Services, "print">,
): Promise<number> {
  const print = (line: string) => services.print(visible(line));
  await using push = openPushServices(config.push);
  await using db = await openDatabase(config.databaseUrl);
  const reader = await userOf(db, user);
  const parcels = await parcelsOf(db, reader, config, push, print);
  const results = await Promise.all(parcels.map(async (parcel) => await send(parcel, print)));
  return results.length > 0 && results.every(Boolean) ? EXIT.stopped : EXIT.failed;
}

async function userOf(db: Database, user: string): Promise<PushReader> {
  const isId = /^[0-9]{1,9}$/.test(user);
  const ids = isId ? [Number(user)] : await idsOf(db, user);
  const [id, ...others] = ids;
  if (others.length > 0) {
    throw new UsageError(
      `${ids.length} users have the address ${user}: name one by the id, ${ids.join(", ")}`,
    );
  }
  const reader = id === undefined ? undefined : await pushReader(db, id);
  if (reader) return reader;
  throw new UsageError(
    `there is no ${
      isId ? "user with the id" : "active user with the address"
    } ${user} in the database`,
  );
}

async function idsOf(db: Database, address: string): Promise<number[]> {
  const rows = await db.selectFrom("zerver_userprofile").select("id")
    .where(sql<boolean>`lower(delivery_email) = lower(${address})`).where("is_active", "=", true)
    .where("is_bot", "=", false).orderBy("id").execute();
  return rows.map(({ id }) => id);
}

/** The requests of a test. @param print Gets the problems of devices that have none. */
async function parcelsOf(
  db: Database,
  reader: PushReader,
  { site, mail }: Settings,
  services: ConfiguredServices,
  print: (line: string) => void,
): Promise<readonly Parcel[]> {
  const way = pushWay(services);
  if (!way) {
    print(NOT_CONFIGURED);
    return [];
  }
  const registered = await devicesOf(db, reader.id);
  const { devices, problems } = way.reachable(registered);
  for (const problem of problems) print(problem);
  if (countOf(devices) === 0) print(noDevices(reader, registered, services));
  const templates = new MailTemplates(mail.templatesDir);
  const text = templates.text.bind(templates, reader.language);
  const { id, name, stringId } = reader.realm;
  const { externalHost: server, scheme } = site;
  const realm = { id, name, server, url: `${scheme}${realmHost(stringId, server)}` };
  const now = Date.now();
  const posting = {
    key: `test ${reader.id} ${now}`,
    expiresAt: new Date(now + TIMEOUT_MS),
    encryptedTitle: encryptedTitle(text),
  };
  const contents = testContents(realm, reader.id, now, text);
  return way.parcels(reader, devices, contents, posting, now);
}

function countOf({ legacy, encrypted }: Devices): number {
  return legacy.length + encrypted.length;
}

function noDevices(
  { id, name }: PushReader,
  registered: Devices,
  { bouncer }: ConfiguredServices,
): string {
  const count = countOf(registered);
  if (count === 0) {
    return `User ${id} (${name}) has no registered devices: log in with the mobile app`;
  }
  const needsBouncer = registered.encrypted.length > 0 && bouncer === undefined;
  const advice = needsBouncer
    ? "; encrypted pushes need the push bouncer, ZULIP_SERVICE_PUSH_NOTIFICATIONS"
    : "";
  return `User ${id} (${name}) has ${counted(count, "device")}, and the services that are ` +
    `configured reach none${advice}`;
}

/** Sends one request, and prints its outcome. @returns Whether all of its devices got it. */
async function send(parcel: Parcel, print: (line: string) => void): Promise<boolean> {
  const { devices } = parcel;
  try {
    const steps = new Set(devices.map(({ step }) => step));
    const { outcomes } = await parcel.send(steps, AbortSignal.timeout(TIMEOUT_MS));
    for (const device of devices) {
      print(`${nameOf(device)}: ${sentenceOf(outcomes.get(device.step))}`);
    }
    return devices.every(({ step }) => outcomes.get(step)?.kind === "sent");
  } catch (error) {
    for (const device of devices) print(`${nameOf(device)}: ${reasonOf(error)}`);
    return false;
  }
}

function nameOf(device: Addressed): string {
  if ("encrypted" in device) {
    return `Device ${device.encrypted.id} (${SERVICES[device.encrypted.kind]}, encrypted)`;
  }
  const { id, kind, appId } = device.legacy;
  return `Device ${id} (${[SERVICES[kind], appId].filter(Boolean).join(", ")})`;
}

const SERVICES = { apns: "APNs", fcm: "FCM" } as const;

/** What an answer means for the device. */
export function sentenceOf(outcome: DeviceOutcome | undefined): string {
  switch (outcome?.kind) {
    case "sent":
      return outcome.apnsId === undefined ? "sent" : `sent, apns-id ${outcome.apnsId}`;
    case "dead":
      return `not registered (${outcome.reason}): the worker removes it at its next push`;
    case "refused":
      return `refused: ${outcome.reason}`;
    case "later":
      return `not now: ${outcome.reason}; the worker tries it again`;
    case "unknown":
      return `maybe sent: ${outcome.reason}`;
    case undefined:
      return "no answer";
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof PushUnavailable) return `not sent: ${error.reason}`;
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `no answer in ${TIMEOUT_MS / 1000} s`;
  }
  throw error;
}
