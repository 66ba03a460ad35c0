import assert from "node:assert/strict";
import { isLoopback, parseListenAddress } from "../../lib/config/listen_address.ts";
import { readConfig } from "../../lib/config/config.ts";
import { problems } from "../fixtures/config.ts";

Deno.test("an address is a port on loopback, or a host and a port", () => {
  const cases: [text: string, expected: [string, number] | undefined][] = [
    ["9090", ["127.0.0.1", 9090]],
    ["0", ["127.0.0.1", 0]],
    ["0.0.0.0:9090", ["0.0.0.0", 9090]],
    ["[::1]:9090", ["::1", 9090]],
    ["queues.example.com:80", ["queues.example.com", 80]],
    ["65536", undefined],
    ["localhost", undefined],
    ["::1:9090", undefined],
    ["http://localhost:9090", undefined],
    ["", undefined],
  ];
  for (const [text, expected] of cases) {
    const address = parseListenAddress(text);
    assert.deepEqual(address && [address.host, address.port], expected, text);
  }
});

Deno.test("only this machine reaches a loopback address", () => {
  for (const host of ["127.0.0.1", "127.8.9.1", "localhost", "::1"]) assert(isLoopback(host));
  for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.evil.example"]) assert(!isLoopback(host));
});

Deno.test("HTTP beyond this machine needs a token of the operator's", () => {
  assert.deepEqual(problems({ HTTP: "0.0.0.0:9090" }), [
    "HTTP_TOKEN_FILE: it is not set, and HTTP is open beyond this machine (0.0.0.0:9090); set it to " +
    "a file with a token, or HTTP to a port alone",
  ]);
  assert.deepEqual(problems({ HTTP: "0.0.0.0:9090", HTTP_TOKEN_FILE: "/etc/token" }), []);
  assert.deepEqual(problems({ HTTP: "9090" }), []);
});

Deno.test("--http overrides HTTP, and is named where it is wrong", () => {
  const { server } = readConfig({ HTTP: "9090" }, { http: "9091" });
  assert.equal(server.address?.port, 9091);
  const [problem] = readConfig({}, { http: "x" }).problems;
  assert.equal(problem?.setting, "--http");
});
