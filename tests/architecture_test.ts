/**
 * What holds for the source as a whole: everything that lib exports is
 * documented, imports point one way, and no file reaches outside of the
 * repository.
 *
 * @module
 */

import assert from "node:assert/strict";
import { undocumented } from "./fixtures/architecture/documentation.ts";
import { allImports, circleIn, type Import } from "./fixtures/architecture/imports.ts";
import { readText, repositoryFiles, typescriptFiles } from "./fixtures/architecture/repository.ts";

/**
 * The rooms of the program, the highest row first. A room is a folder and the file of its name
 * (`lib/worker` stands for `lib/worker.ts`, `lib/testing` for `lib/testing.ts` and what is below
 * `lib/testing/`). It imports from itself and from the rooms of lower rows, types included; rooms
 * of one row do not know each other.
 */
const ROWS: readonly (readonly string[])[] = [
  ["lib/testing", "lib/client"],
  ["main"],
  ["lib/modes"],
  ["lib/server"],
  ["lib/operations"],
  ["lib/monitoring", "lib/command_line"],
  ["lib/engine/registry"],
  ["lib/engine/supervisor"],
  ["lib/engine/thread", "lib/engine/consumer"],
  ["lib/engine/host", "lib/engine/broker"],
  ["lib/engine/executor"],
  ["lib/engine/report"],
  ["lib/engine/settle"],
  ["lib/log"],
  ["lib/worker", "lib/database"],
  ["lib/config"],
  ["lib/domain"],
  ["lib/system"],
  ["lib/errors", "lib/json"],
  ["deno.json"],
];

/** What workers import of the program. */
const FACES = ["process-queue/worker", "process-queue/database"];

/** The one file of the domain that the engine knows: it opens `ctx.database`. */
const DATABASE = "lib/domain/database/database.ts";

Deno.test("everything that lib exports has a JSDoc comment", async () => {
  const files = await typescriptFiles("lib");
  if (files.length === 0) return;
  assertNone(await undocumented(files), "give each a comment /** … */");
});

Deno.test("every file of lib is in a room", async () => {
  const files = (await typescriptFiles("lib")).filter((file) => rowOf(file) < 0);
  assertNone(files, "put it into ROWS in tests/architecture_test.ts");
});

Deno.test("imports point down", async () => {
  const problems = (await allImports()).map(problemOf).filter((problem) => problem !== undefined);
  assertNone(
    problems,
    "import from a lower layer, or change the tables at the top of this test",
  );
});

Deno.test("no file leads back to itself by its imports, types included", async () => {
  const circle = circleIn(await allImports());
  assertNone(circle ? [circle.join(" → ")] : [], "move what both need into a file of its own");
});

Deno.test("a circle of imports is found", () => {
  const one = (from: string, to: string): Import => (
    { from, line: 1, specifier: to, to }
  );
  const tree = [one("a.ts", "b.ts"), one("a.ts", "c.ts"), one("b.ts", "c.ts")];
  assert.equal(circleIn(tree), undefined);
  assert.deepEqual(circleIn([...tree, one("c.ts", "b.ts")]), ["b.ts", "c.ts", "b.ts"]);
});

Deno.test("an import that points up is found", () => {
  const problem = (from: string, to: string, more: Partial<Import> = {}) =>
    problemOf({ from, line: 1, specifier: to, to, ...more });
  const wrong: [string, string][] = [
    ["lib/engine/broker/amqp.ts", "lib/engine/consumer/consumer.ts"],
    ["lib/engine/broker/amqp.ts", "lib/engine/host/host.ts"],
    ["lib/engine/report.ts", "lib/engine/executor/executor.ts"],
    ["lib/engine/host/host.ts", "lib/domain/mail/send.ts"],
    ["lib/domain/mail/send.ts", "lib/config/config.ts"],
    ["lib/domain/mail/send.ts", "lib/worker.ts"],
    ["lib/config/config.ts", "lib/log/log.ts"],
    ["lib/engine/registry.ts", "workers/user_activity.ts"],
    ["lib/engine/registry.ts", "scripts/test.ts"],
    ["lib/engine/registry.ts", "lib/novel.ts"],
    ["workers/user_activity.ts", "lib/engine/broker/amqp.ts"],
    ["workers/user_activity.ts", "tests/servers.ts"],
    ["workers/user_activity.ts", "lib/worker.ts"],
    ["main.ts", "tests/servers.ts"],
  ];
  for (const [from, to] of wrong) {
    assert.notEqual(problem(from, to), undefined, `${from} → ${to}`);
  }
  const right: [string, string, Partial<Import>?][] = [
    ["lib/engine/consumer/consumer.ts", "lib/engine/broker/broker.ts"],
    ["lib/engine/host/host.ts", "lib/engine/host/discovery.ts"],
    ["lib/engine/host/host.ts", DATABASE],
    ["workers/user_activity.ts", "lib/worker.ts", {
      specifier: "process-queue/worker",
    }],
    ["workers/user_activity.ts", "lib/database.ts", { specifier: "process-queue/database" }],
    ["workers/user_activity.ts", "npm:zod@4.6.7"],
    ["workers/user_activity.ts", "lib/domain/mail/send.ts"],
  ];
  for (const [from, to, more] of right) {
    assert.equal(problem(from, to, more), undefined);
  }
});

Deno.test("no file reaches for the folder beside the repository", async () => {
  const outside = ["..", "shared"].join("/");
  const files = (await repositoryFiles()).filter((file) => file !== ".ci/run");
  const reaching = files.filter((file) => readText(file).includes(outside));
  assertNone(reaching, `remove ${outside} from it: only .ci/run may use it`);
});

function assertNone(problems: readonly string[], whatToDo: string): void {
  if (problems.length > 0) assert.fail(`${whatToDo}:\n${problems.join("\n")}`);
}

/** What is wrong with an import; undefined where it is right. */
function problemOf(one: Import): string | undefined {
  const wrong = one.from.startsWith("workers/") ? problemOfWorker(one) : problemOfRooms(one);
  return wrong && `${one.from}:${one.line} imports ${one.to}: ${wrong}`;
}

function problemOfWorker({ specifier, to }: Import): string | undefined {
  if (FACES.includes(specifier) || /^(npm|node):/.test(to)) return undefined;
  if (to.startsWith("lib/domain/") || to.startsWith("workers/_")) return undefined;
  return `a worker imports only ${FACES.join(", ")}, packages, files of lib/domain/, and files ` +
    "beside it whose names begin with _";
}

function problemOfRooms({ from, to }: Import): string | undefined {
  const higher = rowOf(from);
  if (higher < 0) return undefined; // Another test reports that.
  if (/^(npm|node):/.test(to)) return undefined;
  if (from.startsWith("lib/engine/") && to.startsWith("lib/domain/") && to !== DATABASE) {
    return `the engine knows nothing of the domain but ${DATABASE}`;
  }
  const lower = rowOf(to);
  if (lower < 0) return `${to} is in no room`;
  if (lower < higher) return "that is a higher room";
  return lower > higher || roomOf(from) === roomOf(to) ? undefined : "that room is in the same row";
}

/** The number of a file's row, 0 for the highest; -1 where it is in none. */
function rowOf(file: string): number {
  return ROWS.findIndex((rooms) => rooms.some((room) => holds(room, file)));
}

function roomOf(file: string): string | undefined {
  return ROWS.flat().find((room) => holds(room, file));
}

function holds(room: string, file: string): boolean {
  return file === room || file === `${room}.ts` || file.startsWith(`${room}/`);
}
