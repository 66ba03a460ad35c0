/** What the tests of `check-config` check: settings with RabbitMQ, and a folder for what it may use. */

import type { CheckConfigCommand } from "../../lib/command_line/command.ts";
import { COMMON } from "./memory_services.ts";

/** The command. */
export const COMMAND: CheckConfigCommand = { mode: "check-config", json: false, ...COMMON };

/** A folder that is there while the tests of a file run. */
export const FOLDER = Deno.makeTempDirSync({ prefix: "pq-check-" });

/** What is said of the broker. */
export const BROKER_LINE = "broker: ok (RabbitMQ at rabbit:5671, virtual host zulip/1)\n" +
  "queues that are not there yet, made at the first run: user_activity";

/** The settings. */
export const ENVIRONMENT = {
  AMQP_URL: "amqps://me:sesame@rabbit/zulip%2f1",
  LOG_LEVEL: "debug",
  STATE_DIR: `${FOLDER}/state`,
};

Deno.test.afterAll(() => Deno.removeSync(FOLDER, { recursive: true }));
