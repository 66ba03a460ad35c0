/**
 * The faults of the SMTP server and of the database.
 *
 * @module
 */

import type { Kind, Lane } from "../lane.ts";
import type { End } from "../faults.ts";
import { makeInTurn, PROCESSES } from "../faults.ts";
import { sleep } from "../handler.ts";
import { now } from "../ledger.ts";
import { NODE } from "../node_faults.ts";
import type { Random } from "../random.ts";
import type { Fault } from "../recovery.ts";
import { PrivateRabbitmq } from "../../rabbitmq.ts";
import type { SmtpScript } from "../../smtp/script.ts";
import type { MailDeployment } from "./deployment.ts";

/** The longest time that a server is away, or answers badly, in ms. */
const MAX_OUTAGE_MS = 3000;

type Make = (deployment: MailDeployment, ms: number) => Promise<void>;

/** What the server answers to everybody for a while. */
const SCRIPTS: Readonly<Record<string, SmtpScript>> = {
  "SMTP refuses now": { data: "451 4.3.0 Try again later" },
  "SMTP refuses": { data: "550 5.7.1 Not here" },
  "SMTP greets 421": { connect: "421 4.3.2 Too busy" },
  "SMTP no sender": { sender: "450 4.7.1 Wait" },
  "SMTP says 421": { mailsPerConnection: 1 },
  "SMTP cuts within": { data: "cut-within" },
  "SMTP cuts after": { data: "cut-after" },
  "SMTP is silent": { data: "silent" },
};

const SMTP: Lane<MailDeployment> = {
  name: "smtp",
  pauseMs: [500, 3000],
  kinds: [
    fault("SMTP killed", async ({ smtp }, ms) => {
      await smtp.kill();
      await sleep(ms);
      await smtp.start();
    }),
    fault("SMTP frozen", async ({ smtp }, ms) => {
      smtp.freeze();
      await sleep(ms);
      smtp.thaw();
    }),
    ...Object.entries(SCRIPTS).map(([kind, script]) =>
      fault(kind, async ({ smtp }, ms) => {
        smtp.script(script);
        await sleep(ms);
        smtp.script({});
      })
    ),
  ],
};

const POSTGRES: Lane<MailDeployment> = {
  name: "database",
  pauseMs: [3000, 10_000],
  kinds: [
    fault("database killed", async ({ postgres }, ms) => {
      await postgres?.kill();
      await sleep(ms);
      await postgres?.start();
    }),
    fault("database restarted", async ({ postgres }) => await postgres?.restart()),
  ],
};

/** A fault that is over when recovery begins. */
function fault(kind: string, make: Make): Kind<MailDeployment> {
  return {
    kind,
    async make(deployment, random) {
      await make(deployment, random.between(0, MAX_OUTAGE_MS));
      return { at: now() };
    },
  };
}

/** Makes faults of all kinds, each once at least. A seed repeats the kinds and their order. */
export async function makeMailFaults(
  deployment: MailDeployment,
  random: (purpose: string) => Random,
  end: End,
): Promise<Fault[]> {
  const lanes: Lane<MailDeployment>[] = [
    PROCESSES,
    SMTP,
    ...deployment.postgres ? [POSTGRES] : [],
    ...deployment.server instanceof PrivateRabbitmq ? [NODE] : [],
  ];
  const made = lanes.map((lane) => makeInTurn(lane, deployment, random(lane.name), end));
  const faults = (await Promise.all(made)).flat().sort((a, b) => a.at - b.at);
  // A mail that comes to the server does not say which process has sent it.
  return faults.map(({ kind, at }) => ({ kind, at }));
}
