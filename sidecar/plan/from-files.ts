import { Place } from './place.ts';

/** Something that was made from files, too, and can be made anew when they change. */
export interface FromFiles<R> {
  /** That were read for it; empty = none. */
  readonly files: readonly string[];
  /** As it is by the files of now. */
  readonly again: (place: Place) => R | undefined;
}

/** Most things are not: they keep nothing for it. */
export function fromFiles<R>(files: readonly string[], again: FromFiles<R>['again']): FromFiles<R> {
  return files.length === 0 ? NONE : { files, again };
}

const NONE: FromFiles<never> = { files: [], again: () => undefined };

/** Made anew; undefined when none of its files has changed, or, with `problems`, when it cannot be. */
export function madeAnew<R>(
  { again, files }: FromFiles<R>,
  changed: ReadonlySet<string>,
  label: string,
  problems: string[],
): R | undefined {
  if (!files.some((file) => changed.has(file))) return undefined;
  const place = new Place('');
  const made = again(place);
  problems.push(...place.findings.wrong.map((each) => `${label}: ${each}`));
  return place.findings.wrong.length === 0 ? made : undefined;
}
