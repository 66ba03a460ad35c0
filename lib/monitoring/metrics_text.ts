/**
 * The text format in which Prometheus reads metrics.
 *
 * @module
 */

import type { Buckets } from "./buckets.ts";

/** Prometheus' own format, or the one that OpenMetrics has made of it. */
export type MetricsFormat = "prometheus" | "openmetrics";

/** The media types of the formats. */
export const METRICS_TYPES: Readonly<Record<MetricsFormat, string>> = {
  prometheus: "text/plain; version=0.0.4; charset=utf-8",
  openmetrics: "application/openmetrics-text; version=1.0.0; charset=utf-8",
};

/** The labels of a series. */
export type Labels = Readonly<Record<string, string>>;

/** A series with its value; one without a value is left out. */
export type Sample = readonly [labels: Labels, value: number | null | undefined];

/** Writes metrics. */
export class MetricsText {
  readonly #format: MetricsFormat;
  readonly #lines: string[] = [];

  /** @param format The format of the text. */
  constructor(format: MetricsFormat) {
    this.#format = format;
  }

  /** Adds a counter. @param name With `_total` at its end. */
  counter(name: string, help: string, samples: readonly Sample[]): void {
    // OpenMetrics names the metric without the suffix of its samples.
    const isOpen = this.#format === "openmetrics";
    this.#head(isOpen ? name.replace(/_total$/, "") : name, "counter", help);
    for (const [labels, value] of samples) this.#sample(name, labels, value);
  }

  /** Adds a gauge. */
  gauge(name: string, help: string, samples: readonly Sample[]): void {
    this.#head(name, "gauge", help);
    for (const [labels, value] of samples) this.#sample(name, labels, value);
  }

  /** Adds a histogram. */
  histogram(name: string, help: string, series: readonly (readonly [Labels, Buckets])[]): void {
    this.#head(name, "histogram", help);
    for (const [labels, buckets] of series) {
      const counts = buckets.cumulative();
      for (const [index, count] of counts.entries()) {
        const bound = buckets.bounds[index];
        const le = bound === undefined ? "+Inf" : this.#bound(bound);
        this.#sample(`${name}_bucket`, { ...labels, le }, count);
      }
      this.#sample(`${name}_sum`, labels, buckets.sum);
      this.#sample(`${name}_count`, labels, counts.at(-1) ?? 0);
    }
  }

  /** The text, with its last newline. */
  toString(): string {
    const end = this.#format === "openmetrics" ? ["# EOF"] : [];
    return [...this.#lines, ...end, ""].join("\n");
  }

  #head(name: string, type: string, help: string): void {
    const text = help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n");
    const [first, second] = [`# HELP ${name} ${text}`, `# TYPE ${name} ${type}`];
    this.#lines.push(first, second);
  }

  #sample(name: string, labels: Labels, value: number | null | undefined): void {
    if (value === null || value === undefined) return;
    const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
    const shown = pairs.length === 0 ? "" : `{${pairs.join(",")}}`;
    this.#lines.push(`${name}${shown} ${value}`);
  }

  /** OpenMetrics wants bounds as floating-point numbers. */
  #bound(bound: number): string {
    return this.#format === "openmetrics" && Number.isInteger(bound) ? `${bound}.0` : `${bound}`;
  }
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
