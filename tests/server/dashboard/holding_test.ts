/** Keys, selection, holding still, and what is away. */

import assert from "node:assert/strict";
import { bannerOf } from "../../../lib/server/dashboard/model/banner.js";
import { holdReason, waitBefore } from "../../../lib/server/dashboard/model/connection.js";
import { meaningOf } from "../../../lib/server/dashboard/model/keys.js";
import {
  countSelected,
  NOTHING,
  toggle,
  toggleShown,
} from "../../../lib/server/dashboard/model/selection.js";
import { before, NIGHT, nightView } from "../../../scripts/dashboard/night.ts";

const plain = (text: string) => text.replaceAll("\u00a0", " ");

Deno.test("a key means an action only where nobody types, and not with Ctrl, Alt or Meta", () => {
  const cases: [Parameters<typeof meaningOf>, string | null, boolean?][] = [
    [[{ key: "j" }], "next"],
    [[{ key: "?" }], "help"],
    [[{ key: "r", ctrlKey: true }], null],
    [[{ key: "r", metaKey: true }], null],
    [[{ key: "r", isTyping: true }], null],
    [[{ key: "r", isInDialog: true }], null],
    [[{ key: "g" }], null, true],
    [[{ key: "q" }, { isAfterG: true }], "go queues"],
    [[{ key: "r" }, { isAfterG: true }], null],
    [[{ key: "r" }, { areSingleKeysOn: false }], null],
    [[{ key: "Escape" }, { areSingleKeysOn: false }], "back"],
    [[{ key: "z" }], null],
  ];
  for (const [given, action, isAfterG = false] of cases) {
    assert.deepEqual(meaningOf(...given), { action, isAfterG }, JSON.stringify(given));
  }
});

Deno.test("selecting is by one, by a range, all that are shown, and all that match", () => {
  const shown = ["a", "b", "c", "d"];
  const handles = (selection: typeof NOTHING) => [...selection.handles].sort().join("");
  const one = toggle(NOTHING, shown, "b");
  assert.equal(handles(one), "b");
  assert.equal(handles(toggle(one, shown, "d", true)), "bcd");
  assert.equal(handles(toggle(one, shown, "b")), "");
  assert.equal(handles(toggle(NOTHING, shown, "c", true)), "c");
  const all = toggleShown(one, shown);
  assert.equal(handles(all), "abcd");
  assert.equal(handles(toggleShown(all, shown)), "");
  const matching = { ...NOTHING, all: true };
  assert.deepEqual([countSelected(matching, 1157), countSelected(one, 1157)], [1157, 1]);
  assert.equal(handles(toggle(matching, shown, "a")), "bcd");
});

Deno.test("a lost stream is opened again after 1 to 30 s, later each time, with jitter", () => {
  const waits = [1, 2, 3, 4, 5, 6, 20].map((failures) => waitBefore(failures, 1));
  assert.deepEqual(waits, [2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]);
  assert.deepEqual([waitBefore(1, 0), waitBefore(5, 0)], [1000, 15_000]);
});

Deno.test("the page says why it holds", () => {
  const live = { isHeld: false, isSelecting: false, isDialogOpen: false };
  assert.equal(holdReason(live), null);
  assert.equal(holdReason({ ...live, isSelecting: true }), "On hold while you select");
  assert.equal(holdReason({ ...live, isSelecting: true, isHeld: true }), "On hold");
  assert.equal(holdReason({ ...live, isDialogOpen: true }), "On hold while you decide");
});

Deno.test("the banner says what is away, since when, and how old the numbers are", () => {
  const view = nightView();
  const lostAt = NIGHT + 5000;
  const said = (live: Parameters<typeof bannerOf>[0], now = NIGHT + 60_000) => {
    const banner = bannerOf(live, now);
    return banner &&
      plain(`${banner.state}: ${banner.title}. ${banner.text} ${banner.code ?? ""}`).trim();
  };
  assert.equal(said({ view, lostAt: null }), null);
  assert.equal(said({ view: null, lostAt: null }), null);
  assert.equal(
    said({ view, lostAt }),
    "not heard from: The server has not answered since 03:12:13. All numbers are from 03:12:08, 1m 00s ago. The page tries again by itself.",
  );
  assert.equal(
    said({ view: null, lostAt }),
    "not heard from: The server has not answered since 03:12:13. The page tries again by itself.",
  );
  const away = {
    ...view,
    broker: { ...view.broker, up: false, since: before(437) },
    sampled_at: before(440),
  };
  assert.equal(
    said({ view: away, lostAt: null }),
    "stuck: RabbitMQ unreachable since 03:04:51. All numbers are from 03:04:48, 7m 20s ago. It is tried again by itself: mq1:5672",
  );
  assert.match(
    said({ view: { ...away, sampled_at: null }, lostAt: null }) ?? "",
    /No numbers came yet/,
  );
  const blocked = { ...view, broker: { ...view.broker, blocked: "Memory alarm on rabbit@mq1" } };
  assert.match(
    said({ view: blocked, lostAt: null }) ?? "",
    /^blocked: RabbitMQ has blocked publishing. Memory alarm on rabbit@mq1\. /,
  );
});
