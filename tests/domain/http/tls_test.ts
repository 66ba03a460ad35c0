import assert from "node:assert/strict";
import { AllowList } from "../../../lib/domain/http/allow_list.ts";
import { call, failure, FORBIDDEN, rules, textOf } from "../../fixtures/http/calls.ts";
import { useCertificates } from "../../fixtures/http/certificates.ts";
import { answer, RawServer } from "../../fixtures/http/raw_server.ts";

const certificates = useCertificates();
/** Names that lead to the server, whose certificate is for localhost and 127.0.0.1. */
const NAMES = { "localhost": [FORBIDDEN], "other.example": [FORBIDDEN] };
const ALLOWED = new AllowList([FORBIDDEN]);

async function server(): Promise<RawServer> {
  const { cert, key } = certificates();
  return await RawServer.start(() => answer("200 OK", "hello"), FORBIDDEN, { cert, key });
}

Deno.test("an authority of the settings is trusted, for a name and for an address", async () => {
  await using secure = await server();
  const { ca } = certificates();
  for (const host of ["localhost", FORBIDDEN]) {
    const url = `https://${host}:${secure.port}/`;
    const response = await call(url, {}, NAMES, { allowed: ALLOWED, ca });
    assert.deepEqual([response.url, textOf(response)], [url, "hello"]);
  }
});

Deno.test("another name's certificate and another authority's are refused before the request", async () => {
  await using secure = await server();
  const { ca } = certificates();
  for (const [host, given] of [["localhost", {}], ["other.example", { ca }]] as const) {
    const url = `https://${host}:${secure.port}/`;
    const error = await failure(call(url, {}, NAMES, { allowed: ALLOWED, ...given }));
    assert.deepEqual([error.kind, error.mayHaveArrived], ["network", false]);
    assert.match(error.message, /certificate|issuer/i);
  }
  assert.deepEqual(secure.requests, []);
});

Deno.test("a server without TLS is refused before the request", async () => {
  await using plain = await RawServer.start(undefined, FORBIDDEN);
  plain.greeting = "HTTP/1.1 400 Bad Request\r\n\r\n";
  const error = await failure(
    call(`https://${FORBIDDEN}:${plain.port}/`, {}, {}, rules(FORBIDDEN)),
  );
  assert.deepEqual([error.kind, error.mayHaveArrived], ["network", false]);
});

Deno.test("a server that is silent before TLS ends with the call's time", async () => {
  await using silent = await RawServer.start(() => {}, FORBIDDEN);
  const url = `https://${FORBIDDEN}:${silent.port}/`;
  const error = await failure(call(url, { timeoutMs: 200 }, {}, rules(FORBIDDEN)));
  assert.deepEqual([error.kind, error.mayHaveArrived], ["timeout", false]);
});
