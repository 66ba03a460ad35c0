/** The dashboard of the compiled binary in a browser: each screen opens, and a dry run counts. */
import assert from "node:assert/strict";
import { chromiumInstalled, DashboardPage, startChromium } from "../fixtures/dashboard/chromium.ts";
import { QUEUE, Shop } from "../fixtures/dashboard/shop.ts";
import { BINARY, isBinaryMissing } from "../fixtures/process/binary.ts";
import { Program } from "../fixtures/process/program.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

Deno.test({
  name: "the binary serves each screen of the dashboard, and counts what a drop would remove",
  ignore: isBinaryMissing || !chromiumInstalled(),
  // The browser's connection has timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withFolder(async (folder) => {
      const start = (args: string[], env: Record<string, string>) =>
        Program.startBinary(BINARY, args, { cwd: folder, env });
      await using shop = await Shop.open(folder, start);
      await using browser = await startChromium(folder);
      const page = await DashboardPage.open(browser, shop.address, shop.token);
      await page.untilText("h1", /queue is failing/);
      await page.go(`/queues/${QUEUE}`, /orders is failing/);
      await page.go("/processes", /The process is running/);
      await page.go("/checks", /warning|error|Nothing/);
      await page.go(`/queues/${QUEUE}/failed`, /600 failed events in 3 groups/);
      await page.click(".groups .what", "RecipientRefused");
      await page.untilText("#s-chosen", /^RecipientRefused/);
      await page.click("main .actions button", "Drop");
      await page.untilText("dialog h2", /Drop 200 events of orders\?/);
      await page.page.keyboard.press("Escape");
      await page.click("td a[data-row]", "");
      await page.untilText("h1", /RecipientRefused: 550 no mailbox/);
      assert.deepEqual(page.problems, []);
    }),
});
