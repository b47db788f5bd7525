import { findEnvoy } from '../../support/envoy.ts';
import { writeBootstrap } from '../bootstrap.ts';
import { type Contender, type Place, type Setting, said } from './contender.ts';

/** What Aya writes for an empty `json_format`; Envoy must be told. */
const logFields = {
  start_time: '%START_TIME%',
  method: '%REQ(:METHOD)%',
  path: '%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%',
  protocol: '%PROTOCOL%',
  authority: '%REQ(:AUTHORITY)%',
  response_code: '%RESPONSE_CODE%',
  response_flags: '%RESPONSE_FLAGS%',
  response_code_details: '%RESPONSE_CODE_DETAILS%',
  bytes_received: '%BYTES_RECEIVED%',
  bytes_sent: '%BYTES_SENT%',
  duration: '%DURATION%',
  response_duration: '%RESPONSE_DURATION%',
  attempts: '%UPSTREAM_REQUEST_ATTEMPT_COUNT%',
  route_name: '%ROUTE_NAME%',
  upstream_cluster: '%UPSTREAM_CLUSTER%',
  upstream_host: '%UPSTREAM_HOST%',
  downstream_remote_address: '%DOWNSTREAM_REMOTE_ADDRESS%',
  downstream_local_address: '%DOWNSTREAM_LOCAL_ADDRESS%',
  request_id: '%REQ(X-REQUEST-ID)%',
  x_forwarded_for: '%REQ(X-FORWARDED-FOR)%',
  user_agent: '%REQ(USER-AGENT)%',
};

const program = (): string => findEnvoy() ?? 'envoy';

export const envoy: Contender = {
  name: 'envoy',
  dynamic: true,
  tcp: true,
  version: () => said(program(), '--version')?.match(/version: \w+\/(\d+\.\d+\.\d+)/)?.[1],
  statistics: ({ admin }: Place) => `http://127.0.0.1:${admin}/stats/prometheus`,
  command: (place: Place, setting: Setting) => [
    ...[program(), '-c', writeBootstrap(place, setting, logFields)],
    ...['--concurrency', String(setting.workers), '--log-level', 'error', '--base-id', String(place.listen)],
  ],
};
