import assert from "node:assert/strict";
import { loadConfig, readConfig } from "../../lib/config/config.ts";
import { mergeEnvironment, readEnvironment } from "../../lib/config/environment.ts";

/** Runs with a new folder. */
async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("mergeEnvironment lets the environment win over .env, and knows which is which", () => {
  const file = `# where things are\nSTATE_DIR=/file\nLOG_LEVEL="debug"\nexport QUEUE_TYPE=quorum\n`;
  const { effective, stateDir, log, broker } = loadConfig(
    mergeEnvironment({ STATE_DIR: "/environment" }, file),
  );
  assert.deepEqual([stateDir, log.level, broker.queueType], ["/environment", "debug", "quorum"]);
  const sources = new Map(effective.map(({ name, source }) => [name, source]));
  assert.equal(sources.get("STATE_DIR"), "environment");
  assert.equal(sources.get("LOG_LEVEL"), ".env");
  assert.equal(sources.get("WINDOW_SECONDS"), "default");
});

Deno.test("readEnvironment reads the file", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/.env`, "PQ_TEST_PREFETCH=7\n");
    const environment = readEnvironment(`${folder}/.env`);
    assert.equal(environment.PQ_TEST_PREFETCH, "7");
    assert.equal(environment.PATH, Deno.env.get("PATH"));
  });
});

Deno.test("readEnvironment passes over a byte order mark and the line ends of Windows", async () => {
  await inFolder(async (folder) => {
    await Deno.writeTextFile(`${folder}/.env`, "\ufeffSTATE_DIR=/file\r\nLOG_LEVEL=debug\r\n");
    const config = loadConfig(readEnvironment(`${folder}/.env`));
    assert.deepEqual([config.stateDir, config.log.level], ["/file", "debug"]);
  });
});

Deno.test("readEnvironment reports a file that is not UTF-8", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/.env`;
    await Deno.writeFile(file, Uint8Array.from([0xff, 0xfe, 0x41, 0, 0x3d, 0]));
    assert.throws(() => readEnvironment(file), {
      name: "ConfigError",
      message: /cannot be read: it is not UTF-8: save it as UTF-8, as with iconv -t UTF-8;/,
    });
  });
});

Deno.test("a line of .env that sets nothing is a problem, with its number", () => {
  assert.throws(() => loadConfig(mergeEnvironment({}, "LOG_LEVEL=debug\nAMQP_URL amqp://x\n")), {
    name: "ConfigError",
    message: "the configuration has a problem: .env line 2: is not NAME=value; " +
      "write it so, or begin the line with # to make it a comment",
  });
});

for (
  const [name, meant] of [
    ["AMQPURL", "AMQP_URL"],
    ["AMQP_ULR", "AMQP_URL"],
    ["AMQP_URI", "AMQP_URL"],
    ["amqp_url", "AMQP_URL"],
    ["RABBIT_MQ_HOST", "RABBITMQ_HOST"],
    ["STATES_DIR", "STATE_DIR"],
  ]
) {
  Deno.test(`${name} in .env is a problem that names ${meant}, with its line`, () => {
    assert.throws(() => loadConfig(mergeEnvironment({}, `# x\n${name}=y\n`)), {
      message: `the configuration has a problem: .env line 2: there is no setting ${name}; ` +
        `did you mean ${meant}?`,
    });
  });
}

Deno.test("a variable of the environment that is nearly a setting is a warning, as others share it", () => {
  const { problems, warnings } = loadConfig(mergeEnvironment({ LOGLEVEL: "debug", PATH: "x" }, ""));
  assert.deepEqual(problems, []);
  assert.deepEqual(warnings, [
    "the environment has LOGLEVEL, and there is no such setting; did you mean LOG_LEVEL?",
  ]);
});

Deno.test("the variables for proxies that other programs have are no mistake in the environment", () => {
  const environment = { HTTP_PROXY: "http://proxy:3128", https_proxy: "http://proxy:3128" };
  assert.deepEqual(loadConfig(mergeEnvironment(environment, "")).warnings, []);
  const { problems } = readConfig(mergeEnvironment({}, "HTTPS_PROXY=http://proxy:3128"));
  assert.deepEqual(problems.map(({ fix }) => fix), ["did you mean HTTPS_proxy?"]);
});

Deno.test("a name that is nearly a setting belongs to another program where that setting is set", () => {
  for (
    const [environment, file] of [
      [{ LOGLEVEL: "x" }, "LOG_LEVEL=info\n"],
      [{ LOG_LEVEL: "info" }, "LOGLEVEL=x\n"],
      [{}, "LOGLEVEL=x\nLOG_LEVEL=info\n"],
    ] as const
  ) {
    const { problems, warnings } = loadConfig(mergeEnvironment(environment, file));
    assert.deepEqual([problems, warnings], [[], []]);
  }
});

Deno.test("names of other programs in .env are no problem", () => {
  const file = "POSTGRES_URL=x\nRABBITMQ_USER=x\nPATH=x\nSENTRY_RELEASE=x\n";
  assert.deepEqual(loadConfig(mergeEnvironment({}, file)).problems, []);
});

Deno.test("readEnvironment does without the file, and passes over a folder", async () => {
  await inFolder((folder) => {
    assert.equal(readEnvironment(`${folder}/.env`).PATH, Deno.env.get("PATH"));
    assert.equal(readEnvironment(folder).PATH, Deno.env.get("PATH"));
    return Promise.resolve();
  });
});

Deno.test("readEnvironment reports a file that cannot be read", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/.env`;
    await Deno.symlink(".env", file);
    assert.throws(() => readEnvironment(file), (error: Error) => {
      assert.equal(error.name, "ConfigError");
      assert(
        error.message.startsWith(`the configuration has a problem: ${file}: cannot be read: `),
      );
      assert(error.message.endsWith("; make it readable, or remove it"));
      return true;
    });
  });
});
