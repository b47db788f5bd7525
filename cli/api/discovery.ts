import { Failure, misuse } from '../failure.ts';
import type { ApiClient } from './client.ts';

/** A kind of resource as the server describes it. */
export interface ResourceKind {
  /** Empty for the core group. */
  readonly group: string;
  readonly version: string;
  readonly kind: string;
  readonly plural: string;
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly namespaced: boolean;
  readonly verbs: readonly string[];
}

interface ResourceList {
  resources: {
    name: string;
    singularName?: string;
    namespaced: boolean;
    kind: string;
    shortNames?: string[];
    verbs: string[];
  }[];
}
interface GroupList {
  groups: { name: string; versions: { version: string }[]; preferredVersion?: { version: string } }[];
}

/** All kinds that the server serves, by its discovery documents; subresources are left out. */
export async function discover(client: ApiClient): Promise<readonly ResourceKind[] | Failure> {
  const groups = await client.get<GroupList>('/apis');
  if (groups instanceof Failure) return groups;
  const served = [
    { group: '', version: 'v1' },
    ...groups.groups.map(({ name, preferredVersion, versions }) => ({
      group: name,
      version: preferredVersion?.version ?? versions[0]?.version ?? 'v1',
    })),
  ];
  const lists = await Promise.all(
    served.map(async ({ group, version }) => {
      const list = await client.get<ResourceList>(group === '' ? `/api/${version}` : `/apis/${group}/${version}`);
      return list instanceof Failure ? list : list.resources.map((each) => kindOf(group, version, each));
    }),
  );
  const kinds: ResourceKind[] = [];
  for (const list of lists) {
    if (list instanceof Failure) return list;
    kinds.push(...list.filter(({ plural }) => !plural.includes('/')));
  }
  return kinds;
}

function kindOf(group: string, version: string, each: ResourceList['resources'][number]): ResourceKind {
  return {
    group,
    version,
    kind: each.kind,
    plural: each.name,
    singular: each.singularName || each.kind.toLowerCase(),
    shortNames: each.shortNames ?? [],
    namespaced: each.namespaced,
    verbs: each.verbs,
  };
}

/** The kind that a person means by a plural, singular, short name or kind in any case, each also as `NAME.GROUP`. */
export function kindNamed(kinds: readonly ResourceKind[], word: string): ResourceKind | Failure {
  const wanted = word.toLowerCase();
  const found = kinds.find((each) =>
    [each.plural, each.singular, each.kind.toLowerCase(), ...each.shortNames].some(
      (name) => wanted === name || wanted === `${name}.${each.group}`,
    ),
  );
  if (found) return found;
  const known = kinds.map(({ plural, shortNames }) => [plural, ...shortNames].join('/')).sort();
  return misuse(`the server has no resource "${word}"`, `it has: ${known.join(', ')}`);
}

/** The kind of a document by its apiVersion and kind. */
export function kindOfDocument(
  kinds: readonly ResourceKind[],
  document: { apiVersion: string; kind: string },
): ResourceKind | Failure {
  const found = kinds.find((each) => apiVersionOf(each) === document.apiVersion && each.kind === document.kind);
  if (found) return found;
  const known = kinds.map((each) => `${each.kind} (${apiVersionOf(each)})`).sort();
  return new Failure(`the server has no kind ${document.kind} in ${document.apiVersion}`, [
    `it has: ${known.join(', ')}`,
  ]);
}

export function apiVersionOf({ group, version }: ResourceKind): string {
  return group === '' ? version : `${group}/${version}`;
}

/** The path of one object, of a namespace's objects (no `name`), or of all of them (no `namespace`). */
export function pathOf(kind: ResourceKind, namespace: string | undefined, name?: string): string {
  const base = kind.group === '' ? `/api/${kind.version}` : `/apis/${kind.group}/${kind.version}`;
  const scope = kind.namespaced && namespace !== undefined ? `/namespaces/${encodeURIComponent(namespace)}` : '';
  return `${base}${scope}/${kind.plural}${name === undefined ? '' : `/${encodeURIComponent(name)}`}`;
}

/** The name for messages and `-o name`, as kubectl writes it: service/cart, trafficpolicy.aya.dev/cart. */
export function displayName({ singular, group }: ResourceKind, name: string): string {
  return `${singular}${group === '' ? '' : `.${group}`}/${name}`;
}
