import type { Random } from '../../../shared/struct/random.ts';
import type { Target } from '../target.ts';
import { Conversation } from './conversation.ts';
import { WORDS } from './words.ts';

const GET = 'GET /a HTTP/1.1\r\nHost: a\r\n\r\n';
const POST = 'POST /p HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello';
const CHUNKED = 'POST /c HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n';
const EXPECT = 'POST /e HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello';
const OLD = 'GET /o HTTP/1.0\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok';
const CHUNKS = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n';
const CLOSE = 'HTTP/1.1 200 OK\r\n\r\nuntil close';
const INFORM = 'HTTP/1.1 103 Early Hints\r\n\r\n';
const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';

/** A script, what the client sends, what the upstream sends. */
const SEPARATOR = '\x1e';

/**
 * A client, two sessions and an upstream, in any order of reads, FINs, resets, full buffers, and time that passes: see
 * Conversation for the script.
 */
export const conversationTarget: Target = {
  name: 'http1-conversation',
  seeds: [
    ['cccuuu', GET, OK],
    ['cucucucu', GET + POST + CHUNKED, OK + CHUNKS + OK],
    ['CUCUCUCU', GET.repeat(3), OK.repeat(3)],
    ['CbUUdUU', GET + GET, CHUNKS + OK],
    ['ccucucuEu', EXPECT, CONTINUE + OK],
    ['cccUFu', OLD + GET, CLOSE],
    ['CUtT', POST, INFORM + OK],
    ['cccufcg', CHUNKED, OK],
    ['CBcccDccUr', CHUNKED, CHUNKS],
    ['cqcUQcU', GET + GET, OK + OK],
    ['CUGCU', GET + GET, OK],
    ['caccc', POST + GET, OK],
    ['cxccc', CHUNKED + CHUNKED, OK],
    ['cXcuu', CHUNKED, CHUNKS],
    ['Cxuuu', GET, CHUNKS],
    ['CXuuu', GET, CLOSE],
    ['ccf', POST, OK],
    ['cpCPUpuP', POST + GET, OK + OK],
  ].map((parts) => parts.join(SEPARATOR)),
  words: [
    ...WORDS,
    SEPARATOR,
    ...'cCuUfFgGbBdDtTqQrRxXapP',
    GET,
    POST,
    CHUNKED,
    EXPECT,
    OK,
    CHUNKS,
    CLOSE,
    INFORM,
    CONTINUE,
  ],
  run(input: string, random: Random) {
    const [script = '', client = '', upstream = ''] = input.split(SEPARATOR);
    const conversation = new Conversation(client, upstream, random);
    for (const step of script.slice(0, 200)) conversation.step(step);
    return conversation.finish();
  },
  async examine() {},
};
