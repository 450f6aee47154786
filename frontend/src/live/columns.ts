/**
 * Columns of points that grow at the end. Appending is amortised constant: a buffer is doubled when it is full, and readers get
 * views into it. Numbers live in Float64Array (exact for integers to 2^53); a column with strings in it is a plain array.
 */

/** An array of numbers as the wire sends it. */
export interface WireArray {
  dtype: string;
  bdata: Uint8Array;
  shape?: number[];
}

/** A column of a frame: a typed array, or a list where strings (or gaps) are in it. */
export type WireColumn = WireArray | Uint8Array | readonly unknown[];

/** A column as plots read it. */
export type Column = Float64Array | unknown[];

export function isWireArray(value: unknown): value is WireArray {
  return (
    typeof value === 'object' &&
    value !== null &&
    typeof (value as WireArray).dtype === 'string' &&
    (value as WireArray).bdata instanceof Uint8Array
  );
}

const READERS: Record<string, (buffer: ArrayBuffer) => ArrayLike<number> | ArrayLike<bigint>> = {
  f8: (buffer) => new Float64Array(buffer),
  f4: (buffer) => new Float32Array(buffer),
  i1: (buffer) => new Int8Array(buffer),
  u1: (buffer) => new Uint8Array(buffer),
  i2: (buffer) => new Int16Array(buffer),
  u2: (buffer) => new Uint16Array(buffer),
  i4: (buffer) => new Int32Array(buffer),
  u4: (buffer) => new Uint32Array(buffer),
  i8: (buffer) => new BigInt64Array(buffer),
  u8: (buffer) => new BigUint64Array(buffer),
};

/**
 * The numbers of a wire array as Float64Array, shape (n,). The bytes are copied: they lie at any offset in a frame, and a view
 * would keep the whole frame alive. All machines that run browsers are little-endian, as the wire is.
 *
 * @throws RangeError for an unknown dtype, or bytes that do not fill whole numbers.
 */
export function numbersOf(wire: WireArray | Uint8Array): Float64Array {
  const bytes = wire instanceof Uint8Array ? wire : wire.bdata;
  const dtype = wire instanceof Uint8Array ? 'f8' : wire.dtype.replace(/^[<|]/, '');
  const read = READERS[dtype];
  if (!read) throw new RangeError(`Unknown dtype ${dtype}.`);
  const copy = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength) as ArrayBuffer;
  const values = read(copy);
  if (values instanceof Float64Array) return values;
  const numbers = new Float64Array(values.length);
  for (let i = 0; i < values.length; i++) numbers[i] = Number(values[i]);
  return numbers;
}

/** A column of a frame as Float64Array where all is numbers (null is NaN), else as a plain array. */
export function decodeColumn(wire: WireColumn): Column {
  if (wire instanceof Uint8Array || isWireArray(wire)) return numbersOf(wire);
  if (wire.every((value) => value === null || typeof value === 'number')) {
    return Float64Array.from(wire, (value) => (value === null ? Number.NaN : (value as number)));
  }
  return [...wire];
}

/** Float64 numbers that grow at the end. */
export class NumberColumn {
  #buffer: Float64Array;
  #length = 0;

  constructor(capacity = 64) {
    this.#buffer = new Float64Array(capacity);
  }

  get length(): number {
    return this.#length;
  }

  /** The last number, or NaN when there is none. */
  get last(): number {
    return this.#length > 0 ? this.#buffer[this.#length - 1]! : Number.NaN;
  }

  at(index: number): number {
    return this.#buffer[index]!;
  }

  push(value: number): void {
    this.#reserve(this.#length + 1);
    this.#buffer[this.#length++] = value;
  }

  append(values: ArrayLike<number>): void {
    this.#reserve(this.#length + values.length);
    this.#buffer.set(values, this.#length);
    this.#length += values.length;
  }

  /** Keeps the first `length` numbers. */
  truncate(length: number): void {
    this.#length = Math.min(this.#length, length);
  }

  /** Takes over an array without copying it; the caller gives it away. */
  static adopt(values: Float64Array): NumberColumn {
    const column = new NumberColumn(0);
    column.#buffer = values;
    column.#length = values.length;
    return column;
  }

  /** All numbers, as a view that is right until the next append. */
  view(): Float64Array {
    return this.#buffer.subarray(0, this.#length);
  }

  #reserve(length: number): void {
    if (length <= this.#buffer.length) return;
    const grown = new Float64Array(Math.max(length, this.#buffer.length * 2, 64));
    grown.set(this.#buffer.subarray(0, this.#length));
    this.#buffer = grown;
  }
}

/** The per-point columns of one trace, all of one length. */
export class Columns {
  #columns = new Map<string, NumberColumn | unknown[]>();
  #length = 0;

  get length(): number {
    return this.#length;
  }

  get names(): string[] {
    return [...this.#columns.keys()];
  }

  /**
   * Appends n points. A column that is missing on either side is filled with gaps (NaN for numbers, null for others); a column of
   * numbers that gets strings becomes a plain array. The arrays are given away: the first ones are kept as they are.
   */
  append(n: number, columns: Readonly<Record<string, Column>>): void {
    for (const [name, values] of Object.entries(columns)) {
      if (values.length !== n)
        throw new RangeError(`Column ${name} holds ${values.length} values, not ${n}.`);
      let column = this.#columns.get(name);
      if (column === undefined) {
        if (values instanceof Float64Array && this.#length === 0) {
          this.#columns.set(name, NumberColumn.adopt(values));
          continue;
        }
        column = new Array<unknown>(this.#length).fill(null);
        if (values instanceof Float64Array) {
          column = NumberColumn.adopt(new Float64Array(this.#length).fill(Number.NaN));
        }
        this.#columns.set(name, column);
      }
      if (column instanceof NumberColumn && !(values instanceof Float64Array)) {
        column = Array.from(column.view(), (value) => (Number.isNaN(value) ? null : value));
        this.#columns.set(name, column);
      }
      if (column instanceof NumberColumn) column.append(values as Float64Array);
      else for (const value of values) column.push(value);
    }
    this.#length += n;
    for (const column of this.#columns.values()) {
      while (column.length < this.#length) {
        if (column instanceof NumberColumn) column.push(Number.NaN);
        else column.push(null);
      }
    }
  }

  /** Keeps the first `length` points. */
  truncate(length: number): void {
    if (length >= this.#length) return;
    for (const column of this.#columns.values()) {
      if (column instanceof NumberColumn) column.truncate(length);
      else column.length = length;
    }
    this.#length = length;
  }

  /** The numbers of a column, or undefined when it is missing or holds other things than numbers. */
  numbers(name: string): Float64Array | undefined {
    const column = this.#columns.get(name);
    return column instanceof NumberColumn ? column.view() : undefined;
  }

  /** Every column, as views that are right until the next append. */
  views(): Record<string, Float64Array | readonly unknown[]> {
    const views: Record<string, Float64Array | readonly unknown[]> = {};
    for (const [name, column] of this.#columns)
      views[name] = column instanceof NumberColumn ? column.view() : column;
    return views;
  }
}
