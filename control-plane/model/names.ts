import { type Schema, text } from './schema.ts';

/** RFC 1123 label: namespaces, port names, hosts in a mesh. */
export const label: Schema<string> = text({
  min: 1,
  max: 63,
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/,
  is: 'lower-case letters, digits and "-", beginning and ending with a letter or digit',
});

/** RFC 1035 label: names of Services, which become DNS names. */
export const serviceName: Schema<string> = text({
  min: 1,
  max: 63,
  pattern: /^[a-z]([-a-z0-9]*[a-z0-9])?$/,
  is: 'lower-case letters, digits and "-", beginning with a letter and ending with a letter or digit',
});

/** RFC 1123 subdomain: names of most objects, host names. */
export const subdomain: Schema<string> = text({
  min: 1,
  max: 253,
  pattern: /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
  is: 'lower-case letters, digits, "-" and ".", each part beginning and ending with a letter or digit',
});

/** Keys of labels and annotations: `[prefix/]name`. */
export const qualifiedName: Schema<string> = text({
  min: 1,
  max: 317,
  pattern: /^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?\/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/,
  is: '[prefix/]name, the name of at most 63 letters, digits, "-", "_" and "."',
});

export const labelValue: Schema<string> = text({
  max: 63,
  pattern: /^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/,
  is: 'letters, digits, "-", "_" and ".", beginning and ending with a letter or digit',
});

/** RFC 9110 5.1: a field name is a token. */
export const headerName: Schema<string> = text({
  min: 1,
  max: 256,
  pattern: /^[A-Za-z0-9!#$%&'*+\-.^_`|~]+$/,
  is: 'an HTTP header name',
});

/** RFC 9110 5.5, without the obsolete line folding: what can stand in one header line. */
export const headerValue: Schema<string> = text({
  max: 4096,
  pattern: /^[^\0\r\n]*$/,
  is: 'a header value without line breaks',
});
