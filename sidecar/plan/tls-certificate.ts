import type { KeyObject, X509Certificate } from 'node:crypto';
import process from 'node:process';
import type { TlsCertificate } from '../../shared/xds/messages.gen.ts';
import type { CertificatePlan } from '../core/plan/tls.ts';
import { sourceText } from './data-source.ts';
import type { Place } from './place.ts';

/** Loaded when there is TLS only. */
const crypto = (): typeof import('node:crypto') => process.getBuiltinModule('node:crypto');

/** Certificates with their keys, one per kind of key: a client gets the one that it can check. */
export function certificates(messages: readonly TlsCertificate[], files: string[], place: Place): CertificatePlan[] {
  const plans: CertificatePlan[] = [];
  const kinds = new Set<string | undefined>();
  messages.forEach((message, index) => {
    const at = place.index('tls_certificates', index);
    at.only(message, ['certificate_chain', 'private_key']);
    const chain = sourceText(message.certificate_chain, files, at.at('certificate_chain'));
    const privateKey = sourceText(message.private_key, files, at.at('private_key'));
    const leaf = chain === undefined ? undefined : certificatesIn(chain, at.at('certificate_chain'))[0];
    const key = privateKey === undefined ? undefined : keyIn(privateKey, at.at('private_key'));
    if (!leaf || !key || chain === undefined || privateKey === undefined) return;
    if (!leaf.checkPrivateKey(key)) at.at('private_key').wrong('does not belong to the certificate');
    if (kinds.has(key.asymmetricKeyType)) at.refuse(`another one has a key of ${key.asymmetricKeyType}, too`);
    kinds.add(key.asymmetricKeyType);
    plans.push({ chain, privateKey });
  });
  return plans;
}

/** The certificates of a text in PEM; none, with a problem noted, when one cannot be read. */
export function certificatesIn(text: string, place: Place): X509Certificate[] {
  const blocks = text.match(
    /-----BEGIN (?:TRUSTED |X509 )?CERTIFICATE-----[\s\S]+?-----END (?:TRUSTED |X509 )?CERTIFICATE-----/g,
  );
  if (!blocks) {
    place.wrong('holds no certificate in PEM');
    return [];
  }
  try {
    const { X509Certificate: Certificate } = crypto();
    return blocks.map((each) => new Certificate(each));
  } catch {
    place.wrong('holds a certificate that cannot be read');
    return [];
  }
}

function keyIn(text: string, place: Place): KeyObject | undefined {
  try {
    return crypto().createPrivateKey(text);
  } catch {
    // What OpenSSL says of it might quote it.
    place.wrong('holds no private key in PEM that can be read without a password');
    return undefined;
  }
}
