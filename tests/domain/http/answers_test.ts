/** Servers that answer badly: on purpose, or because they speak something else. */
import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { gzipSync } from "node:zlib";
import type { HttpFailure } from "../../../lib/domain/http/http_error.ts";
import type { SafeRequest } from "../../../lib/domain/http/safe_fetch.ts";
import { call, failure, PUBLIC, textOf } from "../../fixtures/http/calls.ts";
import { answer, RawServer, type Script } from "../../fixtures/http/raw_server.ts";
import { until } from "../../fixtures/until.ts";

/** Of a call whose server never comes to its end. */
const SHORT = { timeoutMs: 300 } as const;
const HEAD = "HTTP/1.1 200 OK\r\n";

/** Sends a text again and again, many at once, as long as it is taken. */
function endless(begin: string, text: string): Script {
  return (_, socket) => {
    socket.write(begin);
    const many = text.repeat(500);
    const more = () => {
      while (!socket.destroyed && socket.write(many));
    };
    socket.on("drain", more);
    more();
  };
}

/** Sends a text, then one byte after another. */
function slowly(begin: string, byte: string): Script {
  return (_, socket) => {
    socket.write(begin);
    const timer = setInterval(() => socket.write(byte), 10);
    socket.on("close", () => clearInterval(timer));
  };
}

const hang = (begin: string): Script => (_, socket: Socket) => void socket.write(begin);

/** What a server does, how the call ends, and its limits. */
type Row = readonly [string, Script, HttpFailure, Partial<SafeRequest>?];

const BAD: readonly Row[] = [
  ["closes without an answer", () => "", "network"],
  ["answers as HTTP/0.9 did", () => "<html>hello</html>", "network"],
  ["speaks SSH", () => "SSH-2.0-OpenSSH_9.6\r\n", "network"],
  ["speaks SMTP", () => "220 mail.example ESMTP\r\n", "network"],
  ["speaks TLS", () => "\x15\x03\x01\x00\x02\x02\x28", "network"],
  ["speaks HTTP/2", () => "\0\0\x06\x04\0\0\0\0\0\0\x03\0\0\0\x64", "network"],
  ["has no status", () => "HTTP/1.1\r\n\r\n", "network"],
  ["has letters as its status", () => "HTTP/1.1 abc OK\r\n\r\n", "network"],
  ["has another version", () => "HTTP/9.9 200 OK\r\n\r\n", "network"],
  ["ends within its head", () => `${HEAD}Content-`, "network"],
  ["has a header without a colon", () => `${HEAD}hello\r\n\r\n`, "network"],
  ["ends within its body", () => `${HEAD}Content-Length: 10\r\n\r\nhello`, "network"],
  [
    "has two lengths",
    () => `${HEAD}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello`,
    "network",
  ],
  ["has a negative length", () => `${HEAD}Content-Length: -1\r\n\r\nhello`, "network"],
  ["has a length in hex", () => `${HEAD}Content-Length: 0x5\r\n\r\nhello`, "network"],
  [
    "has a huge length",
    () => `${HEAD}Content-Length: 99999999999999999999\r\n\r\nhello`,
    "network",
  ],
  ["has a bad chunk", () => `${HEAD}Transfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n`, "network"],
  ["ends within a chunk", () => `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhel`, "network"],
  ["has no last chunk", () => `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n`, "network"],
  [
    "has a huge chunk",
    () => `${HEAD}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nhello`,
    "network",
  ],
  [
    "changes to another protocol",
    hang("HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "network",
  ],
  ["says only that it goes on", hang("HTTP/1.1 100 Continue\r\n\r\n"), "timeout", SHORT],
  ["says again and again that it goes on", endless("", "HTTP/1.1 100 Continue\r\n\r\n"), "network"],
  [
    "sends hints again and again",
    endless("", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"),
    "network",
  ],
  ["sends headers without an end", endless(HEAD, "X-A: 1234567890\r\n"), "too large"],
  ["sends one header without an end", endless(`${HEAD}X-A: `, "1234567890"), "too large"],
  [
    "sends a status without an end",
    endless("HTTP/1.1 200 ", "OK OK OK "),
    "too large",
  ],
  [
    "sends blanks without an end",
    endless("", "\r\n\r\n"),
    "too large",
  ],
  [
    "has more headers than a server needs",
    () => `${HEAD}${"X-A: 123456789\r\n".repeat(3000)}\r\n`,
    "too large",
  ],
  ["is silent", () => {}, "timeout", SHORT],
  ["is silent after its status", hang(HEAD), "timeout", SHORT],
  ["is silent in its body", hang(`${HEAD}Content-Length: 5\r\n\r\nhel`), "timeout", SHORT],
  ["sends its head slowly", slowly(HEAD, "a"), "timeout", SHORT],
  ["sends its body slowly", slowly(`${HEAD}Content-Length: 100000\r\n\r\n`, "a"), "timeout", SHORT],
  [
    "sends its chunks slowly",
    slowly(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, "1\r\na\r\n"),
    "timeout",
    SHORT,
  ],
  ["sends a body without an end", endless(`${HEAD}\r\n`, "hello"), "too large"],
  [
    "sends chunks without an end",
    endless(`${HEAD}Transfer-Encoding: chunked\r\n\r\n`, "5\r\nhello\r\n"),
    "too large",
  ],
  [
    "sends empty extensions of chunks",
    endless(`${HEAD}Transfer-Encoding: chunked\r\n\r\n5;`, "aaaaaaaaaa"),
    "too large",
  ],
  [
    "sends trailers without an end",
    endless(`${HEAD}Transfer-Encoding: chunked\r\n\r\n0\r\n`, "X-A: 1234567890\r\n"),
    "too large",
  ],
  ["says that its body is large", hang(`${HEAD}Content-Length: 1000001\r\n\r\n`), "too large"],
];

for (const [what, script, expected, limits = {}] of BAD) {
  Deno.test(`a server that ${what}: ${expected}`, async () => {
    await using server = await RawServer.start(script, PUBLIC);
    const error = await failure(call(`http://public.example:${server.port}/`, limits));
    assert.deepEqual([error.kind, error.mayHaveArrived], [expected, true], error.message);
    assert(error.message.startsWith(`public.example:${server.port}`), error.message);
    await until("the connection is closed", () => server.open === 0);
  });
}

Deno.test("a body that is too large is cut if the caller asks for it", async () => {
  await using server = await RawServer.start(endless(`${HEAD}\r\n`, "0123456789"), PUBLIC);
  const url = `http://public.example:${server.port}/`;
  let seen = 0;
  const response = await call(url, {
    maxBytes: 25,
    onTooLarge: "cut",
    onData(piece) {
      seen += piece.length;
      return "more";
    },
  });
  assert.deepEqual([textOf(response), response.isCut, seen], [
    "0123456789012345678901234",
    true,
    25,
  ]);
  server.script = () => answer("200 OK", "0123456789");
  const whole = await call(url, { maxBytes: 10, onTooLarge: "cut" });
  assert.deepEqual([textOf(whole), whole.isCut], ["0123456789", false]);
  const none = await call(url, { maxBytes: 0, onTooLarge: "cut" });
  assert.deepEqual([textOf(none), none.isCut], ["", true]);
  assert.equal((await failure(call(url, { maxBytes: 9 }))).kind, "too large");
});

Deno.test("nothing is unpacked", async () => {
  const bomb = gzipSync(new Uint8Array(10_000_000));
  const text = Array.from(bomb, (byte) => String.fromCharCode(byte)).join("");
  await using server = await RawServer.start(
    () => answer("200 OK", text, "Content-Encoding: gzip"),
    PUBLIC,
  );
  const response = await call(`http://public.example:${server.port}/`);
  assert.equal(response.body.length, bomb.length);
  assert.deepEqual(response.body.subarray(0, 100), new Uint8Array(bomb.subarray(0, 100)));
});

/** What a server says, and the status and the body that are read of it. */
const GOOD: readonly (readonly [string, string, number, string])[] = [
  ["no body", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""],
  ["nothing new", "HTTP/1.1 304 Not Modified\r\nLocation: /a\r\n\r\n", 304, ""],
  ["a body to the end of the connection", "HTTP/1.1 200 OK\r\n\r\nhello", 200, "hello"],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\n\r\nhello", 200, "hello"],
  [
    "chunks",
    `${HEAD}Transfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n`,
    200,
    "hello",
  ],
  ["a hint before", `HTTP/1.1 103 Early Hints\r\n\r\n${answer("200 OK", "hello")}`, 200, "hello"],
  ["more than its body", `${answer("200 OK", "hello")}${answer("200 OK", "again")}`, 200, "hello"],
  ["a redirect without an address", answer("302 Found", "hello"), 302, "hello"],
  ["an error", answer("503 Service Unavailable", "hello", "Retry-After: 5"), 503, "hello"],
  ["__proto__", answer("200 OK", "hello", "__proto__: x", "constructor: y"), 200, "hello"],
];

for (const [what, said, status, body] of GOOD) {
  Deno.test(`an answer with ${what} is read`, async () => {
    await using server = await RawServer.start(() => said, PUBLIC);
    const response = await call(`http://public.example:${server.port}/`);
    assert.deepEqual([response.status, textOf(response)], [status, body]);
    assert.equal(Object.getPrototypeOf(response.headers), Object.prototype);
  });
}

Deno.test("an answer to HEAD has no body", async () => {
  await using server = await RawServer.start(
    () => `${HEAD}Content-Length: 5000000\r\n\r\n`,
    PUBLIC,
  );
  const response = await call(`http://public.example:${server.port}/`, { method: "HEAD" });
  assert.deepEqual([response.status, response.body.length], [200, 0]);
});
