import { isIP } from 'node:net';
import type { Workload } from '../../shared/xds/messages.gen.ts';
import { label, labelValue, qualifiedName, serviceName } from '../model/names.ts';
import { Problems, problemText } from '../model/problem.ts';

/** What is wrong with a registration, in one line, by path; undefined when nothing is. */
export function problemOf(workload: Workload): string | undefined {
  const problems = new Problems();
  if (!workload.node_id) problems.add('workload.node_id', 'required');
  if (workload.namespace) label(workload.namespace, 'workload.namespace', problems);
  serviceName(workload.service ?? '', 'workload.service', problems);
  if (workload.address && isIP(workload.address) === 0) {
    problems.add('workload.address', `must be an IP address; got "${workload.address}"`);
  }
  if (workload.ports.length === 0) problems.add('workload.ports', 'must have at least one port');
  const served = new Set<number>();
  for (const [index, { name, port = 0, service_port, app_protocol }] of workload.ports.entries()) {
    const path = `workload.ports[${index}]`;
    if (name) label(name, `${path}.name`, problems);
    else if (workload.ports.length > 1) problems.add(`${path}.name`, 'required when there are several ports');
    if (!isPort(port)) problems.add(`${path}.port`, `must be 1 to 65535; got ${port}`);
    const called = service_port || port;
    if (!isPort(called)) problems.add(`${path}.service_port`, `must be 1 to 65535; got ${called}`);
    if (served.has(called)) problems.add(`${path}.service_port`, `${called} is used twice`);
    served.add(called);
    if (app_protocol) qualifiedName(app_protocol, `${path}.app_protocol`, problems);
  }
  for (const [key, value] of Object.entries(workload.labels)) {
    qualifiedName(key, 'workload.labels', problems);
    labelValue(value, `workload.labels["${key}"]`, problems);
  }
  return problems.all.length === 0 ? undefined : problems.all.map(problemText).join('; ');
}

function isPort(port: number): boolean {
  return Number.isInteger(port) && port >= 1 && port <= 65_535;
}
