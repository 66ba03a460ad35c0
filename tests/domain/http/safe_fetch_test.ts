import assert from "node:assert/strict";
import type { HttpError } from "../../../lib/domain/http/http_error.ts";
import { SafeHttp } from "../../../lib/domain/http/safe_fetch.ts";
import {
  call,
  client,
  failure,
  FORBIDDEN,
  LIMITS,
  PUBLIC,
  rules,
  textOf,
} from "../../fixtures/http/calls.ts";
import { answer, RawServer, redirect } from "../../fixtures/http/raw_server.ts";
import { until } from "../../fixtures/until.ts";

Deno.test("a call gets the status, the headers and the body of the answer", async () => {
  await using server = await RawServer.start(
    () => answer("404 Not Found", "no", "X-One: 1", "Set-Cookie: a=1", "Set-Cookie: b=2"),
    PUBLIC,
  );
  const url = `http://public.example:${server.port}/a/b?c=d`;
  const response = await call(`${url}#fragment`, { headers: { "User-Agent": "Zulip" } });
  assert.deepEqual(
    [response.url, response.status, textOf(response), response.isCut],
    [url, 404, "no", false],
  );
  assert.equal(response.headers["x-one"], "1");
  assert.equal(response.headers["set-cookie"], "a=1, b=2");
  const [request = ""] = server.requests;
  assert.match(request, /^GET \/a\/b\?c=d HTTP\/1\.1\r\n/);
  assert.match(request, new RegExp(`^host: public\\.example:${server.port}\r$`, "im"));
  assert.match(request, /^user-agent: Zulip\r$/im);
  assert.match(request, /^accept-encoding: identity\r$/im);
  await until("the connection is closed", () => server.open === 0);
});

Deno.test("a body is sent with its length", async () => {
  await using server = await RawServer.start(undefined, PUBLIC);
  const url = `http://public.example:${server.port}/`;
  for (const body of ['{"ä":1}', new TextEncoder().encode('{"ä":1}'), ""]) {
    await call(url, { method: "POST", body, headers: { "content-type": "application/json" } });
  }
  for (const [index, request] of server.requests.entries()) {
    assert.match(request, /^POST \/ HTTP\/1\.1\r\n/);
    assert.match(request, new RegExp(`^content-length: ${index === 2 ? 0 : 8}\r$`, "im"));
    assert(!/transfer-encoding/i.test(request));
  }
  assert.equal(server.requests.length, 3);
});

Deno.test("a name is asked for once per request, and its address is the one that is called", async () => {
  await using forbidden = await RawServer.start(undefined, FORBIDDEN);
  await using server = await RawServer.start(undefined, PUBLIC);
  let asked = 0;
  const names = { "rebinding.example": () => [asked++ === 0 ? PUBLIC : FORBIDDEN] };
  using http = client(names);
  const url = `http://rebinding.example:${server.port}/`;
  assert.equal((await http.fetch(url, LIMITS)).status, 200);
  assert.equal(asked, 1);
  const error = await failure(
    http.fetch(`http://rebinding.example:${forbidden.port}/`, LIMITS),
  );
  assert.deepEqual([error.kind, error.mayHaveArrived], ["forbidden", false]);
  assert.equal(
    error.message,
    `rebinding.example:${forbidden.port} is not called: it leads to an address that is not public`,
  );
  assert.equal(forbidden.connections, 0);
});

Deno.test("the next address of a name is called where the first one does not answer", async () => {
  await using server = await RawServer.start(undefined, PUBLIC);
  const names = { "two.example": ["127.0.0.3", PUBLIC] };
  const url = `http://two.example:${server.port}/`;
  assert.equal((await call(url, {}, names, rules("127.0.0.3"))).status, 200);
});

Deno.test("redirects are followed, five of them, and the answer says from where it is", async () => {
  await using server = await RawServer.start(
    (request) => {
      const count = Number(/^GET \/([0-9]+)/.exec(request)?.[1]);
      return count < 6 ? redirect(`/${count + 1}`) : answer("200 OK", "there");
    },
    PUBLIC,
  );
  const url = `http://public.example:${server.port}`;
  const response = await call(`${url}/1`);
  assert.deepEqual([response.url, textOf(response)], [`${url}/6`, "there"]);
  const error = await failure(call(`${url}/0`));
  assert.deepEqual([error.kind, error.mayHaveArrived], ["redirects", true]);
  assert.equal(server.requests.length, 6 + 6);
  assert.equal((await call(`${url}/5`, { redirects: 1 })).status, 200);
  assert.equal((await failure(call(`${url}/4`, { redirects: 1 }))).kind, "redirects");
  const first = await call(`${url}/0`, { redirects: 0 });
  assert.deepEqual([first.status, first.headers["location"]], [302, "/1"]);
});

Deno.test("another host gets no secret after a redirect", async () => {
  await using second = await RawServer.start(undefined, PUBLIC);
  await using first = await RawServer.start(
    () => redirect(`http://public.example:${second.port}/`, "307 Temporary Redirect"),
    PUBLIC,
  );
  const headers = { authorization: "Bearer s3cret", cookie: "s3cret", "x-token": "s3cret" };
  const url = `http://public.example:${first.port}/`;
  await call(url, { method: "POST", body: "hello", headers: { ...headers, accept: "text/html" } });
  assert.match(first.requests[0] ?? "", /authorization: Bearer s3cret/i);
  assert(!second.requests[0]?.includes("s3cret"), second.requests[0]);
  assert.match(second.requests[0] ?? "", /^POST [^]*accept: text\/html\r[^]*\r\n\r\nhello$/i);
});

Deno.test("the caller may do without a body, and may read only its beginning", async () => {
  await using server = await RawServer.start(
    () => answer("200 OK", "0123456789".repeat(1000)),
    PUBLIC,
  );
  const url = `http://public.example:${server.port}/`;
  const none = await call(url, {
    wanted: ({ status, headers }) => status !== 200 || !headers["content-length"],
  });
  assert.deepEqual([none.status, none.body.length, none.isCut], [200, 0, true]);
  let seen = 0;
  const some = await call(url, {
    onData(piece) {
      seen += piece.length;
      return "enough";
    },
  });
  assert.deepEqual([some.body.length, some.isCut], [seen, true]);
  assert(seen > 0);
  await until("the connections are closed", () => server.open === 0);
});

Deno.test("a call ends with its caller's signal, and with the client", async () => {
  await using server = await RawServer.start(() => {}, PUBLIC);
  const url = `http://public.example:${server.port}/`;
  const stop = new AbortController();
  const aborted = failure(call(url, { signal: stop.signal }));
  await until("the server has the request", () => server.requests.length === 1);
  stop.abort();
  assert.deepEqual(pick(await aborted), ["aborted", true]);
  const http = client();
  const disposed = failure(http.fetch(url, LIMITS));
  await until("the server has the second one", () => server.requests.length === 2);
  http[Symbol.dispose]();
  assert.deepEqual(pick(await disposed), ["aborted", true]);
  assert.deepEqual(pick(await failure(http.fetch(url, LIMITS))), ["aborted", false]);
  await until("the connections are closed", () => server.open === 0);
});

Deno.test("a name that is not found in time ends with the call's time", async () => {
  using http = new SafeHttp(rules(), () => new Promise<never>(() => {}));
  const error = await failure(http.fetch("http://public.example/", { ...LIMITS, timeoutMs: 20 }));
  assert.deepEqual(pick(error), ["timeout", false]);
});

Deno.test("an error says whether the request may have arrived", async () => {
  const server = await RawServer.start((_, socket) => void socket.destroy(), PUBLIC);
  const url = `http://public.example:${server.port}/`;
  assert.deepEqual(pick(await failure(call(url))), ["network", true]);
  await server[Symbol.asyncDispose]();
  const refused = await failure(call(url));
  assert.deepEqual(pick(refused), ["network", false]);
  assert.match(refused.message, /^public\.example:[0-9]+: .*ECONNREFUSED/);
  const unknown = await failure(call("http://unknown.example/"));
  assert.deepEqual(pick(unknown), ["network", false]);
  assert.equal(unknown.message, "unknown.example:80: ENOTFOUND");
  const none = await failure(call("http://none.example/", {}, { "none.example": [] }));
  assert.deepEqual([...pick(none), none.message], [
    "network",
    false,
    "none.example:80 has no address",
  ]);
});

Deno.test("the variables of the environment for proxies are for other programs", async () => {
  await using proxy = await RawServer.start(undefined, FORBIDDEN);
  await using server = await RawServer.start(undefined, PUBLIC);
  const names = ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "NODE_USE_ENV_PROXY"];
  const before = names.map((name) => Deno.env.get(name));
  for (const name of names) Deno.env.set(name, `http://${FORBIDDEN}:${proxy.port}`);
  try {
    assert.equal((await call(`http://public.example:${server.port}/`)).status, 200);
    assert.equal(proxy.connections, 0);
  } finally {
    for (const [index, name] of names.entries()) {
      const value = before[index];
      if (value === undefined) Deno.env.delete(name);
      else Deno.env.set(name, value);
    }
  }
});

function pick({ kind, mayHaveArrived }: HttpError): [string, boolean] {
  return [kind, mayHaveArrived];
}
