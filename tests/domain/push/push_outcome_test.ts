import assert from "node:assert/strict";
import {
  decidePush,
  pushPause,
  recordsOf,
  type StepOutcome,
} from "../../../lib/domain/push/push_outcome.ts";
import { PushUnavailable } from "../../../lib/domain/push/push_transport.ts";

const SENT = { kind: "sent" } as const;
const DEAD = { kind: "dead", reason: "410 Unregistered" } as const;
const REFUSED = { kind: "refused", reason: "413 PayloadTooLarge" } as const;
const LATER = { kind: "later", reason: "503 ServiceUnavailable" } as const;
const LIMITED = { kind: "later", reason: "429 TooManyRequests", afterMs: 7_000 } as const;
const UNKNOWN = { kind: "unknown", reason: "the connection was cut" } as const;
const APNS: StepOutcome = { kind: "away", error: new PushUnavailable("APNs", "no connection") };
const FCM: StepOutcome = {
  kind: "away",
  error: new PushUnavailable("FCM", "503", { afterMs: 9_000 }),
};

const ENDS: readonly [
  what: string,
  outcomes: readonly StepOutcome[],
  services: number,
  decision: string,
][] = [
  ["all have it", [SENT, SENT], 1, "done"],
  ["there is no device", [], 1, "done"],
  ["one is dead, one refused", [SENT, DEAD, REFUSED], 1, "done"],
  ["one is to be tried again", [SENT, LATER], 1, "later 503 ServiceUnavailable"],
  [
    "one has to wait",
    [SENT, LATER, LIMITED],
    1,
    "later 503 ServiceUnavailable; 429 TooManyRequests 7000",
  ],
  [
    "one may have it",
    [SENT, UNKNOWN],
    1,
    "again maybe pushed, pushed again: the connection was cut",
  ],
  [
    "one may have it, one is to be tried again",
    [UNKNOWN, LATER],
    1,
    "later 503 ServiceUnavailable",
  ],
  ["the only service is unavailable", [APNS, APNS], 1, "pause APNs"],
  ["both services are unavailable", [APNS, FCM], 2, "pause APNs 9000"],
  ["one of two services is unavailable", [SENT, FCM], 2, "later 503 9000"],
];

for (const [what, outcomes, services, expected] of ENDS) {
  Deno.test(`the end of a push: ${what}`, () => {
    const decision = decidePush(outcomes, services);
    const { kind } = decision;
    const words = [
      kind,
      kind === "pause" ? decision.service : undefined,
      kind === "later" || kind === "again" ? decision.reason : undefined,
      kind === "pause" || kind === "later" ? decision.afterMs : undefined,
    ];
    assert.equal(words.filter((word) => word !== undefined).join(" "), expected);
  });
}

Deno.test("what has the push or never can is done; what was not sent may be tried again", () => {
  const outcomes = { a: SENT, b: DEAD, c: REFUSED, d: LATER, e: APNS, f: UNKNOWN };
  assert.deepEqual(recordsOf(new Map(Object.entries(outcomes))), {
    done: ["a", "b"],
    failed: ["c"],
    forget: ["d", "e"],
  });
});

Deno.test("a push that waits is tried after seconds at first, and then every minute", () => {
  assert.deepEqual([0, 30, 90].map((waited) => pushPause(waited, undefined)), [5, 15, 60]);
  assert.equal(pushPause(0, 6_200), 7);
});
