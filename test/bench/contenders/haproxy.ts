import { type Contender, type Place, type Setting, said, written } from './contender.ts';

const field = (name: string, value: string): string => `\\"${name}\\":\\"%[${value}]\\"`;

/**
 * The fields of Aya's line that HAProxy knows. It sends each line by a system call of its own, to its standard output, which is
 * the file: to gather lines it would need a log server.
 */
const logFormat = [
  '"{\\"start_time\\":\\"%tr\\"',
  field('method', 'capture.req.method,json(utf8s)'),
  field('path', 'capture.req.uri,json(utf8s)'),
  field('protocol', 'capture.req.ver'),
  field('authority', 'var(txn.host),json(utf8s)'),
  '\\"response_code\\":%ST,\\"response_flags\\":\\"%tsc\\",\\"bytes_received\\":%U,\\"bytes_sent\\":%B,\\"duration\\":%Ta',
  '\\"response_duration\\":%Tr,\\"attempts\\":%rc,\\"upstream_cluster\\":\\"%b\\",\\"upstream_host\\":\\"%si:%sp\\"',
  '\\"downstream_remote_address\\":\\"%ci:%cp\\",\\"downstream_local_address\\":\\"%fi:%fp\\",\\"request_id\\":\\"%ID\\"',
  field('user_agent', 'var(txn.agent),json(utf8s)').concat('}"'),
].join(',');

export const haproxy: Contender = {
  name: 'haproxy',
  dynamic: false,
  tcp: true,
  version: () => said('haproxy', '-v')?.match(/version (\S+)/)?.[1],
  statistics: ({ admin }: Place) => `http://127.0.0.1:${admin}/metrics`,
  command(place: Place, { workers, protocol, accessLog, clients }: Setting) {
    const { folder, listen, admin } = place;
    const [ports, proto] = protocol === 'http2' ? [place.http2Backends, ' proto h2'] : [place.backends, ''];
    const servers = ports.map((port, at) => `  server s${at} 127.0.0.1:${port}${proto}`).join('\n');
    // As many streams and as large a window as Aya has.
    const tuning =
      protocol === 'http2' ? '\n  tune.h2.max-concurrent-streams 1024\n  tune.h2.initial-window-size 262144' : '';
    const front = accessLog
      ? `  log stdout format raw local0
  unique-id-format %{+X}o\\ %ci%cp%Ts%rt
  http-request set-var(txn.host) req.hdr(host)
  http-request set-var(txn.agent) req.hdr(user-agent)
  log-format ${logFormat}`
      : '';
    const http = '\n  timeout http-keep-alive 600s\n  option http-keep-alive\n  http-reuse always';
    // It wants two descriptors for each client that it may have; all but a few of the many clients are idle here.
    const config = `global
  nbthread ${workers}
  no strict-limits
  ulimit-n ${clients + 4000}
  maxconn ${clients + 500}${tuning}
defaults
  mode ${protocol === 'tcp' ? 'tcp' : 'http'}
  timeout connect 5s
  timeout client 600s
  timeout server 60s${protocol === 'tcp' ? '' : http}
frontend front
  bind 127.0.0.1:${listen}${proto}
${front}
  default_backend back
backend back
  balance leastconn
${servers}
frontend statistics
  mode http
  bind 127.0.0.1:${admin}
  http-request use-service prometheus-exporter
`;
    const command = ['haproxy', '-db', '-f', written(folder, 'haproxy.cfg', config)];
    return accessLog ? ['/bin/sh', '-c', `exec "$@" >>${accessLog}`, 'sh', ...command] : command;
  },
};
