import { request } from 'undici';
import { isRecord } from '../api/object.ts';

/** What a sidecar says about itself on its admin port; undefined while it does not answer. */
async function ask(admin: string, path: string): Promise<{ status: number; text: string } | undefined> {
  try {
    const answer = await request(`http://${admin}${path}`, { reset: true, headersTimeout: 2_000, bodyTimeout: 2_000 });
    return { status: answer.statusCode, text: await answer.body.text() };
  } catch {
    return undefined;
  }
}

/** `ready`, or why not yet. */
export async function readiness(admin: string): Promise<string> {
  const answer = await ask(admin, '/ready');
  if (answer === undefined) return 'its admin port does not answer';
  return answer.status === 200 ? 'ready' : answer.text.trim() || `status ${answer.status}`;
}

/** Listener addresses by name, `HOST:PORT`, as they are bound (no port is 0). Envoy's `/listeners?format=json`. */
export async function listenerAddresses(admin: string): Promise<Map<string, string>> {
  const answer = await ask(admin, '/listeners?format=json');
  const parsed: unknown = answer?.status === 200 ? JSON.parse(answer.text) : undefined;
  const statuses = isRecord(parsed) && Array.isArray(parsed.listener_statuses) ? parsed.listener_statuses : [];
  const found = new Map<string, string>();
  for (const status of statuses.filter(isRecord)) {
    const local = isRecord(status.local_address) ? status.local_address.socket_address : undefined;
    if (isRecord(local)) found.set(String(status.name), `${local.address}:${local.port_value}`);
  }
  return found;
}
