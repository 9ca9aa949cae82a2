/** What flows between the steps of a training, and what a step is. */
import { sizeOf, type Shape } from "../graph/tensor";
import type { Address, Memory } from "./memory";
import type { Generator } from "./random";

/** A value for all rows of a part of a batch, or one of weights alone, which is the same for all rows. */
export interface Flow {
  shape: Shape;
  /** How many numbers a row has. */
  size: number;
  static: boolean;
  y: Address;
  /** Where its slope is gathered; 0 where nobody asks for it. */
  dy: Address;
}

/** What one pass through the network is: with chance and the batch's own moments, or as after training. */
export interface Now {
  training: boolean;
  random: Generator;
}

/** One operation on the rows of a part. Each writes all numbers of its output, and of every slope that is asked for. */
export interface Step {
  /** Once a step of the training, after the weights have moved. */
  prepare?(): void;
  forward(n: number, now: Now): void;
  /** Reads its output's slope. */
  backward(n: number, now: Now): void;
}

/** What a step is made for: the slopes are addresses, one for each input, and 0 for one that nobody asks for. */
export interface Wiring {
  memory: Memory;
  /** The most rows of a part. */
  rows: number;
  inputs: readonly Flow[];
  slopes: readonly Address[];
  output: Flow;
}

/** How many numbers a value has in a part of n rows. */
export const lengthOf = (flow: Flow, n: number): number => (flow.static ? 1 : n) * flow.size;

/** Room for a value: the kernel writes up to three rows, or three places of the last row, too many. */
export function room(memory: Memory, shape: Shape, isStatic: boolean, rows: number): Address {
  return memory.take((isStatic ? 1 : upTo(rows, 4)) * sizeOf(shape) + 4 * (shape[shape.length - 1] ?? 1));
}

export function flow(memory: Memory, shape: Shape, isStatic: boolean, rows: number, isAsked: boolean): Flow {
  const take = (): Address => room(memory, shape, isStatic, rows);
  return { shape, size: sizeOf(shape), static: isStatic, y: take(), dy: isAsked ? take() : 0 };
}

export const upTo = (n: number, whole: number): number => Math.ceil(n / whole) * whole;
export const counting = (n: number): number[] => Array.from({ length: n }, (_, index) => index);
