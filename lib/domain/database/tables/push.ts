/**
 * The devices to which notifications are pushed.
 *
 * @module
 */

import { bigint, bytes, id, int64, positiveSmallint, text, time, to, varchar } from "./column.ts";
import { table } from "./table.ts";

/** A device whose notifications are not encrypted. */
export const pushDeviceToken = table("zerver_pushdevicetoken", {
  id: id(),
  /** 1 APNs, 2 FCM. */
  kind: positiveSmallint(),
  token: varchar(4096, { index: true }),
  last_updated: time(),
  ios_app_id: text({ nullable: true }),
  user_id: to("zerver_userprofile"),
}, {
  indexes: [
    {
      name: "zerver_pushdevicetoken_apns_user_kind_token",
      on: "user_id, kind, lower(token)",
      where: "kind = 1",
      unique: true,
    },
    {
      name: "zerver_pushdevicetoken_fcm_user_kind_token",
      on: "user_id, kind, token",
      where: "kind = 2",
      unique: true,
    },
  ],
});

/** A device whose notifications are encrypted, in servers up to 2025. */
export const pushDevice = table("zerver_pushdevice", {
  id: id(),
  user_id: to("zerver_userprofile"),
  /** `apns` or `fcm`. */
  token_kind: varchar(4),
  push_account_id: int64(),
  /** 33 bytes: 0x31 and the key. */
  push_key: bytes(),
  /** Null until the push service has registered it. */
  bouncer_device_id: bigint({ nullable: true }),
  /** Why it could not be registered. */
  error_code: varchar(100, { nullable: true }),
}, {
  unique: [{
    name: "unique_push_device_user_push_account_id",
    columns: ["user_id", "push_account_id"],
  }],
  indexes: [{
    name: "zerver_pushdevice_user_bouncer_device_id_idx",
    on: "user_id, bouncer_device_id",
    where: "bouncer_device_id is not null",
  }],
});

/** A device whose notifications are encrypted, in servers from 2026 on: see `shape.ts`. */
export const device = table("zerver_device", {
  id: id(),
  user_id: to("zerver_userprofile"),
  push_key: bytes({ nullable: true }),
  /** At most 2^32 - 1. */
  push_key_id: bigint({ nullable: true }),
  push_token_id: int64({ nullable: true }),
  pending_push_token_id: int64({ nullable: true }),
  push_token_last_updated_timestamp: time({ nullable: true }),
  push_token_kind: varchar(4, { nullable: true }),
  push_registration_error_code: varchar(100, { nullable: true }),
}, {
  checks: [
    { name: "push_key_id_lte_max_push_key_id", that: "push_key_id <= 4294967295" },
    { name: "zerver_device_push_key_id_check", that: "push_key_id >= 0" },
  ],
  indexes: [{
    name: "zerver_device_user_push_token_id_idx",
    on: "user_id, push_token_id",
    where: "push_token_id is not null",
  }],
});
