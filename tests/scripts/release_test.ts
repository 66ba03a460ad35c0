/**
 * A release: the version, the changelog, the checksum, and all of it in a folder of its own.
 *
 * @module
 */

import assert from "node:assert/strict";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import {
  changelogWith,
  checkNewer,
  compareVersions,
  configWith,
  readArguments,
  release,
  type ReleaseOptions,
} from "../../scripts/release.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));
const BINARY = "process-queue-99.0.0-linux-x86_64";
const CHANGELOG =
  "# Changelog\n\n## Unreleased\n\n### Added\n\n- A thing.\n\n## 0.1.0 - 2026-01-01\n";

Deno.test("versions come in the order of semantic versioning", () => {
  const order = [
    "0.1.0-alpha",
    "0.1.0-alpha.1",
    "0.1.0-alpha.beta",
    "0.1.0-beta.2",
    "0.1.0-beta.11",
    "0.1.0-rc.1",
    "0.1.0",
    "0.1.1",
    "0.2.0",
    "0.10.0",
    "1.0.0",
  ];
  assert.deepEqual(order.toReversed().sort(compareVersions), order);
  assert.equal(compareVersions("0.1.0", "0.1.0"), 0);
});

Deno.test("a release must be newer, and a semantic version", () => {
  checkNewer("0.1.0", "0.2.0");
  checkNewer("0.2.0-rc.1", "0.2.0");
  assert.throws(() => checkNewer("0.2.0", "0.2.0"), {
    name: "ReleaseError",
    message: "0.2.0 is not newer than 0.2.0, the version in deno.json: give a later version",
  });
  assert.throws(() => checkNewer("0.2.0", "0.2.0-rc.1"), /is not newer than 0\.2\.0/);
  for (const wrong of ["v0.3.0", "0.3", "0.3.0.1", "0.03.0", "0.3.0-", "0.3.0-01", "0.3.0\n", ""]) {
    assert.throws(
      () => checkNewer("0.2.0", wrong),
      /is not a semantic version: give three numbers/,
    );
  }
});

Deno.test("what is unreleased in the changelog moves under the version", () => {
  assert.equal(
    changelogWith(CHANGELOG, "0.2.0", "2026-02-03"),
    "# Changelog\n\n## Unreleased\n\n## 0.2.0 - 2026-02-03\n\n### Added\n\n- A thing.\n\n" +
      "## 0.1.0 - 2026-01-01\n",
  );
});

Deno.test("a changelog with nothing to release is an error", () => {
  const twice = changelogWith(CHANGELOG, "0.2.0", "2026-02-03");
  assert.throws(
    () => changelogWith(twice, "0.3.0", "2026-02-04"),
    /nothing under "## Unreleased": write there what is new for users$/,
  );
  assert.throws(
    () => changelogWith("# Changelog\n", "0.3.0", "2026-02-04"),
    /has no line "## Unreleased": add it/,
  );
});

Deno.test("only the version of deno.json changes", () => {
  const config = '{\n  "name": "x",\n  "version": "0.1.0",\n  "tasks": { "version": "y" }\n}\n';
  assert.equal(configWith(config, "0.2.0"), config.replace("0.1.0", "0.2.0"));
  assert.throws(() => configWith('{ "version": "0.1.0" }', "0.2.0"), /give it one$/);
  assert.throws(
    () => configWith("{}", "0.2.0"),
    /^ReleaseError: deno\.json has no version: set it to the last version/,
  );
});

Deno.test("the command line takes one version", () => {
  assert.deepEqual(readArguments(["0.2.0"]), { version: "0.2.0", isDryRun: false });
  assert.deepEqual(readArguments(["--dry-run", "0.2.0"]), { version: "0.2.0", isDryRun: true });
  for (const wrong of [[], ["0.2.0", "0.3.0"], ["--dry", "0.2.0"], ["--dry-run"]]) {
    assert.throws(() => readArguments(wrong), /usage: deno task release \[--dry-run\] <version>/);
  }
});

/** A copy of what a release changes, and what it has said. */
class Copy implements AsyncDisposable {
  readonly lines: string[] = [];
  readonly compiled: string[] = [];

  private constructor(readonly root: string) {}

  static async make(): Promise<Copy> {
    const copy = new Copy(await Deno.makeTempDir({ prefix: "pq-release-" }));
    await Deno.copyFile(join(ROOT, "deno.json"), join(copy.root, "deno.json"));
    await Deno.writeTextFile(join(copy.root, "CHANGELOG.md"), CHANGELOG);
    return copy;
  }

  /** Makes a release with a compiler that only notes the version it saw. */
  async release(options: Partial<ReleaseOptions> = {}): Promise<void> {
    await release({
      root: this.root,
      version: "99.0.0",
      date: "2026-02-03",
      isDryRun: false,
      os: "linux",
      arch: "x86_64",
      status: () => Promise.resolve(""),
      compiler: undefined,
      compile: (output) => this.#compile(output),
      print: (line) => this.lines.push(line),
      ...options,
    });
  }

  async read(path: string): Promise<string> {
    return await Deno.readTextFile(join(this.root, path));
  }

  async texts(): Promise<string[]> {
    return [await this.read("deno.json"), await this.read("CHANGELOG.md")];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.root, { recursive: true });
  }

  async #compile(output: string): Promise<undefined> {
    this.compiled.push((JSON.parse(await this.read("deno.json")) as { version: string }).version);
    await Deno.mkdir(join(this.root, "dist"), { recursive: true });
    await Deno.writeTextFile(output, "a binary");
  }
}

Deno.test("a release sets the version, moves the changelog, makes the binary and its checksum", async () => {
  await using copy = await Copy.make();
  const [before = ""] = await copy.texts();
  await copy.release();
  const { version } = JSON.parse(before) as { readonly version: string };
  assert.deepEqual(await copy.texts(), [
    before.replace(`"version": "${version}"`, '"version": "99.0.0"'),
    changelogWith(CHANGELOG, "99.0.0", "2026-02-03"),
  ]);
  assert.deepEqual(copy.compiled, ["99.0.0"]);
  assert.equal(await copy.read(`dist/${BINARY}`), "a binary");
  assert.equal(copy.lines[0], `made dist/${BINARY} and dist/SHA256SUMS`);
  assert.match(copy.lines.join("\n"), /git commit .*\n.*git tag v99\.0\.0\n.*git push/);
  await assert.rejects(copy.release(), /99\.0\.0 is not newer than 99\.0\.0/);
});

Deno.test({
  name: "sha256sum takes the checksums",
  ignore: Deno.build.os !== "linux",
  async fn() {
    await using copy = await Copy.make();
    await copy.release();
    const command = new Deno.Command("sha256sum", {
      args: ["--check", "SHA256SUMS"],
      cwd: join(copy.root, "dist"),
    });
    const { success, stdout } = await command.output();
    assert(success);
    assert.equal(new TextDecoder().decode(stdout), `${BINARY}: OK\n`);
  },
});

Deno.test("a dry run says what it would do, and does nothing", async () => {
  await using copy = await Copy.make();
  const before = await copy.texts();
  await copy.release({ isDryRun: true });
  assert.deepEqual(await copy.texts(), before);
  assert.deepEqual(copy.compiled, []);
  assert.match(
    copy.lines.join("\n"),
    /nothing was changed; a release would:\n.* 99\.0\.0\n.*2026-02-03"\n.*SHA256SUMS$/s,
  );
});

Deno.test("changes that are not committed are named, and nothing is done", async () => {
  await using copy = await Copy.make();
  const before = await copy.texts();
  const status = () => Promise.resolve(" M main.ts\n?? novel.ts\n");
  await assert.rejects(copy.release({ status }), {
    name: "ReleaseError",
    message: "there are uncommitted changes: commit or stash them first\n" +
      " M main.ts\n?? novel.ts",
  });
  assert.deepEqual([await copy.texts(), copy.compiled], [before, []]);
});

Deno.test("where the binary cannot be made, the files are as they were", async () => {
  await using copy = await Copy.make();
  const before = await copy.texts();
  const compile = () => Promise.resolve("the binary could not be made:\nno denort");
  await assert.rejects(copy.release({ compile }), /no denort\ndeno\.json and CHANGELOG\.md are as/);
  const crash = () => Promise.reject(new Error("no disk"));
  await assert.rejects(copy.release({ compile: crash }), /no disk\ndeno\.json and CHANGELOG/);
  assert.deepEqual(await copy.texts(), before);
});

Deno.test("a release is compiled by the project's own Deno, and by no other compiler", async () => {
  const { code, stderr } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--quiet", join(ROOT, "scripts/release.ts"), "--dry-run", "99.0.0"],
    env: { COMPILE: "/opt/other compile" },
  }).output();
  assert.equal(
    new TextDecoder().decode(stderr),
    "COMPILE is /opt/other compile, but a release is compiled by the project's own Deno: unset the " +
      "variable\n",
  );
  assert.equal(code, 1);
});
