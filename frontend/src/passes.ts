/** The numbers of the picture in view: at once where a network is small, layer by layer from the calculator where not. */
import { computed, effect, signal, untracked, type ReadonlySignal, type Signal } from "@preact/signals";
import type { Exhibit, Layer, Picture } from "./bundle";
import type { Told } from "./calculator/engine";
import { openCalculator, type Calculator } from "./calculator/line";
import { addLayer, compare, emptyPass, forward, hasScans, workOf, type Comparison, type Pass } from "./network";

/** Multiplications that fit between two frames, on a slow machine. */
const SMALL = 2e7;
const OFTEN = 200; // milliseconds between two paintings of what has come

export interface Passes {
  pass: ReadonlySignal<Pass>;
  /** Null until the first picture has been computed. */
  comparison: Signal<Comparison | null>;
  /** Null where the page computes a picture at once. */
  calculator: Calculator | null;
}

export function openPasses(exhibit: Exhibit, picture: ReadonlySignal<Picture>): Passes {
  const isSmall = workOf(exhibit) < SMALL || hasScans(exhibit);
  return isSmall ? atOnce(exhibit, picture) : byLayers(exhibit, picture, openCalculator(exhibit));
}

function atOnce(exhibit: Exhibit, picture: ReadonlySignal<Picture>): Passes {
  const first = forward(exhibit, exhibit.pictures[0]);
  return {
    pass: computed(() => (picture.value === first.picture ? first : forward(exhibit, picture.value))),
    comparison: signal(compare(exhibit, first)),
    calculator: null,
  };
}

function byLayers(exhibit: Exhibit, picture: ReadonlySignal<Picture>, calculator: Calculator): Passes {
  const shown = signal<Pass>(emptyPass(exhibit, picture.peek()));
  const comparison = signal<Comparison | null>(null);
  const layers = new Map(exhibit.layers.map((layer) => [layer.name, layer]));
  const last = exhibit.layers[exhibit.layers.length - 1];

  /** Tells after every layer; gives back how to stop. */
  const compute = (one: Picture, tell: (pass: Pass, layer: Layer) => void): (() => void) => {
    const pass = emptyPass(exhibit, one);
    return calculator.ask<Told>(one, { do: "pass" }, ({ layer: name, values }) => {
      const layer = layers.get(name)!;
      addLayer(exhibit, pass, layer, values ?? undefined);
      if (layer !== last) return tell(pass, layer);
      pass.waiting = false;
      if (one === exhibit.pictures[0]) comparison.value ??= compare(exhibit, pass);
      tell(pass, layer);
    });
  };

  effect(() => {
    const one = picture.value;
    let painted = performance.now();
    untracked(() => (shown.value = emptyPass(exhibit, one)));
    let stop = compute(one, (pass, layer) => {
      if (layer !== last && performance.now() - painted < OFTEN) return;
      painted = performance.now();
      shown.value = { ...pass };
      if (layer === last && !comparison.peek()) stop = compute(exhibit.pictures[0], () => undefined);
    });
    return () => stop();
  });
  return { pass: shown, comparison, calculator };
}
