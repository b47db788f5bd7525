import { DEFAULT_WINDOW, ERROR, MAX_FRAME, MAX_WINDOW } from './frame.ts';

/** Settings, RFC 9113 6.5.2 and RFC 8441 3. */
export const SETTING = {
  headerTableSize: 1,
  enablePush: 2,
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enableConnectProtocol: 8,
} as const;

/** What the peer asked of us; the values of RFC 9113 6.5.2 before it said anything. */
export class PeerSettings {
  readonly #fromServer: boolean;
  headerTableSize = 4096;
  maxConcurrentStreams = Number.POSITIVE_INFINITY;
  initialWindow = DEFAULT_WINDOW;
  extendedConnect = false;
  /** Why the last settings were refused. */
  code: number = ERROR.none;

  /** `fromServer`: only clients may allow pushes. */
  constructor(fromServer: boolean) {
    this.#fromServer = fromServer;
  }

  /**   * Takes the settings in `buffer[from, to)`, in order. False = one of them is not allowed: `code` says how.
   */
  take(buffer: Buffer, from: number, to: number): boolean {
    for (let at = from; at < to; at += 6) {
      const id = buffer.readUInt16BE(at);
      const value = buffer.readUInt32BE(at + 2);
      this.code = this.#set(id, value);
      if (this.code !== ERROR.none) return false;
    }
    return true;
  }

  #set(id: number, value: number): number {
    switch (id) {
      case SETTING.headerTableSize:
        this.headerTableSize = value;
        break;
      case SETTING.enablePush:
        if (value > 1 || (this.#fromServer && value === 1)) return ERROR.protocol;
        break;
      case SETTING.maxConcurrentStreams:
        this.maxConcurrentStreams = value;
        break;
      case SETTING.initialWindowSize:
        if (value > MAX_WINDOW) return ERROR.flowControl;
        this.initialWindow = value;
        break;
      case SETTING.maxFrameSize:
        // We never send larger frames than the smallest value, so there is nothing to remember.
        if (value < MAX_FRAME || value > 0xffffff) return ERROR.protocol;
        break;
      case SETTING.enableConnectProtocol:
        // RFC 8441 3: once allowed, it stays.
        if (value > 1 || (this.extendedConnect && value === 0)) return ERROR.protocol;
        this.extendedConnect = value === 1;
        break;
      default:
      // Unknown settings are ignored; the header list size is advice.
    }
    return ERROR.none;
  }
}
