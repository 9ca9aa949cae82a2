import assert from "node:assert/strict";
import { test } from "node:test";
import { recipeFor, RECIPE_SETS } from "../src/playground/recipes";
import { POINT_SETS } from "../src/playground/points";
import { DEFAULTS, type Settings } from "../src/playground/settings";
import { Trainer } from "../src/playground/trainer";

test("there is a recipe for each set of points", () => {
  assert.deepEqual(RECIPE_SETS.sort(), Object.keys(POINT_SETS).sort());
  assert.equal(recipeFor({ ...DEFAULTS, dataset: "own" }), null);
});

for (const name of RECIPE_SETS)
  test(`the settings for ${name} reach the loss that they promise, whatever the seed`, () => {
    const problem = POINT_SETS[name].values ? { problem: "regression", regDataset: name } : { dataset: name };
    for (const seed of ["0.5", "1", "2", "another"]) {
      const { settings, passes, loss } = recipeFor({ ...DEFAULTS, ...problem, seed })!;
      const trainer = new Trainer(settings as Settings, null);
      const before = trainer.moment().test.loss;
      while (trainer.pass < passes) trainer.advance();
      const reached = trainer.moment().test.loss;
      assert.ok(reached <= loss && before > loss, `seed ${seed}: from ${before} to ${reached}`);
    }
  });
