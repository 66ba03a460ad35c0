import assert from "node:assert/strict";
import fc from "fast-check";
import { errorData } from "../../lib/errors/error_data.ts";

const bytesOf = (text: string) => new TextEncoder().encode(text).length;

Deno.test("errorData describes an error with name, message, stack and code", () => {
  const error = Object.assign(new TypeError("no such file"), {
    code: "ENOENT",
  });
  const data = errorData(error);
  assert.deepEqual({ ...data, stack: undefined }, {
    name: "TypeError",
    message: "no such file",
    code: "ENOENT",
    stack: undefined,
  });
  assert.match(
    data.stack ?? "",
    /^TypeError: no such file\n +at .*error_data_test/,
  );
});

Deno.test("errorData names an error without a name of its own by its class", () => {
  class BrokerError extends Error {}
  assert.equal(errorData(new BrokerError("x")).name, "BrokerError");
  assert.equal(errorData(new Deno.errors.NotFound("x")).name, "NotFound");
  assert.equal(errorData(new Error("x")).name, "Error");
});

const THROWN: readonly [what: string, value: unknown, message: string][] = [
  ["a string", "boom", "boom"],
  ["an empty string", "", "an empty string was thrown"],
  ["undefined", undefined, "undefined was thrown"],
  ["null", null, "null was thrown"],
  ["a number", 5, "5 was thrown"],
  ["a symbol", Symbol("x"), "Symbol(x) was thrown"],
  ["a plain object", { a: 1, password: "p" }, '{"a":1,"password":"***"}'],
  ["an object with a message", { message: "m" }, "m"],
];

for (const [what, value, message] of THROWN) {
  Deno.test(`errorData describes ${what} that was thrown`, () => {
    assert.deepEqual(errorData(value), { name: "Error", message });
  });
}

Deno.test("errorData shows the name and number of a DOMException", () => {
  const { name, message, code } = errorData(
    new DOMException("late", "TimeoutError"),
  );
  assert.deepEqual([name, message, code], ["TimeoutError", "late", "23"]);
});

Deno.test("errorData names the members of an AggregateError, whose message may be empty", () => {
  const members = [new TypeError("::1 refused"), "127.0.0.1 refused"];
  assert.equal(
    errorData(new AggregateError(members)).message,
    "TypeError: ::1 refused; 127.0.0.1 refused",
  );
  assert.equal(
    errorData(new AggregateError(members, "all failed")).message,
    "all failed (TypeError: ::1 refused; 127.0.0.1 refused)",
  );
});

Deno.test("errorData adds the causes to the stack", () => {
  const error = new Error("outer", {
    cause: new RangeError("middle", { cause: "inner" }),
  });
  const stack = errorData(error).stack ?? "";
  assert.match(
    stack,
    /^Error: outer\n(?:.*\n)+Caused by: RangeError: middle\n/,
  );
  assert.match(stack, /\nCaused by: inner$/);
});

Deno.test("errorData ends with a cause that is its own cause", () => {
  const error = new Error("x");
  error.cause = error;
  assert.equal(errorData(error).stack?.match(/Caused by/g)?.length, 5);
});

Deno.test("errorData redacts message, stack and code", () => {
  const error = new Error("amqp://u:hunter2@h", {
    cause: new Error("token=hunter2"),
  });
  const data = errorData(Object.assign(error, { code: "password=hunter2" }));
  assert.ok(!JSON.stringify(data).includes("hunter2"));
  assert.equal(data.message, "amqp://u:***@h");
});

Deno.test("errorData bounds a long error and keeps its frames", () => {
  const error = new Error("é€😀".repeat(1_000_000));
  const data = errorData(Object.assign(error, { name: "N".repeat(1000) }));
  assert.ok(bytesOf(data.message) <= 4096 && bytesOf(data.message) > 4080);
  assert.ok(data.message.endsWith("…"));
  assert.ok(data.message.isWellFormed());
  assert.ok(bytesOf(data.stack ?? "") <= 8192);
  assert.match(data.stack ?? "", /\n +at .*error_data_test/);
  assert.ok(data.name.length <= 200);
});

Deno.test("errorData survives getters that throw, and proxies", () => {
  const refuse = () => {
    throw new Error("no");
  };
  const half = Object.defineProperty({ message: "m" }, "stack", {
    get: refuse,
  });
  assert.deepEqual(errorData(half), { name: "Error", message: "m" });
  const handler = {
    get: refuse,
    has: refuse,
    ownKeys: refuse,
    getPrototypeOf: refuse,
  };
  const closed = { name: "Error", message: '"[unreadable]"' };
  assert.deepEqual(errorData(new Proxy({}, handler)), closed);
  assert.deepEqual(errorData(new Proxy(new Error("x"), handler)), closed);
  const { proxy, revoke } = Proxy.revocable([], {});
  revoke();
  assert.deepEqual(errorData(proxy), closed);
});

Deno.test("errorData describes anything within its bounds", () => {
  fc.assert(fc.property(fc.anything(), (value) => {
    const { name, message } = errorData(value);
    assert.ok(name.length <= 200 && bytesOf(message) <= 4096);
  }));
});

Deno.test("errorData removes the colours that Deno uses in errors about modules", () => {
  const cause = new TypeError('Module not found "\x1b[33mfile:///gone.ts\x1b[39m"');
  const { message, stack } = errorData(new Error(`no \x1b[1mmodule\x1b[0m`, { cause }));
  assert.equal(message, "no module");
  assert.match(stack ?? "", /Caused by: TypeError: Module not found "file:\/\/\/gone\.ts"/);
  assert(!stack?.includes("\x1b"));
});
