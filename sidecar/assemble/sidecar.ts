import type { Log } from '../../shared/log/log.ts';
import { sleep } from '../../shared/time/clock.ts';
import { adminRoutes } from '../admin/routes.ts';
import { AdminServer } from '../admin/server.ts';
import type { BootstrapResult } from '../plan/bootstrap.ts';
import { Subject } from './admin.ts';
import { ControlPath } from './control-path.ts';
import type { SidecarOptions } from './options.ts';

/** A running sidecar. */
export interface Sidecar {
  /** Resolves with the exit code once it has drained, or could not go on. */
  readonly ended: Promise<number>;
  /** Drains and ends; a second call ends at once. */
  stop(): void;
}

/** Starts a sidecar from a checked bootstrap. Rejects with a sentence when an address cannot be had. */
export async function startSidecar(
  bootstrap: BootstrapResult,
  options: SidecarOptions,
  version: string,
  log: Log,
): Promise<Sidecar> {
  const ended = Promise.withResolvers<number>();
  const fail = (error: Error): void => {
    log.error({ err: error }, error.message);
    ended.resolve(1);
  };
  const path = new ControlPath(bootstrap, {
    workers: options.concurrency,
    logLevel: options.logLevel,
    identity: {
      service: options.mesh?.service ?? bootstrap.node.cluster ?? '',
      namespace: options.mesh?.namespace ?? '',
      node: bootstrap.node.id ?? '',
    },
    log,
    onFatal: fail,
  });
  let stopping = false;
  const subject = new Subject({
    version,
    bootstrap,
    path,
    log,
    discovered: () => [],
    notReady: () => path.world.waitingListeners.map((name) => `listener ${name} waits for its routes`).join('\n'),
    drainListeners: () => path.host.stopAccepting(),
    quit: () => stop(),
  });
  const admin = new AdminServer(adminRoutes(subject));
  if (bootstrap.admin) {
    const bound = await admin.listen(bootstrap.admin.host, bootstrap.admin.port);
    log.info({ listener: 'admin', address: bound.address, port: bound.port }, 'listening');
  }

  /** Decision D13: fail /ready, announce the end on every answer, stop accepting, wait for requests, exit. */
  const drain = async (): Promise<void> => {
    subject.draining = true;
    log.info({ announce: options.announceTime, drain: options.drainTime }, 'draining');
    path.host.announceClose();
    await sleepAwake(options.announceTime);
    path.host.stopAccepting();
    await Promise.race([path.host.idle(), sleepAwake(options.drainTime)]);
    await path.close();
    admin.close();
    ended.resolve(0);
  };
  const sleepAwake = (ms: number): Promise<void> => sleep(path.clock, ms);
  const stop = (): void => {
    if (stopping) return ended.resolve(0);
    stopping = true;
    drain().catch(fail);
  };

  path.start().then(() => {
    subject.started = true;
    log.info({ listeners: subject.listeners() }, 'started');
  }, fail);
  return { ended: ended.promise, stop };
}
