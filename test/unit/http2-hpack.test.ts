import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HpackDecoder } from '../../sidecar/codec/http2/hpack-decoder.ts';
import { HpackEncoder } from '../../sidecar/codec/http2/hpack-encoder.ts';
import { HUFFMAN_BITS } from '../../sidecar/codec/http2/hpack-huffman.data.ts';
import { STATIC_TABLE } from '../../sidecar/codec/http2/hpack-static.data.ts';
import { huffmanDecode, huffmanEncode, huffmanLength, huffmanScratch } from '../../sidecar/codec/http2/huffman.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { decodeFields, literals } from '../support/http2/frames.ts';
import { HPACK_VECTORS } from '../support/http2/hpack-vectors.data.ts';

const hex = (text: string): Buffer => Buffer.from(text, 'hex');
const decode = (text: string, decoder = new HpackDecoder()): string[] => decodeFields(decoder, hex(text));
const refused = (text: string, decoder = new HpackDecoder()): void => {
  assert.throws(() => decode(text, decoder), /cannot decode/);
};

for (const { section, tableBytes, blocks } of HPACK_VECTORS) {
  test(`RFC 7541 ${section}: the example decodes as printed`, () => {
    const decoder = new HpackDecoder();
    // 256 in an integer with a prefix of five bits.
    if (tableBytes === 256) assert.deepEqual(decode('3fe101', decoder), []);
    for (const { hex: text, fields } of blocks) {
      assert.deepEqual(
        decode(text, decoder),
        fields.map(([name, value]) => `${name}: ${value}`),
      );
    }
  });
}

test('RFC 7541 appendix A: the static table has 61 entries, the first and last as printed', () => {
  assert.equal(STATIC_TABLE.length, 61);
  assert.deepEqual(STATIC_TABLE[0], [':authority', '']);
  assert.deepEqual(STATIC_TABLE[15], ['accept-encoding', 'gzip, deflate']);
  assert.deepEqual(STATIC_TABLE[60], ['www-authenticate', '']);
});

test('RFC 7541 appendix B: the code is complete and every byte survives it', () => {
  assert.equal(HUFFMAN_BITS.length, 257);
  // Kraft's equality: no code point is left over and none is given twice.
  assert.equal(
    HUFFMAN_BITS.reduce((sum, bits) => sum + 2 ** -bits, 0),
    1,
  );
  const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte)).toString('latin1');
  const out = Buffer.alloc(1000);
  const end = huffmanEncode(all, out, 3);
  assert.equal(end - 3, huffmanLength(all));
  assert.equal(huffmanDecode(out, 3, end), 256);
  assert.equal(huffmanScratch().toString('latin1', 0, 256), all);
});

test('RFC 7541 2.3.3: an index that is in no table is refused', () => {
  refused('be');
  refused('7f000161');
  refused('ff00');
});

test('RFC 7541 2.3.2: entries of the dynamic table are found newest first', () => {
  const decoder = new HpackDecoder();
  decode('400161016140016201624001630163', decoder);
  assert.deepEqual(decode('bebfc0', decoder), ['c: c', 'b: b', 'a: a']);
});

test('RFC 7541 4.1: an entry counts its text and 32 bytes', () => {
  const decoder = new HpackDecoder();
  // A table of 68 bytes holds two entries of 34 bytes and not three.
  decode('3f25400161016140016201624001630163', decoder);
  assert.deepEqual(decode('bebf', decoder), ['c: c', 'b: b']);
  refused('c0', decoder);
});

test('RFC 7541 4.2: a size update stands at the beginning of a block only', () => {
  refused('8220');
  refused('400161016120');
  assert.deepEqual(decode('203fe11f82'), [':method: GET']);
});

test('RFC 7541 4.3: a smaller table evicts, size 0 empties it', () => {
  const decoder = new HpackDecoder();
  decode('4001610161', decoder);
  decode('20', decoder);
  refused('be', decoder);
});

test('RFC 7541 4.4: an entry larger than the table empties it and is no error', () => {
  const decoder = new HpackDecoder();
  decode('3f0e4001610161', decoder);
  assert.deepEqual(decode(`4001621e${'62'.repeat(30)}`, decoder), [`b: ${'b'.repeat(30)}`]);
  refused('be', decoder);
});

test('RFC 7541 4.4: a new entry may take its name from the entry that it evicts', () => {
  const decoder = new HpackDecoder();
  decode('3f034001610161', decoder);
  assert.deepEqual(decode('7e0162', decoder), ['a: b']);
  assert.deepEqual(decode('be', decoder), ['a: b']);
});

test('RFC 7541 5.1: integers of several bytes, cut off, too large, with useless zeros', () => {
  // Index 63 of a table with two entries, as a prefix of six bits that is full, and nothing.
  const decoder = new HpackDecoder();
  decode('40016101614001620162', decoder);
  assert.deepEqual(decode('7f000163', decoder), ['a: c']);
  refused('ff');
  refused('ff80');
  refused('ffffffffffff0f');
  refused('7fffffffff7f0161');
  assert.deepEqual(decode('0f80000161'), ['accept-charset: a']);
});

test('RFC 7541 5.2: a string longer than the block is refused', () => {
  refused('000561');
  refused('0001610561');
  refused('00');
  refused('000161');
  refused('007fffff7f61');
});

test('RFC 7541 5.2: Huffman padding is at most seven bits, all ones, and EOS may not occur', () => {
  // "a" is 00011: with three bits of padding, then with eleven, then with zeros.
  assert.deepEqual(decode('000161811f'), ['a: a']);
  refused('000161821fff');
  refused('0001618118');
  // EOS: thirty ones.
  refused('00016184ffffffff');
  refused('000161841ffffffc');
  // An empty string has no padding at all.
  assert.deepEqual(decode('00016180'), ['a: ']);
  refused('00016181ff');
});

test('RFC 7541 6.1: index 0 is refused', () => {
  refused('80');
});

test('RFC 7541 6.2.2, 6.2.3: what is not indexed changes no table', () => {
  const decoder = new HpackDecoder();
  decode('0001610161', decoder);
  decode('1001610161', decoder);
  refused('be', decoder);
});

test('RFC 7541 6.3: the table may not become larger than we allowed', () => {
  assert.deepEqual(decode('3fe11f'), []);
  refused('3fe21f');
  refused('3fffffffff7f');
});

/** What one encoder makes of lists, one block after the other, as the peer reads it. */
class Pair {
  readonly encoder = new HpackEncoder();
  readonly decoder = new HpackDecoder();
  readonly out = Buffer.alloc(200_000);

  block(headers: HeaderList): Buffer {
    const room = this.encoder.room(headers, 0);
    this.encoder.begin(this.out, 0);
    this.encoder.headers(headers);
    const end = this.encoder.end();
    assert.ok(end <= room, 'more bytes than promised');
    return Buffer.from(this.out.subarray(0, end));
  }

  read(block: Buffer): string[] {
    return decodeFields(this.decoder, block);
  }
}

test('a field that comes again gets a place in the table, and then costs a byte', () => {
  const pair = new Pair();
  const list = HeaderList.of('x-color', 'red', 'content-type', 'text/plain');
  const sizes = [1, 2, 3, 4].map(() => {
    const block = pair.block(list);
    assert.deepEqual(pair.read(block), ['x-color: red', 'content-type: text/plain']);
    return block.length;
  });
  assert.deepEqual(sizes.slice(2), [2, 2]);
});

test('values that change with every message throw nothing out of the table', () => {
  const pair = new Pair();
  for (let at = 0; at < 500; at += 1) {
    const block = pair.block(HeaderList.of('x-color', 'red', 'x-request-id', `id-${at}-${'x'.repeat(40)}`));
    pair.read(block);
    if (at >= 2) assert.equal(block[0], 0xbe, 'the one that stays is the only entry');
  }
});

test('two values that take turns are both indexed', () => {
  const pair = new Pair();
  for (let at = 0; at < 6; at += 1) pair.read(pair.block(HeaderList.of('x-color', at % 2 === 0 ? 'red' : 'blue')));
  assert.equal(pair.block(HeaderList.of('x-color', 'red')).length, 1);
  assert.equal(pair.block(HeaderList.of('x-color', 'blue')).length, 1);
});

test('RFC 7541 7.1.3: credentials and cookies are never indexed', () => {
  const pair = new Pair();
  const names = ['authorization', 'proxy-authorization', 'cookie', 'set-cookie'];
  for (const name of names) {
    for (let again = 0; again < 3; again += 1) {
      const block = pair.block(HeaderList.of(name, 'secret'));
      assert.equal((block[0] as number) & 0xf0, 0x10, name);
      assert.deepEqual(pair.read(block), [`${name}: secret`]);
    }
  }
});

test('RFC 7541 6.2.3: what came never indexed is passed on never indexed, also from a copy', () => {
  const pair = new Pair();
  const list = HeaderList.fields(['x-key', 'k', 'x-color', 'red'], 0);
  list.secret = ['x-key'];
  for (let again = 0; again < 3; again += 1) {
    const block = pair.block(list.clone());
    assert.equal(block[0], 0x10);
    assert.deepEqual(pair.read(block), ['x-key: k', 'x-color: red']);
  }
});

test('RFC 7541 4.2: a smaller table of the peer is acknowledged at the next block, the smallest first', () => {
  const pair = new Pair();
  const list = HeaderList.of('x-color', 'red');
  for (let again = 0; again < 3; again += 1) pair.read(pair.block(list));
  pair.encoder.allow(0);
  pair.encoder.allow(1000);
  const block = pair.block(list);
  assert.equal(block.subarray(0, 4).toString('hex'), '203fc907');
  assert.deepEqual(pair.read(block), ['x-color: red']);
  pair.encoder.allow(0);
  for (let again = 0; again < 4; again += 1) assert.deepEqual(pair.read(pair.block(list)), ['x-color: red']);
  // More than we use is not taken up.
  pair.encoder.allow(1 << 30);
  assert.equal(pair.block(list).subarray(0, 3).toString('hex'), '3fe11f');
});

test('RFC 9113 8.2.1, 8.2.2: names are lowered and what ends at this hop stays behind', () => {
  const pair = new Pair();
  const raw = 'X-Color: red\r\nUser-Agent: me\r\n';
  const list = new HeaderList(raw, [0, 7, 9, 12, 0, 14, 24, 26, 28, 22], 1 << 22, true);
  list.add('Connection', 'x-color');
  list.add('host', 'cart');
  list.add('transfer-encoding', 'chunked');
  list.add('upgrade', 'h2c');
  list.add('HTTP2-Settings', 'AAA');
  list.add('keep-alive', 'timeout=5');
  list.add('Te', 'trailers');
  for (let again = 0; again < 3; again += 1) {
    assert.deepEqual(pair.read(pair.block(list)), ['x-color: red', 'user-agent: me', 'te: trailers']);
  }
});

test('names that peers make up are not remembered for ever', () => {
  const pair = new Pair();
  for (let at = 0; at < 5000; at += 1) {
    const list = HeaderList.of(`x-${at}`, 'v', 'x-color', 'red');
    assert.deepEqual(pair.read(pair.block(list)), [`x-${at}: v`, 'x-color: red']);
  }
  const before = process.memoryUsage().heapUsed;
  for (let at = 0; at < 50_000; at += 1) pair.block(HeaderList.of(`y-${at}`, 'v'));
  assert.ok(process.memoryUsage().heapUsed - before < 30e6);
});

test('a literal that names an uppercase or empty name, or a value with control characters, decodes: rules come later', () => {
  const decoder = new HpackDecoder();
  assert.deepEqual(decodeFields(decoder, literals('X-A', 'b', '', 'c', 'd', 'e\0\r\n')), [
    'X-A: b',
    ': c',
    'd: e\0\r\n',
  ]);
});
