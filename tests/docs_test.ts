/**
 * The documentation leads somewhere and names what is there: links, options, settings, messages,
 * examples.
 *
 * @module
 */

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseCommandLine } from "../lib/command_line/command_line.ts";
import { makeProgram } from "../lib/command_line/program.ts";
import { forEachCommand } from "../lib/command_line/tree.ts";
import { SETTINGS } from "../lib/config/settings.ts";

const ROOT = fileURLToPath(new URL("../", import.meta.url));
const DOCS = readdirSync(join(ROOT, "docs"), { recursive: true, encoding: "utf8" })
  .map((name) => `docs/${name}`)
  .filter((path) => path.endsWith(".md"));
const PAGES = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...DOCS.sort()];

/** Options of other programs: deno, systemctl, sha256sum and our scripts. */
const OTHERS_OPTIONS = [
  "--config",
  "--lock",
  "--story",
  "--no-lock",
  "--frozen",
  "--check",
  "--now",
  "--dry-run",
  "--target",
  "--all-targets",
  "--build",
  "--detach",
  "--platform",
  "--outdir",
  "--against",
  "--rows",
  "--cluster",
  "--mail",
  "--missed",
  "--repairs",
  "--dir",
  "--through",
  "--unix-socket",
  "--external",
  "--output",
  "--picture",
  "--measure",
];
/** Names in capitals that are no settings. */
const NO_SETTINGS = [
  "REMOTE_POSTGRES_HOST",
  "AF_NETLINK",
  "CAP_NET_BIND_SERVICE",
  "BAD_EVENT_QUEUE_ID",
  "DELIVERY_MODE_PERSISTENT",
  "DENORT_BIN",
  "HTTPS_PROXY",
  "RABBITMQ_BIN",
  "RABBITMQ_4_BIN",
  "NO_REPLY",
  "TOKENIZED_NO_REPLY",
  "WEATHER_API_KEY",
];

function textOf(path: string): string {
  return Deno.readTextFileSync(join(ROOT, path));
}

/** The page without its blocks of code. */
function proseOf(text: string): string {
  return text.replaceAll(/^ *```[^]*?^ *```$/gm, "");
}

/** The blocks of code in one language. */
function blocksOf(text: string, language: string): string[] {
  const blocks = text.matchAll(/^( *)```(\w*)\n([^]*?)^ *```$/gm);
  return [...blocks].filter(([, , name]) => name === language).map(([, , , code = ""]) => code);
}

/** The anchors of a page, as GitHub makes them of its headings. */
function anchorsOf(text: string): Set<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of proseOf(text).matchAll(/^#+ (.*)$/gm)) {
    const anchor = heading.toLowerCase().replaceAll(/[^\p{L}\p{N} _-]/gu, "").replaceAll(" ", "-");
    let name = anchor;
    for (let n = 1; anchors.has(name); n++) name = `${anchor}-${n}`;
    anchors.add(name);
  }
  return anchors;
}

/** What is wrong with a link of a page; `undefined` where it leads somewhere. */
function problemOf(page: string, link: string): string | undefined {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : join(dirname(page), path);
  try {
    Deno.statSync(join(ROOT, target));
  } catch {
    return `${page} links to ${link}: there is no ${target}`;
  }
  if (anchor === undefined || anchorsOf(textOf(target)).has(anchor)) return undefined;
  return `${page} links to ${link}: ${target} has no heading of that name`;
}

/** Every option of every command, and those that the help of the program mentions. */
function knownOptions(): Set<string> {
  const parsed = parseCommandLine(["--help"]);
  const help = "text" in parsed ? parsed.text : "";
  // Names with - and _ are the same; the README says so of one.
  const known = new Set([...help.match(/--[a-z][a-z_-]+/g) ?? [], "--queue-name"]);
  forEachCommand(makeProgram(() => {}), ({ options }) => {
    for (const { long, hidden } of options) if (long && !hidden) known.add(long);
  });
  return new Set([...known, ...OTHERS_OPTIONS]);
}

/** Whether a name in capitals is a setting, or that of a queue's. */
function isSetting(name: string): boolean {
  return SETTINGS.some((setting) => {
    const pattern = setting.name.replace("<QUEUE>", "(<QUEUE>|[A-Z][A-Z_]*)");
    return new RegExp(`^${pattern}$`).test(name);
  });
}

/** All texts of the source, with pieces that are added up made one. */
function source(folder: string): string {
  return [...Deno.readDirSync(folder)].map(({ name, isDirectory }) => {
    const path = join(folder, name);
    if (isDirectory) return source(path);
    return Deno.readTextFileSync(path).replaceAll(/["`']\s*\+\s*["`']/g, "").replaceAll("\\`", "`");
  }).join("\n");
}

for (const page of PAGES) {
  Deno.test(`the links of ${page} lead somewhere`, () => {
    const links = [...proseOf(textOf(page)).matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, link = ""]) => link)
      .filter((link) => !/^[a-z]+:/.test(link));
    assert.deepEqual(links.map((link) => problemOf(page, link)).filter(Boolean), []);
  });

  Deno.test(`${page} names only options that --help knows`, () => {
    const known = knownOptions();
    const named = new Set(textOf(page).match(/(?<![\w-])--[a-z][a-z_-]+/g));
    assert.deepEqual([...named].filter((name) => !known.has(name)), []);
  });

  Deno.test(`${page} names only settings that there are`, () => {
    const names = /(?<![\w<])(?:[A-Z][A-Z0-9]*|<QUEUE>)(?:_(?:[A-Z0-9]+|<QUEUE>))+(?![\w<])/g;
    const named = new Set(textOf(page).match(names));
    const unknown = [...named].filter((name) => !isSetting(name) && !NO_SETTINGS.includes(name));
    assert.deepEqual(unknown, []);
  });
}

Deno.test("a link, an option or a setting that is not there is found", () => {
  assert.match(problemOf("README.md", "docs/novel.md") ?? "", /no docs\/novel\.md$/);
  assert.match(problemOf("docs/running.md", "#novel") ?? "", /no heading of that name$/);
  assert.equal(problemOf("docs/running.md", "settings.md#mail"), undefined);
  assert.equal(knownOptions().has("--novel"), false);
  assert.equal(isSetting("PQ_TEST_CONCURENCY"), false);
  assert.equal(isSetting("PQ_<QUEUE>_CONCURRENCY"), true);
});

Deno.test("each page of docs is on the map of the docs, or in the page of the workers", () => {
  const map = textOf("docs/README.md");
  const workers = textOf("docs/workers/README.md");
  const isNamed = (path: string) =>
    map.includes(`](${path.replace("docs/", "")})`) || workers.includes(`]: ${basename(path)}`);
  const pages = DOCS.filter((path) => path !== "docs/README.md");
  assert.deepEqual(pages.filter((path) => !isNamed(path)), []);
});

Deno.test("troubleshooting names only messages that the program has", () => {
  const texts = source(join(ROOT, "lib"));
  const lines = blocksOf(textOf("docs/troubleshooting.md"), "text").join("").trim().split("\n");
  const pieces = lines.flatMap((line) => line.split("…")).map((piece) => piece.trim());
  assert(lines.length > 30);
  assert.deepEqual(pieces.filter((piece) => !texts.includes(piece)), []);
});

Deno.test("the workers of the documentation load, and their test passes", async () => {
  const dir = await Deno.makeTempDir({ prefix: "pq-docs-" });
  try {
    for (const code of blocksOf(textOf("docs/writing-a-worker.md"), "ts")) {
      const [, path = ""] = /^\/\/ (\S+)\n/.exec(code) ?? [];
      await Deno.mkdir(join(dir, dirname(path)), { recursive: true });
      await Deno.writeTextFile(join(dir, path), code);
    }
    await deno("check", "my-workers/");
    await deno("test", "--allow-all", "my-workers/tests/");
    const { discover, loadWorker } = await import("../lib/engine/host/discovery.ts");
    const { files } = discover(undefined, join(dir, "my-workers"));
    assert(files.length >= 5);
    for (const file of files) await loadWorker(file);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }

  async function deno(command: string, ...args: string[]): Promise<void> {
    const { success, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: [command, "--quiet", "--config", join(ROOT, "deno.json"), ...args],
      cwd: dir,
      env: { NO_COLOR: "1" },
    }).output();
    const decoder = new TextDecoder();
    assert(success, decoder.decode(stdout) + decoder.decode(stderr));
  }
});
