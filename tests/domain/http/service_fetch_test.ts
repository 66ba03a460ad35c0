import assert from "node:assert/strict";
import { createSecureServer, type Http2SecureServer, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Socket } from "node:net";
import { HttpError } from "../../../lib/domain/http/http_error.ts";
import { ServiceHttp, type ServiceOptions } from "../../../lib/domain/http/service_fetch.ts";
import { useCertificates } from "../../fixtures/http/certificates.ts";
import { answer, RawServer, redirect } from "../../fixtures/http/raw_server.ts";
import { until } from "../../fixtures/until.ts";

const certificates = useCertificates();
const LIMITS = { timeoutMs: 30_000 } as const;

function service(port: number, more: Partial<ServiceOptions> = {}): ServiceHttp {
  return new ServiceHttp({ name: "Test", hosts: [`127.0.0.1:${port}`], ...more });
}

async function failure(answered: Promise<unknown>): Promise<HttpError> {
  const error = await answered.then(() => undefined, (error) => error);
  assert(error instanceof HttpError, String(error));
  return error;
}

Deno.test("a service gets the method, the headers and the body, and its answer is read", async () => {
  await using server = await RawServer.start(() => answer("201 Created", "h\xc3\xa4", "X-One: 1"));
  using http = service(server.port);
  const response = await http.fetch(`http://127.0.0.1:${server.port}/a?b`, {
    ...LIMITS,
    method: "PUT",
    headers: { "Content-Type": "application/json" },
    body: "{}",
  });
  assert.deepEqual([response.status, response.text, response.headers["x-one"]], [201, "hä", "1"]);
  assert.match(server.requests[0] ?? "", /^PUT \/a\?b HTTP\/1\.1\r\n[^]*\r\n\r\n\{\}$/);
});

Deno.test("a host with the port of HTTPS is called without HTTPS, too", async () => {
  using http = service(1, { hosts: ["127.0.0.1:443"] });
  for (const url of ["http://127.0.0.1:443/", "https://127.0.0.1/"]) {
    assert.notEqual((await failure(http.fetch(url, LIMITS))).kind, "forbidden", url);
  }
});

Deno.test("only the hosts of a service are called, with their ports", async () => {
  await using server = await RawServer.start();
  using http = service(server.port, { hosts: ["api.example", "b.example:8443"] });
  const cases: [string, string][] = [
    [`http://127.0.0.1:${server.port}/`, "forbidden"],
    ["https://api.example:8443/", "forbidden"],
    ["https://b.example/", "forbidden"],
    ["https://x.api.example/", "forbidden"],
    ["https://me@api.example/", "bad url"],
    ["file:///etc/passwd", "bad url"],
    ["/a", "bad url"],
  ];
  for (const [url, kind] of cases) {
    const error = await failure(http.fetch(url, LIMITS));
    assert.deepEqual([error.kind, error.mayHaveArrived], [kind, false], url);
  }
  assert.equal(server.connections, 0);
});

Deno.test("what is no host is refused as one", () => {
  for (
    const host of ["", "https://api.example", "api.example/x", "me@api.example", "a b", "a:99999"]
  ) {
    assert.throws(() => service(1, { hosts: [host] }), {
      name: "TypeError",
      message: `"${host}" is no host and no host with a port`,
    });
  }
});

Deno.test("a redirect is the answer", async () => {
  await using other = await RawServer.start();
  await using server = await RawServer.start(() => redirect(`http://127.0.0.1:${other.port}/`));
  using http = service(server.port);
  const { status, headers } = await http.fetch(`http://127.0.0.1:${server.port}/`, LIMITS);
  assert.deepEqual([status, headers["location"]], [302, `http://127.0.0.1:${other.port}/`]);
  assert.equal(other.connections, 0);
});

Deno.test("how calls of a service fail", async () => {
  const server = await RawServer.start();
  const url = `http://127.0.0.1:${server.port}/`;
  using http = service(server.port);
  server.script = () => answer("200 OK", "0123456789");
  assert.equal((await http.fetch(url, { ...LIMITS, maxBytes: 10 })).text, "0123456789");
  assert.deepEqual(pick(await failure(http.fetch(url, { ...LIMITS, maxBytes: 9 }))), [
    "too large",
    true,
  ]);
  server.script = (_, socket) => void socket.destroy();
  assert.deepEqual(pick(await failure(http.fetch(url, LIMITS))), ["network", true]);
  server.script = (_, socket) =>
    void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello");
  assert.deepEqual(pick(await failure(http.fetch(url, LIMITS))), ["network", true]);
  server.script = () => {};
  assert.deepEqual(pick(await failure(http.fetch(url, { timeoutMs: 100 }))), ["timeout", true]);
  const stop = new AbortController();
  const before = server.requests.length;
  const aborted = failure(http.fetch(url, { ...LIMITS, signal: stop.signal }));
  await until("the server has the request", () => server.requests.length > before);
  stop.abort();
  assert.deepEqual(pick(await aborted), ["aborted", true]);
  const bad = await failure(http.fetch(url, { ...LIMITS, headers: { "x-a": "1\r\n2" } }));
  assert.deepEqual(pick(bad), ["bad request", false]);
  await server[Symbol.asyncDispose]();
  const refused = await failure(http.fetch(`${url}s3cret(a)?b`, LIMITS));
  assert.deepEqual(pick(refused), ["network", false]);
  assert.match(refused.message, /^Test: .*refused/i);
  assert(!Deno.inspect(refused).includes("s3cret"), "the path may be a secret");
});

Deno.test("disposing of a service ends its calls, and later ones fail", async () => {
  await using server = await RawServer.start(() => {});
  const http = service(server.port);
  const url = `http://127.0.0.1:${server.port}/`;
  const running = failure(http.fetch(url, LIMITS));
  await until("the server has the request", () => server.requests.length === 1);
  http[Symbol.dispose]();
  assert.equal((await running).kind, "aborted");
  assert.equal((await failure(http.fetch(url, LIMITS))).kind, "aborted");
  http[Symbol.dispose]();
  await until("the connection is closed", () => server.open === 0);
});

/** A server of HTTP/2, whose sessions and sockets a test can see. */
class Http2Server implements AsyncDisposable {
  readonly sockets = new Set<Socket>();
  connections = 0;
  onStream: (stream: ServerHttp2Stream) => void = (stream) => {
    stream.respond({ ":status": 200 });
    stream.end("hello");
  };
  readonly #server: Http2SecureServer;

  private constructor(server: Http2SecureServer) {
    this.#server = server;
    server.on("secureConnection", (socket: Socket) => {
      this.connections++;
      this.sockets.add(socket);
      socket.on("close", () => this.sockets.delete(socket));
      socket.on("error", () => {});
    });
    server.on("sessionError", () => {});
    server.on("stream", (stream: ServerHttp2Stream) => {
      stream.on("error", () => {});
      this.onStream(stream);
    });
  }

  static async start(more: Record<string, unknown> = {}): Promise<Http2Server> {
    const { cert, key } = certificates();
    const server = createSecureServer({ cert, key, ...more });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new Http2Server(server);
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }
}

Deno.test("many requests share one connection of HTTP/2", async () => {
  await using server = await Http2Server.start();
  using http = service(server.port, { ca: certificates().ca, http2: true });
  const url = `https://127.0.0.1:${server.port}/`;
  const calls = Array.from(
    { length: 50 },
    () => http.fetch(url, { ...LIMITS, method: "POST", body: "x" }),
  );
  for (const { status, text } of await Promise.all(calls)) {
    assert.deepEqual([status, text], [200, "hello"]);
  }
  assert.equal(server.connections, 1);
});

Deno.test("after a timeout the next request has a connection of its own", async () => {
  await using server = await Http2Server.start();
  using http = service(server.port, { ca: certificates().ca, http2: true });
  const url = `https://127.0.0.1:${server.port}/`;
  await http.fetch(url, LIMITS);
  assert.equal(server.connections, 1);
  const answer = server.onStream;
  server.onStream = () => {};
  assert.equal((await failure(http.fetch(url, { timeoutMs: 100 }))).kind, "timeout");
  server.onStream = answer;
  assert.equal((await http.fetch(url, LIMITS)).status, 200);
  assert.equal(server.connections, 2);
});

Deno.test("a call that goes on while another one times out has its answer", async () => {
  await using server = await Http2Server.start();
  using http = service(server.port, { ca: certificates().ca, http2: true });
  const url = `https://127.0.0.1:${server.port}/`;
  const streams: ServerHttp2Stream[] = [];
  server.onStream = (stream) => void streams.push(stream);
  const slow = http.fetch(url, LIMITS);
  await until("the server has the first call", () => streams.length === 1);
  assert.equal((await failure(http.fetch(url, { timeoutMs: 100 }))).kind, "timeout");
  streams[0]?.respond({ ":status": 200 });
  streams[0]?.end("late");
  assert.equal((await slow).text, "late");
});

Deno.test("a service without HTTP/2 is refused where HTTP/2 is meant", async () => {
  const { ca, cert, key } = certificates();
  await using server = await RawServer.start(undefined, "127.0.0.1", { cert, key });
  using http = service(server.port, { ca, http2: true });
  const error = await failure(http.fetch(`https://127.0.0.1:${server.port}/`, { timeoutMs: 5000 }));
  assert(["network", "timeout"].includes(error.kind));
});

Deno.test("only the authority of the settings makes a private certificate valid", async () => {
  const { ca, cert, key } = certificates();
  await using server = await RawServer.start(undefined, "127.0.0.1", { cert, key });
  const url = `https://127.0.0.1:${server.port}/`;
  using stranger = service(server.port);
  assert.deepEqual(pick(await failure(stranger.fetch(url, LIMITS))), ["network", false]);
  using known = service(server.port, { ca });
  assert.equal((await known.fetch(url, LIMITS)).text, "hello");
});

Deno.test("a certificate of the program is shown to the service", async () => {
  const { ca, cert, key, clientCert, clientKey } = certificates();
  const tls = { cert, key, ca, requestCert: true, rejectUnauthorized: true };
  await using server = await RawServer.start(undefined, "127.0.0.1", tls);
  const url = `https://127.0.0.1:${server.port}/`;
  using stranger = service(server.port, { ca });
  assert.equal((await failure(stranger.fetch(url, LIMITS))).kind, "network");
  using known = service(server.port, { ca, cert: clientCert, key: clientKey });
  assert.equal((await known.fetch(url, LIMITS)).text, "hello");
});

function pick({ kind, mayHaveArrived }: HttpError): [string, boolean] {
  return [kind, mayHaveArrived];
}
