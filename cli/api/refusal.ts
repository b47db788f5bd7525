import { Failure } from '../failure.ts';
import { isRecord } from './object.ts';

/** An error that the API answered, with the HTTP status that callers decide by. */
export class Refusal extends Failure {
  readonly status: number;

  constructor(status: number, message: string, hints: readonly string[]) {
    super(message, hints);
    this.status = status;
  }
}

/** Reads a Kubernetes `Status` object (or what came instead of one) as a refusal: its message, and each cause by field. */
export function refusalOf(status: number, body: string, server: URL): Refusal {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    parsed = undefined;
  }
  if (!isRecord(parsed) || parsed.kind !== 'Status') {
    const start = body.trim().slice(0, 200);
    return new Refusal(status, `${server.origin} answered ${status}${start ? `: ${start}` : ''}`, [
      'is this the API of an Aya control plane (default port 15080)?',
    ]);
  }
  const details = isRecord(parsed.details) ? parsed.details : {};
  const causes = Array.isArray(details.causes) ? details.causes.filter(isRecord) : [];
  const lines = causes.map((cause) => (cause.field ? `${cause.field}: ${cause.message}` : String(cause.message)));
  // The message of an invalid object repeats every cause in one line; with the causes below it, its start is enough.
  const message = String(parsed.message ?? parsed.reason ?? `status ${status}`);
  return new Refusal(status, lines.length > 0 ? (message.split(': ')[0] ?? message) : message, lines);
}

/** What to do when no answer came at all. */
export function unreachable(server: URL, error: unknown): Failure {
  const code = isRecord(error) || error instanceof Error ? String((error as { code?: unknown }).code ?? error) : '';
  const start = ["start one here with 'aya control-plane', or", 'name another with --server URL or AYA_SERVER'].join(
    ' ',
  );
  if (code === 'ECONNREFUSED') return new Failure(`no control plane answers at ${server.origin}`, [start]);
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') {
    return new Failure(`the host ${server.hostname} is not known`, ['check --server or AYA_SERVER']);
  }
  return new Failure(`the control plane at ${server.origin} cannot be reached: ${code}`, [start]);
}
