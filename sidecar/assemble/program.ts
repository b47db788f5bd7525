import { connect } from 'node:net';
import type { Log } from '../../shared/log/log.ts';
import { type Clock, sleep } from '../../shared/time/clock.ts';
import { hostPort } from '../plan/host-port.ts';
import type { HostPort } from '../plan/listener.ts';

/** How often it is looked whether the program listens, ms. */
const LOOK_EVERY = 25;

/**
 * Waits until the program beside us accepts connections. `aya run` starts it only when the sidecar serves, and containers
 * start in any order: whoever were sent here before would meet a closed port. False when `over` became true meanwhile.
 */
export async function programListens(
  address: HostPort,
  { clock, log, over }: { clock: Clock; log: Log; over: () => boolean },
): Promise<boolean> {
  for (let looks = 0; !over(); looks += 1) {
    if (await accepts(address)) return true;
    if (looks === 0)
      log.info({ app: hostPort(address) }, 'the program does not listen yet: it is registered when it does');
    await sleep(clock, LOOK_EVERY);
  }
  return false;
}

function accepts({ host, port }: HostPort): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, host);
    const tell = (listens: boolean): void => {
      socket.destroy();
      resolve(listens);
    };
    socket.once('connect', () => tell(true));
    socket.once('error', () => tell(false));
  });
}
