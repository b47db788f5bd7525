import type { TestContext } from 'node:test';
import { connect } from '../../shared/rpc/client.ts';
import type { RegisterResponse } from '../../shared/xds/messages.gen.ts';

export interface RegisteredWorkload {
  readonly responses: RegisterResponse[];
  /** Takes the instance out at once. */
  withdraw(): void;
  /** Breaks the stream for good. */
  cut(): void;
}

/** An instance of `cart` that registers, and comes back whenever its stream breaks, as a sidecar does. */
export function registerWorkload(t: TestContext, address: string, node: string, port: number): RegisteredWorkload {
  const channel = connect(address);
  const responses: RegisterResponse[] = [];
  let over = false;
  const open = () => {
    const stream = channel.open('Register', {
      onMessage: (response) => responses.push(response),
      onEnd: () => {
        setTimeout(() => {
          if (!over) current = open();
        }, 100);
      },
    });
    stream.write({ workload: { node_id: node, service: 'cart', ports: [{ name: 'http', port, service_port: 80 }] } });
    return stream;
  };
  let current = open();
  t.after(() => {
    over = true;
    channel.close();
  });
  return {
    responses,
    withdraw: () => current.write({ withdraw: true }),
    cut() {
      over = true;
      current.cancel();
    },
  };
}
