import assert from "node:assert/strict";
import { MailTemplates } from "../../../lib/domain/mail/templates/mail_templates.ts";
import { planSeed } from "../../../lib/modes/seed/plan.ts";
import type { SeedRows } from "../../../lib/modes/seed/rows.ts";

const NOW = new Date("2026-03-01T12:00:00Z");
const ROWS = planSeed(NOW);

/** The values of a column, each once. */
function values(table: Parameters<SeedRows["of"]>[0], column: string): Set<unknown> {
  return new Set(ROWS.of(table).map((row) => row[column]));
}

function flagged(bit: number): number {
  return ROWS.of("zerver_usermessage").filter(({ flags }) => (Number(flags) & bit) > 0).length;
}

Deno.test("a seed is the same each time, and moves with the time it is made at", () => {
  const again = planSeed(NOW);
  const later = planSeed(new Date(NOW.getTime() + 86_400_000));
  for (const table of ROWS.tables()) {
    assert.deepEqual(again.of(table), ROWS.of(table));
    assert.equal(later.of(table).length, ROWS.of(table).length);
  }
  const sent = (rows: SeedRows) => Number(rows.of("zerver_message")[0]?.date_sent);
  assert.equal(sent(later) - sent(ROWS), 86_400_000);
});

Deno.test("a seed has 25 users of all kinds and the bots of the system", () => {
  const users = ROWS.of("zerver_userprofile");
  const system = ROWS.of("zerver_realm").find(({ string_id }) => string_id === "zulipinternal");
  assert.equal(users.filter(({ realm_id }) => realm_id !== system?.id).length, 25);
  assert.equal(users.length, 28);
  assert.deepEqual([...values("zerver_userprofile", "role")].sort(), [100, 200, 300, 400, 600]);
  assert.deepEqual(values("zerver_userprofile", "bot_type"), new Set([1, null, 2, 3, 4]));
  for (
    const [column, value] of Object.entries({
      long_term_idle: true,
      is_active: false,
      twenty_four_hour_time: true,
      enable_digest_emails: false,
      message_content_in_email_notifications: false,
      enable_offline_email_notifications: false,
      delivery_email: "",
      default_language: "de",
      timezone: "",
    })
  ) {
    assert(values("zerver_userprofile", column).has(value), column);
  }
});

Deno.test("the messages of a seed are 500, in the order of their times, some minutes to 14 days old", () => {
  const times = ROWS.of("zerver_message").map(({ date_sent }) => Number(date_sent));
  assert.equal(times.length, 500);
  assert.deepEqual(times.toSorted((a, b) => a - b), times);
  assert((NOW.getTime() - (times.at(-1) ?? 0)) < 15 * 60_000);
  assert((NOW.getTime() - (times[0] ?? 0)) > 13 * 86_400_000);
});

Deno.test("the messages of a seed are read and unread, and mention users, groups and everybody", () => {
  const all = ROWS.of("zerver_usermessage").length;
  for (const bit of [1, 8, 16, 32, 2048]) assert(flagged(bit) > 0, `bit ${bit}`);
  assert(flagged(1) < all);
  const contents = ROWS.of("zerver_message").map(({ content }) => String(content)).join("\n");
  for (const piece of ["@*engineering*", "@**all**", "@**topic**", "/user_uploads/", "spoiler"]) {
    assert(contents.includes(piece), piece);
  }
});

Deno.test("the bots of a seed send by a client of programs, as digests count what people wrote", () => {
  const byId = (table: "zerver_userprofile" | "zerver_client") =>
    new Map(ROWS.of(table).map((row) => [row.id, row]));
  const [users, clients] = [byId("zerver_userprofile"), byId("zerver_client")];
  const senders = ROWS.of("zerver_message").map(({ sender_id, sending_client_id }) => [
    users.get(sender_id)?.is_bot,
    clients.get(sending_client_id)?.name,
  ]);
  const kinds = new Set(senders.map(([isBot, client]) => `${isBot} ${client}`));
  assert.deepEqual(kinds, new Set(["false website", "true ZulipPython"]));
});

Deno.test("only members of a conversation have its messages, and its sender has read them", () => {
  const readers = new Map<unknown, Map<unknown, number>>();
  for (const { message_id, user_profile_id, flags } of ROWS.of("zerver_usermessage")) {
    const known = readers.get(message_id) ?? new Map();
    readers.set(message_id, known.set(user_profile_id, Number(flags)));
  }
  const subscribed = new Set(
    ROWS.of("zerver_subscription").map((row) => `${row.recipient_id} ${row.user_profile_id}`),
  );
  const personal = new Set(
    ROWS.of("zerver_recipient").filter(({ type }) => type === 1).map(({ id }) => id),
  );
  for (const { id, sender_id, recipient_id } of ROWS.of("zerver_message")) {
    const own = readers.get(id) ?? new Map<unknown, number>();
    assert.equal((own.get(sender_id) ?? 0) & 1, 1, `message ${id}`);
    if (personal.has(recipient_id)) continue;
    for (const user of own.keys()) assert(subscribed.has(`${recipient_id} ${user}`));
  }
});

Deno.test("a user of a seed who is idle has no message after the last one that is remembered", () => {
  const grace = ROWS.of("zerver_userprofile").find(({ full_name }) => full_name === "Grace Chen");
  const own = ROWS.of("zerver_usermessage").filter((row) => row.user_profile_id === grace?.id);
  assert(own.length > 0);
  assert.equal(grace?.last_active_message_id, own.at(-1)?.message_id);
});

Deno.test("the rows of a seed are numbered behind those that a table has", () => {
  const rows = planSeed(NOW, new Map([["zerver_message", 40], ["zerver_realm", 3]]));
  assert.equal(rows.of("zerver_message")[0]?.id, 41);
  assert.equal(rows.of("zerver_userprofile").at(-1)?.realm_id, 6);
  assert.equal(rows.of("zerver_usermessage")[0]?.message_id, 41);
});

Deno.test("the scheduled mails of a seed can be written, and one of them is due", () => {
  const mails = ROWS.of("zerver_scheduledemail");
  const templates = new MailTemplates();
  for (const { data } of mails) {
    const { template_prefix, context } = JSON.parse(String(data));
    const every = { support_email: "a@example.com", email_images_base_url: "http://localhost" };
    assert(templates.render(template_prefix, "en", { ...context, ...every }).subject !== "");
  }
  const due = mails.filter(({ scheduled_timestamp }) => Number(scheduled_timestamp) <= Number(NOW));
  assert.equal(due.length, 1);
});
