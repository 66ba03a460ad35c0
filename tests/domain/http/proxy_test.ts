import assert from "node:assert/strict";
import { AllowList } from "../../../lib/domain/http/allow_list.ts";
import type { HttpRules } from "../../../lib/domain/http/safe_fetch.ts";
import { call, failure, textOf } from "../../fixtures/http/calls.ts";
import { useCertificates } from "../../fixtures/http/certificates.ts";
import { answer, RawServer, redirect } from "../../fixtures/http/raw_server.ts";
import { DENIED, refusal, smokescreen } from "../../fixtures/http/smokescreen.ts";
import { LOOPBACK, PRIVATE } from "../../fixtures/http/attacks.ts";

const certificates = useCertificates();

function through(proxy: RawServer, more: Partial<HttpRules> = {}, login = ""): HttpRules {
  const url = new URL(`http://${login}127.0.0.1:${proxy.port}`);
  return { proxy: { http: url, https: url }, ...more };
}

Deno.test("a proxy gets requests for http: addresses, the role and the name to resolve", async () => {
  await using server = await RawServer.start(() => answer("200 OK", "hello"));
  await using proxy = await smokescreen({ "public.example:8080": server.port });
  const url = "http://public.example:8080/a?b";
  const response = await call(url, { role: "webhook", method: "POST", body: "x" }, {
    "public.example": () => {
      throw new Error("the name was resolved here");
    },
  }, through(proxy));
  assert.deepEqual([response.url, response.status, textOf(response)], [url, 200, "hello"]);
  const [request = ""] = proxy.requests;
  assert.match(request, /^POST http:\/\/public\.example:8080\/a\?b HTTP\/1\.1\r\n/);
  assert.match(request, /^host: public\.example:8080\r$/im);
  assert.match(request, /^x-smokescreen-role: webhook\r$/im);
  assert.match(request, /\r\n\r\nx$/);
});

Deno.test("a proxy is asked for a tunnel for https: addresses, and sees nothing of the request", async () => {
  const { ca, cert, key } = certificates();
  await using server = await RawServer.start(() => answer("200 OK", "hello"), "127.0.0.1", {
    cert,
    key,
  });
  const place = "localhost:8443";
  await using proxy = await smokescreen({ [place]: server.port });
  const given = through(proxy, { ca, allowed: new AllowList(["localhost"]) });
  const headers = { authorization: "Bearer s3cret" };
  const response = await call(`https://${place}/s3cret`, { headers }, {}, given);
  assert.equal(textOf(response), "hello");
  const [request = ""] = proxy.requests;
  assert.match(request, /^CONNECT localhost:8443 HTTP\/1\.1\r\n/);
  assert.match(request, /^host: localhost:8443\r$/im);
  assert.match(request, /^x-smokescreen-role: process-queue\r$/im);
  assert(!request.includes("s3cret"));
  assert.match(server.requests[0] ?? "", /^GET \/s3cret [^]*authorization: Bearer s3cret/i);
  assert(!/smokescreen/i.test(server.requests[0] ?? ""));
});

Deno.test("a certificate is checked in a tunnel, too", async () => {
  const { ca, cert, key } = certificates();
  await using server = await RawServer.start(undefined, "127.0.0.1", { cert, key });
  await using proxy = await smokescreen({ "public.example:443": server.port });
  for (const given of [{}, { ca }]) {
    const error = await failure(call("https://public.example/", {}, {}, through(proxy, given)));
    assert.deepEqual([error.kind, error.mayHaveArrived], ["network", false]);
    assert.match(error.message, /certificate|issuer/i);
  }
  assert.deepEqual(server.requests, []);
});

Deno.test("what a server answers in a tunnel is no refusal of the proxy", async () => {
  const { ca, cert, key } = certificates();
  const said = refusal("407 No", "forged");
  await using server = await RawServer.start(() => said, "127.0.0.1", { cert, key });
  await using proxy = await smokescreen({ "localhost:443": server.port });
  const given = through(proxy, { ca, allowed: new AllowList(["localhost"]) });
  assert.equal((await call("https://localhost/", {}, {}, given)).status, 407);
});

Deno.test("a proxy gets its user and password, and the server does not", async () => {
  await using server = await RawServer.start();
  await using proxy = await smokescreen({ "public.example:80": server.port });
  await call("http://public.example/", {}, {}, through(proxy, {}, "me:p%40ss@"));
  assert.match(
    proxy.requests[0] ?? "",
    new RegExp(`^proxy-authorization: Basic ${btoa("me:p@ss")}\r$`, "im"),
  );
});

/** What the proxy answers, and how the calls of http: and https: end. */
const REFUSALS: readonly (readonly [string, string, string, RegExp])[] = [
  [
    refusal("407 Request rejected by proxy", DENIED),
    "forbidden",
    "forbidden",
    /refuses .*:.*: Egress proxying is denied/,
  ],
  ["HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", "forbidden", "forbidden", /refuses/],
  [
    refusal("502 Bad gateway", "Failed to resolve remote hostname: no such host"),
    "network",
    "network",
    /cannot reach .*: Failed to resolve/,
  ],
  [
    refusal("504 Gateway timeout", "Timed out connecting to remote host"),
    "network",
    "network",
    /cannot reach .*: Timed out/,
  ],
  [
    "HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n",
    "403",
    "proxy",
    /answers CONNECT with 403/,
  ],
  [
    "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n",
    "502",
    "proxy",
    /answers CONNECT with 502/,
  ],
  ["SSH-2.0-OpenSSH\r\n", "network", "proxy", /./],
  ["", "network", "proxy", /./],
];

for (const [said, ofHttp, ofHttps, message] of REFUSALS) {
  Deno.test(`a proxy that says ${JSON.stringify(said.slice(0, 40))}: ${ofHttp}, ${ofHttps}`, async () => {
    await using proxy = await RawServer.start(() => said);
    for (const [scheme, expected] of [["http", ofHttp], ["https", ofHttps]] as const) {
      const answered = call(`${scheme}://public.example/`, {}, {}, through(proxy));
      if (/^[0-9]+$/.test(expected)) {
        assert.equal((await answered).status, Number(expected));
        continue;
      }
      const error = await failure(answered);
      assert.equal(error.kind, expected, error.message);
      if (expected === ofHttps) assert.match(error.message, message);
      if (expected !== "network" || said.includes("Smoke")) {
        assert.equal(error.mayHaveArrived, false);
      }
    }
  });
}

Deno.test("an unavailable proxy is named, and nothing has arrived", async () => {
  const proxy = await RawServer.start();
  const given = through(proxy);
  await proxy[Symbol.asyncDispose]();
  for (const scheme of ["http", "https"]) {
    const error = await failure(call(`${scheme}://public.example/`, {}, {}, given));
    assert.deepEqual([error.kind, error.mayHaveArrived], ["proxy", false]);
    assert.match(error.message, /^The proxy 127\.0\.0\.1:[0-9]+: .*ECONNREFUSED/);
  }
});

Deno.test("a proxy that does not answer ends with the call's time", async () => {
  await using proxy = await RawServer.start(() => {});
  for (const scheme of ["http", "https"]) {
    const given = through(proxy);
    const error = await failure(call(`${scheme}://public.example/`, { timeoutMs: 200 }, {}, given));
    assert.equal(error.kind, "timeout");
  }
});

Deno.test("no proxy is given an address or a name of a private network", async () => {
  await using proxy = await RawServer.start();
  const urls = [...LOOPBACK, ...PRIVATE].filter((url) => !url.startsWith("http://public.example#"));
  for (const url of [...urls, "http://localhost/", "http://metadata.google.internal/"]) {
    const error = await failure(call(url.replace("PORT", "8080"), {}, {}, through(proxy)));
    assert(["forbidden", "bad url"].includes(error.kind), url);
    assert.equal(error.mayHaveArrived, false);
  }
  assert.equal(proxy.connections, 0);
});

Deno.test("each redirect goes through the proxy, and not to a private network", async () => {
  let location = "http://second.example/";
  await using first = await RawServer.start(() => redirect(location));
  await using second = await RawServer.start(() => answer("200 OK", "second"));
  await using proxy = await smokescreen({
    "public.example:80": first.port,
    "second.example:80": second.port,
  });
  const answered = await call("http://public.example/", {}, {}, through(proxy));
  assert.equal(textOf(answered), "second");
  assert.equal(proxy.requests.length, 2);
  location = "http://127.0.0.1/";
  const error = await failure(call("http://public.example/", {}, {}, through(proxy)));
  assert.deepEqual([error.kind, error.mayHaveArrived], ["forbidden", true]);
  assert.equal(proxy.requests.length, 3);
});
