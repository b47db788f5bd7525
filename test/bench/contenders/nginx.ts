import { type Contender, type Place, type Setting, said, written } from './contender.ts';

/** The fields of Aya's line that nginx knows, under the same names. Written as Aya writes: many lines per system call. */
const logFormat = `log_format mesh escape=json '{"start_time":"$time_iso8601","method":"$request_method","path":"$request_uri",'
  '"protocol":"$server_protocol","authority":"$http_host","response_code":$status,"response_flags":"-",'
  '"response_code_details":"$upstream_cache_status","bytes_received":$content_length_or_0,"bytes_sent":$body_bytes_sent,'
  '"duration":$request_time,"response_duration":"$upstream_header_time","attempts":1,"route_name":"$server_name",'
  '"upstream_cluster":"$proxy_host","upstream_host":"$upstream_addr","downstream_remote_address":"$remote_addr:$remote_port",'
  '"downstream_local_address":"$server_addr:$server_port","request_id":"$request_id","x_forwarded_for":"$http_x_forwarded_for",'
  '"user_agent":"$http_user_agent"}';
  map $content_length $content_length_or_0 { "" 0; default $content_length; }`;

/**
 * What nginx has of all this by default, and no more: least_conn, passive health checks (max_fails), the next upstream after a
 * connect failure. It speaks HTTP/2 to clients only. With `streaming` it passes bodies on as they come, by buffers as large as Aya's.
 */
export const nginx: Contender = {
  name: 'nginx',
  dynamic: false,
  tcp: false,
  version: () => said('nginx', '-v')?.replace(/^.*nginx\//, ''),
  statistics: ({ admin }: Place) => `http://127.0.0.1:${admin}/status`,
  command({ folder, listen, admin, backends }: Place, { workers, protocol, accessLog, streaming, clients }: Setting) {
    const servers = backends.map((port) => `server 127.0.0.1:${port};`).join(' ');
    const bodies = streaming
      ? 'proxy_buffering off; proxy_buffer_size 64k; proxy_buffers 8 64k; proxy_busy_buffers_size 128k; proxy_request_buffering off; client_body_buffer_size 64k;'
      : '';
    const log = accessLog ? `${logFormat}\n  access_log ${accessLog} mesh buffer=64k flush=1s;` : 'access_log off;';
    const config = `worker_processes ${workers}; daemon off; pid proxy.pid; error_log proxy.err; worker_rlimit_nofile ${clients + 4000};
events { worker_connections ${clients + 2000}; }
http { ${log} keepalive_requests 100000000; keepalive_timeout 600s; client_max_body_size 0;
  http2_max_concurrent_streams 1024; http2_chunk_size 16k;
  upstream backend { least_conn; ${servers} keepalive 256; keepalive_requests 100000000; }
  server { listen 127.0.0.1:${listen}${protocol === 'http2' ? ' http2' : ''} backlog=4096;
    location / { ${bodies} proxy_http_version 1.1; proxy_set_header Connection ""; proxy_pass http://backend; } }
  server { listen 127.0.0.1:${admin}; access_log off; location = /status { stub_status; } } }
`;
    return ['nginx', '-p', folder, '-c', written(folder, 'nginx-proxy.conf', config)];
  },
};
