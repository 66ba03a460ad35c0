/**
 * One reporter made of several.
 *
 * @module
 */

import { errorData } from "../errors/error_data.ts";
import type { Report, Reporter } from "../engine/report.ts";

/**
 * A reporter that passes every report to all of these, in their order. One that throws does not
 * stop the others; the first time it does they get an error notice about it.
 */
export function combine(...reporters: readonly Reporter[]): Reporter {
  const broken = new Set<Reporter>();
  const deliver = (report: Report) => {
    for (const reporter of reporters) {
      try {
        reporter(report);
      } catch (error) {
        if (!broken.has(reporter)) {
          deliver(brokenNotice(broken.add(reporter), error));
        }
      }
    }
  };
  return deliver;
}

function brokenNotice(broken: ReadonlySet<Reporter>, error: unknown): Report {
  return {
    kind: "notice",
    level: "error",
    message: "A part of the monitoring failed and may miss reports ({count} so far): {error}. " +
      "This is a defect of the program; processing goes on.",
    properties: { count: broken.size },
    error: errorData(error),
  };
}
