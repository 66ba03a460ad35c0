/**
 * The devices that the users of a seed get pushes on.
 *
 * @module
 */

import type { NewRow } from "../../domain/database/tables.ts";
import { account, daysAgo, type Seed } from "./organizations.ts";
import { Random } from "./random.ts";

const APNS = 1;
const FCM = 2;
const LEGACY: readonly [key: string, kind: number][] = [
  ["ada", APNS],
  ["ada", FCM],
  ["ben", FCM],
  ["clara", APNS],
  ["quinn", FCM],
];

/** Adds devices for pushes as they are, and for encrypted ones. */
export function addDevices(seed: Seed): void {
  const { rows, now } = seed;
  const random = new Random(7);
  for (const [key, kind] of LEGACY) {
    rows.add("zerver_pushdevicetoken", {
      user_id: account(seed, key).id,
      kind,
      token: random.hex(64),
      last_updated: daysAgo(now, 30),
      ...(kind === APNS && { ios_app_id: "org.zulip.Zulip" }),
    });
  }
  addEncryptedDevices(seed, random);
}

/** Those that work, one that waits for the push service, and one that it has refused. */
function addEncryptedDevices(seed: Seed, random: Random): void {
  addOlderDevice(seed, random, "ada", { token_kind: "apns", bouncer_device_id: 1001 });
  addNewerDevice(seed, random, "emi", { push_token_kind: "fcm", push_token_id: TOKEN_ID });
  addOlderDevice(seed, random, "kavya", { token_kind: "fcm" });
  addNewerDevice(seed, random, "daniel", {
    push_token_kind: "apns",
    pending_push_token_id: TOKEN_ID + 1n,
    push_registration_error_code: "REQUEST_EXPIRED",
  });
}

const TOKEN_ID = 9_007_199_254_740_993n;

function addOlderDevice(
  seed: Seed,
  random: Random,
  key: string,
  state: Pick<NewRow<"zerver_pushdevice">, "token_kind" | "bouncer_device_id">,
): void {
  const user_id = account(seed, key).id;
  const push_account_id = TOKEN_ID + BigInt(user_id);
  seed.rows.add("zerver_pushdevice", {
    user_id,
    push_account_id,
    push_key: keyOf(random),
    ...state,
  });
}

function addNewerDevice(
  seed: Seed,
  random: Random,
  key: string,
  state: Partial<NewRow<"zerver_device">>,
): void {
  const user_id = account(seed, key).id;
  seed.rows.add("zerver_device", {
    ...{ user_id, push_key: keyOf(random), push_key_id: 4_000_000_000 + user_id },
    push_token_last_updated_timestamp: daysAgo(seed.now, 3),
    ...state,
  });
}

/** 0x31, which names the algorithm, and 32 bytes. */
function keyOf(random: Random): Uint8Array {
  return Uint8Array.from([0x31, ...Array.from({ length: 32 }, () => random.between(0, 255))]);
}
