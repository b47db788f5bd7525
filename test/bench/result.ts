/** What one row of the bench found about one kind of work: a figure for each who did it, and what is promised of ours. */
export interface Result {
  /** Name of the row, as `--rows` takes it. */
  readonly row: string;
  readonly work: string;
  /** Of all figures. */
  readonly unit: string;
  readonly figures: readonly Figure[];
  readonly bounds: readonly Bound[];
  /** What a reader must know to judge the figures: one sentence each. */
  readonly notes: readonly string[];
}

export interface Figure {
  readonly name: string;
  /** Median of the samples. */
  readonly value: number;
  readonly lowest: number;
  readonly highest: number;
  /** Medians of what else was measured, by column heading with its unit. */
  readonly also: Readonly<Record<string, number>>;
}

/** A floor that must hold and a goal, for the figure of `of`: in the unit itself, or as a multiple of the figure of `against`. */
export interface Bound {
  readonly of: string;
  readonly against?: string;
  readonly floor?: number;
  readonly goal: number;
}

export interface Verdict extends Bound {
  readonly value: number;
  /** Undefined without a floor. */
  readonly floorHolds: boolean | undefined;
  readonly goalHolds: boolean;
}

/** One measurement: what is compared, and what else was seen. */
export interface Sample {
  readonly value: number;
  readonly also: Readonly<Record<string, number>>;
}

/** The middle value; NaN of nothing. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return ((sorted[middle] ?? Number.NaN) + (sorted[(sorted.length - 1) >> 1] ?? Number.NaN)) / 2;
}

/** Medians over the rounds of one contender. */
export function figureOf(name: string, samples: readonly Sample[]): Figure {
  const values = samples.map(({ value }) => value);
  const columns = Object.keys(samples[0]?.also ?? {});
  const also = columns.map((column) => [column, median(samples.map((each) => each.also[column] ?? Number.NaN))]);
  return {
    name,
    value: median(values),
    lowest: Math.min(...values),
    highest: Math.max(...values),
    also: Object.fromEntries(also) as Record<string, number>,
  };
}

/** Holds each bound against the figures; a bound whose parties did not run is left out. */
export function judge({ figures, bounds }: Result): Verdict[] {
  const figure = (name: string): number | undefined => figures.find((each) => each.name === name)?.value;
  return bounds.flatMap((bound) => {
    const own = figure(bound.of);
    const other = bound.against === undefined ? 1 : figure(bound.against);
    if (own === undefined || other === undefined) return [];
    const value = own / other;
    const floorHolds = bound.floor === undefined ? undefined : value <= bound.floor;
    return [{ ...bound, value, floorHolds, goalHolds: value <= bound.goal }];
  });
}
