import { apiVersionOf, type Kind, kinds } from '../model/kinds.ts';

const verbs = ['create', 'delete', 'deletecollection', 'get', 'list', 'patch', 'update', 'watch'];

const groups = [...new Set(kinds.map((kind) => kind.group))].filter((group) => group !== '');
const inGroup = (group: string): Kind[] => kinds.filter((kind) => kind.group === group);

/** `GET /api`: the versions of the core group. */
export const coreVersions: object = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [],
};

/** `GET /apis`. */
export const groupList: object = { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupDocument) };

/** `GET /apis/GROUP`. */
export function apiGroup(group: string): object | undefined {
  return groups.includes(group) ? { kind: 'APIGroup', apiVersion: 'v1', ...groupDocument(group) } : undefined;
}

function groupDocument(name: string): object {
  const versions = [...new Set(inGroup(name).map((kind) => kind.version))].map((version) => ({
    groupVersion: `${name}/${version}`,
    version,
  }));
  return { name, versions, preferredVersion: versions[0] };
}

/** `GET /api/v1` and `GET /apis/GROUP/VERSION`: the kinds there, and what can be done with them. */
export function resourceList(group: string, version: string): object | undefined {
  const here = inGroup(group).filter((kind) => kind.version === version);
  if (here.length === 0) return undefined;
  const resources = here.flatMap((kind) => [
    {
      name: kind.plural,
      singularName: kind.singular,
      namespaced: true,
      kind: kind.kind,
      verbs,
      shortNames: kind.shortNames,
      categories: ['aya'],
    },
    ...(kind.status
      ? [
          {
            name: `${kind.plural}/status`,
            singularName: '',
            namespaced: true,
            kind: kind.kind,
            verbs: ['get', 'patch', 'update'],
          },
        ]
      : []),
  ]);
  const namespaces = {
    name: 'namespaces',
    singularName: 'namespace',
    namespaced: false,
    kind: 'Namespace',
    verbs: ['get', 'list'],
    shortNames: ['ns'],
  };
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: apiVersionOf({ group, version }),
    resources: group === '' ? [...resources, namespaces] : resources,
  };
}

/** `GET /version`: kubectl compares minor versions, so this is the Kubernetes whose REST conventions are followed. */
export function versionDocument(aya: string): object {
  return {
    major: '1',
    minor: '32',
    gitVersion: `v1.32.0+aya-${aya}`,
    gitCommit: '',
    gitTreeState: 'clean',
    buildDate: '1970-01-01T00:00:00Z',
    goVersion: '',
    compiler: `node-${process.version}`,
    platform: `${process.platform}/${process.arch}`,
  };
}
