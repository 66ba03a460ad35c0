/**
 * The checks of `doctor` that look at this host: disks, certificates, the HTTP server, and what ended
 * processes left behind.
 *
 * @module
 */

import { X509Certificate } from "node:crypto";
import { existsSync, readFileSync, rmSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import {
  certificateInFile,
  certificatesFound,
  type Validity,
} from "../../operations/doctor/certificates.ts";
import type { Found } from "../../operations/doctor/finding.ts";
import { disksFound, httpFound } from "../../operations/doctor/host.ts";
import { journalsFound, pausesFound, socketsFound } from "../../operations/doctor/left_over.ts";
import { deadJournals } from "../../engine/consumer/suspects/dead_journals.ts";
import { PausedQueues } from "../../operations/paused.ts";
import { controlFolder, removeStaleFiles, staleFiles } from "../../server/control_folder.ts";
import { isOpenToOthers, ownTokenFile } from "../../server/tokens.ts";
import { findQueue } from "../services.ts";
import type { CheckScene } from "./checks.ts";

/** How much room the folders have that the program writes to. */
export function checkDisks({ config }: CheckScene): Found[] {
  const { stateDir, statsDir, errorDir, uploads } = config;
  const folders = [
    ["STATE_DIR", stateDir],
    ["QUEUE_STATS_DIR", statsDir],
    ["QUEUE_ERROR_DIR", errorDir],
    ["LOCAL_UPLOADS_DIR", uploads.localDir],
  ] as const;
  return disksFound(folders.flatMap(([setting, folder]) => {
    if (folder === undefined) return [];
    const { bavail, bsize } = statfsSync(nearest(folder));
    return [{ setting, folder, freeBytes: bavail * bsize }];
  }));
}

/** The folder, or the nearest one above it that is there. */
function nearest(folder: string): string {
  return existsSync(folder) || dirname(folder) === folder ? folder : nearest(dirname(folder));
}

/** When the certificates are valid that settings name. */
export function checkCertificates({ config }: CheckScene): Found[] {
  const { broker, mirrorServer: { tls } } = config;
  const files = [
    ["AMQP_CA_FILE", broker.caFile],
    ["AMQP_CERT_FILE", broker.certFile],
    ["MIRROR_CERT_FILE", tls?.certFile],
  ] as const;
  const certificates = files.flatMap(([setting, file]) => {
    const validity = file === undefined ? undefined : validityIn(file);
    return file && validity ? [certificateInFile(setting, file, validity)] : [];
  });
  return certificatesFound(certificates, Date.now());
}

/** When a certificate is valid; another check says what is wrong with a file that has none. */
function validityIn(file: string): Validity | undefined {
  try {
    const { validFrom, validTo } = new X509Certificate(readFileSync(file));
    return { validFrom: Date.parse(validFrom), validTo: Date.parse(validTo) };
  } catch {
    return undefined;
  }
}

/** How the HTTP server listens. */
export function checkListener({ config: { server, stateDir } }: CheckScene): Found[] {
  const files = [server.tokenFile ?? ownTokenFile(stateDir), server.readTokenFile];
  const openTokenFiles = files.filter((file) => file !== undefined)
    .filter((file) => existsSync(file) && isOpenToOthers(file));
  return httpFound({ ...server, openTokenFiles });
}

/** The sockets of processes that have ended. */
export function checkSockets({ config: { stateDir } }: CheckScene): Found[] {
  return socketsFound(staleFiles(controlFolder(stateDir)), removeStaleFiles);
}

/** The pauses that are kept. */
export function checkPauses({ config: { stateDir }, known }: CheckScene): Found[] {
  const stored = new PausedQueues(stateDir);
  const pauses = stored.queues().map((queue) => ({
    queue,
    path: stored.pathOf(queue),
    pause: stored.read(queue, Date.now()),
    hasWorker: findQueue(queue, known) !== undefined,
  }));
  return pausesFound(pauses, (queue) => stored.removeIfOver(queue, Date.now()));
}

/** The journals of processes that have ended. */
export function checkJournals({ config: { stateDir }, known }: CheckScene): Found[] {
  const journals = deadJournals(stateDir).map((journal) => {
    return { ...journal, hasWorker: findQueue(journal.queue, known) !== undefined };
  });
  return journalsFound(journals, remove);
}

function remove(paths: readonly string[]): readonly string[] {
  for (const path of paths) rmSync(path, { force: true });
  return paths;
}
