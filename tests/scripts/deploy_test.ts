/**
 * The image, compose.yaml and the workflows, which nothing here runs: that what they name is there,
 * and that their scripts pass shellcheck.
 *
 * @module
 */

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parse as parseYaml } from "yaml";
import { parseCommandLine } from "../../lib/command_line/command_line.ts";
import { loadConfig } from "../../lib/config/config.ts";
import { parseEnvFile } from "../../lib/config/env_file.ts";
import { SETTINGS } from "../../lib/config/settings.ts";
import { tokenProblems } from "../../lib/server/tokens.ts";
import { TARGETS } from "../../scripts/compile/targets.ts";
import { installedTest, runInstalled } from "../fixtures/installed.ts";
import { withFolder } from "../fixtures/process/program_fixture.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const WORKFLOWS = [".github/workflows/ci.yml", ".github/workflows/release.yml"];
const DOCKERFILE = textOf("Dockerfile");

interface Service {
  readonly command?: readonly string[];
  readonly depends_on?: object;
  readonly secrets?: readonly (string | { readonly source: string; readonly target: string })[];
  readonly volumes?: readonly string[];
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly secrets: Readonly<Record<string, { readonly file: string }>>;
  readonly volumes: object;
}

const COMPOSE: Compose = parseYaml(textOf("compose.yaml"), { merge: true });
const SERVICES = Object.entries(COMPOSE.services);

function textOf(path: string): string {
  return readFileSync(`${ROOT}${path}`, "utf8");
}

/** The words of an instruction of the Dockerfile that is a JSON list. */
function wordsOf(instruction: string): string[] {
  const [, words = "[]"] = new RegExp(`^ *${instruction} (\\[.*\\])$`, "m").exec(DOCKERFILE) ?? [];
  return JSON.parse(words);
}

for (const file of ["Dockerfile", "compose.yaml", ...WORKFLOWS]) {
  Deno.test(`${file} says at its head that nothing here runs it`, () => {
    assert.match(
      textOf(file).split("\n").slice(0, 3).join(" "),
      /Not run in this project's (own )?CI/,
    );
  });
}

Deno.test("the image is made by the compiler of releases, for platforms that it knows", () => {
  assert.match(DOCKERFILE, /deno task compile --target "\$target" \/out\/process-queue/);
  const targets = [...DOCKERFILE.matchAll(/target=(\S+) ;;/g)].map(([, target = ""]) => target);
  assert.equal(targets.length, 2);
  assert.deepEqual(targets.filter((target) => !TARGETS.includes(target)), []);
});

Deno.test("the image and the workflows use the Deno of the project", () => {
  const [, version = ""] = /^readonly deno_version=(\S+)$/m.exec(textOf(".ci/run")) ?? [];
  assert.match(version, /^\d+\.\d+\.\d+$/);
  assert.match(DOCKERFILE, new RegExp(`^FROM .*denoland/deno:debian-${version} `, "m"));
  assert.match(textOf(".github/workflows/release.yml"), new RegExp(`deno-version: ${version}\n`));
});

Deno.test("the commands of the image and of compose are commands of the program", () => {
  const [binary, ...health] = wordsOf("CMD");
  assert.equal(binary, wordsOf("ENTRYPOINT")[0]);
  assert.equal(parseCommandLine(health).mode, "health");
  const [, command = "[]"] = /^CMD (.*)$/m.exec(DOCKERFILE) ?? [];
  assert.equal(parseCommandLine(JSON.parse(command)).mode, "run");
  const own = SERVICES.flatMap(([, { command }]) =>
    command ? [parseCommandLine(command).mode] : []
  );
  assert.deepEqual(own, ["migrate", "run"]);
});

Deno.test("the image sets settings that there are", () => {
  const [block = ""] = /^ENV [^]*?[^\\]$/m.exec(DOCKERFILE) ?? [];
  const names = [...block.matchAll(/([A-Z_]+)=/g)].map(([, name = ""]) => name);
  assert.deepEqual(names, ["STATE_DIR", "QUEUE_STATS_DIR", "LOG_FORMAT"]);
  assert.deepEqual(names.filter((name) => !SETTINGS.some((each) => each.name === name)), []);
});

Deno.test("what compose.yaml refers to is in it", () => {
  for (const [name, { secrets = [], volumes = [], depends_on = {} }] of SERVICES) {
    const sources = secrets.map((each) => typeof each === "string" ? each : each.source);
    const named = volumes.map((each) => each.split(":")[0] ?? "");
    assert.deepEqual(sources.filter((each) => !(each in COMPOSE.secrets)), [], name);
    assert.deepEqual(named.filter((each) => !(each in COMPOSE.volumes)), [], name);
    assert.deepEqual(Object.keys(depends_on).filter((each) => !(each in COMPOSE.services)), []);
  }
});

Deno.test("the commands of docs/containers.md make the secrets of compose.yaml", () =>
  withFolder((folder) => {
    const [, script = ""] = /^```sh\n(umask[^]*?)^```/m.exec(textOf("docs/containers.md")) ?? [];
    execFileSync("bash", ["-euc", script], { cwd: folder });
    const files = Object.values(COMPOSE.secrets).map(({ file }) => `${folder}/${file}`);
    assert.deepEqual(files.filter((file) => !existsSync(file)), []);
    const settings = readFileSync(`${folder}/secrets/settings.env`, "utf8");
    const { entries, mistakes } = parseEnvFile(settings);
    assert.deepEqual(mistakes, []);
    const environment = Object.fromEntries(entries.map(({ name, value }) => [name, value]));
    const { broker, databaseUrl } = loadConfig(environment);
    const password = readFileSync(`${folder}/secrets/postgres`, "utf8");
    assert.equal(databaseUrl, `postgres://process_queue:${password}@postgres/process_queue`);
    assert.equal(URL.parse(broker.url ?? "")?.hostname, "rabbitmq");
    assert.deepEqual(
      tokenProblems({ tokenFile: `${folder}/secrets/http-token`, readTokenFile: undefined }),
      [],
    );
    assert.equal(environment["HTTP_TOKEN_FILE"], "/run/secrets/http-token");
    return Promise.resolve();
  }));

/** The scripts of a workflow; what GitHub fills in becomes a word. */
function scriptsOf(file: string): string[] {
  const { jobs } = parseYaml(textOf(file)) as {
    jobs: Record<string, { steps: readonly { readonly run?: string }[] }>;
  };
  return Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run = "" }) => run || []))
    .map((script) => script.replace(/\$\{\{.*?\}\}/g, "value"));
}

installedTest("shellcheck", "the scripts of workflows, image and CI pass shellcheck", async () => {
  const [, inImage = ""] = /^RUN (case [^]*?[^\\])$/m.exec(DOCKERFILE) ?? [];
  const scripts = [...WORKFLOWS.flatMap(scriptsOf), `TARGETARCH=\n${inImage}`, textOf(".ci/run")];
  assert(scripts.length >= 10, `${scripts.length}`);
  for (const script of scripts) {
    await runInstalled(
      "shellcheck",
      ["--shell=bash", "--severity=warning", "-"],
      `set -e\n${script}`,
    );
  }
});

for (const file of WORKFLOWS) {
  Deno.test(`${file} names actions by commits, and no job may both write and sign`, () => {
    const uses = [...textOf(file).matchAll(/uses: (\S+)/g)].map(([, action = ""]) => action);
    assert(uses.length > 0);
    assert.deepEqual(uses.filter((action) => !/@[0-9a-f]{40}$/.test(action)), []);
    const { permissions, jobs } = parseYaml(textOf(file)) as {
      permissions: object;
      jobs: Record<string, { permissions?: object }>;
    };
    assert.deepEqual(permissions, { contents: "read" });
    const own = Object.values(jobs).flatMap((job) => job.permissions ?? []);
    assert.deepEqual(own.filter((each) => Object.keys(each).length > 1), []);
  });
}
