/** Which RabbitMQ the private servers are made of. */
import assert from "node:assert/strict";
import { requireRabbitmq } from "../../scripts/rabbitmq/programs.ts";

Deno.test("a folder without RabbitMQ's programs is named, with the variable to correct", () => {
  assert.throws(() => requireRabbitmq("/nowhere"), {
    message: "RABBITMQ_BIN names no folder with RabbitMQ's programs: /nowhere/rabbitmq-server is " +
      "missing; correct it or unset it",
  });
});
