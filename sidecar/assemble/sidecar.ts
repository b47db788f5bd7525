import { giveBack } from '../../shared/lifecycle/give-back.ts';
import { VERSION } from '../../shared/lifecycle/version.ts';
import type { Log } from '../../shared/log/log.ts';
import { systemRandom } from '../../shared/struct/random.ts';
import { sleep } from '../../shared/time/clock.ts';
import { adminRoutes } from '../admin/routes.ts';
import { AdminServer } from '../admin/server.ts';
import type { AccessLogPlan } from '../core/plan/access-log.ts';
import { Registration, type Workload } from '../discovery/registration.ts';
import type { BootstrapResult } from '../plan/bootstrap.ts';
import type { ListenerBook } from '../worker/listener-book.ts';
import { Subject } from './admin.ts';
import { ControlPath } from './control-path.ts';
import { EndpointReport } from './endpoint-report.ts';
import type { SidecarOptions } from './options.ts';
import { programListens } from './program.ts';

/** Main gives back what its start left behind so long after it was ready, ms: the first callers have asked for their hosts by then. */
const GIVE_BACK_AFTER = 1_000;
/** How often it is looked whether everything is in force, ms. */
const READY_EVERY = 10;

/** What is started. */
export interface SidecarParts {
  /** Checked. */
  readonly bootstrap: BootstrapResult;
  readonly options: SidecarOptions;
  readonly log: Log;
  /** Holds sockets bound ahead of their listeners. */
  readonly listeners: ListenerBook;
  /** What is registered with the control plane; null = nothing. */
  readonly workload: Workload | null;
}

/** A running sidecar. */
export interface Sidecar {
  /** Resolves with the exit code once it has drained, or could not go on. */
  readonly ended: Promise<number>;
  /** Drains and ends; a second call ends at once. */
  stop(): void;
  /** Opens the access logs anew, after they were renamed. */
  reopenLogs(): void;
}

/** Starts a sidecar. Rejects with a sentence when the admin address cannot be had. */
export async function startSidecar(parts: SidecarParts): Promise<Sidecar> {
  const { bootstrap, log, options, workload } = parts;
  const ended = Promise.withResolvers<number>();
  const fail = (error: Error): void => {
    log.error({ err: error }, error.message);
    ended.resolve(1);
  };
  const node = bootstrap.node.id ?? '';
  const LastGood = options.data === '' ? null : (await import('../discovery/last-good.ts')).LastGood;
  const path = new ControlPath(bootstrap, {
    workers: options.concurrency,
    identity: {
      service: options.mesh?.service ?? bootstrap.node.cluster ?? '',
      namespace: options.mesh?.namespace ?? '',
      node,
    },
    log,
    lenient: options.lenient,
    commandPath: options.commandPath,
    listeners: parts.listeners,
    accessLogs: options.accessLog === '' ? [] : [jsonLog(options.accessLog)],
    lastGood: (clock) => LastGood && new LastGood(options.data, node, clock, log),
    onFatal: fail,
    onHealth: () => report?.changed(),
  });
  const around = { clock: path.clock, random: systemRandom, log };
  // Only a control plane of a mesh takes registrations; whatever else serves a bootstrap file may not know them.
  const registration: Registration | null =
    options.mesh && bootstrap.ads
      ? new Registration({ node, workload, health: () => report?.whole() ?? [] }, bootstrap.ads.servers, around)
      : null;
  const report: EndpointReport | null =
    registration && new EndpointReport(path, path.clock, (health) => registration.report(health));
  const subject = new Subject({
    version: VERSION,
    bootstrap,
    path,
    log,
    drainListeners: () => path.host.stopAccepting(),
    quit: () => stop(),
  });
  const admin = new AdminServer(adminRoutes(subject), path.clock);
  if (bootstrap.admin) {
    const bound = await admin.listen(bootstrap.admin.host, bootstrap.admin.port);
    log.info({ listener: 'admin', address: bound.address, port: bound.port }, 'listening');
  }

  /** Decision D13: fail /ready and withdraw, announce the end, stop accepting, wait for requests, exit. */
  const drain = async (): Promise<void> => {
    subject.draining = true;
    log.info({ announceMs: options.announceTime, drainMs: options.drainTime }, 'draining');
    registration?.withdraw();
    path.host.announceClose();
    await sleep(path.clock, options.announceTime);
    path.host.stopAccepting();
    await Promise.race([path.host.idle(), sleep(path.clock, options.drainTime)]);
    registration?.stop();
    await path.close();
    admin.close();
    ended.resolve(0);
  };
  let stopping = false;
  const stop = (): void => {
    if (stopping) return ended.resolve(0);
    stopping = true;
    drain().catch(fail);
  };

  /** Nobody is to be sent here before the listeners are open and the program takes what they pass on. */
  const register = async (): Promise<void> => {
    const app = options.mesh?.app;
    if (!registration) return;
    if (!app) return registration.start();
    if (await programListens(app, { clock: path.clock, log, over: () => stopping })) registration.start();
  };

  path.start().then(() => {
    subject.started = true;
    const cancel = path.clock.every(READY_EVERY, () => {
      if (stopping) return cancel();
      if (subject.state() !== 'LIVE') return;
      cancel();
      log.info({ listeners: subject.listeners() }, 'ready');
      path.clock.after(GIVE_BACK_AFTER, giveBack);
      void register();
    });
  }, fail);
  return { ended: ended.promise, stop, reopenLogs: () => path.host.reopenLogs() };
}

const jsonLog = (path: string): AccessLogPlan => ({ path, format: { kind: 'json' }, only: 'all' });
