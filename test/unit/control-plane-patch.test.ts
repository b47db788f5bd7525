import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { jsonPatch } from '../../control-plane/api/patch/json-patch.ts';
import { mergePatch } from '../../control-plane/api/patch/merge-patch.ts';
import { strategicMerge } from '../../control-plane/api/patch/strategic-merge.ts';

describe('merge patch', () => {
  /** RFC 7396, appendix A: original, patch, result. */
  const cases: [unknown, unknown, unknown][] = [
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
  ];
  for (const [original, patch, result] of cases) {
    test(`${JSON.stringify(patch)} makes ${JSON.stringify(result)} of ${JSON.stringify(original)}`, () => {
      const before = structuredClone(original);
      assert.deepEqual(mergePatch(original, patch), result);
      assert.deepEqual(original, before);
    });
  }
});

describe('JSON patch', () => {
  /** RFC 6902, appendix A and section 4: document, operations, result or error. */
  const cases: [unknown, unknown, { value: unknown } | RegExp][] = [
    [{ foo: 'bar' }, [{ op: 'add', path: '/baz', value: 'qux' }], { value: { foo: 'bar', baz: 'qux' } }],
    [{ foo: ['a', 'c'] }, [{ op: 'add', path: '/foo/1', value: 'b' }], { value: { foo: ['a', 'b', 'c'] } }],
    [{ foo: ['a'] }, [{ op: 'add', path: '/foo/-', value: ['b'] }], { value: { foo: ['a', ['b']] } }],
    [{ foo: ['a'] }, [{ op: 'add', path: '/foo/2', value: 'b' }], /operation 0: \/foo\/2 is not in the list/],
    [{ foo: 'bar' }, [{ op: 'add', path: '/baz/bat', value: 1 }], /operation 0: \/baz does not exist/],
    [{ a: 1, b: 2 }, [{ op: 'remove', path: '/a' }], { value: { b: 2 } }],
    [{ foo: ['a', 'b', 'c'] }, [{ op: 'remove', path: '/foo/1' }], { value: { foo: ['a', 'c'] } }],
    [{ a: 1 }, [{ op: 'remove', path: '/b' }], /\/b does not exist/],
    [{ a: 1 }, [{ op: 'replace', path: '/a', value: { b: 2 } }], { value: { a: { b: 2 } } }],
    [{ a: 1 }, [{ op: 'replace', path: '/b', value: 2 }], /\/b does not exist/],
    [{ foo: ['a', 'b', 'c'] }, [{ op: 'move', from: '/foo/0', path: '/foo/2' }], { value: { foo: ['b', 'c', 'a'] } }],
    [{ a: { b: 1 } }, [{ op: 'move', from: '/a', path: '/a/b' }], /cannot be moved into itself/],
    [{ a: { b: 1 } }, [{ op: 'copy', from: '/a', path: '/c' }], { value: { a: { b: 1 }, c: { b: 1 } } }],
    [{ a: [1, { b: 2 }] }, [{ op: 'test', path: '/a', value: [1, { b: 2 }] }], { value: { a: [1, { b: 2 }] } }],
    [{ a: 'x' }, [{ op: 'test', path: '/a', value: 'y' }], /test failed: \/a is "x"/],
    [{ '/': 9, '~1': 10 }, [{ op: 'test', path: '/~01', value: 10 }], { value: { '/': 9, '~1': 10 } }],
    [{ 'a/b': 1 }, [{ op: 'replace', path: '/a~1b', value: 2 }], { value: { 'a/b': 2 } }],
    [{}, [{ op: 'jump', path: '/a' }], /op must be add/],
    [{}, [{ op: 'add', path: '/a' }], /value is required for add/],
    [{}, [{ op: 'add', path: '/__proto__', value: {} }], /is not allowed/],
    [{}, { op: 'add' }, /must be a list/],
    [{ a: 1 }, [{ op: 'replace', path: '', value: { b: 2 } }], { value: { b: 2 } }],
  ];
  for (const [document, patch, expected] of cases) {
    test(`${JSON.stringify(patch)} on ${JSON.stringify(document)}`, () => {
      const before = structuredClone(document);
      const result = jsonPatch(document, patch);
      if (expected instanceof RegExp) assert.match('error' in result ? result.error : 'no error', expected);
      else assert.deepEqual(result, expected);
      assert.deepEqual(document, before);
    });
  }

  test('applies all operations or none', () => {
    const document = { a: 1 };
    const result = jsonPatch(document, [
      { op: 'add', path: '/b', value: 2 },
      { op: 'test', path: '/a', value: 3 },
    ]);
    assert.ok('error' in result);
    assert.deepEqual(document, { a: 1 });
  });
});

describe('strategic merge patch', () => {
  const ports = (...numbers: number[]) => ({ spec: { ports: numbers.map((port) => ({ port, name: `p${port}` })) } });
  const cases: [what: string, document: unknown, patch: unknown, expected: object | RegExp][] = [
    ['merges objects and deletes by null', { a: { b: 1, c: 2 } }, { a: { b: null, d: 3 } }, { a: { c: 2, d: 3 } }],
    [
      'changes the port that has the key',
      ports(80, 81),
      { spec: { ports: [{ port: 81, name: 'x' }] } },
      {
        spec: {
          ports: [
            { port: 80, name: 'p80' },
            { port: 81, name: 'x' },
          ],
        },
      },
    ],
    [
      'adds a port with a new key',
      ports(80),
      { spec: { ports: [{ port: 81 }] } },
      {
        spec: { ports: [{ port: 80, name: 'p80' }, { port: 81 }] },
      },
    ],
    ['deletes a port by directive', ports(80, 81), { spec: { ports: [{ $patch: 'delete', port: 80 }] } }, ports(81)],
    [
      'deletes nothing when the key is not there',
      ports(80),
      { spec: { ports: [{ $patch: 'delete', port: 9 }] } },
      ports(80),
    ],
    [
      'replaces a list by directive',
      ports(80, 81),
      { spec: { ports: [{ $patch: 'replace' }, { port: 1 }] } },
      {
        spec: { ports: [{ port: 1 }] },
      },
    ],
    ['replaces an object by directive', { a: { b: 1 } }, { a: { $patch: 'replace', c: 2 } }, { a: { c: 2 } }],
    ['deletes an object by directive', { a: { b: 1 }, d: 1 }, { a: { $patch: 'delete' } }, { d: 1 }],
    [
      'orders a list',
      ports(80, 81, 82),
      { spec: { '$setElementOrder/ports': [{ port: 82 }, { port: 80 }, { port: 81 }] } },
      ports(82, 80, 81),
    ],
    [
      'leaves what it does not order in place',
      ports(80, 81, 82),
      { spec: { '$setElementOrder/ports': [{ port: 82 }, { port: 80 }] } },
      ports(82, 80, 81),
    ],
    [
      'orders what it adds',
      ports(80, 82),
      {
        spec: {
          '$setElementOrder/ports': [{ port: 80 }, { port: 81 }, { port: 82 }],
          ports: [{ port: 81, name: 'p81' }],
        },
      },
      ports(80, 81, 82),
    ],
    [
      'keeps only retained keys',
      { spec: { a: 1, b: 2, c: 3 } },
      { spec: { $retainKeys: ['a', 'd'], d: 4 } },
      { spec: { a: 1, d: 4 } },
    ],
    [
      'merges a set',
      { metadata: { finalizers: ['a', 'b'] } },
      { metadata: { finalizers: ['b', 'c'] } },
      {
        metadata: { finalizers: ['a', 'b', 'c'] },
      },
    ],
    [
      'takes items out of a set',
      { metadata: { finalizers: ['a', 'b'] } },
      {
        metadata: { '$deleteFromPrimitiveList/finalizers': ['a'], '$setElementOrder/finalizers': ['b'] },
      },
      { metadata: { finalizers: ['b'] } },
    ],
    [
      'merges owners by uid',
      { metadata: { ownerReferences: [{ uid: '1', name: 'a' }] } },
      {
        metadata: {
          ownerReferences: [
            { uid: '1', name: 'b' },
            { uid: '2', name: 'c' },
          ],
        },
      },
      {
        metadata: {
          ownerReferences: [
            { uid: '1', name: 'b' },
            { uid: '2', name: 'c' },
          ],
        },
      },
    ],
    [
      'merges conditions by type',
      { status: { conditions: [{ type: 'A', status: 'True' }] } },
      {
        status: { conditions: [{ type: 'A', status: 'False' }] },
      },
      { status: { conditions: [{ type: 'A', status: 'False' }] } },
    ],
    [
      'replaces every other list whole',
      { endpoints: [{ addresses: ['1'] }, { addresses: ['2'] }] },
      { endpoints: [{ addresses: ['3'] }] },
      {
        endpoints: [{ addresses: ['3'] }],
      },
    ],
    ['does nothing when empty', ports(80), {}, ports(80)],
    ['refuses an unknown directive', {}, { spec: { $foo: 1 } }, /unknown directive \$foo/],
    [
      'refuses an unknown value of $patch',
      {},
      { spec: { $patch: 'merg' } },
      /\$patch must be replace, merge or delete/,
    ],
    ['refuses an item without its key', ports(80), { spec: { ports: [{ name: 'x' }] } }, /every item needs port/],
    [
      'refuses a directive in a list that is replaced whole',
      {},
      { endpoints: [{ $patch: 'delete' }] },
      /\$patch has no meaning/,
    ],
    ['refuses what is no object', {}, [], /must be an object/],
  ];
  for (const [what, document, patch, expected] of cases) {
    test(what, () => {
      const before = structuredClone(document);
      const result = strategicMerge(document, patch);
      if (expected instanceof RegExp) assert.match('error' in result ? result.error : 'no error', expected);
      else assert.deepEqual(result, { value: expected });
      assert.deepEqual(document, before);
    });
  }

  test('brings any list of ports to any other by the patch that kubectl computes for it', () => {
    const list = fc.uniqueArray(
      fc.record(
        { port: fc.integer({ min: 1, max: 8 }), name: fc.constantFrom('a', 'b', 'c') },
        { noNullPrototype: true },
      ),
      {
        selector: (each) => each.port,
        maxLength: 6,
      },
    );
    fc.assert(
      fc.property(list, list, (before, after) => {
        const kept = (port: number) => before.find((each) => each.port === port);
        const gone = before.filter((each) => !after.some((next) => next.port === each.port));
        const changed = after.filter((each) => kept(each.port)?.name !== each.name);
        const patch = {
          spec: {
            '$setElementOrder/ports': after.map(({ port }) => ({ port })),
            ports: [...changed, ...gone.map(({ port }) => ({ $patch: 'delete', port }))],
          },
        };
        const result = strategicMerge({ spec: { ports: before } }, patch);
        assert.deepEqual(result, { value: { spec: { ports: after } } });
      }),
    );
  });
});
