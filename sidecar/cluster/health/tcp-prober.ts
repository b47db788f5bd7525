import { connect } from 'node:net';
import type { Cancel } from '../../../shared/time/clock.ts';
import { nodeTls } from '../../codec/secure-context.ts';
import { clientOptions } from '../../codec/tls-client.ts';
import type { TcpProbePlan } from '../../core/plan/health-check.ts';
import type { ClientTlsPlan } from '../../core/plan/tls.ts';
import type { ProbeResult } from './endpoint-check.ts';
import { PayloadMatch } from './payload.ts';
import { type Prober, type ProbeTarget, passed, unreachable } from './probe.ts';

/** Passed when the connection opens, and brings what is to be received. A connection per probe. */
export class TcpProber implements Prober {
  readonly #plan: TcpProbePlan;
  readonly #target: ProbeTarget;
  readonly #tls: ClientTlsPlan | null;

  constructor(plan: TcpProbePlan, target: ProbeTarget, tls: ClientTlsPlan | null) {
    this.#tls = tls;
    this.#plan = plan;
    this.#target = target;
  }

  probe(done: (result: ProbeResult) => void): Cancel {
    const { receive, send } = this.#plan;
    const match = new PayloadMatch(receive);
    const { address: host, port } = this.#target;
    const tls = this.#tls;
    const socket = tls ? nodeTls().connect({ ...clientOptions(tls, tls.alpn), host, port }) : connect(port, host);
    let over = false;
    const end = (result?: ProbeResult): void => {
      if (over) return;
      over = true;
      socket.destroy();
      if (result) done(result);
    };
    socket.on(tls ? 'secureConnect' : 'connect', () => {
      if (send !== '') socket.write(Buffer.from(send, 'hex'));
      if (match.complete) end(passed);
    });
    socket.on('data', (chunk) => {
      if (typeof chunk !== 'string' && match.push(chunk)) end(passed);
    });
    socket.on('error', (error: NodeJS.ErrnoException) =>
      end(unreachable(`cannot connect: ${error.code ?? error.message}`)),
    );
    socket.on('close', () => end(unreachable('it closed the connection before it sent what is expected')));
    return () => end();
  }

  close(): void {}
}
