/** What every unit answers on a grid over the plane. */
import { featuresOf } from "./features";
import { emptyPass, forward, type Dense } from "./network";

/** Points along one side of the grid; row 0 is at the top. */
export const SIDE = 100;

/** One grid per unit, layer after layer; shape (n_units, SIDE, SIDE). */
export function surfaces(network: readonly Dense[], features: readonly string[], [low, high]: readonly [number, number]): Float32Array {
  const units = network.reduce((total, layer) => total + layer.units, 0);
  const grids = new Float32Array(units * SIDE * SIDE);
  const pass = emptyPass(network);
  const at = (index: number): number => low + ((index + 0.5) / SIDE) * (high - low);
  for (let place = 0; place < SIDE * SIDE; place++) {
    pass.input = Float64Array.from(featuresOf(features, at(place % SIDE), at(SIDE - 1 - Math.floor(place / SIDE))));
    forward(network, pass);
    let unit = 0;
    for (const outputs of pass.outputs) for (const output of outputs) grids[unit++ * SIDE * SIDE + place] = output;
  }
  return grids;
}
