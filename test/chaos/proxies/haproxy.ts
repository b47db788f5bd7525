import { type Place, written } from '../../bench/contenders/contender.ts';
import { haproxy as contender } from '../../bench/contenders/haproxy.ts';
import { type Contestant, terms } from './contestant.ts';

const { check, connect, deadline, inARow, perTry, retries } = terms;

/** Everything that HAProxy has against failing servers, with the same numbers. Requests that are no GET are not repeated once they were sent. */
const configuration = ({ backends, http2Backends, listen }: Place): string => `global
  maxconn 4000
  no strict-limits
defaults
  mode http
  timeout connect ${connect}ms
  timeout server ${perTry}ms
  timeout client 60s
  timeout queue ${deadline}ms
  timeout check ${check.timeout}ms
  option http-keep-alive
  option http-no-delay
  http-reuse always
  retries ${retries}
  option redispatch 1
  retry-on conn-failure empty-response junk-response response-timeout 500 502 503 504
frontend front
  bind 127.0.0.1:${listen}
  default_backend back
backend back
  balance leastconn
  http-request disable-l7-retry unless METH_GET
  option httpchk
  http-check send meth GET uri /healthz ver HTTP/1.1 hdr host backend
  default-server${http2Backends.length > 0 ? ' proto h2 check-proto h2' : ''} check inter ${check.interval}ms fall ${check.fall} rise ${check.rise} observe layer7 error-limit ${inARow} on-error mark-down
${backends.map((port, at) => `  server s${at} 127.0.0.1:${port}`).join('\n')}
`;

export const haproxy: Contestant = {
  name: 'haproxy',
  version: contender.version,
  policy:
    'leastconn; retries 2, redispatch at once, retry-on conn-failure, empty-response, response-timeout, 5xx (GET only once sent); ' +
    'timeout server 250 ms; httpchk each 500 ms; observe layer7, 5 errors mark down',
  command: (place) => ['haproxy', '-db', '-f', written(place.folder, 'haproxy.cfg', configuration(place))],
};
