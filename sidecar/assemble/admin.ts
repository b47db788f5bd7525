import type { Log } from '../../shared/log/log.ts';
import { toJson } from '../../shared/xds/json.ts';
import type { AdminSubject, ServerState } from '../admin/routes.ts';
import type { BootstrapResult } from '../plan/bootstrap.ts';
import type { ControlPath } from './control-path.ts';

export interface AdminOptions {
  readonly version: string;
  readonly bootstrap: BootstrapResult;
  readonly path: ControlPath;
  readonly log: Log;
  readonly drainListeners: () => void;
  readonly quit: () => void;
}

/** Shows a control path on the admin. The state is INITIALIZING until nothing is waited for, DRAINING once told so. */
export class Subject implements AdminSubject {
  readonly version: string;
  readonly node: { readonly id: string; readonly cluster: string };
  readonly stats: ControlPath['stats'];
  readonly slots: ControlPath['slots']['table'];
  readonly rates: ControlPath['ejector'];
  draining = false;
  started = false;
  readonly #options: AdminOptions;
  #wasLive = false;
  readonly #since: number;

  constructor(options: AdminOptions) {
    const { bootstrap, path, version } = options;
    this.#options = options;
    this.#since = path.clock.now();
    this.version = version;
    this.node = { id: bootstrap.node.id ?? '', cluster: bootstrap.node.cluster ?? '' };
    this.stats = path.stats;
    this.slots = path.slots.table;
    this.rates = path.ejector;
  }

  get logLevel(): string {
    return this.#options.log.level;
  }

  set logLevel(level: string) {
    this.#options.log.level = level;
  }

  state(): ServerState {
    if (this.draining) return 'DRAINING';
    if (!this.started || this.notReady() !== '') return 'INITIALIZING';
    this.#wasLive = true;
    return 'LIVE';
  }

  notReady(): string {
    if (!this.started) return 'workers are starting';
    const { checker, discovery, opening } = this.#options.path;
    if (opening.length > 0) return opening.map((name) => `listener ${name} is being opened`).join('\n');
    // Before the first requests it should be known whom they can go to; clusters that come later are not waited for.
    if (!this.#wasLive && checker.pending > 0) return `${checker.pending} endpoints have not been checked yet`;
    if (discovery.ready) return '';
    return discovery.notReady() || 'the workers are taking the configuration';
  }

  uptimeSeconds(): number {
    return (this.#options.path.clock.now() - this.#since) / 1000;
  }

  plan(): ReturnType<AdminSubject['plan']> {
    return this.#options.path.host.plan;
  }

  listeners(): ReturnType<AdminSubject['listeners']> {
    const { listeners } = this.#options.path.host;
    return listeners.names().flatMap((name) => {
      const bound = listeners.address(name);
      return bound ? [{ name, address: bound.address, port: bound.port }] : [];
    });
  }

  ejections(): readonly object[] {
    return this.#options.path.ejections;
  }

  healthChecks(): readonly object[] {
    return this.#options.path.checks;
  }

  breakers(): readonly object[] {
    return this.#options.path.breaks;
  }

  configDump(): unknown {
    const { bootstrap, path } = this.#options;
    const { lastRefusal, server, versions } = path.discovery.status();
    return withoutSecrets({
      bootstrap: toJson('envoy.config.bootstrap.v3.Bootstrap', bootstrap.message, 'proto'),
      discovery: {
        server,
        last_refusal: lastRefusal,
        versions: Object.fromEntries([...versions].map(([kind, each]) => [kind, Object.fromEntries(each)])),
      },
      /** What the workers run: one piece per resource, defaults filled. */
      plan: path.host.plan.whole(),
    });
  }

  reopenLogs(): void {
    this.#options.path.host.reopenLogs();
  }

  drainListeners(): void {
    this.#options.drainListeners();
  }

  quit(): void {
    this.#options.quit();
  }
}

/** A document without what would let its reader pass for us. */
function withoutSecrets(value: unknown): unknown {
  const secret = (name: string, each: unknown): unknown => (SECRETS.has(name) ? '[redacted]' : withoutSecrets(each));
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (typeof value !== 'object' || value === null || ArrayBuffer.isView(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, secret(name, each)]));
}

/** Of a bootstrap, and of the plan. */
const SECRETS = new Set(['private_key', 'privateKey', 'ticketKeys']);
