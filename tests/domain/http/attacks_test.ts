/** Attacks on the networks around the program: a server that must not be reached counts who comes. */
import assert from "node:assert/strict";
import { SafeHttp } from "../../../lib/domain/http/safe_fetch.ts";
import { LOOPBACK, NO_ADDRESS, PRIVATE } from "../../fixtures/http/attacks.ts";
import {
  call,
  client,
  failure,
  FORBIDDEN,
  LIMITS,
  PUBLIC,
  rules,
} from "../../fixtures/http/calls.ts";
import { RawServer, redirect } from "../../fixtures/http/raw_server.ts";

/** The host of one spelling is what stands before its #, which is a public name. */
const MACHINE = LOOPBACK.filter((url) => !url.startsWith("http://public.example#"));

Deno.test("this machine is not called, however its address is written", async () => {
  await using forbidden = await RawServer.start(undefined, FORBIDDEN);
  using http = new SafeHttp();
  for (const url of MACHINE) {
    const { kind } = await failure(http.fetch(url.replace("PORT", String(forbidden.port)), LIMITS));
    assert(["forbidden", "bad url"].includes(kind), url);
  }
  assert.equal(forbidden.connections, 0);
  const allowed = await call(`http://127.1:${forbidden.port}/`, {}, {}, rules("127.0.0.0/8"));
  assert.equal(allowed.status, 200);
  assert.equal(forbidden.connections, 1);
});

Deno.test("this machine is not called by its own names", async () => {
  await using forbidden = await RawServer.start(undefined, FORBIDDEN);
  using http = new SafeHttp();
  for (const name of ["localhost", "LOCALHOST.", "%6cocalhost", "ｌocalhost", "ip6-localhost"]) {
    const { kind } = await failure(http.fetch(`http://${name}:${forbidden.port}/`, LIMITS));
    assert(kind === "forbidden" || name === "ip6-localhost", name);
  }
  assert.equal(forbidden.connections, 0);
});

Deno.test("a redirect leads to no other place than a call", async () => {
  await using forbidden = await RawServer.start(undefined, FORBIDDEN);
  let location = "";
  await using server = await RawServer.start(() => redirect(location), PUBLIC);
  const places = [...MACHINE, ...PRIVATE];
  const texts = places.map((url) => url.replace("PORT", String(forbidden.port)));
  const more = NO_ADDRESS.filter((url) => /^[a-z+]+:/.test(url));
  // A line break ends the header, and another begins.
  for (location of [...texts, ...more].filter((text) => !/[\r\n\0]|^ | $/.test(text))) {
    const error = await failure(call(`http://public.example:${server.port}/`));
    // One is relative to the address before, so that it leads there again.
    const kinds = /^http:\/?127/.test(location) ? ["redirects"] : ["forbidden", "bad url"];
    assert(kinds.includes(error.kind), `${location}: ${error.kind}`);
    assert(error.mayHaveArrived);
  }
  assert.equal(forbidden.connections, 0);
});

/** What a name leads to. */
const ANSWERS: readonly (readonly string[])[] = [
  [FORBIDDEN],
  [PUBLIC, FORBIDDEN],
  [FORBIDDEN, PUBLIC],
  [PUBLIC, PUBLIC, PUBLIC, "10.0.0.1"],
  [PUBLIC, "169.254.169.254"],
  [PUBLIC, "::1"],
  [PUBLIC, "::ffff:127.0.0.1"],
  [PUBLIC, "::ffff:127.0.0.2"],
  [PUBLIC, "0.0.0.0"],
  [PUBLIC, "::"],
  [PUBLIC, "fe80::1%lo"],
  [PUBLIC, "64:ff9b::7f00:1"],
  [PUBLIC, "2002:7f00:1::"],
  [PUBLIC, "localhost"],
  [PUBLIC, "127.1"],
  [PUBLIC, ""],
];

Deno.test("a name is not called when one of its addresses is not public", async () => {
  await using forbidden = await RawServer.start(undefined, FORBIDDEN);
  await using server = await RawServer.start(undefined, PUBLIC);
  for (const addresses of ANSWERS) {
    for (const { port } of [forbidden, server]) {
      const names = { "mixed.example": addresses };
      const error = await failure(call(`http://mixed.example:${port}/`, {}, names));
      assert.deepEqual([error.kind, error.mayHaveArrived], ["forbidden", false], addresses.join());
    }
  }
  assert.deepEqual([forbidden.connections, server.connections], [0, 0]);
});

Deno.test("an allowed name leads to this machine, and nowhere that is nobody's", async () => {
  await using forbidden = await RawServer.start(undefined, FORBIDDEN);
  const { port } = forbidden;
  const given = rules("hooks.intern", "one.intern:1");
  const names = {
    "hooks.intern": [FORBIDDEN],
    "one.intern": [FORBIDDEN],
    "other.intern": [FORBIDDEN],
  };
  assert.equal((await call(`http://hooks.intern:${port}/`, {}, names, given)).status, 200);
  for (const name of ["one.intern", "other.intern", "x.hooks.intern"]) {
    const all = { ...names, "x.hooks.intern": [FORBIDDEN] };
    const error = await failure(call(`http://${name}:${port}/`, {}, all, given));
    assert.equal(error.kind, "forbidden");
  }
  for (
    const address of ["169.254.169.254", "fd00:ec2::254", "100.100.100.200", "fe80::1", "224.0.0.1"]
  ) {
    const metadata = { "hooks.intern": [address] };
    const error = await failure(call(`http://hooks.intern:${port}/`, {}, metadata, given));
    assert.equal(error.kind, "forbidden", address);
  }
  assert.equal(forbidden.connections, 1);
});

Deno.test("a name that changes between a call and its redirect is checked again", async () => {
  await using forbidden = await RawServer.start(undefined, FORBIDDEN);
  await using server = await RawServer.start(
    () => redirect(`http://rebinding.example:${forbidden.port}/`),
    PUBLIC,
  );
  let asked = 0;
  using http = client({ "rebinding.example": () => [asked++ === 0 ? PUBLIC : FORBIDDEN] });
  const error = await failure(http.fetch(`http://rebinding.example:${server.port}/`, LIMITS));
  assert.deepEqual([error.kind, error.mayHaveArrived], ["forbidden", true]);
  assert.deepEqual([asked, forbidden.connections], [2, 0]);
});

Deno.test("nothing of a header or an address gets into another line of the request", async () => {
  await using server = await RawServer.start(undefined, PUBLIC);
  const url = `http://public.example:${server.port}`;
  const headers: Record<string, string>[] = [
    { "x-a": "1\r\nx-b: 2" },
    { "x-a": "1\nx-b: 2" },
    { "x-a": "1\rx-b: 2" },
    { "x-a": "1\0" },
    { "x-a": "1\u2028" },
    { "x-a": "č\u010d\u010a" },
    { "x-a\r\nx-b": "2" },
    { "x a": "1" },
    { "x-a:": "1" },
    { "": "1" },
    { "x-ä": "1" },
    { "Host": "127.0.0.1" },
    { "host": "127.0.0.1" },
    { "Content-Length": "0" },
    { "Transfer-Encoding": "chunked" },
    { "Connection": "upgrade" },
    { "Upgrade": "h2c" },
    { "Expect": "100-continue" },
    { "Accept-Encoding": "gzip" },
    { "Proxy-Authorization": "Basic x" },
    { "X-Smokescreen-Role": "admin" },
    { "TE": "trailers" },
    { "Cookie": "a", "cookie": "b" },
  ];
  for (const each of headers) {
    const error = await failure(call(`${url}/`, { headers: each }));
    assert.deepEqual([error.kind, error.mayHaveArrived], ["bad request", false]);
    assert(!error.message.includes("127.0.0.1"));
  }
  assert.equal(server.connections, 0);
  for (const path of ["/%0d%0aX-B:%202", "/a b", "/ä?\u2028", "/?a=%00", "/;\u010d\u010a"]) {
    await call(`${url}${path}`);
    assert.match(server.requests.at(-1) ?? "", /^GET \/[!-~]* HTTP\/1\.1\r\n/);
    assert(!/^x-b/im.test(server.requests.at(-1) ?? ""));
  }
});

Deno.test("a spelling of this machine reaches it where that is allowed", async () => {
  await using server = await RawServer.start(undefined, FORBIDDEN);
  for (
    const host of ["2130706433", "0x7f.1", "0177.0.0.1", "①②⑦.0.0.1", "127%2e0.0.1", "127.0.0.1."]
  ) {
    const url = `http://${host}:${server.port}/`;
    assert.equal((await call(url, {}, {}, rules("127.0.0.0/8"))).status, 200, host);
  }
});
