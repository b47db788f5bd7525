import { createServer } from 'node:net';

/** Below what Linux gives to connections (32768 and above): a port from there may be taken a moment later by any of them. */
const [FIRST, COUNT] = [16_384, 16_000] as const;

/** A port of 127.0.0.1 that was free a moment ago: for programs that cannot tell which one they got. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const port = FIRST + Math.floor(Math.random() * COUNT);
    if (await isFree(port)) return port;
  }
  throw new Error('no free port was found');
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
