import { type Channel, connect } from '../../../shared/rpc/client.ts';
import type { Status } from '../../../shared/rpc/status.ts';
import type { Cancel } from '../../../shared/time/clock.ts';
import { clientOptions } from '../../codec/tls-client.ts';
import type { GrpcProbePlan } from '../../core/plan/health-check.ts';
import type { ClientTlsPlan } from '../../core/plan/tls.ts';
import type { ProbeResult } from './endpoint-check.ts';
import { type Prober, type ProbeTarget, passed, refused, unreachable } from './probe.ts';

/** Asks grpc.health.v1.Health/Check. */
export class GrpcProber implements Prober {
  readonly #plan: GrpcProbePlan;
  readonly #reuse: boolean;
  readonly #connect: () => Channel;
  #channel: Channel | null = null;

  constructor(
    plan: GrpcProbePlan,
    { address, hostname, port }: ProbeTarget,
    reuse: boolean,
    tls: ClientTlsPlan | null,
  ) {
    this.#plan = plan;
    this.#reuse = reuse;
    const host = address.includes(':') ? `[${address}]` : address;
    const authority = plan.authority || hostname;
    const options = { authority, ...(tls && { tls: clientOptions(tls, []) }) };
    this.#connect = () => connect(`${host}:${port}`, options);
  }

  probe(done: (result: ProbeResult) => void): Cancel {
    this.#channel ??= this.#connect();
    let over = false;
    const end = (result?: ProbeResult): void => {
      if (over) return;
      over = true;
      if (!this.#reuse) this.close();
      if (result) done(result);
    };
    let status: string | undefined;
    const stream = this.#channel.open(
      'Check',
      {
        onMessage: (answer) => {
          status = answer.status ?? 'UNKNOWN';
        },
        onEnd: (ended) => end(resultOf(status, ended)),
      },
      this.#plan.metadata,
    );
    stream.write({ service: this.#plan.service });
    stream.end();
    return () => {
      if (over) return;
      over = true;
      stream.cancel();
      if (!this.#reuse) this.close();
    };
  }

  close(): void {
    this.#channel?.close();
    this.#channel = null;
  }
}

function resultOf(status: string | undefined, { code, details }: Status): ProbeResult {
  if (code === 'UNAVAILABLE' || code === 'CANCELLED') return unreachable(`no answer: ${details || code}`);
  if (code !== 'OK') return refused(`its health check ended with ${code}`);
  return status === 'SERVING' ? passed : refused(`it says that it is ${status ?? 'nothing'}`);
}
