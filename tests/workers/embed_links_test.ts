import assert from "node:assert/strict";
import { openTestDatabase, runBatch, runEvent, type RunResult } from "process-queue/testing";
import type { Database } from "../../lib/domain/database/database.ts";
import embedLinks from "../../workers/embed_links.ts";
import { TestRealm } from "../fixtures/database/realm.ts";

const ENVIRONMENT = { OUTGOING_ALLOWED_HOSTS: "127.0.0.0/8", EXTERNAL_HOST: "zulip.example" };
const SOUP = '<html><head><meta property="og:title" content="Soup &amp; bread">' +
  '<meta property="og:description" content="Hot"><meta property="og:image" content="/soup.png">';

/** A request that a server got. */
interface Requested {
  readonly method: string;
  readonly url: string;
  readonly userAgent: string;
}

/** A message with a link to a page of a server here. */
interface Linked {
  readonly db: Database;
  readonly id: number;
  readonly link: string;
  /** The requests that the server got. */
  readonly requests: readonly Requested[];
  /** Runs the message's event. */
  run(more?: object, environment?: Record<string, string>): Promise<RunResult>;
  /** The HTML of the message. */
  rendered(): Promise<string | null>;
}

function linkedTest(
  name: string,
  answer: (request: Request) => Response,
  fn: (linked: Linked) => Promise<void>,
): void {
  Deno.test(name, async () => {
    const requests: Requested[] = [];
    const onListen = () => {};
    await using server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen }, (request) => {
      const { method, url, headers } = request;
      requests.push({ method, url, userAgent: headers.get("user-agent") ?? "" });
      return answer(request);
    });
    await using db = await openTestDatabase();
    const link = `http://127.0.0.1:${server.addr.port}/soup?a=1&b=2`;
    await fn({ ...await linkedMessage(db, link), requests });
  });
}

async function linkedMessage(db: Database, link: string): Promise<Omit<Linked, "requests">> {
  const realm = await TestRealm.make(db);
  await db.updateTable("zerver_realm").set({ inline_url_embed_preview: true }).execute();
  const ada = await realm.user("ada");
  const { recipient } = await realm.channel("kitchen", [ada]);
  const content = { content: link, rendered_content: renderedLink(link) };
  const id = await realm.message(ada, recipient, [ada], { subject: "soup", ...content });
  return {
    ...{ db, id, link },
    async run(more = {}, environment = {}) {
      const options = { database: db, environment: { ...ENVIRONMENT, ...environment } };
      const ids = { message_id: id, message_realm_id: realm.id };
      return await runEvent(
        embedLinks,
        { ...ids, message_content: link, urls: [link], ...more },
        options,
      );
    },
    async rendered() {
      const row = await db.selectFrom("zerver_message").select("rendered_content")
        .where("id", "=", id).executeTakeFirstOrThrow();
      return row.rendered_content;
    },
  };
}

const renderedLink = (link: string) => {
  const url = link.replaceAll("&", "&amp;");
  return `<p><a href="${url}">${url}</a></p>`;
};

const html = (body: BodyInit | null, more: ResponseInit = {}) =>
  new Response(body, { headers: { "content-type": "text/html" }, ...more });

linkedTest("a link gets its preview by one request", () => html(SOUP), async (linked) => {
  const { outcome, published, error } = await linked.run();
  assert.equal(outcome, "done", error?.message);
  const url = linked.link.replaceAll("&", "&amp;");
  const image = new URL("/soup.png", linked.link).href;
  const expected = renderedLink(linked.link) +
    `\n<div class="message_embed"><a class="message_embed_image" href="${url}" ` +
    `style="background-image: url(&quot;${image}&quot;)"></a><div class="data-container">` +
    `<div class="message_embed_title"><a href="${url}" title="Soup &amp; bread">Soup &amp; bread` +
    '</a></div><div class="message_embed_description">Hot</div></div></div>';
  assert.equal(await linked.rendered(), expected);
  const [request, ...others] = linked.requests;
  assert.deepEqual([request?.method, request?.url, others.length], ["GET", linked.link, 0]);
  assert.match(
    request?.userAgent ?? "",
    /^Mozilla\/5\.0 \(compatible; ZulipURLPreview\/[\d.]+; \+https:\/\/zulip\.example\)$/,
  );
  const [notice] = published;
  assert.equal(notice?.queue, "notify_tornado");
  const { event } = notice?.event as { event: Record<string, unknown> };
  assert.deepEqual([event["rendering_only"], event["rendered_content"]], [true, expected]);
});

linkedTest("a page that has moved is read where it is", ({ url }) => {
  const { pathname } = new URL(url);
  if (pathname === "/a/b") return html(SOUP);
  return html(null, { status: 301, headers: { location: "/a/b" } });
}, async (linked) => {
  assert.equal((await linked.run()).outcome, "done");
  const { origin } = new URL(linked.link);
  assert.match(await linked.rendered() ?? "", new RegExp(`${origin}/soup\\.png`));
  assert.equal(linked.requests.length, 2);
});

linkedTest("images come through the proxy that is set", () => html(SOUP), async (linked) => {
  await linked.run({}, { CAMO_URI: "/external_content/", CAMO_KEY: "sesame" });
  const rendered = await linked.rendered() ?? "";
  assert.match(rendered, /url\(&quot;\/external_content\/[0-9a-f]{40}\/[0-9a-f]+&quot;\)/);
  assert(!rendered.includes("soup.png"));
});

const NOTHING: readonly [title: string, answer: (request: Request) => Response][] = [
  ["is plain text", () => new Response(SOUP, { headers: { "content-type": "text/plain" } })],
  ["is not found", () => html(SOUP, { status: 404 })],
  ["has no image", () => html("<html><title>Soup</title><p>Hot</p></html>")],
  [
    "redirects to a private host",
    () => html("", { status: 302, headers: { location: "http://10.0.0.1/" } }),
  ],
  ["redirects in a circle", ({ url }) => html("", { status: 302, headers: { location: url } })],
];

for (const [title, answer] of NOTHING) {
  linkedTest(`a page that ${title} leaves the message alone`, answer, async (linked) => {
    const { outcome, published } = await linked.run();
    assert(outcome === "done" || outcome === "discarded");
    assert.equal(await linked.rendered(), renderedLink(linked.link));
    assert.deepEqual(published, []);
  });
}

linkedTest(
  "servers on this machine are not called unless it is allowed",
  () => html(SOUP),
  async (linked) => {
    const { logs } = await linked.run({}, { OUTGOING_ALLOWED_HOSTS: "" });
    const why = `${new URL(linked.link).host} is not called: the address is not public`;
    assert(logs.some(({ message }) => message.includes(`failed (${why}), in `)));
    assert.deepEqual(linked.requests, []);
    assert.equal(await linked.rendered(), renderedLink(linked.link));
  },
);

linkedTest("no page is read for a message that was edited", () => html(SOUP), async (linked) => {
  const { outcome, error } = await linked.run({ message_content: "before" });
  assert.deepEqual([outcome, linked.requests.length], ["discarded", 0], error?.message);
});

linkedTest("no page is read where previews are off", () => html(SOUP), async (linked) => {
  const { outcome } = await linked.run({}, { INLINE_URL_EMBED_PREVIEW: "false" });
  assert.deepEqual([outcome, linked.requests.length], ["discarded", 0]);
});

linkedTest("25 links have no preview", () => html(SOUP), async (linked) => {
  const urls = Array.from({ length: 25 }, (_, number) => `${linked.link}&n=${number}`);
  const { outcome } = await linked.run({ urls });
  assert.deepEqual([outcome, linked.requests.length], ["discarded", 0]);
});

linkedTest("an endless page is not waited for", (request) => {
  const more = new TextEncoder().encode("<div>more</div>".repeat(1000));
  const body = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(SOUP)),
    pull: (controller) => request.signal.aborted ? controller.close() : controller.enqueue(more),
  });
  return html(body);
}, async (linked) => {
  assert.equal((await linked.run()).outcome, "done");
  assert.match(await linked.rendered() ?? "", /message_embed/);
});

linkedTest("a page that is late is logged by its host only", () => {
  return html(new ReadableStream({ start: (controller) => controller.enqueue(new Uint8Array(1)) }));
}, async (linked) => {
  const { outcome, logs } = await linked.run({}, { PQ_EMBED_LINKS_MAX_CONSUME_SECONDS: "3" });
  assert.equal(outcome, "done");
  const [late] = logs.filter(({ level }) => level === "warning");
  assert.equal(
    late?.message,
    `Timed out in embed_links after 2 seconds while fetching URLs for message ${linked.id}: ` +
      new URL(linked.link).host,
  );
  assert(!JSON.stringify(logs).includes("/soup"));
});

linkedTest(
  "an event that is not Zulip's is invalid, and quotes no message",
  () => html(SOUP),
  async (linked) => {
    const { reason, error } = await linked.run({ urls: "https://secret.example/" });
    assert.equal(reason, "invalid");
    assert(!JSON.stringify(error).includes("secret.example"));
  },
);

Deno.test("events of several messages are run at once, and those of one in their order", async () => {
  await using db = await openTestDatabase();
  const linked = await linkedMessage(db, "http://127.0.0.1:9/x");
  const event = { message_id: linked.id, message_realm_id: 1, message_content: "", urls: [] };
  const { events } = await runBatch(embedLinks, [event, event], { environment: ENVIRONMENT });
  assert.deepEqual(events.map(({ outcome }) => outcome), ["discarded", "discarded"]);
  assert(!("batch" in embedLinks) && embedLinks.concurrency === 4);
  assert.equal(embedLinks.orderBy?.(event), linked.id);
});
