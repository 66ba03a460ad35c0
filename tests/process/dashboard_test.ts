/**
 * The dashboard in a browser, on a real process: what an operator does by clicks and by keys.
 *
 * @module
 */

import assert from "node:assert/strict";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Browser } from "puppeteer-core";
import { chromiumInstalled, DashboardPage, startChromium } from "../fixtures/dashboard/chromium.ts";
import { COUNT, QUEUE, Shop } from "../fixtures/dashboard/shop.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";
import { until } from "../fixtures/until.ts";

const FAILED = `/queues/${QUEUE}/failed`;

Deno.test({
  name: "an operator sees what failed, and repairs it by clicks and by keys alone",
  ignore: !chromiumInstalled(),
  // The browser's connection has timers of its own.
  sanitizeOps: false,
  sanitizeResources: false,
  fn: () =>
    withFolder(async (folder) => {
      await using shop = await Shop.open(folder);
      await using browser = await startChromium(folder);
      await signIn(browser, shop);
      const page = await DashboardPage.open(browser, shop.address, shop.token);
      await page.untilText("h1", /queue is failing/);
      await page.untilText("td[data-label=Failed]", new RegExp(`^${3 * COUNT}$`));
      await looksGood(page);
      await retryByKeys(page);
      await retryGroup(page, shop);
      await editAndRetry(page);
      await dropGroup(page, folder);
      assert.deepEqual(page.problems, []);
      await losesServer(page, shop);
    }),
});

/** Whoever has the address alone sees numbers, until the token is given. */
async function signIn(browser: Browser, shop: Shop): Promise<void> {
  await using context = await browser.createBrowserContext();
  const page = await DashboardPage.open(context, shop.address, "");
  await page.click("a", "Sign in");
  await page.untilText("h1", /Sign in to process-queue/);
  await page.check("Sign in");
  await page.fill("[name=token]", "guess");
  await page.click("button", "Sign in");
  await page.untilText("[role=alert]", /token/);
  assert.match(page.problems.pop() ?? "", /status of 401/, "the browser tells of the refusal, too");
  await page.fill("[name=token]", shop.token);
  await page.click("button", "Sign in");
  await page.untilText("h1", /queue is failing/);
  await page.go(FAILED, /600 failed events/);
  assert.deepEqual(page.problems, []);
}

/** The numbers of a server that is gone stay, and are said to be old. */
async function losesServer(page: DashboardPage, shop: Shop): Promise<void> {
  await page.go("/", /queue/);
  await page.untilText(".live", /Live/);
  await shop.stop();
  await page.untilText(".banner", /The server has not answered since/);
  await page.untilText("td[data-label=Failed]", /^199$/);
}

/** Every screen, and the dialogs, by axe in both themes and widths. */
async function looksGood(page: DashboardPage): Promise<void> {
  assert.ok(!page.page.url().includes("#"), "the token leaves the address");
  await page.check("Queues");
  await page.go(`/queues/${QUEUE}`, /orders is failing/);
  await page.check("Queue");
  await page.go("/processes", /The process is running/);
  await page.check("Processes");
  await page.go("/checks", /warning|error|Nothing/);
  await page.check("Checks");
  await page.go(FAILED, /600 failed events in 3 groups/);
  await page.until("[aria-current=true] .count");
  await page.check("Failed");
  await page.click("main .actions button", "Drop");
  await page.untilText("dialog h2", /Drop 200 events of orders\?/);
  await page.check("the dialog Drop");
  assert.equal(await page.focused(), "Cancel");
  await page.page.keyboard.press("Escape");
  await page.untilGone("dialog");
  await page.click("td a", "");
  await page.untilText("h2", /Body/);
  await page.check("Event");
}

/** The first event of the first group, without the mouse. */
async function retryByKeys(page: DashboardPage): Promise<void> {
  await page.go(FAILED, /600 failed events/);
  await page.until("[aria-current=true]");
  await page.until("td a[data-row]");
  const press = (...keys: string[]) =>
    keys.reduce(
      (before, key) => before.then(() => page.page.keyboard.press(key as "Tab")),
      Promise.resolve(),
    );
  await press("j", "x");
  await page.untilText(".selection", /1 selected/);
  await page.untilText(".live", /On hold while you select/);
  await press("r");
  await page.untilText("dialog h2", /Retry 1 event of orders\?/);
  assert.equal(await page.focused(), "Cancel");
  await press("Tab");
  assert.equal(await page.focused(), "Retry 1");
  await press("Enter");
  await page.untilText(".task", /Put back 1 of 1; 599 others stay/);
}

/** The server answers again: the group of its failures goes back at a rate. */
async function retryGroup(page: DashboardPage, shop: Shop): Promise<void> {
  await until("the first has failed again", async () => await shop.failed() === 3 * COUNT);
  shop.mend();
  await page.go("/", /queue/);
  await page.click("nav a", "Failed");
  await page.untilText("h1", /failed events in 3 groups/);
  await choose(page, "ServerBusy");
  await page.click("main .actions button", "Retry");
  await page.untilText("dialog h2", /Retry 200 events of orders\?/);
  await page.fill("dialog [name=rate]", "100");
  await page.untilText("#takes", /takes 2\.0s/);
  await page.untilText("dialog .command", /failed retry orders --group [0-9a-f]{8} --rate 100$/);
  await page.click("dialog button", "Retry 200");
  await page.untilText(".task", /Put back 200 of 200; 400 others stay/);
  await page.untilText("h1", /400 failed events in 2 groups/);
}

/** An event whose body was wrong. */
async function editAndRetry(page: DashboardPage): Promise<void> {
  await choose(page, "InvalidEvent");
  await page.click("td a[data-row]", "");
  await page.untilText("h1", /InvalidEvent/);
  await page.click(".facts a", "Older");
  const older = await page.page.evaluate(() => location.pathname.split("/").at(-1));
  await page.untilText(".trail code", new RegExp(`^${older}$`));
  await page.click("main .actions button", "Edit and retry");
  await page.untilValue("textarea", "kind");
  await page.page.goBack();
  await page.untilGone("dialog");
  await page.untilText("h1", /InvalidEvent/);
  await page.click("main .actions button", "Edit and retry");
  await page.untilValue("textarea", "fine");
  await page.fill("textarea", '{"kind": "fine", "to": ');
  await page.untilText("#edited-problem", /This is no JSON/);
  await page.fill("textarea", '{"kind": "fine"}');
  await page.click("dialog button", "Retry 1");
  await page.untilText("dialog [role=alert]", /to/);
  assert.match(page.problems.pop() ?? "", /status of 400/, "the browser tells of the refusal, too");
  await page.fill("textarea", '{"kind": "fine", "to": "eve@example.com"}');
  await page.click("dialog button", "Retry 1");
  await page.untilText("h1", /399 failed events in 2 groups/);
}

/** What will never work is dropped, and its file is kept. */
async function dropGroup(page: DashboardPage, folder: string): Promise<void> {
  await choose(page, "RecipientRefused");
  await page.click("main .actions button", "Drop");
  await page.untilText("dialog h2", /Drop 200 events of orders\?/);
  assert.equal(await page.isEnabled("dialog .drop"), false);
  await page.fill("dialog [name=count]", "200");
  await page.click("dialog button", "Drop 200");
  await page.untilText(".task", /Dropped 200 of 200; 199 others stay/);
  await page.untilText("h1", /199 failed events in 1 group/);
  const downloads = join(folder, "downloads");
  mkdirSync(downloads);
  const client = await page.page.createCDPSession();
  await client.send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: downloads });
  await page.click(".task a", "Download the saved file");
  const file = await until("the file is downloaded", () => {
    const [name] = readdirSync(downloads).filter((name) => name.endsWith(".jsonl"));
    return name === undefined ? undefined : join(downloads, name);
  });
  const lines = readFileSync(file, "utf8").trim().split("\n").map((line) => JSON.parse(line));
  assert.equal(lines.length, COUNT);
  assert.ok(
    lines.every(({ queue, body }) => queue === QUEUE && JSON.parse(body).kind === "refused"),
  );
}

/** Opens a group by its name. */
async function choose(page: DashboardPage, name: string): Promise<void> {
  await page.click(".groups .what", name);
  await page.untilText("#s-chosen", new RegExp(`^${name}`));
}
