import assert from "node:assert/strict";
import {
  type Ages,
  decideShow,
  type MessageFacts,
  type ReaderFacts,
  shownUntil,
  unreachable,
} from "../../../lib/domain/push/deciding.ts";

const READER = { isBot: false, isActive: true, isRealmActive: true, wantsPushes: true };

const READERS: readonly [what: string, reader: ReaderFacts | undefined, level?: string][] = [
  ["a user who has pushes turned on", READER],
  ["a user who does not exist", undefined, "info"],
  ["a bot", { ...READER, isBot: true }, "info"],
  ["a deactivated user", { ...READER, isActive: false }, "debug"],
  ["a user of a deactivated organization", { ...READER, isRealmActive: false }, "debug"],
  ["a user who has them turned off", { ...READER, wantsPushes: false }, "debug"],
];

for (const [what, reader, level] of READERS) {
  Deno.test(`${what} gets ${level ? "no pushes" : "pushes"}`, () => {
    assert.equal(unreachable(reader)?.level, level);
  });
}

const FACTS: MessageFacts = {
  message: "readable",
  copy: { isRead: false, isShown: false },
  ...{ isIdle: false, attempt: "first", isLate: false },
};
const SHOWN = { isRead: false, isShown: true };

const MESSAGES: readonly [what: string, more: Partial<MessageFacts>, decision: string][] = [
  ["a message that is not read is shown", {}, "show, bit set"],
  ["one that is archived is not, silently", { message: "archived", copy: undefined }, "debug"],
  ["one that does not exist is not", { message: "gone", copy: undefined }, "info"],
  ["one that the user may not read is not", { message: "unreadable" }, "info"],
  ["one without a row is an error", { copy: undefined }, "error"],
  ["one without a row is shown to a user who was away for long", {
    copy: undefined,
    isIdle: true,
  }, "show"],
  ["one that is read is not", { copy: { isRead: true, isShown: false } }, "debug"],
  ["one that another process shows is not", { copy: SHOWN }, "debug"],
  ["a second attempt does not stop at its own bit", { copy: SHOWN, attempt: "again" }, "show"],
  ["an attempt after a crash does not either", { copy: SHOWN, attempt: "unknown" }, "show"],
  [
    "an attempt after a crash before the bit was set sets it",
    { attempt: "unknown" },
    "show, bit set",
  ],
  ["a second attempt stops if the message was removed", { attempt: "again" }, "debug"],
  ["a second attempt stops where the message was read", {
    copy: { isRead: true, isShown: true },
    attempt: "again",
  }, "debug"],
  ["one that is too old is not", { isLate: true }, "info"],
];

for (const [what, more, decision] of MESSAGES) {
  Deno.test(what, () => {
    const decided = decideShow({ ...FACTS, ...more });
    const text = decided.kind === "nothing"
      ? decided.level
      : `show${decided.setsFlag ? ", bit set" : ""}`;
    assert.equal(text, decision);
  });
}

const AGES: Ages = {
  ...{ publishedAt: undefined, retriedAt: undefined, changedAt: 1_000 },
  patienceSeconds: 60,
};

const UNTIL: readonly [what: string, more: Partial<Ages>, until: number][] = [
  ["its last change, where nobody knows when its event was published", {}, 61_000],
  ["when its event was published", { publishedAt: 5_000 }, 65_000],
  ["when an operator put its event back", { publishedAt: 5_000, retriedAt: 9_000 }, 69_000],
];

for (const [what, more, until] of UNTIL) {
  Deno.test(`a message is worth showing for PUSH_PATIENCE_SECONDS since ${what}`, () => {
    assert.equal(shownUntil({ ...AGES, ...more }), until);
  });
}
