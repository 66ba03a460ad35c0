/**
 * One reporter made of several.
 *
 * @module
 */

import { notice, type NoticeReport, type Report, type Reporter } from "../engine/report.ts";
import { errorData } from "../errors/error_data.ts";

const BROKEN = "A part of the monitoring failed and may miss reports ({count} so far): {error}. " +
  "This is a bug in the program; processing continues.";

/**
 * A reporter that passes every report to all of these, in order. One that throws does not stop the
 * others, which get an error notice the first time.
 */
export function combine(...reporters: readonly Reporter[]): Reporter {
  const broken = new Set<Reporter>();
  const deliver = (report: Report) => {
    for (const reporter of reporters) {
      try {
        reporter(report);
      } catch (error) {
        if (!broken.has(reporter)) deliver(brokenNotice(broken.add(reporter), error));
      }
    }
  };
  return deliver;
}

function brokenNotice(broken: ReadonlySet<Reporter>, error: unknown): NoticeReport {
  const properties = { count: broken.size };
  return notice("error", undefined, BROKEN, { properties, error: errorData(error) });
}
