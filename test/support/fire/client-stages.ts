import { eventually } from '../eventually.ts';
import { RawClient } from '../http-call.ts';
import type { Ground } from './ground.ts';
import type { Going } from './upstream-stages.ts';

/** A stage of a request at which a client goes away, and what must come of it. */
export interface ClientStage {
  readonly name: string;
  /** What it has sent by then; `CASE` stands for its header. */
  readonly said: string;
  /** What it has seen by then. */
  readonly seen?: string;
  /** The line in the access log by how it goes; null = none, since there was no request. */
  readonly outcome: Readonly<Record<Going, { readonly status: number; readonly flags: string } | null>>;
}

const GONE = { status: 0, flags: 'DC' } as const;
const both = (outcome: ClientStage['outcome']['fin']): ClientStage['outcome'] => ({ fin: outcome, rst: outcome });

export const CLIENT_STAGES: readonly ClientStage[] = [
  { name: 'before-head', said: '', outcome: both(null) },
  { name: 'mid-head', said: 'GET /well HTTP/1.1\r\nHost: a\r\nCASE', outcome: both(null) },
  {
    name: 'after-head',
    said: 'POST /well HTTP/1.1\r\nHost: a\r\nCASEContent-Length: 10\r\n\r\n',
    outcome: both(GONE),
  },
  {
    name: 'mid-body',
    said: 'POST /well HTTP/1.1\r\nHost: a\r\nCASEContent-Length: 10\r\n\r\npart',
    // The upstream answers while the body comes.
    seen: 'part',
    outcome: both({ status: 200, flags: 'DC' }),
  },
  {
    name: 'mid-chunk',
    said: 'POST /silent HTTP/1.1\r\nHost: a\r\nCASETransfer-Encoding: chunked\r\n\r\na\r\npart',
    outcome: both(GONE),
  },
  {
    name: 'after-body',
    said: 'POST /silent HTTP/1.1\r\nHost: a\r\nCASEContent-Length: 4\r\n\r\nbody',
    // A FIN right behind it says only that there is nothing more to say: the answer is still owed.
    outcome: { fin: { status: 504, flags: 'UT' }, rst: GONE },
  },
  {
    name: 'mid-answer',
    said: 'GET /well/large HTTP/1.1\r\nHost: a\r\nCASE\r\n',
    seen: 'xxx',
    // What a client left unread makes the system reset the connection, whichever way it goes.
    outcome: both({ status: 200, flags: 'DC' }),
  },
  {
    name: 'while-idle',
    said: 'GET /well HTTP/1.1\r\nHost: a\r\nCASE\r\n',
    seen: '\r\n\r\nwell',
    outcome: both({ status: 200, flags: '-' }),
  },
];

/** One client that goes away at a stage. */
export async function goAt(ground: Ground, stage: ClientStage, going: Going, name: string): Promise<void> {
  const client = await RawClient.connect(ground.port);
  if (stage.said !== '') client.write(stage.said.replace('CASE', `X-Case: ${name}\r\n`));
  if (stage.seen !== undefined) await client.sees(stage.seen);
  else if (going === 'rst') {
    // Whoever went before the sidecar saw anything would have gone at another stage. A FIN comes behind all that was said.
    await eventually(() => client.socket.bytesWritten >= stage.said.length);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  if (going === 'rst') client.socket.resetAndDestroy();
  else client.close();
}
