import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { HeaderList } from '../../../sidecar/core/headers.ts';
import { RESPONSE_FLAG } from '../../../sidecar/core/outcome.ts';
import { DEFAULT_FORMAT } from '../../../sidecar/telemetry/access-log.ts';
import { checkFormat, Format } from '../../../sidecar/telemetry/format.ts';
import { isoTime } from '../../../sidecar/telemetry/time-format.ts';
import { exchangeOf } from '../../support/exchange.ts';

const started = Date.UTC(2026, 0, 31, 23, 59, 58, 7);

/** One exchange that is over, with everything known. */
function over() {
  const x = exchangeOf({
    method: 'POST',
    path: '/buy?x=1',
    authority: 'cart:80',
    headers: ['User-Agent', 'curl', 'x-request-id', 'id-1', 'X-Forwarded-For', '1.1.1.1'],
  });
  return Object.assign(x, {
    status: 503,
    flags: RESPONSE_FLAG.UF | RESPONSE_FLAG.URX,
    detail: 'connection refused or unreachable',
    cluster: 'cart.shop:80',
    upstream: '10.0.0.7:8080',
    routeName: 'buy',
    attempts: 2,
    bytesReceived: 11,
    bytesSent: 22,
    requestDone: x.started + 1,
    responseStart: x.started + 12.4,
    ended: x.started + 20.6,
  });
}

const response = HeaderList.of('x-envoy-upstream-service-time', '9', 'etag', 'e');
const render = (text: string): string => new Format(text, 'log').render(over(), response, started, '-');

const operators: [text: string, expected: string][] = [
  ['%START_TIME%', '2026-01-31T23:59:58.007Z'],
  ['%START_TIME(%Y/%m/%d %H:%M:%S.%3f %z)%', '2026/01/31 23:59:58.007 +0000'],
  ['%START_TIME(%s)%', String(Math.floor(started / 1000))],
  ['%START_TIME(%b %e %T %6f %%)%', 'Jan 31 23:59:58 007000 %'],
  ['%REQ(:METHOD)% %REQ(:PATH)% %REQ(:AUTHORITY)% %REQ(:SCHEME)%', 'POST /buy?x=1 cart:80 http'],
  ['%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%', '/buy?x=1'],
  ['%REQ(USER-AGENT?X):2%', 'cu'],
  ['%REQ(NOT-THERE)%', '-'],
  ['%RESP(ETAG)% %RESP(:STATUS)% %RESP(X)%', 'e 503 -'],
  ['%PROTOCOL%', 'HTTP/1.1'],
  ['%RESPONSE_CODE% %RESPONSE_FLAGS%', '503 UF,URX'],
  ['%RESPONSE_CODE_DETAILS%', 'connection_refused_or_unreachable'],
  ['%UPSTREAM_TRANSPORT_FAILURE_REASON%', 'connection_refused_or_unreachable'],
  ['%BYTES_RECEIVED% %BYTES_SENT%', '11 22'],
  ['%DURATION% %REQUEST_DURATION% %RESPONSE_DURATION% %RESPONSE_TX_DURATION%', '21 1 12 8'],
  ['%UPSTREAM_HOST% %UPSTREAM_CLUSTER% %UPSTREAM_REQUEST_ATTEMPT_COUNT%', '10.0.0.7:8080 cart.shop:80 2'],
  ['%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%', '10.1.2.3:4711 10.1.2.3'],
  ['%DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_PORT%', '10.9.9.9:15001 15001'],
  ['%ROUTE_NAME% %VIRTUAL_CLUSTER_NAME% %REQUESTED_SERVER_NAME%', 'buy - -'],
  ['%HOSTNAME%', hostname()],
  ['100%% %PROTOCOL%%%', '100% HTTP/1.1%'],
  ['nothing to fill in', 'nothing to fill in'],
  ['', ''],
];

for (const [text, expected] of operators) {
  test(`the format "${text}" gives "${expected}"`, () => assert.equal(render(text), expected));
}

test("Envoy's default format gives Envoy's line", () => {
  assert.deepEqual(checkFormat(DEFAULT_FORMAT), []);
  assert.equal(
    render(DEFAULT_FORMAT),
    '[2026-01-31T23:59:58.007Z] "POST /buy?x=1 HTTP/1.1" 503 UF,URX 11 22 21 9 "1.1.1.1" "curl" "id-1" "cart:80" ' +
      '"10.0.0.7:8080"\n',
  );
});

test('what is not known yet is missing', () => {
  const x = exchangeOf();
  const text = new Format('%UPSTREAM_HOST% %RESPONSE_DURATION% %ROUTE_NAME% %RESP(A)%', 'log').render(x, null, 0, '-');
  assert.equal(text, '- - - -');
});

const refused: [text: string, use: 'log' | 'header', why: RegExp][] = [
  ['%NO_SUCH%', 'log', /%NO_SUCH%: this command operator is not supported/],
  ['%REQ()%', 'log', /needs \(NAME\)/],
  ['%REQ(a?b?c)%', 'log', /needs \(NAME\)/],
  ['%REQ(:STATUS)%', 'log', /there is no :status in a request/],
  ['%PROTOCOL(x)%', 'log', /takes no argument/],
  ['%START_TIME(%Q)%', 'log', /time conversion %Q/],
  ['50% off', 'log', /write a percent sign as %%/],
  ['%REQ(a', 'log', /not a command operator/],
  ['%DURATION%', 'header', /not supported in headers/],
  ['%START_TIME%', 'header', /not supported in headers/],
];

for (const [text, use, why] of refused) {
  test(`"${text}" is refused in a ${use} with its reason`, () => {
    const problems = checkFormat(text, use);
    assert.equal(problems.length, 1);
    assert.match(problems[0] ?? '', why);
    assert.throws(() => new Format(text, use), TypeError);
  });
}

test('all unsupported operators of a format are named at once', () => {
  assert.equal(checkFormat('%A% %B% %PROTOCOL% %C%').length, 3);
});

test('times are right across seconds, days and years', () => {
  for (const ms of [0, 999, 1000, started, started + 1000, Date.UTC(2027, 0, 1) - 1, Date.UTC(2027, 0, 1)]) {
    assert.equal(isoTime(ms), new Date(ms).toISOString());
    assert.equal(isoTime(ms + 0.7), new Date(ms).toISOString());
  }
});
