import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { ClientHello } from '../../../sidecar/l4/client-hello.ts';
import { hello, helloOf, inRecords } from '../../support/client-hello.ts';

interface Found {
  readonly result: 'more' | 'no' | 'done';
  readonly name: string;
  readonly protocols: readonly string[];
}

/** What is found when the bytes come cut at `cuts`. */
function read(bytes: Buffer, cuts: readonly number[] = []): Found {
  const reader = new ClientHello();
  let result: Found['result'] = 'more';
  let from = 0;
  for (const to of [...cuts, bytes.length]) {
    // The reader sees pieces that lie within a larger buffer, as reads do.
    const piece = Buffer.concat([Buffer.from('xx'), bytes.subarray(from, to), Buffer.from('yy')]);
    if (result === 'more') result = reader.read(piece, 2, piece.length - 2);
    from = to;
  }
  return { result, name: reader.serverName, protocols: reader.protocols };
}

test('server name and protocols of a real ClientHello are found', async () => {
  const bytes = await helloOf({ servername: 'Shop.Example', ALPNProtocols: ['h2', 'http/1.1'] });
  assert.deepEqual(read(bytes), { result: 'done', name: 'shop.example', protocols: ['h2', 'http/1.1'] });
});

test('a ClientHello of an old client, without a name or protocols, is one', async () => {
  const bytes = await helloOf({ maxVersion: 'TLSv1.2' });
  assert.deepEqual(read(bytes), { result: 'done', name: '', protocols: [] });
});

test('any split gives the same result', async () => {
  const bytes = await helloOf({ servername: 'a.example', ALPNProtocols: ['h2'] });
  const whole = read(bytes);
  for (let cut = 1; cut < bytes.length; cut += 1) assert.deepEqual(read(bytes, [cut]), whole);
  assert.deepEqual(
    read(
      bytes,
      Array.from(bytes.keys()).map((at) => at + 1),
    ),
    whole,
  );
});

test('records may cut the message anywhere', () => {
  const message = hello({ name: 'b.example', protocols: ['x'] });
  for (const most of [1, 2, 3, 5, 40, 100]) {
    assert.deepEqual(read(inRecords(message, most)), { result: 'done', name: 'b.example', protocols: ['x'] });
  }
});

test('GREASE and unknown extensions are passed over', () => {
  const grease: [number, Buffer][] = [0x0a0a, 0x1a1a, 0xfafa, 0xff01].map((type) => [type, Buffer.alloc(type & 7)]);
  const bytes = inRecords(hello({ extensions: grease, name: 'c.example', protocols: ['\x0a\x0a', 'h2'] }));
  assert.deepEqual(read(bytes), { result: 'done', name: 'c.example', protocols: ['\x0a\x0a', 'h2'] });
});

test('a name that is no name is none', () => {
  for (const name of ['', 'a\0b', 'a b', 'ä', 'x'.repeat(256)]) {
    assert.equal(read(inRecords(hello({ name }))).name, '');
  }
});

test('what is no ClientHello is told at once', () => {
  for (const bytes of [
    Buffer.from('GET / HTTP/1.1\r\n'),
    Buffer.from([22, 2]),
    Buffer.from([22, 3, 9]),
    Buffer.from([22, 3, 1, 0, 0]),
    Buffer.from([22, 3, 1, 0xff, 0xff]),
    Buffer.from([22, 3, 1, 0, 5, 2]),
    Buffer.from([22, 3, 1, 0, 9, 1, 0xff, 0xff, 0xff]),
  ]) {
    assert.equal(read(bytes).result, 'no', bytes.toString('hex'));
  }
});

test('a huge ClientHello is refused before it is gathered, a large one is read', () => {
  const large = inRecords(hello({ extensions: [[0xabab, Buffer.alloc(60_000)]], name: 'd.example' }));
  assert.equal(read(large).name, 'd.example');
  const huge = inRecords(hello({ ciphers: 32_000, extensions: [[0xabab, Buffer.alloc(60_000)]] }));
  assert.equal(read(huge.subarray(0, 100)).result, 'no');
});

test('lengths that lie are found out, whatever the bytes are', () => {
  const good = inRecords(hello({ name: 'e.example', protocols: ['h2'] }));
  fc.assert(
    fc.property(
      fc.array(fc.tuple(fc.nat(good.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.array(fc.nat(good.length), { maxLength: 6 }),
      (changes, cuts) => {
        const bytes = Buffer.from(good);
        for (const [at, byte] of changes) bytes[at] = byte;
        const whole = read(bytes);
        // Never throws, and no split changes what is found.
        assert.deepEqual(
          read(
            bytes,
            cuts.toSorted((a, b) => a - b),
          ),
          whole,
        );
      },
    ),
    { numRuns: 2000 },
  );
});
