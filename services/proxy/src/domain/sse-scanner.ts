const lineFeed = 0x0a;
const carriageReturn = 0x0d;

/**
 * Cuts a byte stream into server-sent events without changing a byte: an event ends with its empty line, whichever of
 * LF, CRLF or CR ends the lines, and wherever the chunks of the stream break.
 */
export class SseScanner {
  readonly #maxEventBytes: number;
  /** The pieces of the event that has begun. */
  #rest: Uint8Array[] = [];
  #restBytes = 0;
  #isLineEmpty = true;
  #isAfterCarriageReturn = false;

  constructor(maxEventBytes: number) {
    this.#maxEventBytes = maxEventBytes;
  }

  /**
   * The events that `chunk` completes, each with all its bytes.
   *
   * @throws RangeError when an event grows beyond the limit.
   */
  push(chunk: Uint8Array): Uint8Array[] {
    const events: Uint8Array[] = [];
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      if (!this.#endsEvent(chunk[at]!)) continue;
      this.#keep(chunk.subarray(start, at + 1));
      events.push(joined(this.#rest, this.#restBytes));
      this.#rest = [];
      this.#restBytes = 0;
      start = at + 1;
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
    return events;
  }

  /** Whether an event has begun that no empty line has ended. */
  get hasRest(): boolean {
    return this.#rest.some((piece) => piece.some((byte) => byte !== lineFeed && byte !== carriageReturn));
  }

  #keep(piece: Uint8Array): void {
    this.#rest.push(piece);
    this.#restBytes += piece.length;
    if (this.#restBytes > this.#maxEventBytes) {
      throw new RangeError(`an event is larger than ${this.#maxEventBytes} bytes`);
    }
  }

  #endsEvent(byte: number): boolean {
    const isSecondHalf = byte === lineFeed && this.#isAfterCarriageReturn;
    this.#isAfterCarriageReturn = byte === carriageReturn;
    // The line feed of a CRLF ends no line of its own.
    if (isSecondHalf) return false;
    if (byte !== lineFeed && byte !== carriageReturn) {
      this.#isLineEmpty = false;
      return false;
    }
    const ends = this.#isLineEmpty;
    this.#isLineEmpty = true;
    return ends;
  }
}

function joined(pieces: readonly Uint8Array[], length: number): Uint8Array {
  if (pieces.length === 1) return pieces[0]!;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    at += piece.length;
  }
  return bytes;
}
