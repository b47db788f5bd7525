import type { RuntimeView, Upstream } from '../http/context.ts';
import type { RouteTable } from '../route/table.ts';

/** The configuration of one worker in force: immutable, swapped whole (decision D1). */
export class Runtime implements RuntimeView {
  static readonly empty = new Runtime(0, new Map(), new Map());

  readonly epoch: number;
  readonly routes: ReadonlyMap<string, RouteTable>;
  readonly upstreams: ReadonlyMap<string, Upstream>;

  constructor(epoch: number, routes: ReadonlyMap<string, RouteTable>, upstreams: ReadonlyMap<string, Upstream>) {
    this.epoch = epoch;
    this.routes = routes;
    this.upstreams = upstreams;
  }
}
