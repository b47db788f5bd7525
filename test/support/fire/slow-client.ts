import net from 'node:net';

/** A client that says `first` at once, and then `rest` with one byte a second; resolves with what it got when it is cut off. */
export function dripping(port: number, first: string, rest: string): Promise<string> {
  return new Promise((resolve) => {
    const socket = net.connect({ port, host: '127.0.0.1', noDelay: true });
    let received = '';
    let at = 0;
    const timer = setInterval(() => {
      socket.write(rest[at % rest.length] ?? '');
      at += 1;
    }, 1000);
    socket.write(first, 'latin1');
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1');
    });
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(timer);
      resolve(received);
    });
  });
}

/** A client that asks, and reads one byte a second; resolves with how many it got when it is cut off. */
export function sipping(port: number, request: string): Promise<number> {
  return new Promise((resolve) => {
    let bytes = 0;
    const socket = net.connect({
      port,
      host: '127.0.0.1',
      onread: {
        buffer: Buffer.alloc(1),
        callback: (length) => {
          bytes += length;
          setTimeout(() => socket.resume(), 1000);
          return false;
        },
      },
    });
    socket.write(request, 'latin1');
    // What it has not read hides from it that the connection is gone; it notices at its next byte.
    const probing = setInterval(() => socket.write('\r\n'), 100);
    socket.on('error', () => {});
    socket.on('close', () => {
      clearInterval(probing);
      resolve(bytes);
    });
  });
}
