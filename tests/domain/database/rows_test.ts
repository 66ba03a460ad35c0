import assert from "node:assert/strict";
import {
  groupColumns,
  newHuddle,
  newMessage,
  newRealm,
  newRow,
  newUser,
} from "../../../lib/domain/database/rows.ts";
import { djangoName } from "../../../lib/domain/database/schema/django_names.ts";
import { OWN_TABLES, ZULIP_TABLES } from "../../../lib/domain/database/tables/all.ts";
import type { Columns } from "../../../lib/domain/database/tables/column.ts";

const MADE = new Date(0);

Deno.test("newRow gives Django's defaults, and what is given goes before them", () => {
  const given = { user_profile_id: 1, recipient_id: 2, is_user_active: true };
  assert.deepEqual(newRow("zerver_subscription", { ...given, color: "#76ce90" }), {
    ...given,
    active: true,
    is_muted: false,
    color: "#76ce90",
    pin_to_top: false,
  });
});

Deno.test("tables are declared under their names, with a primary key", () => {
  for (const [name, table] of Object.entries({ ...OWN_TABLES, ...ZULIP_TABLES })) {
    assert.equal(table.name, name);
    const columns: Columns = table.columns;
    const keys = table.primaryKey ?? Object.keys(columns).filter((key) => columns[key]?.identity);
    assert.notDeepEqual(keys, [], name);
    for (const key of keys) assert.ok(columns[key], `${name}.${key}`);
  }
});

Deno.test("newRealm names no group yet, and groupColumns names one for all", () => {
  const realm = newRealm({ string_id: "zulip", date_created: MADE, digest_emails_enabled: true });
  assert.equal(realm.can_create_groups_id, 0);
  assert.deepEqual([realm.name, realm.plan_type, realm.digest_emails_enabled], ["zulip", 1, true]);
  const groups = groupColumns("zerver_realm", 7);
  assert.equal(Object.keys(groups).length, 24);
  assert.deepEqual(new Set(Object.values(groups)), new Set([7]));
  assert.equal(Object.keys(groupColumns("zerver_stream", 7)).length, 11);
  assert.equal(Object.keys(groupColumns("zerver_namedusergroup", 7)).length, 6);
});

Deno.test("newUser gives each user of each realm a key and a UUID of their own", () => {
  const user = (realm_id: number, name: string) =>
    newUser({ realm_id, delivery_email: `${name}@example.com`, date_joined: MADE });
  const users = [user(1, "iago"), user(1, "hamlet"), user(2, "iago")];
  assert.equal(new Set(users.map(({ api_key }) => api_key)).size, 3);
  assert.equal(new Set(users.map(({ uuid }) => uuid)).size, 3);
  assert.deepEqual(user(1, "iago"), users[0]);
  assert.match(
    users[0]?.uuid ?? "",
    /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.match(users[0]?.api_key ?? "", /^[0-9a-f]{32}$/);
  assert.deepEqual([users[0]?.full_name, users[0]?.email], ["iago", "iago@example.com"]);
  assert.deepEqual([users[0]?.role, users[0]?.enable_digest_emails], [400, true]);
});

Deno.test("newMessage is of a channel where it has a topic", () => {
  const ids = { realm_id: 1, sender_id: 2, recipient_id: 3, sending_client_id: 4 };
  const given = { ...ids, content: "Hello", date_sent: MADE };
  const direct = newMessage(given);
  assert.deepEqual([direct.subject, direct.is_channel_message], ["\u0007", false]);
  const toChannel = newMessage({ ...given, subject: "lunch" });
  assert.deepEqual([toChannel.subject, toChannel.is_channel_message], ["lunch", true]);
});

Deno.test("newHuddle hashes the ids of its users once each, in order", () => {
  // printf 2,10 | sha1sum
  const huddle_hash = "d6e44e94cf24b0beffbd777159db028aa0eb0995";
  assert.deepEqual(newHuddle([10, 2, 10]), { huddle_hash, group_size: 2 });
});

Deno.test("djangoName names indexes as Django does", () => {
  const interval = "zerver_useractivityinterval";
  assert.equal(
    djangoName(interval, ["user_profile_id", "end"], "_idx"),
    "zerver_useractivityinterval_user_profile_id_end_bb3bfc37_idx",
  );
  const long = djangoName("zerver_scheduledmessagenotificationemail", ["user_profile_id"], "_fk_x");
  assert.match(long, /^zerver_scheduledmessagen_user_profile_id_[0-9a-f]{8}_fk_x$/);
  assert.ok(long.length <= 63);
});
