import { apiVersionOf, type Kind, kinds } from '../model/kinds.ts';

/**
 * `GET /openapi/v2`. kubectl will not apply without one, and looks in it whether PATCH takes `dryRun` (for diff) and
 * `fieldValidation` (so that the server validates, and not kubectl). It says that and no more: no schemas.
 */
const parameters = ['dryRun', 'fieldValidation'];

const itemPath = (kind: Kind): string =>
  `${kind.group === '' ? '/api' : '/apis'}/${apiVersionOf(kind)}/namespaces/{namespace}/${kind.plural}/{name}`;
const gvk = ({ group, version, kind }: Kind) => ({ group, kind, version });
const extension = 'x-kubernetes-group-version-kind';

/** As JSON. */
export const openApiJson: object = {
  swagger: '2.0',
  info: { title: 'Aya', version: 'v1' },
  paths: Object.fromEntries(
    kinds.map((kind) => [
      itemPath(kind),
      {
        patch: {
          parameters: parameters.map((name) => ({ in: 'query', name, type: 'string' })),
          responses: {},
          [extension]: gvk(kind),
        },
      },
    ]),
  ),
};

export const openApiProtoType = 'application/com.github.proto-openapi.spec.v2.v1.0+protobuf';

/** The same as protobuf, the only form that kubectl reads. Source: google/gnostic, openapiv2/OpenAPIv2.proto. */
export const openApiProto: Buffer = Buffer.concat([
  field(1, '2.0'),
  field(8, ...kinds.map((kind) => field(2, field(1, itemPath(kind)), field(2, field(8, patchOperation(kind)))))),
]);

/** Operation: `parameters` 8, `vendor_extension` 13. */
function patchOperation(kind: Kind): Buffer {
  const query = parameters.map((name) => field(8, field(1, field(2, field(3, field(2, 'query'), field(4, name))))));
  // JSON is YAML too.
  const named = field(13, field(1, extension), field(2, field(2, JSON.stringify(gvk(kind)))));
  return Buffer.concat([...query, named]);
}

/** One length-delimited protobuf field: a text, or a message made of `parts`. */
function field(number: number, ...parts: (Buffer | string)[]): Buffer {
  const body = Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : part)));
  return Buffer.concat([varint((number << 3) | 2), varint(body.length), body]);
}

function varint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127; rest >>>= 7) bytes.push((rest & 127) | 128);
  return Buffer.from([...bytes, rest]);
}
