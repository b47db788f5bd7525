/**
 * What each kind of client gets of each world, written out for people to review. After a deliberate change:
 * `UPDATE_GOLDEN=1 node --test test/golden/translate.test.ts`, then read the difference.
 */
import assert from 'node:assert/strict';
import { existsSync, globSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, test } from 'node:test';
import { stringify } from 'yaml';
import { readNode } from '../../control-plane/translate/caller.ts';
import type { Draft } from '../../control-plane/translate/message.ts';
import { translate } from '../../control-plane/translate/translation.ts';
import { encode } from '../../shared/xds/codec.ts';
import { toJson } from '../../shared/xds/json.ts';
import type { Messages, Node } from '../../shared/xds/messages.gen.ts';
import { scan } from '../../shared/xds/strict.ts';
import { nameOf } from '../../shared/xds/type-url.ts';
import { CLIENT_FEATURE } from '../../sidecar/plan/mesh-bootstrap.ts';
import { readResource } from '../../sidecar/plan/resource.ts';
import { nodeWith } from '../support/node.ts';
import { accepted, readWorld } from '../support/world.ts';

const folder = import.meta.dirname;
const sockets = { outbound: '127.0.0.1:15001', inbound: '10.0.0.9:15006', app: '127.0.0.1:8080' };
/** Aya's sidecar is of the newest level. */
const node = (kind: 'aya' | 'envoy' | 'grpc') => {
  const base = nodeWith('web-1', kind, { service: 'web', namespace: 'default', ...sockets }) as Node;
  return readNode({ ...base, client_features: kind === 'aya' ? [CLIENT_FEATURE] : [] }, kind);
};
/** Some leases have ended by then. */
const wall = accepted + 30_000;

const messageType = (draft: Draft): keyof Messages => nameOf(draft.type) as keyof Messages;

function written(drafts: readonly Draft[], problems: readonly object[]): string {
  const resources = drafts.map((draft) => ({
    type: messageType(draft),
    name: draft.name,
    ...(draft.aliases.length > 0 && { aliases: draft.aliases }),
    ...(draft.expiresAt !== undefined && { expiresAt: new Date(draft.expiresAt).toISOString() }),
    resource: toJson(messageType(draft), draft.message, 'proto'),
  }));
  return stringify({ problems, resources }, { lineWidth: 120, aliasDuplicateObjects: false });
}

for (const file of globSync(path.join(folder, 'worlds', '*.yaml')).sort()) {
  const world = readWorld(file);
  const name = path.basename(file, '.yaml');
  describe(`world ${name}`, () => {
    for (const kind of ['aya', 'envoy', 'grpc'] as const) {
      const { resources, problems } = translate(world, node(kind), wall);

      test(`is translated for ${kind} as reviewed`, () => {
        const expected = path.join(folder, 'expected', `${name}.${kind}.yaml`);
        const actual = written(resources, problems);
        if (process.env.UPDATE_GOLDEN === '1') {
          mkdirSync(path.dirname(expected), { recursive: true });
          writeFileSync(expected, actual);
        }
        assert.ok(existsSync(expected), `${expected} is missing: run with UPDATE_GOLDEN=1 and review it`);
        assert.equal(actual, readFileSync(expected, 'utf8'));
      });

      test(`says nothing to ${kind} that it would not understand`, () => {
        for (const draft of resources) {
          const bytes = encode(messageType(draft), draft.message);
          const wrong =
            kind === 'aya'
              ? readResource(draft.type, draft.name, bytes, false).problems
              : scan(messageType(draft), bytes);
          assert.deepEqual(wrong, [], `${draft.type} ${draft.name}`);
        }
      });
    }
  });
}
