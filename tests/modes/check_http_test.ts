import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import { checkHttp } from "../../lib/modes/check_http.ts";
import { RawServer } from "../fixtures/http/raw_server.ts";
import { smokescreen } from "../fixtures/http/smokescreen.ts";
import { foundText } from "./found_text.ts";

async function check(environment: Record<string, string>): Promise<string> {
  return await foundText(checkHttp(loadConfig(environment)));
}

Deno.test("checkHttp says that there is no proxy", async () => {
  assert.equal(await check({}), "not used (HTTP_proxy and HTTPS_proxy are not set)");
});

Deno.test("checkHttp names the file of authorities that cannot be used", async () => {
  await assert.rejects(check({ OUTGOING_CA_FILE: "/nonexistent/ca.pem" }), {
    message: "OUTGOING_CA_FILE is /nonexistent/ca.pem, which cannot be read: ENOENT",
  });
});

Deno.test("checkHttp asks each proxy once, for its own machine", async () => {
  await using proxy = await smokescreen({});
  const url = `http://127.0.0.1:${proxy.port}`;
  const expected = `ok (127.0.0.1:${proxy.port}, which refuses private networks)`;
  assert.equal(await check({ HTTP_proxy: url, HTTPS_proxy: `${url}/` }), expected);
  assert.equal(proxy.requests.length, 1);
  assert.match(proxy.requests[0] ?? "", /^CONNECT 127\.0\.0\.1:443 HTTP\/1\.1\r\n/);
  await using other = await smokescreen({});
  const both = await check({ HTTP_proxy: url, HTTPS_proxy: `http://127.0.0.1:${other.port}` });
  assert.deepEqual(both.split("\n"), [
    expected,
    `ok (127.0.0.1:${other.port}, which refuses private networks)`,
  ]);
});

for (
  const said of ["HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"]
) {
  Deno.test(`checkHttp warns of a proxy that protects nothing: ${said.slice(9, 12)}`, async () => {
    await using proxy = await RawServer.start(() => said);
    assert.equal(
      await check({ HTTPS_proxy: `http://127.0.0.1:${proxy.port}` }),
      `ok (127.0.0.1:${proxy.port})\nwarning: 127.0.0.1:${proxy.port} does not refuse 127.0.0.1 as ` +
        "Smokescreen does, so that addresses that users give may reach private networks",
    );
  });
}

Deno.test("checkHttp fails where there is no proxy", async () => {
  const proxy = await RawServer.start();
  const HTTP_proxy = `http://127.0.0.1:${proxy.port}`;
  proxy.script = () => "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n";
  await assert.rejects(check({ HTTP_proxy }), {
    message: "The proxy answers CONNECT with 400, for 127.0.0.1:443: check HTTP_proxy and " +
      "HTTPS_proxy, and that the proxy runs",
  });
  await proxy[Symbol.asyncDispose]();
  await assert.rejects(check({ HTTP_proxy }), {
    message: /^The proxy 127\.0\.0\.1:[0-9]+: .*ECONNREFUSED.*: check HTTP_proxy and HTTPS_proxy, /,
  });
});
