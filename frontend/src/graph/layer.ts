/** The graph of one layer, with the value that its last curve is given: what is added up before the activation. */
import type { Graph, Use, UseOf, Value } from "./graph";

export interface LayerGraph extends Graph {
  /** The layer's output without its last curve; the output itself where there is none. */
  before: number;
}

export type CurveUse = UseOf<"bend"> | UseOf<"softmax">;

export const isCurve = (value: Value): value is CurveUse => value.do === "bend" || value.do === "softmax";

/** Does it only move numbers, on the way from one part to the next? */
export const isOnTheWay = (value: Value): value is UseOf<"pick"> | UseOf<"noise"> =>
  (value.do === "pick" || value.do === "noise") && value.part === "";

/** Read a graph as Python writes it, and find what is before the activation: the same moves, made with the sums. */
export function layerGraph(graph: Graph): LayerGraph {
  const moves: Use[] = [];
  let number = graph.outputs[0];
  for (let value = graph.values[number]; isOnTheWay(value); value = graph.values[number]) {
    moves.unshift(value);
    number = value.inputs[0];
  }
  const curve = graph.values[number];
  if (!isCurve(curve)) return { ...graph, before: graph.outputs[0] };
  const values = [...graph.values];
  let before = curve.inputs[0];
  for (const move of moves) before = values.push({ ...move, inputs: [before] }) - 1;
  return { ...graph, values, before };
}
