/**
 * The dashboard's first screen with made-up data:
 *
 *   deno run -A scripts/dashboard_pages.ts                serves it, until Ctrl-C
 *   deno run -A scripts/dashboard_pages.ts --picture      writes docs/dashboard.png
 *   deno run -A scripts/dashboard_pages.ts --measure      prints how long 200 queues take to repaint
 *
 * The last two need Debian's chromium.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { ImageMagick, MagickFormat, QuantizeSettings } from "@imagemagick/magick-wasm";
import puppeteer, { type Page } from "puppeteer-core";
import { loadMagick } from "../lib/domain/pictures/magick.ts";
import { hugeView, nightView } from "./dashboard/night.ts";
import { PagesServer } from "./dashboard/server.ts";

const PICTURE = "docs/dashboard.png";
/** With these a page without a window has a mouse. */
const MOUSE =
  "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4";
const ROUNDS = 30;
const COLORS = 64;

const { values } = parseArgs({
  options: { port: { type: "string" }, picture: { type: "boolean" }, measure: { type: "boolean" } },
});

/** Opens a page of made-up data. */
async function withPage(
  server: PagesServer,
  path: string,
  use: (page: Page) => Promise<void>,
): Promise<void> {
  const browser = await puppeteer.launch({
    executablePath: "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", `--blink-settings=${MOUSE}`],
  });
  try {
    const page = await browser.newPage();
    await page.setViewport({ width: 1280, height: 990 });
    await page.goto(server.address + path);
    await page.waitForSelector("tbody");
    await use(page);
  } finally {
    await browser.close();
  }
}

/** Writes the picture in few colours, which makes it a third as large. */
async function takePicture(page: Page): Promise<void> {
  await page.hover('[aria-label="Pause email_senders"]');
  const bytes = await page.screenshot();
  await loadMagick();
  const picture = ImageMagick.read(bytes, (image) => {
    const settings = new QuantizeSettings();
    settings.colors = COLORS;
    image.quantize(settings);
    return image.write(MagickFormat.Png8, (data) => Uint8Array.from(data));
  });
  await Deno.writeFile(PICTURE, picture);
  console.log(`${PICTURE}: ${Math.round(picture.length / 1000)} kB`);
}

/** Takes a view in which each number changed, and lays the page out. Times are ms. */
async function measure(page: Page): Promise<void> {
  const times = await page.evaluate(
    async (view, rounds) => {
      // @ts-ignore: The page's own module.
      const { receive } = await import("/assets/live.js");
      // @ts-ignore: The page's own document.
      const { body } = document;
      const times: number[] = [];
      for (let round = 0; round < rounds; round++) {
        const queues = view.queues.map((row) => ({ ...row, ready: (row.ready ?? 0) + round + 1 }));
        const start = performance.now();
        receive({ ...view, queues });
        await Promise.resolve();
        void body.offsetHeight;
        times.push(performance.now() - start);
        await new Promise((resolve) => setTimeout(resolve, 30));
      }
      return times;
    },
    hugeView(),
    ROUNDS,
  );
  const sorted = times.toSorted((a, b) => a - b);
  const shown = [0, 0.5].map((share) => sorted[Math.floor(share * ROUNDS)]?.toFixed(1));
  const rows = (await page.$$("tbody[data-state]")).length;
  const words = shown.join(" ms at best, ");
  console.log(`${hugeView().queues.length} queues, ${rows} rows: ${words} ms median`);
}

if (values.picture) {
  await using server = new PagesServer(nightView());
  await withPage(server, "/", takePicture);
} else if (values.measure) {
  await using server = new PagesServer(hugeView());
  for (const path of ["/", "/?all=1"]) await withPage(server, path, measure);
} else {
  const server = new PagesServer(nightView(), Number(values.port ?? 9891));
  console.log(server.address);
}
