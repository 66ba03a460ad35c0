import assert from "node:assert/strict";
import { placeOfMembers } from "../../../../lib/domain/messages/missed/place.ts";
import { missedId } from "../../../../lib/domain/messages/missed/conversation_mail.ts";

const NAMES = new Map([[1, "Ada"], [2, "Ben"], [3, "Cleo"]]);
const [BEN, CLEO] = [{ id: 2, name: "Ben" }, { id: 3, name: "Cleo" }];

Deno.test("a DM group is a group from three members on", () => {
  const place = (...ids: number[]) => placeOfMembers({ ids, names: NAMES }, 1, 2);
  assert.deepEqual(place(1, 2, 3), { kind: "group", others: [BEN, CLEO] });
  assert.deepEqual(place(1, 3), { kind: "direct", other: CLEO });
  assert.deepEqual(place(1), { kind: "direct", other: BEN });
  assert.deepEqual(place(), { kind: "direct", other: BEN });
});

Deno.test("the id of a mail names its rows, and is never too long", () => {
  assert.equal(missedId([7, 12]), "missed:7,12");
  const many = Array.from({ length: 200 }, (_, at) => 9_007_199_254_740_000 + at);
  const id = missedId(many);
  assert.match(id, /^missed:9007199254740000-9007199254740199:[0-9a-f]{64}$/);
  assert.notEqual(missedId(many.with(5, 1)), id);
});
