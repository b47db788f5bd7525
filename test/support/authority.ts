import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { TestContext } from 'node:test';
import type { Certificate } from './certificate.ts';

/** Why tests that make certificates are skipped; false = they are not. */
export const withoutOpenssl: string | false =
  spawnSync('openssl', ['version']).status === 0 ? false : 'openssl is not here';

const keyKinds = {
  ec: ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'],
  rsa: ['-newkey', 'rsa:2048'],
};

export interface Wish {
  /** As in a certificate: `DNS:a.example`, `URI:spiffe://...`, `IP:127.0.0.1`. */
  readonly names?: readonly string[];
  /** Its time was over yesterday. */
  readonly expired?: boolean;
  readonly key?: keyof typeof keyKinds;
  /** Its subject is empty, as in those of SPIFFE. */
  readonly nameless?: boolean;
}

/** A certificate authority with a folder of files, gone at the end of the test. */
export class Authority {
  readonly folder: string;
  /** PEM, and the file that has it. */
  readonly certificate: string;
  readonly file: string;
  #issued = 0;

  constructor(t: Pick<TestContext, 'after'>, name = 'authority') {
    this.folder = mkdtempSync(path.join(tmpdir(), 'aya-ca-'));
    t.after(() => rmSync(this.folder, { recursive: true, force: true }));
    this.file = path.join(this.folder, 'ca.pem');
    const keys = [...keyKinds.ec, '-nodes', '-keyout', path.join(this.folder, 'ca.key')];
    this.#run('req', '-x509', ...keys, '-days', '2', '-subj', `/CN=${name}`, '-out', this.file);
    this.certificate = readFileSync(this.file, 'utf8');
  }

  /** A certificate for these names, with files `certFile` and `keyFile`. */
  issue({ names = ['DNS:localhost'], expired = false, key = 'ec', nameless = false }: Wish = {}): Certificate & {
    readonly certFile: string;
    readonly keyFile: string;
  } {
    this.#issued += 1;
    const at = (ending: string): string => path.join(this.folder, `${this.#issued}.${ending}`);
    const keys = [...keyKinds[key], '-nodes', '-keyout', at('key')];
    const subject = nameless ? '/' : `/O=aya/CN=test ${this.#issued}`;
    this.#run('req', '-new', ...keys, '-subj', subject, '-out', at('csr'));
    writeFileSync(at('ext'), `subjectAltName=${names.join(',')}\n`);
    const signer = ['-CA', this.file, '-CAkey', path.join(this.folder, 'ca.key'), '-set_serial', `${this.#issued}`];
    const days = ['-days', expired ? '-1' : '2'];
    this.#run('x509', '-req', '-in', at('csr'), ...signer, ...days, '-extfile', at('ext'), '-out', at('pem'));
    const [certFile, keyFile] = [at('pem'), at('key')];
    return { cert: readFileSync(certFile, 'utf8'), key: readFileSync(keyFile, 'utf8'), certFile, keyFile };
  }

  #run(...words: string[]): void {
    execFileSync('openssl', words, { stdio: ['ignore', 'ignore', 'ignore'] });
  }
}
