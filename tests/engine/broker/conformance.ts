/**
 * What every broker does, whatever it keeps its events in. Each broker passes the same tests.
 *
 * @module
 */

import { DELIVERIES } from "./conformance/deliveries.ts";
import { OPERATIONS } from "./conformance/operations.ts";
import { PUBLISHING } from "./conformance/publishing.ts";
import { SIFTING } from "./conformance/sifting.ts";
import { SETTLEMENTS } from "./conformance/settlements.ts";
import type { BrokerTest } from "./conformance/taker.ts";

/** Registers a test that gets a broker of its own and a unique queue name. */
export type RegisterBrokerTest = (name: string, test: BrokerTest) => void;

/** Registers the suite. @param name The broker, as the names of the tests begin. */
export function brokerConformance(name: string, register: RegisterBrokerTest): void {
  const tests = { ...PUBLISHING, ...DELIVERIES, ...SETTLEMENTS, ...OPERATIONS, ...SIFTING };
  for (const [sentence, test] of Object.entries(tests)) register(`${name}: ${sentence}`, test);
}
