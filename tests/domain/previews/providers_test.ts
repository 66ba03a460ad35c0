import assert from "node:assert/strict";
import { Providers, readProviders } from "../../../lib/domain/previews/providers.ts";

const PROVIDERS = readProviders();
const known = new Providers(PROVIDERS);

const LINKS: readonly [link: string, endpoint: string | undefined][] = [
  ["https://www.youtube.com/watch?v=dQw4w9WgXcQ", "https://www.youtube.com/oembed"],
  ["http://youtube.com/watch?v=dQw4w9WgXcQ", "https://www.youtube.com/oembed"],
  ["https://m.youtube.com/shorts/dQw4w9WgXcQ", "https://www.youtube.com/oembed"],
  ["https://youtu.be/dQw4w9WgXcQ", "https://www.youtube.com/oembed"],
  ["https://vimeo.com/246979354", "https://vimeo.com/api/oembed.json"],
  ["https://player.vimeo.com/video/246979354", "https://vimeo.com/api/oembed.json"],
  ["https://open.spotify.com/track/1", "https://open.spotify.com/oembed"],
  ["https://soundcloud.com/a/b", "https://soundcloud.com/oembed"],
  ["https://twitter.com/zulip/status/1", "https://publish.x.com/oembed"],
  ["https://x.com/zulip/status/1", "https://publish.x.com/oembed"],
  ["https://www.flickr.com/photos/a/1", "https://www.flickr.com/services/oembed/"],
  ["https://www.ted.com/talks/a", "https://www.ted.com/services/v1/oembed.json"],
  ["https://www.reddit.com/r/a/comments/1/b/", "https://www.reddit.com/oembed"],
  ["https://www.tiktok.com/@a/video/1", "https://www.tiktok.com/oembed"],
  ["https://www.dailymotion.com/video/1", "https://www.dailymotion.com/services/oembed"],
  ["https://www.figma.com/design/1/a", "https://www.figma.com/api/oembed"],
  ["https://miro.com/app/board/1/", "https://miro.com/api/v1/oembed"],
  ["https://codepen.io/a/pen/1", "https://codepen.io/api/oembed"],
  ["https://giphy.com/gifs/a-1", "https://giphy.com/services/oembed"],
  ["https://imgur.com/gallery/1", "https://api.imgur.com/oembed"],
  ["https://www.slideshare.net/a/b", "https://www.slideshare.net/api/oembed/2"],
  ["https://speakerdeck.com/a/b", "https://speakerdeck.com/oembed.json"],
  ["https://twitter.com/zulip", undefined],
  ["https://www.youtube.com/feed", undefined],
  ["https://example.com/watch?v=dQw4w9WgXcQ", undefined],
  ["https://www.youtube.com.example.com/watch?v=1", undefined],
  ["https://notyoutube.com/watch?v=1", undefined],
  ["https://example.com/?https://youtu.be/1", undefined],
  ["https://youtu.be:8443/1", undefined],
  ["https://youtu.be@example.com/1", undefined],
  ["https://youtu.be.", undefined],
];

for (const [link, endpoint] of LINKS) {
  Deno.test(`${endpoint ? "a" : "no"} provider knows ${link}`, () => {
    const request = known.request(link);
    assert.equal(request?.split("?")[0], endpoint);
    if (request === undefined) return;
    assert.deepEqual(Object.fromEntries(new URL(request).searchParams), {
      ...{ url: link, format: "json", maxwidth: "640", maxheight: "480" },
    });
  });
}

Deno.test("each provider has a name and an endpoint of its own, and schemes", () => {
  assert(PROVIDERS.length >= 40);
  const different = (values: string[]) => new Set(values).size;
  assert.equal(different(PROVIDERS.map(({ name }) => name)), PROVIDERS.length);
  for (const { name, endpoint, schemes } of PROVIDERS) {
    assert.match(endpoint, /^https:\/\/[a-z0-9.-]+\/\S+$/, name);
    assert(schemes.length > 0, name);
    for (const scheme of schemes) {
      const link = scheme.replace("//*.", "//www.").replaceAll("*", "x");
      assert.equal(known.request(link)?.startsWith(`${endpoint}?`), true, scheme);
    }
  }
});

Deno.test("a scheme that has not its form is refused with its form", () => {
  for (
    const scheme of ["http://a.example/*", "https://*/x", "https://a.*.example/*", "a.example/*"]
  ) {
    const provider = { name: "A", endpoint: "https://a.example/oembed", schemes: [scheme] };
    assert.throws(() => new Providers([provider]), {
      message: `The scheme of an oEmbed provider is ${scheme}: it must be as ` +
        "https://*.example.com/video/*",
    });
  }
});
