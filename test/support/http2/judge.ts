import net from 'node:net';
import type { Clause, Outcome } from './clauses.ts';
import { type Frame, FrameParser, get, MAGIC, settings, settingsAck } from './frames.ts';

/** The stream that asks whether the connection still serves. */
const PROBE = 101;
const PATIENCE_MS = 3000;

/** What a server did: the codes of GOAWAY and RST_STREAM, whether it closed, and whether it answered the probe. */
interface Conduct {
  readonly goaway: readonly number[];
  readonly resets: ReadonlyMap<number, number>;
  readonly closed: boolean;
  readonly answered: boolean;
}

/** Sends frames and then a request to the server at `port`, and watches until it answers or closes. */
function watch(port: number, frames: readonly Buffer[]): Promise<Conduct> {
  return new Promise((resolve, reject) => {
    const goaway: number[] = [];
    const resets = new Map<number, number>();
    const parser = new FrameParser();
    const socket = net.connect(port, '127.0.0.1', () => {
      socket.write(Buffer.concat([Buffer.from(MAGIC, 'latin1'), settings(), ...frames, get(PROBE)]));
    });
    const patience = setTimeout(() => finish(false, false), PATIENCE_MS);
    function finish(closed: boolean, answered: boolean): void {
      clearTimeout(patience);
      socket.destroy();
      resolve({ goaway, resets, closed, answered });
    }
    const take = ({ type, id, flags, code }: Frame): void => {
      if (type === 'GOAWAY') goaway.push(code);
      else if (type === 'RST_STREAM') resets.set(id, code);
      else if (type === 'SETTINGS' && (flags & 1) === 0) socket.write(settingsAck());
      if (id === PROBE && (type === 'HEADERS' || type === 'RST_STREAM')) finish(false, type === 'HEADERS');
    };
    socket.on('data', (bytes: Buffer) => {
      for (const frame of parser.push(bytes)) take(frame);
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED') reject(error);
    });
    socket.on('close', () => finish(true, false));
  });
}

/** Null, or how the conduct of the server at `port` differs from the clause. */
export async function judge(port: number, clause: Clause): Promise<string | null> {
  const conduct = await watch(port, clause.frames);
  return fits(conduct, clause.outcome) ? null : `${clause.section} ${clause.what}: ${describe(conduct)}`;
}

function fits({ goaway, resets, closed, answered }: Conduct, outcome: Outcome): boolean {
  if (outcome === 'carries on') return answered && goaway.length === 0;
  if ('connection' in outcome) return closed && goaway.every((code) => outcome.connection.includes(code));
  const code = resets.get(outcome.stream);
  return answered && code !== undefined && outcome.codes.includes(code);
}

function describe({ goaway, resets, closed, answered }: Conduct): string {
  const frames = [
    ...goaway.map((code) => `GOAWAY ${code}`),
    ...[...resets].map(([id, code]) => `RST_STREAM ${id} ${code}`),
  ];
  return `${frames.join(', ') || 'no error'}${closed ? ', closed' : ''}${answered ? ', served on' : ''}`;
}
