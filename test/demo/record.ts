/** One answer to the load, as programs/load.mjs prints it. */
interface Answer {
  /** Wall-clock ms at which it was asked. */
  readonly at: number;
  /** 0 = no answer. */
  readonly status: number;
  readonly ms: number;
  /** Server-Timing: `web-1;dur=4.2, cart-2;dur=3.1, ...`, the outermost first. */
  readonly timing: string;
}

/** What was seen of one service or instance in a span of time. */
export interface Summary {
  readonly name: string;
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly count: number;
}

interface Sample {
  readonly at: number;
  readonly instance: string;
  readonly ms: number;
}

/** Keeps what the load saw, and answers questions about spans of it. Times are wall-clock ms. */
export class Record {
  readonly #answers: Answer[] = [];
  readonly #samples: Sample[] = [];

  add(line: string): void {
    const answer = JSON.parse(line) as Answer;
    this.#answers.push(answer);
    for (const each of answer.timing.split(', ')) {
      const [instance, duration] = each.split(';dur=');
      if (instance && duration) this.#samples.push({ at: answer.at, instance, ms: Number(duration) });
    }
  }

  /** Requests of the load in [from, to): how many, and which share of them did not get a 2xx (0..1). */
  failures(from: number, to: number): { count: number; share: number } {
    const answers = this.#answers.filter(({ at }) => at >= from && at < to);
    const failed = answers.filter(({ status }) => status < 200 || status > 299).length;
    return { count: answers.length, share: answers.length === 0 ? 0 : failed / answers.length };
  }

  /** Answers of one instance in [from, to). */
  count(instance: string, from: number, to: number): number {
    return this.#samples.filter((each) => each.instance === instance && each.at >= from && each.at < to).length;
  }

  /** By service, then by instance of each, what was seen in [from, to). */
  summaries(from: number, to: number): Summary[] {
    const groups = new Map<string, number[]>();
    const put = (name: string, ms: number): void => {
      const group = groups.get(name);
      if (group) group.push(ms);
      else groups.set(name, [ms]);
    };
    for (const { at, instance, ms } of this.#samples) {
      if (at < from || at >= to) continue;
      put(instance.replace(/-\d+$/, ''), ms);
      put(instance, ms);
    }
    const order = ['web', 'cart', 'stock'];
    const place = (name: string): number => order.indexOf(name.replace(/-\d+$/, ''));
    return [...groups]
      .sort(([left], [right]) => place(left) - place(right) || left.localeCompare(right))
      .map(([name, all]) => summary(name, all, (to - from) / 1000));
  }

  /** p50 of a service in [from, to), ms. */
  p50(service: string, from: number, to: number): number {
    return this.summaries(from, to).find((each) => each.name === service)?.p50 ?? Number.NaN;
  }
}

function summary(name: string, all: number[], seconds: number): Summary {
  all.sort((left, right) => left - right);
  const at = (share: number): number => all[Math.min(all.length - 1, Math.floor(share * all.length))] ?? Number.NaN;
  return { name, perSecond: all.length / seconds, p50: at(0.5), p95: at(0.95), p99: at(0.99), count: all.length };
}
