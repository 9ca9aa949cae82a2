/** One memory for all numbers of a training: who asks first lies first, nothing is ever freed. */
import { KERNEL } from "./kernel";
import { plain } from "./plain";

/** A place in the memory, in bytes. */
export type Address = number;

/** The loops that take the time; kernel/kernel.ts says what each does with which numbers. */
export interface Kernel {
  memory: { readonly buffer: ArrayBuffer; grow(pages: number): unknown };
  convolve(...numbers: number[]): void;
  visit(...numbers: number[]): void;
  weigh(...numbers: number[]): void;
  spread(...numbers: number[]): void;
  shut(...numbers: number[]): void;
  adam(...numbers: number[]): void;
}

const [FIRST, LINE, PAGE] = [4096, 64, 65536];
/** The kernel may read and write so many numbers behind an array. */
const ROOM = 16;

export class Memory {
  private top = FIRST;

  constructor(readonly kernel: Kernel) {}

  get bytes(): number {
    return this.kernel.memory.buffer.byteLength;
  }

  /** Room for n numbers, all 0. */
  take(n: number): Address {
    const at = this.top;
    this.top += Math.ceil(((n + ROOM) * 4) / LINE) * LINE;
    const more = this.top - this.bytes;
    if (more > 0) this.kernel.memory.grow(Math.ceil(more / PAGE));
    return at;
  }

  /** Room for offsets, which are given as places of numbers and kept in bytes. */
  table(places: readonly number[]): Address {
    const at = this.take(places.length);
    this.wholes(at, places.length).set(places.map((place) => 4 * place));
    return at;
  }

  /** n numbers at an address; a view dies when the memory grows, so that it is asked for anew each time. */
  numbers = (at: Address, n: number): Float32Array<ArrayBuffer> => new Float32Array(this.kernel.memory.buffer, at, n);

  wholes = (at: Address, n: number): Int32Array => new Int32Array(this.kernel.memory.buffer, at, n);
}

/** Take the kernel in WebAssembly, or the same loops in plain TypeScript where the host allows none. */
export function loadKernel(): { kernel: Kernel; isFast: boolean } {
  try {
    const bytes = Uint8Array.from(atob(KERNEL), (letter) => letter.charCodeAt(0));
    const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes));
    return { kernel: exports as unknown as Kernel, isFast: true };
  } catch {
    return { kernel: plain(), isFast: false };
  }
}
