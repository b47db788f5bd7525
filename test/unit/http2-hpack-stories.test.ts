import assert from 'node:assert/strict';
import { test } from 'node:test';
import { HpackDecoder } from '../../sidecar/codec/http2/hpack-decoder.ts';
import { HpackEncoder } from '../../sidecar/codec/http2/hpack-encoder.ts';
import { HeaderList } from '../../sidecar/core/headers.ts';
import { decodeFields } from '../support/http2/frames.ts';
import { hpackStories } from '../support/http2/hpack-stories.ts';

const stories = hpackStories();
const encoders = [...(stories[0]?.cases[0]?.blocks.keys() ?? [])];

test('there are stories of eight encoders, enough to fill a table several times', () => {
  assert.equal(encoders.length, 8);
  assert.equal(stories.flatMap(({ cases }) => cases).length, 53);
});

for (const encoder of encoders) {
  for (const { number, cases } of stories) {
    test(`blocks of ${encoder} decode to what they were made of: story ${number}`, () => {
      const decoder = new HpackDecoder();
      for (const { fields, blocks } of cases) {
        assert.deepEqual(
          decodeFields(decoder, blocks.get(encoder) ?? Buffer.alloc(0)),
          fields.map(([name, value]) => `${name}: ${value}`),
        );
      }
    });
  }
}

test('and our encoder tells them in blocks that decode to the same, in fewer bytes than no table would take', () => {
  for (const { cases } of stories) {
    const [encoder, decoder] = [new HpackEncoder(), new HpackDecoder()];
    const out = Buffer.alloc(16_384);
    let [bytes, told] = [0, 0];
    for (const { fields } of cases) {
      // What ends at this hop is not written by it.
      const own = fields.filter(([name]) => !['connection', 'keep-alive', 'transfer-encoding'].includes(name));
      const headers = HeaderList.of(...own.flat());
      encoder.begin(out, 0);
      encoder.headers(headers);
      const end = encoder.end();
      assert.ok(end <= encoder.room(headers, 0));
      assert.deepEqual(
        decodeFields(decoder, Buffer.from(out.subarray(0, end))),
        own.map(([name, value]) => `${name}: ${value}`),
      );
      bytes += end;
      told += own.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    }
    assert.ok(bytes < told * 0.7, `${bytes} of ${told}`);
  }
});
