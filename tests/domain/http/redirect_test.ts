import assert from "node:assert/strict";
import { AllowList } from "../../../lib/domain/http/allow_list.ts";
import { type Hop, isRedirect, redirected } from "../../../lib/domain/http/redirect.ts";
import { targetOf } from "../../../lib/domain/http/target.ts";

const NONE = new AllowList();
const HEADERS = {
  "accept": "text/html",
  "authorization": "Bearer secret",
  "content-type": "application/json",
  "cookie": "secret",
  "user-agent": "Zulip",
  "x-api-key": "secret",
};

function hop(url: string, method: Hop["method"] = "POST"): Hop {
  const body = method === "POST" ? new TextEncoder().encode("{}") : undefined;
  return { target: targetOf(url, NONE), method, headers: HEADERS, body };
}

function names({ headers }: Hop): string[] {
  return Object.keys(headers).sort();
}

Deno.test("only answers that point to an address are redirects", () => {
  for (const status of [301, 302, 303, 307, 308]) {
    assert(isRedirect(status, { location: "/" }));
    assert(!isRedirect(status, {}));
    assert(!isRedirect(status, { location: "" }));
  }
  for (const status of [200, 201, 300, 304, 305, 306, 400]) {
    assert(!isRedirect(status, { location: "/" }));
  }
});

Deno.test("the method and the body after a redirect", () => {
  const cases: [number, Hop["method"], Hop["method"], boolean][] = [
    [301, "POST", "GET", false],
    [302, "POST", "GET", false],
    [303, "POST", "GET", false],
    [307, "POST", "POST", true],
    [308, "POST", "POST", true],
    [301, "GET", "GET", false],
    [303, "HEAD", "HEAD", false],
    [307, "HEAD", "HEAD", false],
  ];
  for (const [status, method, expected, hasBody] of cases) {
    const next = redirected(hop("https://a.example/x", method), status, "/y", NONE);
    assert.equal(next.target.url.href, "https://a.example/y");
    assert.equal(next.method, expected);
    assert.equal(next.body !== undefined, hasBody);
    assert.equal("content-type" in next.headers, method !== "POST" || hasBody);
  }
});

Deno.test("secrets stay with the host, the scheme and the port that they are for", () => {
  const all = Object.keys(HEADERS).sort();
  const harmless = ["accept", "content-type", "user-agent"];
  const cases: [string, string, string[]][] = [
    ["https://a.example/", "/y", all],
    ["https://a.example/", "https://A.example:443/y", all],
    ["https://a.example/", "https://b.example/", harmless],
    ["https://a.example/", "https://a.example:8443/", harmless],
    ["https://a.example/", "https://x.a.example/", harmless],
    ["https://a.example/", "https://a.example./", harmless],
    ["http://a.example/", "https://a.example/", harmless],
    ["https://a.example/", "//b.example/", harmless],
  ];
  for (const [from, to, expected] of cases) {
    assert.deepEqual(names(redirected(hop(from), 308, to, NONE)), expected, `${from} → ${to}`);
  }
});

Deno.test("an address with bytes of UTF-8 is that address", () => {
  const next = redirected(hop("https://a.example/"), 302, "/\xc3\xa4", NONE);
  assert.equal(next.target.url.pathname, "/%C3%A4");
  assert.equal(
    redirected(hop("https://a.example/"), 302, "/\xe4", NONE).target.url.pathname,
    "/%C3%A4",
  );
});

Deno.test("what a redirect must not lead to", () => {
  const cases: [string, string][] = [
    ["http://a.example/", "redirects"],
    ["http://127.0.0.1/", "forbidden"],
    ["https://[::1]/", "forbidden"],
    ["//169.254.169.254/", "forbidden"],
    ["https://a.example:22/", "forbidden"],
    ["https://me:x@a.example/", "bad url"],
    ["ftp://a.example/", "bad url"],
    ["file:///etc/passwd", "bad url"],
    ["javascript:alert(1)", "bad url"],
    ["/\\127.0.0.1/", "bad url"],
    ["https://", "bad url"],
  ];
  for (const [location, kind] of cases) {
    const from = hop("https://a.example/");
    assert.throws(
      () => redirected(from, 302, location, NONE),
      { kind, mayHaveArrived: true },
      location,
    );
  }
});
