/** Any primitive, row by row, by the page's own file of it: slow, and right for every graph. */
import { RUNNER, type Operation, type Use } from "../../graph/graph";
import type { Tensor } from "../../graph/tensor";
import { PRIMITIVES } from "../../primitives";
import type { Flow, Step, Wiring } from "../flow";

export function anyPrimitive({ memory, inputs, slopes, output }: Wiring, use: Use): Step {
  // eslint-disable-next-line @typescript-eslint/no-explicit-any -- the settings belong to the name, which a type cannot say
  const operation: Operation<any> = PRIMITIVES[use.do];
  const wanted = slopes.map((slot) => slot > 0);
  const rowOf = (flow: Flow, from: number, row: number): Tensor => ({
    shape: flow.shape,
    data: memory.numbers(from + (flow.static ? 0 : row * flow.size * 4), flow.size),
  });
  const rowsOf = (n: number): number => (output.static ? 1 : n);
  const inputsOf = (row: number): Tensor[] => inputs.map((flow) => rowOf(flow, flow.y, row));
  let outputs: Tensor[] = []; // a scan finds its steps by what it gave

  return {
    forward(n) {
      outputs = [];
      for (let row = 0; row < rowsOf(n); row++) {
        const found = operation.forward(inputsOf(row), use.settings, output.shape, RUNNER);
        rowOf(output, output.y, row).data.set(found.data);
        outputs.push(found);
      }
    },
    backward(n) {
      inputs.forEach((flow, index) => wanted[index] && flow.static && rowOf(flow, slopes[index], 0).data.fill(0));
      for (let row = 0; row < rowsOf(n); row++) {
        const slope = rowOf(output, output.dy, row);
        const found = operation.back(slope, inputsOf(row), use.settings, outputs[row], wanted, RUNNER);
        inputs.forEach((flow, index) => {
          if (!wanted[index]) return;
          const [to, one] = [rowOf(flow, slopes[index], row).data, found[index]?.data];
          if (!flow.static) to.fill(0);
          if (one) for (let at = 0; at < to.length; at++) to[at] += one[at];
        });
      }
    },
  };
}
