import assert from 'node:assert/strict';
import { test } from 'node:test';
import { guessHttp, preface } from '../../../sidecar/listener/first-bytes.ts';

const guess = (text: string): string => guessHttp(Buffer.from(text, 'latin1'), text.length);

const known: readonly (readonly [string, string])[] = [
  ['GET / HTTP/1.1\r\n', 'http/1.1'],
  ['GET / HTTP/1.0\r\n', 'http/1.0'],
  ['GET / HTTP/1.1\n', 'http/1.1'],
  ['GET / HTTP/1.7\r\n', 'http/1.1'],
  ['\r\nGET / HTTP/1.1\r\n', 'http/1.1'],
  ['POST /a?b=c HTTP/1.1\r\nHost: x\r\n\r\n', 'http/1.1'],
  ['CONNECT a:1 HTTP/1.1\r\n', 'http/1.1'],
  ['M-SEARCH * HTTP/1.1\r\n', 'http/1.1'],
  ['GET http://a/b HTTP/1.1\r\n', 'http/1.1'],
  [`GET /${'x'.repeat(9000)}`, 'http/1.1'],
  ['PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'h2c'],
  ['', 'more'],
  ['G', 'more'],
  ['GET', 'more'],
  ['GET ', 'more'],
  ['GET / HTTP/1.', 'more'],
  ['PRI * HT', 'more'],
  ['PRI * HTTP/2.0\r\n\r\nSM', 'more'],
  ['\r', 'more'],
  // Redis, SMTP, memcached, IRC, FTP, NATS, MySQL, PostgreSQL, TLS, SSH.
  ['PING\r\n', ''],
  ['*1\r\n$4\r\nPING\r\n', ''],
  ['EHLO me.example\r\n', ''],
  ['get key\r\n', ''],
  ['USER guest 0 * :x\r\n', ''],
  ['CONNECT {"verbose":false}\r\n', ''],
  ['\x00\x00\x00\x01', ''],
  ['\x00\x00\x00\x08\x04\xd2\x16\x2f', ''],
  ['\x16\x03\x01', ''],
  ['SSH-2.0-OpenSSH_9\r\n', ''],
  ['GET / HTTP/2.0\r\n', ''],
  ['GET / HTTP/1.1x\r\n', ''],
  ['GET \x00\x01\x02', ''],
  ['\r\r', ''],
  ['PRI * HTTP/2.0\r\n\r\nXX\r\n', ''],
  [`${'x'.repeat(40)}`, ''],
];

test('HTTP is told from other protocols by its request line', () => {
  for (const [text, expected] of known) assert.equal(guess(text), expected, JSON.stringify(text.slice(0, 40)));
});

test('no prefix says anything else than the whole: it waits, or says the same', () => {
  for (const [text, expected] of known) {
    for (let length = 0; length < Math.min(text.length, 200); length += 1) {
      const early = guess(text.slice(0, length));
      if (early !== 'more') assert.equal(early, expected, JSON.stringify(text.slice(0, length)));
    }
  }
});

test('the preface of HTTP/2 alone is looked for where all is HTTP', () => {
  const look = (text: string): string => preface(Buffer.from(text), text.length);
  assert.equal(look('P'), 'more');
  assert.equal(look('POST / HTTP/1.1\r\n'), '');
  assert.equal(look('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0'), 'h2c');
});
