import { stringify } from 'yaml';
import type { FleetEntry } from '../control-plane/discovery/fleet.ts';
import type { EndpointHealth } from '../control-plane/registry/endpoint-health.ts';
import type { TranslationProblem } from '../control-plane/translate/problem.ts';
import { systemClock } from '../shared/time/clock.ts';
import { ApiClient } from './api/client.ts';
import { exit, Failure } from './failure.ts';
import { apiOptions, outputOf, outputOption, parseOptions, serverOf } from './options.ts';
import { ageSince } from './output/age.ts';
import { avoidedTable } from './output/avoided.ts';
import { table } from './output/table.ts';
import type { Terminal } from './output/terminal.ts';
import { fail } from './session.ts';

export const usage = `Usage: aya status [--check] [OPTIONS]

Shows every client of the control plane: which service it serves, whether it is connected, whether it runs what the mesh says,
what it refused and why, and which endpoints it avoids.

      --check          exit code 1 when a connected client lags behind or has refused something
  -n, --namespace NS   only clients of this namespace (default: all)
  -o, --output FORMAT  json, yaml, or wide for versions and addresses
  -s, --server URL     the API of the control plane (AYA_SERVER; default http://127.0.0.1:15080)`;

/** The document of GET /aya/v1/status. */
export interface StatusDocument {
  controlPlane: { identifier: string; version: string };
  nodes: FleetEntry[];
  problems: TranslationProblem[];
  /** Endpoints that sidecars avoid. */
  endpointHealth: EndpointHealth[];
}

export async function run(argv: string[], terminal: Terminal): Promise<number> {
  const parsed = parseOptions(argv, { ...apiOptions, ...outputOption, check: { type: 'boolean' } });
  if (parsed instanceof Failure) return fail(terminal, parsed);
  const { values } = parsed;
  const format = outputOf(values.output, ['json', 'yaml', 'wide']);
  if (format instanceof Failure) return fail(terminal, format);
  const server = serverOf(values.server);
  if (server instanceof Failure) return fail(terminal, server);
  const answer = await new ApiClient(server).get<StatusDocument>('/aya/v1/status');
  if (answer instanceof Failure) return fail(terminal, answer);

  const nodes = answer.nodes.filter(
    ({ namespace }) => values.namespace === undefined || values.namespace === namespace,
  );
  const shown = { ...answer, nodes };
  if (format === 'json') terminal.out(`${JSON.stringify(shown, null, 2)}\n`);
  else if (format === 'yaml') terminal.out(stringify(shown));
  else terminal.out(statusText(shown, { now: systemClock.wall(), wide: format === 'wide' }));
  const behind = nodes.some((node) => node.connected && configurationOf(node) !== 'applied');
  return values.check && behind ? exit.error : exit.ok;
}

/** The fleet as a table, and below it what was refused or has no effect. */
export function statusText(
  { endpointHealth, nodes, problems }: StatusDocument,
  { now, wide }: { now: number; wide: boolean },
): string {
  const connected = nodes.filter((node) => node.connected);
  const applied = connected.filter((node) => configurationOf(node) === 'applied').length;
  const head = [
    'CLIENT',
    'KIND',
    'SERVICE',
    'CONNECTED',
    'CONFIGURATION',
    ...(wide ? ['PROTOCOL', 'ADDRESS', 'VERSIONS'] : []),
  ];
  const rows = nodes.map((node) => [
    node.id,
    node.kind,
    `${node.namespace}/${node.service || '-'}`,
    node.connected ? ageSince(node.since, now) : `left ${ageSince(node.left, now)} ago`,
    configurationOf(node),
    ...(wide ? [node.protocol, node.address, versionsOf(node)] : []),
  ]);
  const summary = `${connected.length} connected, ${applied} with all of the configuration applied\n`;
  const refusals = nodes.flatMap(({ id, lastRefusal, ...node }) => {
    const current = configurationOf({ id, ...node }).startsWith('refused');
    return current && lastRefusal
      ? [`${id} refused ${lastRefusal.type} ${ageSince(lastRefusal.at, now)} ago: ${lastRefusal.error}\n`]
      : [];
  });
  return [
    rows.length > 0 ? table([head, ...rows]) : 'No client has connected.\n',
    ...(rows.length > 0 ? [`\n${summary}`] : []),
    ...(refusals.length > 0 ? ['\n', ...refusals] : []),
    ...(endpointHealth.length > 0 ? ['\nEndpoints that are avoided:\n', avoidedTable(endpointHealth)] : []),
    ...(problems.length > 0 ? ['\nWithout effect:\n', ...problems.map(problemLine)] : []),
  ].join('');
}

const versionsOf = ({ types }: FleetEntry): string =>
  Object.entries(types)
    .map(([type, { applied }]) => `${type}=${applied || '-'}`)
    .join(' ');

/** `applied`, or what is still missing: `refused: Cluster`, `pending: Listener, Route`. */
function configurationOf({ types }: FleetEntry): string {
  for (const state of ['refused', 'pending'] as const) {
    const found = Object.entries(types).filter(([, each]) => each.state === state);
    if (found.length > 0) return `${state}: ${found.map(([type]) => type).join(', ')}`;
  }
  return 'applied';
}

function problemLine({ kind, namespace, name, nodes, message }: TranslationProblem): string {
  return `  ${kind} ${namespace}/${name}${nodes ? ` on ${nodes} clients` : ''}: ${message}\n`;
}
