/** What every unit answers on a grid over the plane. */
import { featuresOf } from "./features";
import { ACTIVATIONS } from "./functions";
import type { Dense } from "./network";

/** Points along one side of the grid; row 0 is at the top. */
export const SIDE = 72;
export const PLACES = SIDE * SIDE;

/** Where a row or column of the grid lies. */
export const coordinate = (index: number, [low, high]: readonly [number, number]): number =>
  low + ((index + 0.5) / SIDE) * (high - low);

/** The features over the grid, one after the other; shape (n_features, SIDE, SIDE). */
export function featureGrids(
  features: readonly string[],
  extent: readonly [number, number],
): Float32Array<ArrayBuffer> {
  const grids = new Float32Array(features.length * PLACES);
  for (let place = 0; place < PLACES; place++) {
    const values = featuresOf(
      features,
      coordinate(place % SIDE, extent),
      coordinate(SIDE - 1 - Math.floor(place / SIDE), extent),
    );
    values.forEach((value, feature) => (grids[feature * PLACES + place] = value));
  }
  return grids;
}

/** One grid per unit, layer after layer; shape (n_units, SIDE, SIDE). A layer is computed unit by unit over the whole grid. */
export function surfaces(network: readonly Dense[], inputs: Float32Array): Float32Array {
  const grids = new Float32Array(network.reduce((total, { units }) => total + units, 0) * PLACES);
  let [before, start] = [inputs, 0];
  for (const layer of network) {
    const end = start + layer.units * PLACES;
    const own = grids.subarray(start, end);
    for (let unit = 0; unit < layer.units; unit++)
      addUp(layer, unit, before, own.subarray(unit * PLACES, (unit + 1) * PLACES));
    if (layer.activation === "softmax") share(own, layer.units);
    [before, start] = [own, end];
  }
  return grids;
}

function addUp(
  { inputs, units, kernel, bias, activation }: Dense,
  unit: number,
  before: Float32Array,
  into: Float32Array,
): void {
  into.fill(bias[unit]);
  for (let from = 0; from < inputs; from++) {
    const weight = kernel[from * units + unit];
    const seen = before.subarray(from * PLACES, (from + 1) * PLACES);
    for (let place = 0; place < PLACES; place++) into[place] += weight * seen[place];
  }
  const value = ACTIVATIONS[activation]?.value;
  if (value) for (let place = 0; place < PLACES; place++) into[place] = value(into[place]);
}

/** Softmax over the units, at each place. */
function share(grids: Float32Array, units: number): void {
  for (let place = 0; place < PLACES; place++) {
    let [largest, total] = [-Infinity, 0];
    for (let unit = 0; unit < units; unit++) largest = Math.max(largest, grids[unit * PLACES + place]);
    for (let unit = 0; unit < units; unit++)
      total += grids[unit * PLACES + place] = Math.exp(grids[unit * PLACES + place] - largest);
    for (let unit = 0; unit < units; unit++) grids[unit * PLACES + place] /= total;
  }
}
