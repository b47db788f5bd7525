import { VIRTUAL_HOST } from '../../shared/xds/type-url.ts';
import type { World } from '../model/world.ts';
import type { MeshNode } from './caller.ts';
import { catalogOf } from './catalog.ts';
import type { Draft } from './message.ts';
import { ownResources } from './own.ts';
import { noteInto, type TranslationProblem } from './problem.ts';
import { allRoutes, onDemandRoutes } from './route-configuration.ts';
import { translateService } from './service.ts';
import type { VirtualHost } from './virtual-host.ts';

export interface Translation {
  readonly resources: readonly Draft[];
  readonly problems: readonly TranslationProblem[];
}

/** Everything that one node may get from a world, at a wall-clock time (faults have a lease). Pure. */
export function translate(world: World, node: MeshNode, wall: number): Translation {
  const problems = new Map<string, TranslationProblem>();
  const note = noteInto(problems);
  const services = [...catalogOf(world, wall).services.values()].flatMap((entry) =>
    translateService(entry, node, note),
  );
  return {
    resources: [...ownResources(node), ...sharedRoutes(services, node), ...services].filter(
      ({ type }) => type !== VIRTUAL_HOST || node.kind !== 'envoy',
    ),
    problems: [...problems.values()],
  };
}

/** The route configuration of sidecars, given the resources of all services. */
export function sharedRoutes(services: readonly Draft[], node: Pick<MeshNode, 'kind'>): Draft[] {
  if (node.kind === 'grpc') return [];
  if (node.kind === 'aya') return [onDemandRoutes()];
  const hosts = services.filter(({ type }) => type === VIRTUAL_HOST).toSorted((a, b) => (a.name < b.name ? -1 : 1));
  return [allRoutes(hosts.map(({ message }) => message as VirtualHost))];
}
