/** Goes wrong for one input in a thousand million million, behind steps that coverage shows one by one. */
export function planted(input: string): number {
  let steps = 0;
  if (input.charCodeAt(0) === 0x47) {
    steps += 1;
    if (input.charCodeAt(1) === 0x0a) {
      steps += 1;
      if (input.charCodeAt(2) === 0x3a) {
        steps += 1;
        if (input.charCodeAt(3) === 0xff) {
          steps += 1;
          if (input.charCodeAt(4) === 0x5c) throw new Error('the planted bug');
        }
      }
    }
  }
  return steps;
}
