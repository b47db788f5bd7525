import type { MeshNode } from '../translate/caller.ts';
import { ownResources } from '../translate/own.ts';
import { Encoded } from './encoded.ts';
import type { Resource, View } from './resource.ts';
import type { SharedView } from './shared-view.ts';

/** What one node may see: what its like share, and its own sockets, which never change while it is connected. */
export class NodeView implements View {
  readonly node: MeshNode;
  shared: SharedView;
  readonly #own: readonly Resource[];

  constructor(node: MeshNode, shared: SharedView) {
    this.node = node;
    this.shared = shared;
    this.#own = ownResources(node).map((draft) => new Encoded(draft));
  }

  get(type: string, name: string): Resource | undefined {
    return this.#own.find((each) => each.type === type && each.name === name) ?? this.shared.get(type, name);
  }

  *all(type: string): Iterable<Resource> {
    for (const each of this.#own) if (each.type === type) yield each;
    yield* this.shared.all(type);
  }

  stamp(type: string): number {
    return this.shared.stamp(type);
  }
}
