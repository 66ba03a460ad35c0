import assert from "node:assert/strict";
import { expressionOf } from "../../scripts/rabbitmq/erl_call.ts";

const BY = "<<116,101,115,116,115>>";

const COMMANDS: readonly (readonly [args: readonly string[], expression: string | undefined])[] = [
  [["add_vhost", "h"], `rabbit_vhost:add(<<104>>, ${BY})`],
  [["delete_vhost", "h"], `rabbit_vhost:delete(<<104>>, ${BY})`],
  [
    ["add_user", "u", "pä"],
    `rabbit_auth_backend_internal:add_user(<<117>>, <<112,195,164>>, ${BY})`,
  ],
  [["delete_user", "u"], `rabbit_auth_backend_internal:delete_user(<<117>>, ${BY})`],
  [
    ["set_permissions", "u", "a", "b", "c"],
    `rabbit_auth_backend_internal:set_permissions(<<117>>, <<47>>, <<97>>, <<98>>, <<99>>, ${BY})`,
  ],
  [
    ["set_permissions", "-p", "h", "u", "a", "b", "c"],
    `rabbit_auth_backend_internal:set_permissions(<<117>>, <<104>>, <<97>>, <<98>>, <<99>>, ${BY})`,
  ],
  [
    ["close_all_connections", "why"],
    '[rabbit_networking:close_connection(P, "why") || P <- rabbit_networking:connections()]',
  ],
  [["list_queues", "name"], undefined],
  [["delete_vhost"], undefined],
];

for (const [args, expression] of COMMANDS) {
  Deno.test(`rabbitmqctl ${args.join(" ")} has ${expression ? "an" : "no"} expression`, () => {
    assert.equal(expressionOf(args), expression);
  });
}
