import { once } from 'node:events';
import net from 'node:net';
import tls from 'node:tls';

/** The first bytes that Node's TLS sends: a ClientHello with that server name and those protocols. */
export async function helloOf(options: tls.ConnectionOptions): Promise<Buffer> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as net.AddressInfo;
  const client = tls.connect({ port, host: '127.0.0.1', ...options });
  client.on('error', () => {});
  const [socket] = (await once(server, 'connection')) as [net.Socket];
  socket.on('error', () => {});
  const [bytes] = (await once(socket, 'data')) as [Buffer];
  client.destroy();
  socket.destroy();
  server.close();
  return bytes;
}

export interface HelloShape {
  readonly name?: string;
  readonly protocols?: readonly string[];
  /** Further extensions before the others: type and bytes. */
  readonly extensions?: readonly (readonly [number, Buffer])[];
  readonly ciphers?: number;
}

const sized = (size: 1 | 2 | 3, bytes: Buffer): Buffer => {
  const head = Buffer.alloc(size);
  head.writeUIntBE(bytes.length, 0, size);
  return Buffer.concat([head, bytes]);
};

const extension = (type: number, data: Buffer): Buffer =>
  Buffer.concat([Buffer.from([type >> 8, type & 255]), sized(2, data)]);

/** A ClientHello made by hand, in one record; see `inRecords`. */
export function hello(shape: HelloShape): Buffer {
  const extensions = (shape.extensions ?? []).map(([type, data]) => extension(type, data));
  if (shape.name !== undefined) {
    const entry = Buffer.concat([Buffer.from([0]), sized(2, Buffer.from(shape.name, 'latin1'))]);
    extensions.push(extension(0, sized(2, entry)));
  }
  if (shape.protocols) {
    const names = shape.protocols.map((each) => sized(1, Buffer.from(each, 'latin1')));
    extensions.push(extension(16, sized(2, Buffer.concat(names))));
  }
  const body = Buffer.concat([
    Buffer.from([3, 3]),
    Buffer.alloc(32, 7),
    sized(1, Buffer.alloc(32, 9)),
    sized(2, Buffer.alloc(2 * (shape.ciphers ?? 3), 0x13)),
    sized(1, Buffer.from([0])),
    sized(2, Buffer.concat(extensions)),
  ]);
  return Buffer.concat([Buffer.from([1]), sized(3, body)]);
}

/** A handshake message cut into records of at most `most` bytes. */
export function inRecords(message: Buffer, most = 16_384): Buffer {
  const records: Buffer[] = [];
  for (let at = 0; at < message.length; at += most) {
    records.push(Buffer.concat([Buffer.from([22, 3, 1]), sized(2, message.subarray(at, at + most))]));
  }
  return Buffer.concat(records);
}
