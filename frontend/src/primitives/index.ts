// Written by tools/primitives.py from src/convscope/primitives; `make page` writes it again.
import type { Operation } from "../graph/graph";
import type { Name } from "./types";
import { add } from "./add";
import { bend } from "./bend";
import { contract } from "./contract";
import { convolve } from "./convolve";
import { join } from "./join";
import { look_up } from "./look_up";
import { multiply } from "./multiply";
import { noise } from "./noise";
import { normalize } from "./normalize";
import { pick } from "./pick";
import { pool } from "./pool";
import { scan } from "./scan";
import { softmax } from "./softmax";

export const PRIMITIVES: { readonly [P in Name]: Operation<P> } = { add, bend, contract, convolve, join, look_up, multiply, noise, normalize, pick, pool, scan, softmax };
