/**
 * The check of pushes by `check-config`: the files that settings name, and the services with their
 * credentials. No push is sent.
 *
 * @module
 */

import type { Config } from "../config/config.ts";
import { openPushServices, type PushServices } from "../domain/push/configured.ts";
import { PushSettingError } from "../domain/push/credential_files.ts";
import { PushUnavailable } from "../domain/push/push_transport.ts";
import { visible } from "../errors/visible.ts";
import { fine, type Found, warning, wrong } from "../operations/doctor/finding.ts";
import { notUsed } from "./doctor/check_text.ts";

/** ms after which the check gives up. */
const MOST_MS = 60_000;

/**
 * Tries what is configured: whether the bouncer accepts our key; whether Apple answers, and its key
 * can sign; whether Google issues a token, and FCM answers.
 *
 * @returns All that is wrong, or the services.
 */
export async function checkPush({ push }: Pick<Config, "push">): Promise<Found[]> {
  if (!push.bouncer && !push.apns && !push.fcm) {
    return [notUsed("neither the push bouncer nor APNs nor FCM is set")];
  }
  try {
    await using services = openPushServices(push);
    const tried = await Promise.all(trials(services).map(([place, run]) => attempt(place, run)));
    const problems = tried.filter(({ ok }) => !ok);
    if (problems.length > 0) return problems.map(({ text }) => wrong(visible(text)));
    return [fine(tried.map(({ text }) => visible(text)).join(", ")), ...half(push)];
  } catch (error) {
    if (error instanceof PushSettingError) return [wrong(visible(error.message))];
    throw error;
  }
}

type Trial = readonly [place: string, run: (signal: AbortSignal) => Promise<void>];

function trials({ bouncer, apns, fcm }: PushServices): Trial[] {
  return [
    ...bouncer ? [[`bouncer ${bouncer.host}`, (signal) => bouncer.check(signal)] as Trial] : [],
    ...apns ? [[`APNs ${apns.host}`, (signal) => apns.check(signal)] as Trial] : [],
    ...fcm ? [[`FCM ${fcm.host}`, (signal) => fcm.check(signal)] as Trial] : [],
  ];
}

async function attempt(
  place: string,
  run: Trial[1],
): Promise<{ readonly ok: boolean; readonly text: string }> {
  try {
    await run(AbortSignal.timeout(MOST_MS));
    return { ok: true, text: place };
  } catch (error) {
    if (error instanceof PushUnavailable) return { ok: false, text: error.reason };
    throw error;
  }
}

/** Zulip calls a server without a bouncer configured for pushes only when it has both. */
function half({ bouncer, apns, fcm }: Config["push"]): Found[] {
  if (bouncer || (apns && fcm)) return [];
  const [missing, setting] = apns
    ? ["Android devices", "ANDROID_FCM_CREDENTIALS_PATH"]
    : ["Apple's devices", "APNS_TOKEN_KEY_FILE or APNS_CERT_FILE"];
  return [warning(`${missing} get no pushes, as ${setting} is not set`)];
}
