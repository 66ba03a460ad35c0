import assert from "node:assert/strict";
import { Assets } from "../../lib/server/assets.ts";
import { DoorFixture } from "../fixtures/server/fake_control.ts";
import { pageRoutes } from "../../lib/server/pages.ts";

const SCRIPT = `/** What it is. */
// @ts-check
import { html } from "htm/preact";
import { a } from "./a.js";
    const url = "http://example.com"; // it stays
export const later = () => import("preact");
`;

/** A server of the files in a folder. */
class Served implements AsyncDisposable {
  readonly folder = Deno.makeTempDirSync({ prefix: "pq-assets-" });
  readonly fixture: DoorFixture;

  constructor(basePath = "") {
    Deno.mkdirSync(`${this.folder}/screens`);
    const files = {
      "index.html": '<html data-base="{{base}}"><link href="{{base}}/assets/style.css">',
      "app.js": SCRIPT,
      "screens/queues.js": "export {};\n",
      "style.css": "/* words */\na {\n  color: red;\n}\n",
      ".hidden.js": "secret",
      "notes.txt": "secret",
    };
    for (const [name, text] of Object.entries(files)) {
      Deno.writeTextFileSync(`${this.folder}/${name}`, text);
    }
    const module = (text: string) => () => new TextEncoder().encode(text);
    const modules = {
      "preact": module("export const h = 1;"),
      "htm/preact": module('import{h}from"preact";'),
    };
    const assets = new Assets(basePath, { folder: this.folder, modules });
    const env: Record<string, string> = basePath === "" ? {} : { HTTP_BASE_PATH: basePath };
    this.fixture = new DoorFixture(env, pageRoutes(assets));
  }

  async text(path: string): Promise<string> {
    const response = await this.fixture.send(path);
    assert.equal(response.status, 200, path);
    return await response.text();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.fixture[Symbol.asyncDispose]();
    Deno.removeSync(this.folder, { recursive: true });
  }
}

Deno.test("every screen is the same page, which knows the path before all others", async () => {
  await using served = new Served("/pq");
  const page = '<html data-base="/pq"><link href="/pq/assets/style.css">';
  const screens = ["/", "/queues/a%2Fb", "/queues/a/failed", "/queues/a/failed/7c1f09a2b3d4"];
  for (const path of [...screens, "/processes", "/checks"]) {
    assert.equal(await served.text(`/pq${path}`), page);
  }
});

Deno.test("modules that are imported by name get their paths; comments are left out", async () => {
  await using served = new Served();
  assert.equal(
    await served.text("/assets/app.js"),
    'import { html } from "/assets/vendor/htm/preact.js";\n' +
      'import { a } from "./a.js";\n' +
      'const url = "http://example.com"; // it stays\n' +
      'export const later = () => import("/assets/vendor/preact.js");\n',
  );
  assert.equal(
    await served.text("/assets/vendor/htm/preact.js"),
    'import{h}from"/assets/vendor/preact.js";',
  );
  assert.equal(await served.text("/assets/style.css"), "a {\ncolor: red;\n}\n");
  assert.equal(await served.text("/assets/screens/queues.js"), "export {};\n");
});

Deno.test("no other file is served, whatever the path says", async () => {
  await using served = new Served();
  const paths = [
    "/assets/",
    "/assets/.hidden.js",
    "/assets/notes.txt",
    "/assets/index.html",
    "/assets/../index.html",
    "/assets/%2e%2e/index.html",
    "/assets/..%2fdeno.json",
    "/assets/%2e%2e%2f%2e%2e%2fdeno.json",
    "/assets/..%5c..%5cdeno.json",
    "/assets/screens/..%2f..%2fapp.js",
    "/assets/%2fetc%2fpasswd",
    "/assets//etc/passwd",
    "/assets/app.js%00",
    "/assets/__proto__",
  ];
  for (const path of paths) {
    const response = await served.fixture.send(path);
    assert.equal(response.status, 404, path);
    assert.match((await response.json()).error.message, /^There is/);
  }
});

Deno.test("a file that the browser has is not sent again; one that is sent is compressed", async () => {
  await using served = new Served();
  const first = await served.fixture.send("/assets/app.js", {
    headers: { "Accept-Encoding": "gzip, br" },
  });
  assert.equal(first.headers.get("Content-Type"), "text/javascript; charset=utf-8");
  assert.equal(first.headers.get("Content-Encoding"), "gzip");
  assert.equal(first.headers.get("Cache-Control"), "no-cache");
  const etag = first.headers.get("ETag") ?? "";
  const again = await served.fixture.send("/assets/app.js", {
    headers: { "If-None-Match": `"other", W/${etag}` },
  });
  assert.deepEqual([again.status, await again.text()], [304, ""]);
});

Deno.test("the program's own page and modules are there, under a policy without inline scripts", async () => {
  await using fixture = new DoorFixture({}, pageRoutes(new Assets("")));
  const page = await fixture.send("/");
  assert.match(await page.text(), /^<!doctype html>/i);
  const policy = page.headers.get("Content-Security-Policy") ?? "";
  assert.match(policy, /^default-src 'none'; script-src 'self'; style-src 'self';/);
  assert.match(policy, /frame-ancestors 'none'/);
  assert(!policy.includes("unsafe"));
  for (const name of ["preact", "preact/hooks", "htm", "htm/preact"]) {
    const text = await (await fixture.send(`/assets/vendor/${name}.js`)).text();
    assert(text.length > 100, name);
    assert.doesNotMatch(text, /from ?"(?!\/assets\/vendor\/)/, "no name is left");
  }
});
