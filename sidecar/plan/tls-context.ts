import { isIP } from 'node:net';
import process from 'node:process';
import { randomHex } from '../../shared/struct/random-hex.ts';
import type {
  CertificateValidationContext,
  CommonTlsContext,
  SubjectAltNameMatcher,
  TlsParameters,
} from '../../shared/xds/messages.gen.ts';
import { secureContext } from '../codec/secure-context.ts';
import type { PeerNamePlan, TlsPlan, TlsVersion } from '../core/plan/tls.ts';
import { sourceText } from './data-source.ts';
import type { Place } from './place.ts';
import { certificates, certificatesIn } from './tls-certificate.ts';

type Common = Omit<TlsPlan, 'id'>;

const versions: Readonly<Record<string, TlsVersion | undefined>> = { TLSv1_2: 'TLSv1.2', TLSv1_3: 'TLSv1.3' };
const nameKinds: Readonly<Record<string, PeerNamePlan['kind'] | undefined>> = {
  DNS: 'dns',
  URI: 'uri',
  EMAIL: 'email',
  IP_ADDRESS: 'ip',
};

/** CommonTlsContext with Envoy's defaults, its files read. */
export function commonTls(context: CommonTlsContext | undefined, place: Place): Common {
  const files: string[] = [];
  if (context) {
    place.only(context, ['tls_params', 'tls_certificates', 'validation_context', 'alpn_protocols']);
  }
  return {
    certificates: certificates(context?.tls_certificates ?? [], files, place),
    alpn: (context?.alpn_protocols ?? []).map((each, at) => protocolName(each, place.index('alpn_protocols', at))),
    ...versionsOf(context?.tls_params, place.at('tls_params')),
    ...validation(context?.validation_context, files, place.at('validation_context')),
    files,
  };
}

function protocolName(name: string, place: Place): string {
  if (!/^[\x21-\x7e]{1,255}$/.test(name)) place.wrong(`"${name}" is no name of a protocol`);
  return name;
}

function versionsOf(params: TlsParameters | undefined, place: Place): Pick<TlsPlan, 'minVersion' | 'maxVersion'> {
  if (params) place.only(params, ['tls_minimum_protocol_version', 'tls_maximum_protocol_version']);
  const version = (field: keyof TlsParameters & `tls_${string}`, fallback: TlsVersion): TlsVersion => {
    const name = params?.[field] ?? 'TLS_AUTO';
    if (name === 'TLS_AUTO') return fallback;
    if (!versions[name]) place.at(field).refuse(`${name} is broken`);
    return versions[name] ?? fallback;
  };
  const minVersion = version('tls_minimum_protocol_version', 'TLSv1.2');
  const maxVersion = version('tls_maximum_protocol_version', 'TLSv1.3');
  if (minVersion > maxVersion) place.at('tls_maximum_protocol_version').wrong('is below the minimum');
  return { minVersion, maxVersion };
}

function validation(
  context: CertificateValidationContext | undefined,
  files: string[],
  place: Place,
): Pick<TlsPlan, 'trustedCa' | 'peerNames'> {
  if (!context) return { trustedCa: '', peerNames: [] };
  place.only(context, ['trusted_ca', 'match_typed_subject_alt_names']);
  const at = place.at('trusted_ca');
  const trustedCa = context.trusted_ca ? (sourceText(context.trusted_ca, files, at) ?? '') : '';
  if (trustedCa !== '') certificatesIn(trustedCa, at);
  const names = context.match_typed_subject_alt_names;
  // Anybody can put any name into a certificate. Envoy refuses it, too.
  if (names.length > 0 && !context.trusted_ca) at.wrong('is required with match_typed_subject_alt_names');
  const peerNames = names.map((each, index) => peerName(each, place.index('match_typed_subject_alt_names', index)));
  return { trustedCa, peerNames: peerNames.filter((each) => each !== undefined) };
}

function peerName({ matcher, san_type }: SubjectAltNameMatcher, place: Place): PeerNamePlan | undefined {
  const kind = nameKinds[san_type ?? ''];
  if (!kind) place.at('san_type').refuse(`${san_type ?? 'unset'}, use DNS, URI, EMAIL or IP_ADDRESS`);
  const name = matcher?.exact ?? '';
  if (name === '' || matcher?.ignore_case) place.at('matcher').refuse('use exact');
  else if (!/^[\x21-\x7e]+$/.test(name) || (kind === 'ip' && isIP(name) === 0)) {
    place.at('matcher').at('exact').wrong(`"${name}" is no name of this kind`);
  }
  return kind && { kind, name };
}

/** The plan with its id; undefined, with a problem noted, when OpenSSL does not take it. `noted`: problems before. */
export function identified<P extends Common>(plan: P, noted: number, place: Place): (P & { id: string }) | undefined {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const id = createHash('sha256').update(JSON.stringify(plan)).digest('base64url').slice(0, 32);
  const whole = { ...plan, id };
  if (place.findings.wrong.length > noted) return undefined;
  try {
    secureContext(whole);
  } catch (error) {
    place.wrong(`OpenSSL does not take it: ${(error as { reason?: string }).reason ?? 'no reason given'}`);
    return undefined;
  }
  return whole;
}

let secret: string | undefined;

/** Keys for the session tickets of a context, the same for all workers and as long as this process lives. */
export function ticketKeysOf(id: string): string {
  secret ??= randomHex(48);
  return process.getBuiltinModule('node:crypto').createHmac('sha384', secret).update(id).digest('base64');
}
