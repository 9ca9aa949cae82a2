// TensorFlow Playground's arithmetic, written anew one neuron and link at a time, in its order of operations: what the
// page's curves are held to, bit for bit. It runs in the same engine, because sin, exp and tanh differ between engines.
// `words` are a link's; `numbers` are what its seed draws. Gives [training loss, test loss] before and after each pass.
([words, numbers, passes]) => {
  const said = Object.fromEntries(words.split("&").map((pair) => pair.split("=")));
  const word = (name, otherwise) => said[name] ?? otherwise;
  let drawn = 0;
  const random = () => numbers[drawn++];
  const between = (low, high) => random() * (high - low) + low;
  const scale = (value, [from, to], [low, high]) => {
    const share = (value - from) / (to - from);
    return low * (1 - share) + high * share;
  };
  const distance = (x, y) => Math.sqrt(x * x + y * y);
  const bell = (mean, variance) => {
    for (;;) {
      const one = 2 * random() - 1;
      const other = 2 * random() - 1;
      const square = one * one + other * other;
      if (square > 1) continue;
      const standard = Math.sqrt((-2 * Math.log(square)) / square) * one;
      return mean + Math.sqrt(variance) * standard;
    }
  };

  const noise = Number(word("noise", 0)) / 100;
  const seen = (x, y, reach) => {
    const offX = between(-reach, reach) * noise;
    const offY = between(-reach, reach) * noise;
    return [x + offX, y + offY];
  };
  const SETS = {
    circle: (points) => {
      for (const [low, high] of [[0, 5 * 0.5], [5 * 0.7, 5]])
        for (let i = 0; i < 250; i++) {
          const radius = between(low, high);
          const angle = between(0, 2 * Math.PI);
          const [x, y] = [radius * Math.sin(angle), radius * Math.cos(angle)];
          points.push([x, y, distance(...seen(x, y, 5)) < 5 * 0.5 ? 1 : -1]);
        }
    },
    xor: (points) => {
      for (let i = 0; i < 500; i++) {
        let x = between(-5, 5);
        x += x > 0 ? 0.3 : -0.3;
        let y = between(-5, 5);
        y += y > 0 ? 0.3 : -0.3;
        const [seenX, seenY] = seen(x, y, 5);
        points.push([x, y, seenX * seenY >= 0 ? 1 : -1]);
      }
    },
    gauss: (points) => {
      const variance = scale(noise, [0, 0.5], [0.5, 4]);
      for (const side of [1, -1])
        for (let i = 0; i < 250; i++) {
          const x = bell(2 * side, variance);
          points.push([x, bell(2 * side, variance), side]);
        }
    },
    spiral: (points) => {
      for (const [turn, label] of [[0, 1], [Math.PI, -1]])
        for (let i = 0; i < 250; i++) {
          const radius = (i / 250) * 5;
          const angle = ((1.75 * i) / 250) * 2 * Math.PI + turn;
          const x = radius * Math.sin(angle) + between(-1, 1) * noise;
          points.push([x, radius * Math.cos(angle) + between(-1, 1) * noise, label]);
        }
    },
    "reg-plane": (points) => {
      for (let i = 0; i < 1200; i++) {
        const x = between(-6, 6);
        const y = between(-6, 6);
        const [seenX, seenY] = seen(x, y, 6);
        points.push([x, y, scale(seenX + seenY, [-10, 10], [-1, 1])]);
      }
    },
    "reg-gauss": (points) => {
      const hills = [[-4, 2.5, 1], [0, 2.5, -1], [4, 2.5, 1], [-4, -2.5, -1], [0, -2.5, 1], [4, -2.5, -1]];
      for (let i = 0; i < 1200; i++) {
        const x = between(-6, 6);
        const y = between(-6, 6);
        const [seenX, seenY] = seen(x, y, 6);
        let label = 0;
        for (const [hillX, hillY, sign] of hills) {
          const share = Math.max(0, Math.min(1, distance(seenX - hillX, seenY - hillY) / 2));
          const height = sign * (1 * (1 - share) + 0 * share);
          if (Math.abs(height) > Math.abs(label)) label = height;
        }
        points.push([x, y, label]);
      }
    },
  };

  const values = word("problem") === "regression";
  const points = [];
  SETS[values ? word("regDataset", "reg-plane") : word("dataset", "circle")](points);
  for (let left = points.length; left > 0; ) {
    const other = Math.floor(random() * left);
    left--;
    [points[left], points[other]] = [points[other], points[left]];
  }
  const border = Math.floor((points.length * Number(word("percTrainData", 50))) / 100);
  const [train, test] = [points.slice(0, border), points.slice(border)];

  const FEATURES = {
    x: (x) => x,
    y: (_, y) => y,
    xSquared: (x) => x * x,
    ySquared: (_, y) => y * y,
    xTimesY: (x, y) => x * y,
    sinX: (x) => Math.sin(x),
    sinY: (_, y) => Math.sin(y),
  };
  const isGiven = (name) => word(`${name}_hide`) !== "true" && word(name, String(name === "x" || name === "y")) !== "false";
  const features = Object.keys(FEATURES).filter(isGiven);

  const ACTIVATIONS = {
    tanh: [Math.tanh, (sum) => 1 - Math.tanh(sum) * Math.tanh(sum)],
    relu: [(sum) => Math.max(0, sum), (sum) => (sum <= 0 ? 0 : 1)],
    sigmoid: [(sum) => 1 / (1 + Math.exp(-sum)), (sum) => (1 / (1 + Math.exp(-sum))) * (1 - 1 / (1 + Math.exp(-sum)))],
    linear: [(sum) => sum, () => 1],
  };
  const zero = word("initZero", "false") !== "false";
  const hidden = word("networkShape", "4,2");
  const sizes = [features.length, ...(hidden ? hidden.split(",").map(Number) : []), 1];
  const layers = [];
  sizes.forEach((size, depth) => {
    const kind = depth === sizes.length - 1 ? (values ? "linear" : "tanh") : word("activation", "tanh");
    const layer = Array.from({ length: size }, () => {
      const neuron = { kind: ACTIVATIONS[kind], bias: zero ? 0 : 0.1, gathered: 0, times: 0, from: [], to: [] };
      for (const source of layers[depth - 1] ?? []) {
        const link = { source, target: neuron, weight: zero ? random() * 0 : random() - 0.5, gathered: 0, times: 0, isDead: false };
        source.to.push(link);
        neuron.from.push(link);
      }
      return neuron;
    });
    layers.push(layer);
  });

  const answer = ([x, y]) => {
    layers[0].forEach((neuron, place) => (neuron.output = FEATURES[features[place]](x, y)));
    for (const neuron of layers.slice(1).flat()) {
      neuron.sum = neuron.bias;
      for (const { weight, source } of neuron.from) neuron.sum += weight * source.output;
      neuron.output = neuron.kind[0](neuron.sum);
    }
    return layers.at(-1)[0].output;
  };
  const learn = (point) => {
    layers.at(-1)[0].slope = answer(point) - point[2];
    for (let depth = layers.length - 1; depth > 0; depth--) {
      for (const neuron of layers[depth]) {
        neuron.ofSum = neuron.slope * neuron.kind[1](neuron.sum);
        neuron.gathered += neuron.ofSum;
        neuron.times++;
        for (const link of neuron.from.filter(({ isDead }) => !isDead)) {
          link.gathered += neuron.ofSum * link.source.output;
          link.times++;
        }
      }
      for (const neuron of layers[depth - 1]) {
        neuron.slope = 0;
        for (const { weight, target } of neuron.to) neuron.slope += weight * target.ofSum;
      }
    }
  };
  const rate = Number(word("learningRate", 0.03));
  const strength = Number(word("regularizationRate", 0));
  const kind = word("regularization", "none");
  const step = () => {
    for (const neuron of layers.slice(1).flat()) {
      neuron.bias -= (rate * neuron.gathered) / neuron.times;
      [neuron.gathered, neuron.times] = [0, 0];
      for (const link of neuron.from) {
        if (link.isDead) continue;
        const pull = { none: 0, L1: Math.sign(link.weight), L2: link.weight }[kind];
        link.weight = link.weight - (rate / link.times) * link.gathered;
        const pulled = link.weight - rate * strength * pull;
        link.isDead = kind === "L1" && link.weight * pulled < 0;
        link.weight = link.isDead ? 0 : pulled;
        [link.gathered, link.times] = [0, 0];
      }
    }
  };
  const lossOf = (rows) => {
    let total = 0;
    for (const row of rows) total += 0.5 * Math.pow(answer(row) - row[2], 2);
    return total / rows.length;
  };

  const batch = Number(word("batchSize", 10));
  const losses = [[lossOf(train), lossOf(test)]];
  for (let pass = 0; pass < passes; pass++) {
    train.forEach((point, place) => {
      learn(point);
      if ((place + 1) % batch === 0) step();
    });
    losses.push([lossOf(train), lossOf(test)]);
  }
  const dead = layers.flat().flatMap(({ from }) => from).filter(({ isDead }) => isDead).length;
  return { losses, dead };
}
