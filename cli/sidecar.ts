import type { Terminal } from './output/terminal.ts';

export const usage = `Usage: aya sidecar -c FILE [OPTIONS]
       aya sidecar --service NAME --app HOST:PORT --control-plane HOST:PORT[,HOST:PORT] [OPTIONS]

Runs a sidecar proxy until SIGTERM or SIGINT, then drains it. The first form starts from an Envoy bootstrap file (YAML or
JSON); the second joins a mesh. On SIGUSR1 it opens its access log anew, after a rotation (or POST /reopen_logs on the admin).

  -c, --config FILE    an Envoy bootstrap: node, admin, static_resources, dynamic_resources.ads_config
      --validate       check the bootstrap and exit
      --service NAME   the service that this instance belongs to
      --namespace NS   its namespace
      --app HOST:PORT  where the program listens; without it the program only calls others
      --control-plane HOST:PORT[,HOST:PORT]
      --outbound HOST:PORT, --inbound HOST:PORT, --admin HOST:PORT
                       where the sidecar listens (15001, 15006, 15000); port 0 takes a free one
      --advertise HOST:PORT  the inbound address that others use
      --service-port PORT, --protocol NAME
                       what the service is called on (default 80) and what is spoken there (default http)
      --node ID, --locality REGION/ZONE
      --concurrency N  data-path worker threads (default 1)
      --drain-time S   how long open requests may take to end at shutdown (default 30)
      --announce-time S  how long the end is announced before listeners close (default 3)
      --data DIR       keeps the last good configuration there, and starts from it when no control plane answers
      --access-log FILE  JSON lines; "off" by default
      --log-level LEVEL  trace, debug, info, warn, error or silent (default info)
      --lenient        warn about unsupported fields instead of refusing them
      --allow-command-checks  health checks of the bootstrap may run programs of this machine

Every flag can also be set as AYA_... in the environment. 'aya run' starts a sidecar and a program together.`;

export async function run(argv: string[], _terminal: Terminal): Promise<number> {
  const { runSidecar } = await import('../sidecar/main.ts');
  return runSidecar(argv);
}
