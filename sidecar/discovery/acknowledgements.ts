import type { ResourceKind } from '../plan/resource.ts';

/** What is told to the server about one response. */
export interface Answer {
  readonly type: string;
  readonly nonce: string;
  /** Why it is refused, '' = accepted. */
  readonly error: string;
}

/** A response whose answer is due later. */
export interface Outstanding extends Answer {
  readonly kind: ResourceKind;
  /** The resources of it that were taken. */
  readonly names: readonly string[];
}

interface Entry {
  readonly response: Outstanding;
  /** The epoch that brings the response in force; null while something of it waits. */
  epoch: number | null;
}

/**
 * Responses that are not answered yet. An acknowledgement means that every worker runs with what the response brought
 * (decision D1), so it waits for an epoch. Clusters and endpoints count as soon as they are taken: a server may send the
 * endpoints only when the cluster that waits for them is acknowledged. Answers of one type keep the order of the responses.
 */
export class Acknowledgements {
  readonly #queues = new Map<string, Entry[]>();
  #inForce = 0;

  add(response: Outstanding): void {
    const queue = this.#queues.get(response.type) ?? [];
    queue.push({ response, epoch: null });
    this.#queues.set(response.type, queue);
  }

  clear(): void {
    this.#queues.clear();
  }

  /** `waits` tells what is not in the plan of `epoch` yet. */
  settled(epoch: number, waits: (kind: ResourceKind, name: string) => boolean): void {
    for (const queue of this.#queues.values()) {
      for (const entry of queue) {
        const { kind, names } = entry.response;
        if (entry.epoch !== null) continue;
        const early = kind === 'cluster' || kind === 'endpoints';
        if (early || !names.some((name) => waits(kind, name))) entry.epoch = epoch;
      }
    }
  }

  inForce(epoch: number): void {
    this.#inForce = Math.max(this.#inForce, epoch);
  }

  /** Takes out the answers that are due. */
  take(): Answer[] {
    const due: Answer[] = [];
    for (const queue of this.#queues.values()) {
      for (let head = queue[0]; head && this.#isDue(head); head = queue[0]) {
        due.push(head.response);
        queue.shift();
      }
    }
    return due;
  }

  /** A refusal does not wait: it is the operator's news. */
  #isDue({ response, epoch }: Entry): boolean {
    return response.error !== '' || (epoch !== null && epoch <= this.#inForce);
  }
}
