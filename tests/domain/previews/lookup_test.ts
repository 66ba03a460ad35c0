import assert from "node:assert/strict";
import type { HttpFailure } from "../../../lib/domain/http/http_error.ts";
import { lookUp } from "../../../lib/domain/previews/lookup.ts";
import type { Looked } from "../../../lib/domain/previews/preview.ts";
import { Providers } from "../../../lib/domain/previews/providers.ts";
import { type Answer, FakeWeb } from "./fake_web.ts";

const PAGE = "https://example.com/soup";
const VIDEO = "https://video.example/1";
const OEMBED = "https://video.example/oembed";
const PICTURE = "https://i.example/1.png";
const SOUP = '<html><head><title>Soup</title><meta property="og:image" content="/soup.png">' +
  '<meta property="og:description" content="Hot"></head>';
const IFRAME = '<iframe src="https://p.example/1"></iframe>';
const PLAYER = '<iframe src="https://p.example/1" allowfullscreen=""></iframe>';

const providers = new Providers([
  { name: "Video", endpoint: OEMBED, schemes: ["https://video.example/*"] },
]);

const soup = (more: object = {}): Looked => ({
  ...{ kind: "page", title: "Soup", description: "Hot", image: "https://example.com/soup.png" },
  ...more,
});
const oembed = (answer: object): Answer => ({
  type: "application/json",
  body: JSON.stringify(answer),
});

type Answers = Record<string, Answer | HttpFailure>;
const LOOKUPS: readonly [
  title: string,
  link: string,
  answers: Answers,
  looked: Looked,
  called: readonly string[],
][] = [
  ["a page", PAGE, { [PAGE]: { body: SOUP } }, soup(), [PAGE]],
  [
    "a page with a charset",
    PAGE,
    {
      [PAGE]: { body: SOUP, type: "Text/HTML; charset=utf-8" },
    },
    soup(),
    [PAGE],
  ],
  ["a page that says no type", PAGE, { [PAGE]: { body: SOUP, type: null } }, soup(), [PAGE]],
  [
    "a page that was redirected",
    PAGE,
    { [PAGE]: { body: SOUP, url: "https://www.example.org/a/b" } },
    soup({ image: "https://www.example.org/soup.png" }),
    [PAGE],
  ],
  ["plain text", PAGE, { [PAGE]: { body: SOUP, type: "text/plain" } }, "nothing", [PAGE]],
  ["a picture", PAGE, { [PAGE]: { body: SOUP, type: "image/png" } }, "nothing", [PAGE]],
  ["a text that says it is HTML", PAGE, { [PAGE]: { body: "hello" } }, "nothing", [PAGE]],
  ["no body", PAGE, { [PAGE]: {} }, "nothing", [PAGE]],
  ["not found", PAGE, {}, "nothing", [PAGE]],
  ["a page of an error", PAGE, { [PAGE]: { body: SOUP, status: 403 } }, "nothing", [PAGE]],
  ["too many requests", PAGE, { [PAGE]: { status: 429 } }, "failed", [PAGE]],
  ["a broken server", PAGE, { [PAGE]: { body: SOUP, status: 500 } }, "failed", [PAGE]],
  ["no connection", PAGE, { [PAGE]: "network" }, "failed", [PAGE]],
  ["a private address", PAGE, { [PAGE]: "forbidden" }, "failed", [PAGE]],
  ["a slow server", PAGE, { [PAGE]: "timeout" }, "failed", [PAGE]],
  ["no address", "https://localhost/", {}, "nothing", []],
  [
    "a photo",
    VIDEO,
    { [OEMBED]: oembed({ type: "photo", url: PICTURE, title: "Sea" }) },
    { kind: "photo", image: PICTURE, title: "Sea", description: undefined },
    [OEMBED],
  ],
  [
    "a video",
    VIDEO,
    { [OEMBED]: oembed({ type: "video", thumbnail_url: PICTURE, html: IFRAME, title: "Sea" }) },
    { kind: "video", image: PICTURE, html: PLAYER, title: "Sea", description: undefined },
    [OEMBED],
  ],
  [
    "texts before those of the page",
    VIDEO,
    { [OEMBED]: oembed({ type: "rich", title: "Sea" }), [VIDEO]: { body: SOUP } },
    soup({ title: "Sea", image: "https://video.example/soup.png" }),
    [OEMBED, VIDEO],
  ],
  [
    "a provider that does not know it",
    VIDEO,
    { [OEMBED]: { status: 404 }, [VIDEO]: { body: SOUP } },
    soup({ image: "https://video.example/soup.png" }),
    [OEMBED, VIDEO],
  ],
  [
    "a provider that answers no JSON",
    VIDEO,
    { [OEMBED]: { body: SOUP }, [VIDEO]: { body: SOUP } },
    soup({ image: "https://video.example/soup.png" }),
    [OEMBED, VIDEO],
  ],
  [
    "an unavailable provider",
    VIDEO,
    { [OEMBED]: "network", [VIDEO]: { body: SOUP } },
    soup({ image: "https://video.example/soup.png" }),
    [OEMBED, VIDEO],
  ],
  [
    "texts of a page that is not found",
    VIDEO,
    { [OEMBED]: oembed({ type: "rich", title: "Sea" }) },
    "nothing",
    [OEMBED, VIDEO],
  ],
];

const never = new AbortController().signal;

for (const [title, link, answers, looked, called] of LOOKUPS) {
  Deno.test(`a link is looked up: ${title}`, async () => {
    const http = new FakeWeb(answers);
    const options = { http, providers, userAgent: "Preview/1" };
    assert.deepEqual(await lookUp(link, options, never), looked);
    assert.deepEqual(http.called, called);
  });
}

Deno.test("a page is asked for by GET as a preview, for at most 15 s and 1 MB", async () => {
  const http = new FakeWeb({ [PAGE]: { body: SOUP } });
  await lookUp(PAGE, { http, providers, userAgent: "Preview/1" }, never);
  const { method = "GET", role, timeoutMs, maxBytes, headers } = http.calls[0]?.request ?? {};
  assert.deepEqual([method, role, timeoutMs, maxBytes, headers?.["User-Agent"]], [
    ...["GET", "preview", 15_000, 1024 * 1024],
    "Preview/1",
  ]);
});

Deno.test("the reason is reported if requests of a link fail", async () => {
  const failures: string[] = [];
  const http = new FakeWeb({ [OEMBED]: "network", [VIDEO]: { status: 503 } });
  const options = { http, providers, userAgent: "Preview/1" };
  await lookUp(VIDEO, options, never, (why) => failures.push(why));
  assert.deepEqual(failures, ["not called", "the server answers 503"]);
});

Deno.test("what is no fault of the other server is not hidden", async () => {
  const http = { fetch: () => Promise.reject(new RangeError("a bug")) };
  await assert.rejects(lookUp(PAGE, { http, providers, userAgent: "" }, never), {
    name: "RangeError",
  });
});
