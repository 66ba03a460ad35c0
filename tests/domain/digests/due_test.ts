import assert from "node:assert/strict";
import {
  cutoffOf,
  lastDigestAfter,
  type RealmFacts,
  type RealmReason,
  type UserFacts,
  type UserReason,
  weekdayOf,
  whyNoDigest,
  whyNoDigests,
} from "../../../lib/domain/digests/due.ts";

const TUESDAY = Date.parse("2026-03-03T00:00:00Z");
const ACME: RealmFacts = { stringId: "acme", isDeactivated: false, hasDigests: true, weekday: 1 };
const ADA: UserFacts = {
  isActive: true,
  isBot: false,
  isOn: true,
  hasAddress: true,
  wasThere: false,
  gotOne: false,
};

Deno.test("a realm has its digests on its weekday in UTC, unless they are off", () => {
  const table: readonly [Partial<RealmFacts>, number, RealmReason | undefined][] = [
    [{}, TUESDAY, undefined],
    [{}, TUESDAY + 86_399_999, undefined],
    [{}, TUESDAY - 1, "another weekday"],
    [{}, TUESDAY + 86_400_000, "another weekday"],
    [{ weekday: 0 }, TUESDAY - 1, undefined],
    [{ weekday: 6 }, TUESDAY - 86_400_001, undefined],
    [{ weekday: 9 }, TUESDAY, "another weekday"],
    [{ hasDigests: false }, TUESDAY, "off"],
    [{ isDeactivated: true }, TUESDAY, "deactivated"],
    [{ stringId: "zulipinternal" }, TUESDAY, "the system's realm"],
    [{ stringId: "" }, TUESDAY, undefined],
  ];
  for (const [changed, now, reason] of table) {
    assert.equal(whyNoDigests({ ...ACME, ...changed }, now), reason, JSON.stringify(changed));
  }
});

Deno.test("a user who has digests turned on and was away gets one", () => {
  const table: readonly [Partial<UserFacts>, UserReason | undefined][] = [
    [{}, undefined],
    [{ isActive: false }, "deactivated"],
    [{ isBot: true }, "a bot"],
    [{ isOn: false }, "turned off"],
    [{ hasAddress: false }, "no address"],
    [{ wasThere: true }, "was there"],
    [{ gotOne: true }, "got one"],
    [{ isActive: false, isBot: true, gotOne: true }, "deactivated"],
  ];
  for (const [changed, reason] of table) {
    assert.equal(whyNoDigest({ ...ADA, ...changed }), reason, JSON.stringify(changed));
  }
});

Deno.test("digests begin five whole days ago, at a whole second, and are 12 hours apart", () => {
  assert.equal(cutoffOf(TUESDAY + 999), TUESDAY - 5 * 86_400_000);
  assert.equal(cutoffOf(TUESDAY + 1000), TUESDAY - 5 * 86_400_000 + 1000);
  assert.equal(lastDigestAfter(TUESDAY), TUESDAY - 12 * 3_600_000);
  assert.deepEqual([weekdayOf(TUESDAY), weekdayOf(TUESDAY + 5 * 86_400_000)], [1, 6]);
});
