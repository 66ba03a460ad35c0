import assert from "node:assert/strict";
import { loadConfig } from "../../lib/config/config.ts";
import type { Environment } from "../../lib/config/environment.ts";
import { problems } from "../fixtures/config.ts";

function url(environment: Environment): string | undefined {
  return loadConfig(environment).broker.url;
}

const URLS: readonly [why: string, environment: Environment, url: string][] = [
  [
    "takes AMQP_URL as it is",
    { AMQP_URL: "amqps://me:p%40ss@rabbit:5673/my%2fhost?heartbeat=10" },
    "amqps://me:p%40ss@rabbit:5673/my%2fhost?heartbeat=10",
  ],
  [
    "takes several addresses with the same virtual host in AMQP_URL",
    { AMQP_URL: "amqp://me:p,w@a/, amqp://me:pw@b:5673//" },
    "amqp://me:p,w@a/, amqp://me:pw@b:5673//",
  ],
  [
    "takes a bare / for the virtual host of AMQP_URL",
    { AMQP_URL: "amqp://me:pw@rabbit//" },
    "amqp://me:pw@rabbit//",
  ],
  [
    "fills in Zulip's defaults",
    { RABBITMQ_PASSWORD: "pw" },
    "amqp://zulip:pw@127.0.0.1:5672/%2f",
  ],
  [
    "takes port 5671 with TLS",
    { RABBITMQ_PASSWORD: "pw", RABBITMQ_USE_TLS: "true", RABBITMQ_HOST: "rabbit" },
    "amqps://zulip:pw@rabbit:5671/%2f",
  ],
  [
    "takes every RABBITMQ_ setting",
    {
      RABBITMQ_HOST: "rabbit",
      RABBITMQ_PORT: "5673",
      RABBITMQ_VHOST: "zulip",
      RABBITMQ_USERNAME: "me",
      RABBITMQ_PASSWORD: "pw",
      RABBITMQ_USE_TLS: "no",
    },
    "amqp://me:pw@rabbit:5673/zulip",
  ],
  [
    "encodes user, password and virtual host",
    { RABBITMQ_USERNAME: "a:b", RABBITMQ_PASSWORD: "p@/#%é'", RABBITMQ_VHOST: "x/y z" },
    "amqp://a%3ab:p%40%2f%23%25%c3%a9%27@127.0.0.1:5672/x%2fy%20z",
  ],
  [
    "puts an IPv6 address into brackets",
    { RABBITMQ_HOST: "::1", RABBITMQ_PASSWORD: "pw" },
    "amqp://zulip:pw@[::1]:5672/%2f",
  ],
  [
    "passes over the RABBITMQ_PORT that Kubernetes sets",
    { AMQP_URL: "amqp://me:pw@rabbit", RABBITMQ_PORT: "tcp://10.0.0.1:5672" },
    "amqp://me:pw@rabbit",
  ],
];

for (const [why, environment, expected] of URLS) {
  Deno.test(`loadConfig ${why}`, () => assert.equal(url(environment), expected));
}

Deno.test("loadConfig takes --amqp_url instead of anything in the environment", () => {
  const environment = { AMQP_URL: "amqp://a:b@c", RABBITMQ_PASSWORD: "pw" };
  const config = loadConfig(environment, { amqpUrl: "amqp://me:pw@other" });
  assert.equal(config.broker.url, "amqp://me:pw@other");
});

const WRONG: readonly [environment: Environment, problem: string][] = [
  [
    { RABBITMQ_PASSWORD: "pw", RABBITMQ_HOST: "rabbit:5672" },
    'RABBITMQ_HOST: "rabbit:5672" is not valid; set it to a host name or an IP address, ' +
    "without a port",
  ],
  [
    { RABBITMQ_HOST: "rabbit" },
    "RABBITMQ_PASSWORD: it is not set, and other RABBITMQ_… settings are; set it to the " +
    "password of the RabbitMQ user",
  ],
  [
    { AMQP_URL: "amqp://me:pw@rabbit", RABBITMQ_HOST: "rabbit", RABBITMQ_PORT: "1" },
    "AMQP_URL: it is set, and so are RABBITMQ_HOST, RABBITMQ_PORT; say where RabbitMQ is in one " +
    "way only: keep AMQP_URL, or the RABBITMQ_… settings",
  ],
  [
    { AMQP_URL: "amqp://me:pw@rabbit", AMQP_CA_FILE: "ca.pem" },
    "AMQP_CA_FILE: it is set, and the connection to RabbitMQ does not use TLS; use amqps:// in " +
    "AMQP_URL, or remove it",
  ],
  [
    { RABBITMQ_PASSWORD: "pw", AMQP_CA_FILE: "ca.pem" },
    "AMQP_CA_FILE: it is set, and the connection to RabbitMQ does not use TLS; set " +
    "RABBITMQ_USE_TLS=true, or remove it",
  ],
  [
    { AMQP_URL: "amqps://me:pw@rabbit", AMQP_CERT_FILE: "cert.pem" },
    "AMQP_CERT_FILE: it is set without AMQP_KEY_FILE; set both",
  ],
  [
    { AMQP_URL: "amqps://me:pw@rabbit", AMQP_KEY_FILE: "key.pem" },
    "AMQP_KEY_FILE: it is set without AMQP_CERT_FILE; set both",
  ],
];

for (const [environment, problem] of WRONG) {
  Deno.test(`loadConfig reports ${Object.keys(environment).join(" with ")}`, () => {
    assert.deepEqual(problems(environment), [problem]);
  });
}

const URL_FIX =
  "with what is not a letter or digit in user, password and vhost percent-encoded; several have " +
  "commas between them and the same user and vhost";

for (
  const wrong of [
    "http://me:sesame@rabbit",
    "amqp://me:ses#ame@rabbit",
    "amqp://me:ses%ame@rabbit",
    "amqp://me:sesame@",
    "amqp://me:sesame@rabbit/a/b",
    "rabbit:5672",
    "amqp://me:sesame@a,b",
    "amqp://me:sesame@a,http://me:sesame@b",
    "amqp://me:sesame@a/one,amqp://me:sesame@b/two",
    "amqp://me:sesame@a,amqp://you:sesame@b",
  ]
) {
  Deno.test(`loadConfig refuses the AMQP_URL ${wrong}, and does not show it`, () => {
    assert.deepEqual(problems({ AMQP_URL: wrong }), [
      "AMQP_URL: its value is not valid; set it to amqp://user:password@host:5672/vhost " +
      `(or amqps://, for TLS), ${URL_FIX}`,
    ]);
  });
}

const BROKERS: readonly [environment: Record<string, string>, url: string | undefined][] = [
  [{ BROKER: "embedded" }, undefined],
  [{ BROKER: "embedded", AMQP_URL: "amqp://rabbit" }, undefined],
  [{ BROKER: "embedded", AMQP_URL: "" }, undefined],
  [{ BROKER: "rabbitmq", AMQP_URL: "amqp://rabbit" }, "amqp://rabbit"],
];

for (const [environment, url] of BROKERS) {
  Deno.test(`loadConfig takes the broker that ${JSON.stringify(environment)} means`, () => {
    assert.equal(loadConfig(environment).broker.url, url);
  });
}

const NO_BROKERS: readonly [environment: Record<string, string>, message: string][] = [
  [
    { AMQP_URL: " " },
    "AMQP_URL: it is set and empty; set it to RabbitMQ's address, or unset it; BROKER=embedded " +
    "selects the embedded broker",
  ],
  [
    { BROKER: "rabbitmq" },
    "BROKER: it is rabbitmq, and no setting says where RabbitMQ is; set AMQP_URL to its address",
  ],
  [{ BROKER: "rabbit" }, 'BROKER: "rabbit" is not valid; set it to embedded or rabbitmq'],
];

for (const [environment, message] of NO_BROKERS) {
  Deno.test(`loadConfig refuses ${JSON.stringify(environment)}`, () => {
    const expected = `the configuration has a problem: ${message}`;
    assert.throws(() => loadConfig(environment), { name: "ConfigError", message: expected });
  });
}

Deno.test("loadConfig refuses --amqp_url beside BROKER=embedded", () => {
  assert.throws(() => loadConfig({ BROKER: "embedded" }, { amqpUrl: "amqp://rabbit" }), {
    message: "the configuration has a problem: --amqp_url: it is given, and BROKER is embedded; " +
      "remove one of the two",
  });
});
