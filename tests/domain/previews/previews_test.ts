import assert from "node:assert/strict";
import { PreviewCache } from "../../../lib/domain/previews/cache.ts";
import { LinkPreviews } from "../../../lib/domain/previews/previews.ts";
import { Providers } from "../../../lib/domain/previews/providers.ts";
import { until } from "../../fixtures/until.ts";
import { FakeWeb } from "./fake_web.ts";

const A = "https://a.example/";
const B = "https://b.example/";
const SLOW = "https://slow.example/";
const page = (title: string) => ({
  body: `<html><head><title>${title}</title><meta property="og:image" content="/a.png"></head>`,
});

/** Looks up links with these answers. */
function looker(answers: ConstructorParameters<typeof FakeWeb>[0], now = () => 0) {
  const http = new FakeWeb(answers);
  const options = { http, providers: new Providers([]), userAgent: "Preview/1" };
  return { http, links: new LinkPreviews(options, new PreviewCache(), now) };
}

const run = (more: object = {}) => ({
  ...{ signal: new AbortController().signal, limitMs: 60_000 },
  ...more,
});

Deno.test("all links of a message are looked up, and those without a preview left out", async () => {
  const { links } = looker({ [A]: page("A"), [B]: page("B") });
  const { found, late } = await links.of([B, "https://c.example/", A], run());
  assert.deepEqual([...found].map(([link, { title }]) => [link, title]), [[B, "B"], [A, "A"]]);
  assert.deepEqual(late, []);
});

Deno.test("links are looked up at once", async () => {
  const { links, http } = looker({ [A]: "silent", [SLOW]: "silent" });
  const stopped = new AbortController();
  const ended = links.of([A, SLOW], run({ signal: stopped.signal }));
  await until("both are called", () => http.called.length === 2);
  stopped.abort(new Error("stopped"));
  await assert.rejects(ended, { message: "stopped" });
});

Deno.test("links that are late keep no other from its preview", async () => {
  const { links } = looker({ [A]: page("A"), [SLOW]: "silent" });
  const { found, late } = await links.of([SLOW, A], run({ limitMs: 1 }));
  assert.deepEqual([[...found.keys()], late], [[A], [SLOW]]);
});

Deno.test("a link is looked up again only when what came of it is old", async () => {
  let now = 0;
  const { links, http } = looker({ [A]: page("A"), [B]: "network" }, () => now);
  const looked: unknown[] = [];
  const onLooked = (link: string, result: unknown, ms: number, why: string) => {
    assert(ms >= 0);
    looked.push([link, typeof result === "string" ? result : "preview", why]);
  };
  for (now of [0, 59_999]) {
    const { found } = await links.of([A, B], run({ onLooked }));
    assert.deepEqual([...found.keys()], [A]);
  }
  assert.deepEqual(http.called, [A, B]);
  assert.deepEqual(looked, [[A, "preview", ""], [B, "failed", "not called"]]);
  now = 60_000;
  await links.of([A, B], run());
  assert.deepEqual(http.called, [A, B, B]);
});

Deno.test("a link that was late is looked up again", async () => {
  const { links, http } = looker({ [SLOW]: "silent" });
  await links.of([SLOW], run({ limitMs: 1 }));
  await links.of([SLOW], run({ limitMs: 1 }));
  assert.deepEqual(http.called, [SLOW, SLOW]);
});

Deno.test("a link that two messages have at once is looked up once", async () => {
  const { links, http } = looker({ [A]: page("A") });
  const both = await Promise.all([links.of([A], run()), links.of([A], run())]);
  assert.deepEqual(both.map(({ found }) => found.get(A)?.title), ["A", "A"]);
  assert.deepEqual(http.called, [A]);
});

Deno.test("at most 24 links of all messages are looked up at once", async () => {
  const urls = Array.from({ length: 30 }, (_, number) => `https://silent.example/${number}`);
  const { links, http } = looker(Object.fromEntries(urls.map((url) => [url, "silent"])));
  const stopped = new AbortController();
  const ended = links.of(urls, run({ signal: stopped.signal }));
  await until("24 are called", () => http.called.length === 24);
  stopped.abort(new Error("stopped"));
  await assert.rejects(ended, { message: "stopped" });
  assert.equal(http.called.length, 24);
});
