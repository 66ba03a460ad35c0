import assert from "node:assert/strict";
import type { UserReason } from "../../../lib/domain/digests/due.ts";
import {
  countLines,
  type ListedRealm,
  realmLine,
  userLine,
  weekdayName,
} from "../../../lib/modes/digests/listing.ts";

const REALM: ListedRealm = {
  name: "acme.zulip.example",
  realm: { id: 3, stringId: "acme", isDeactivated: false, hasDigests: true, weekday: 1 },
  reason: undefined,
  users: [{ id: 7, reason: undefined }, { id: 8, reason: "a bot" }],
};

Deno.test("a realm's line has how many users get a digest, or why none does", () => {
  const table: readonly [Partial<ListedRealm>, string][] = [
    [{}, "acme.zulip.example (realm 3): 1 of 2 users"],
    [{ users: [] }, "acme.zulip.example (realm 3): 0 of 0 users"],
    [{ reason: "another weekday" }, "acme.zulip.example (realm 3): no digests, its day is Tuesday"],
    [{ reason: "deactivated" }, "acme.zulip.example (realm 3): no digests, it is deactivated"],
    [
      { reason: "off" },
      "acme.zulip.example (realm 3): no digests, it has digests turned off (digest_emails_enabled)",
    ],
    [
      { reason: "the system's realm" },
      "acme.zulip.example (realm 3): no digests, it is the realm of the system's bots",
    ],
  ];
  for (const [changed, line] of table) assert.equal(realmLine({ ...REALM, ...changed }), line);
});

Deno.test("a user's line has why there is no digest", () => {
  const table: readonly [UserReason | undefined, string][] = [
    [undefined, "a digest, if there is enough to report"],
    ["deactivated", "no digest, is deactivated"],
    ["a bot", "no digest, is a bot"],
    ["turned off", "no digest, has turned digests off (enable_digest_emails)"],
    ["no address", "no digest, has given no address"],
    ["was there", "no digest, was active in the last 5 days"],
    ["got one", "no digest, got a digest within 12 hours"],
  ];
  for (const [reason, text] of table) {
    assert.equal(userLine({ id: 7, reason }), `  user 7: ${text}`);
  }
});

Deno.test("the counts are by reason, the largest first", () => {
  const reasons = ["a bot", ...Array.from({ length: 12 }, () => undefined), "a bot"] as const;
  assert.deepEqual(countLines(reasons.map((reason, id) => ({ id, reason }))), [
    "12  a digest, if there is enough to report",
    " 2  no digest, is a bot",
  ]);
  assert.deepEqual(countLines([]), []);
});

Deno.test("weekdays are counted from Monday", () => {
  assert.deepEqual([0, 6, 9].map(weekdayName), ["Monday", "Sunday", "weekday 9, which no day is"]);
});
