import { isDeepStrictEqual } from 'node:util';
import type { Piece, PieceName } from '../core/plan/delta.ts';

type Kind = Piece['kind'];
export type ValueOf<K extends Kind> = Extract<Piece, { kind: K }>['value'];

interface Entry {
  piece: Piece;
  /** What the piece was made from: as long as it is the same object, nothing has to be made or compared again. */
  source: unknown;
  /** The epoch of the delta that brought the value; 0 until it is handed out. */
  epoch: number;
}

/** The plan as the workers have it or are about to have it, and the changes that are not handed out yet. */
export class Ledger {
  readonly #entries: { readonly [K in Kind]: Map<string, Entry> } = {
    listener: new Map(),
    route: new Map(),
    vhost: new Map(),
    cluster: new Map(),
    endpoints: new Map(),
    fault: new Map(),
  };
  #put: Piece[] = [];
  #del: PieceName[] = [];

  has(kind: Kind, name: string): boolean {
    return this.#entries[kind].has(name);
  }

  value<K extends Kind>(kind: K, name: string): ValueOf<K> | undefined {
    return this.#entries[kind].get(name)?.piece.value as ValueOf<K> | undefined;
  }

  source(kind: Kind, name: string): unknown {
    return this.#entries[kind].get(name)?.source;
  }

  /** The epoch that brought the value in force; undefined when it is in no delta yet. */
  epochOf(kind: Kind, name: string): number | undefined {
    return this.#entries[kind].get(name)?.epoch || undefined;
  }

  names(kind: Kind): string[] {
    return [...this.#entries[kind].keys()];
  }

  /** Takes a piece made from `source`; it is a change only when its value differs. */
  put(piece: Piece, source: unknown): void {
    const entry = this.#entries[piece.kind].get(piece.name);
    if (entry && isDeepStrictEqual(entry.piece.value, piece.value)) {
      entry.source = source;
      return;
    }
    this.#entries[piece.kind].set(piece.name, { piece, source, epoch: 0 });
    this.#put.push(piece);
  }

  drop(kind: Kind, name: string): void {
    if (this.#entries[kind].delete(name)) this.#del.push({ kind, name });
  }

  /** Hands the changes out as those of `epoch`, or undefined when there are none. */
  take(epoch: number): { put: Piece[]; del: PieceName[] } | undefined {
    const [put, del] = [this.#put, this.#del];
    if (put.length === 0 && del.length === 0) return undefined;
    for (const { kind, name } of put) {
      const entry = this.#entries[kind].get(name);
      if (entry) entry.epoch = epoch;
    }
    [this.#put, this.#del] = [[], []];
    return { put, del };
  }

  /** Every piece, what is referred to before what refers to it. */
  all(): Piece[] {
    const kinds: readonly Kind[] = ['cluster', 'endpoints', 'route', 'vhost', 'listener', 'fault'];
    return kinds.flatMap((kind) => [...this.#entries[kind].values()].map((each) => each.piece));
  }
}
