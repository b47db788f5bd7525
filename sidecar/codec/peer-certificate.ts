import type { X509Certificate } from 'node:crypto';
import process from 'node:process';
import type { PeerNamePlan } from '../core/plan/tls.ts';

/** Whether the certificate is for one of these names; for none, any is. */
export function isNamed(certificate: X509Certificate, names: readonly PeerNamePlan[]): boolean {
  return names.length === 0 || names.some((each) => has(certificate, each));
}

/** The same of a certificate in DER. */
export function isNamedDer(bytes: Buffer, names: readonly PeerNamePlan[]): boolean {
  if (names.length === 0) return true;
  const { X509Certificate: Certificate } = process.getBuiltinModule('node:crypto');
  return isNamed(new Certificate(bytes), names);
}

/** Only alternative names count, the subject says nothing (RFC 9525 2). A `*.suffix` there stands for one label. */
function has(certificate: X509Certificate, { kind, name }: PeerNamePlan): boolean {
  switch (kind) {
    case 'dns':
      return certificate.checkHost(name, { subject: 'never', partialWildcards: false }) !== undefined;
    case 'email':
      return certificate.checkEmail(name, { subject: 'never' }) !== undefined;
    case 'ip':
      return certificate.checkIP(name) !== undefined;
    case 'uri':
      return uris(certificate).includes(name);
  }
}

/**
 * Node joins all names by ", " and quotes as JSON what has a comma, a quote or other such characters in it. Whoever made
 * the certificate chose the names, so what does not read like that to its end has none.
 */
function uris({ subjectAltName = '' }: X509Certificate): string[] {
  const entries = subjectAltName.match(/(?:[^",]|"(?:[^"\\]|\\.)*")+/g) ?? [];
  if (entries.join(',') !== subjectAltName) return [];
  return entries
    .map((each) => each.trimStart())
    .flatMap((each) => (each.startsWith('URI:') ? [plain(each.slice(4))] : []));
}

function plain(name: string): string {
  if (!name.startsWith('"')) return name;
  try {
    return String(JSON.parse(name));
  } catch {
    return '';
  }
}
