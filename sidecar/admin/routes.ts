import type { SlotTable } from '../core/slots.ts';
import type { Pieces } from '../runtime/pieces.ts';
import type { StatsCollector } from '../telemetry/collect.ts';
import { PROMETHEUS_CONTENT_TYPE, renderPrometheus } from '../telemetry/prometheus.ts';
import { renderJson, renderText, select } from '../telemetry/render.ts';
import { clustersJson, clustersText, type SuccessRates } from './clusters.ts';
import { type AdminAnswer, type AdminRoute, json, text } from './server.ts';

/** Envoy's ServerInfo.State. */
export type ServerState = 'LIVE' | 'DRAINING' | 'INITIALIZING';

/** What the admin shows and what it can set in motion. */
export interface AdminSubject {
  readonly version: string;
  readonly node: { readonly id: string; readonly cluster: string };
  state(): ServerState;
  /** Why it is not ready yet, '' when it is. */
  notReady(): string;
  uptimeSeconds(): number;
  readonly stats: StatsCollector;
  readonly slots: SlotTable;
  readonly rates: SuccessRates;
  plan(): Pieces;
  listeners(): readonly { readonly name: string; readonly address: string; readonly port: number }[];
  /** Recent ejections and returns, the oldest first. */
  ejections(): readonly object[];
  /** Recent findings of active health checks, the oldest first. */
  healthChecks(): readonly object[];
  /** Recent changes of error-rate breakers, the oldest first. */
  breakers(): readonly object[];
  /** The configuration as it was received: bootstrap, static and discovered resources. */
  configDump(): unknown;
  logLevel: string;
  reopenLogs(): void;
  drainListeners(): void;
  quit(): void;
}

const LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'silent'];

export function adminRoutes(subject: AdminSubject): AdminRoute[] {
  const get = (path: string, help: string, answer: AdminRoute['answer']): AdminRoute => ({
    method: 'GET',
    path,
    help,
    answer,
  });
  const post = (path: string, help: string, answer: AdminRoute['answer']): AdminRoute => ({
    method: 'POST',
    path,
    help,
    answer,
  });
  return [
    get('/ready', '200 and LIVE when requests are served', () => {
      const state = subject.state();
      return state === 'LIVE' ? text('LIVE\n') : text(`${state}\n${subject.notReady()}`.trimEnd().concat('\n'), 503);
    }),
    get('/stats', 'statistics; filter=REGEX, usedonly, format=json|prometheus', (query) => stats(subject, query)),
    get('/stats/prometheus', 'statistics for Prometheus', (query) => prometheus(subject, query)),
    get('/clusters', 'clusters and endpoints; format=json', (query) =>
      query.get('format') === 'json'
        ? json(clustersJson(subject.plan(), subject.slots, subject.rates))
        : text(clustersText(subject.plan(), subject.slots, subject.rates)),
    ),
    get('/outlier_events', 'recent ejections and returns of endpoints', () => json(subject.ejections())),
    get('/health_check_events', 'what active health checks found of late', () => json(subject.healthChecks())),
    get('/circuit_breaker_events', 'recent changes of error-rate breakers', () => json(subject.breakers())),
    get('/config_dump', 'the configuration in force, as received', () => json(subject.configDump())),
    get('/listeners', 'addresses that are listened on; format=json', (query) => listeners(subject, query)),
    get('/server_info', 'version, state, uptime', () =>
      json({
        version: subject.version,
        state: subject.state(),
        node: subject.node,
        uptime_current_epoch: `${Math.floor(subject.uptimeSeconds())}s`,
        hot_restart_version: 'disabled',
      }),
    ),
    get('/logging', 'the log level', () => text(`level: ${subject.logLevel}\n`)),
    post('/logging', `set the log level: level=${LEVELS.join('|')}`, (query) => logging(subject, query)),
    post('/reopen_logs', 'open the access logs anew, after they were renamed', () => {
      subject.reopenLogs();
      return text('OK\n');
    }),
    post('/drain_listeners', 'stop accepting; requests under way go on', () => {
      subject.drainListeners();
      return text('OK\n');
    }),
    post('/quitquitquit', 'drain and exit', () => {
      subject.quit();
      return text('OK\n');
    }),
  ];
}

function stats(subject: AdminSubject, query: URLSearchParams): AdminAnswer {
  if (query.get('format') === 'prometheus') return prometheus(subject, query);
  const samples = selected(subject, query);
  if (typeof samples === 'string') return text(samples, 400);
  if (query.get('format') === 'json') return { status: 200, type: 'application/json', body: renderJson(samples) };
  return text(renderText(samples));
}

function prometheus(subject: AdminSubject, query: URLSearchParams): AdminAnswer {
  const samples = selected(subject, query);
  if (typeof samples === 'string') return text(samples, 400);
  return { status: 200, type: PROMETHEUS_CONTENT_TYPE, body: renderPrometheus(samples) };
}

/** The samples that are asked for, or why the question makes no sense. */
function selected(subject: AdminSubject, query: URLSearchParams): ReturnType<typeof select> | string {
  const pattern = query.get('filter');
  let filter: RegExp | null = null;
  try {
    if (pattern !== null) filter = new RegExp(pattern);
  } catch {
    return `filter: not a regular expression: ${pattern}\n`;
  }
  return select(subject.stats.samples(), { filter, usedOnly: query.has('usedonly') });
}

function listeners(subject: AdminSubject, query: URLSearchParams): AdminAnswer {
  const all = subject.listeners();
  if (query.get('format') !== 'json') {
    return text(all.map((each) => `${each.name}::${each.address}:${each.port}\n`).join(''));
  }
  return json({
    listener_statuses: all.map(({ name, address, port }) => ({
      name,
      local_address: { socket_address: { address, port_value: port } },
    })),
  });
}

function logging(subject: AdminSubject, query: URLSearchParams): AdminAnswer {
  const level = query.get('level') ?? '';
  if (!LEVELS.includes(level)) return text(`level: unknown value "${level}"; use one of ${LEVELS.join(', ')}\n`, 400);
  subject.logLevel = level;
  return text(`level: ${level}\n`);
}
