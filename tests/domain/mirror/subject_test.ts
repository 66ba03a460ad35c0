import assert from "node:assert/strict";
import { isForwarded, NO_SUBJECT, topicOf } from "../../../lib/domain/mirror/subject.ts";

const SUBJECTS: readonly (readonly [subject: string, topic: string])[] = [
  ["Lunch", "Lunch"],
  ["Re: Lunch", "Lunch"],
  ["RE: FW: Re[2]: AW: Lunch", "Lunch"],
  ["re : Lunch", "Lunch"],
  ["Fwd:Lunch", "Lunch"],
  ["[Fwd: Lunch]", "Lunch"],
  ["[kitchen] Re: Lunch", "[kitchen] Lunch"],
  ["Re: [kitchen] Re: Lunch [1]", "[kitchen] Lunch [1]"],
  ["SV: Lunsj", "Lunsj"],
  ["WG: Mittag", "Mittag"],
  ["回复：午饭", "午饭"],
  ["Reading list", "Reading list"],
  ["Ref 12: soup", "Ref 12: soup"],
  ["", NO_SUBJECT],
  ["Re:", NO_SUBJECT],
  ["\u0000\u0007", NO_SUBJECT],
  ["Lunch\u0000 \u0007at\r\n  12", "Lunch at 12"],
];

for (const [subject, topic] of SUBJECTS) {
  Deno.test(`the topic of the subject ${JSON.stringify(subject)}`, () => {
    assert.equal(topicOf(subject), topic);
  });
}

Deno.test("subjects say whether a mail was forwarded", () => {
  for (const subject of ["FW: a", "Fwd: a", "[Fwd: a]", "WG: a", "TR : a", "转发：a"]) {
    assert.equal(isForwarded(subject), true, subject);
  }
  for (const subject of ["Re: a", "a", "Forward: a", "Re: FW: a", "Fw it"]) {
    assert.equal(isForwarded(subject), false, subject);
  }
});
