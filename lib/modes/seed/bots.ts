/**
 * The services of a seed's bots, and what these store.
 *
 * @module
 */

import { SERVICE_HOSTS } from "./accounts.ts";
import { accountsOf, type Seed } from "./organizations.ts";
import { Random } from "./random.ts";

/** Adds the services. Nothing listens at the addresses until you start it. */
export function addBots(seed: Seed): void {
  const { rows } = seed;
  const [weather, tickets, hello] = accountsOf(seed, "weather tickets hello");
  const service = (bot = weather, name = "", base_url = "", kind = 1) =>
    rows.add("zerver_service", {
      user_profile_id: bot?.id ?? 0,
      name,
      base_url,
      token: new Random(name.length + kind).hex(32),
      interface: kind,
    });
  service(weather, "Forecast", `http://${SERVICE_HOSTS.weather}/forecast`);
  service(tickets, "Tickets", `http://${SERVICE_HOSTS.tickets}/slack`, 2);
  service(hello, "helloworld");
  const values = { bot_profile_id: hello?.id ?? 0 };
  rows.add("zerver_botconfigdata", { ...values, key: "units", value: "metric" });
  rows.add("zerver_botstoragedata", { ...values, key: "last", value: "12 m" });
}
