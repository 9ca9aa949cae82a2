import assert from "node:assert/strict";
import { test } from "node:test";
import { described, parametersOf, preset, refusal } from "../src/teach/design";
import { heldOut } from "../src/teach/held";
import { distance, usualDistance } from "../src/teach/judge";
import { examples, rowsOf } from "../src/teach/lesson";
import { lacking, MOST_CLASSES, MOST_PICTURES, Project, SHAPES, unbalanced, type Shot } from "../src/teach/project";
import { tableOf } from "../src/teach/take";

const shot = (id: string, recording: string | null = null, light = id.length + id.charCodeAt(0)): Shot => ({
  id,
  recording,
  pixels: new Uint8Array(784).fill(light),
});
const shots = (n: number, recording: string | null = null, from = 0): Shot[] =>
  Array.from({ length: n }, (_, at) => shot(`${recording}${from + at}`, recording, (from + at) % 256));
const classOf = (all: Shot[]) => [{ id: "one", name: "one", shots: all }];

test("a fifth of a class is kept back, and the choice follows from the pictures", () => {
  const all = shots(50);
  const kept = heldOut(classOf(all));
  assert.equal(kept.size, 10);
  assert.deepEqual(heldOut(classOf([...all].reverse())), kept);
  const more = heldOut(classOf([...all, ...shots(1, null, 50)]));
  assert.ok([...kept].filter((id) => more.has(id)).length >= 9);
});

test("frames of one recording, and copies of one picture, stay together", () => {
  const recorded = ["a", "b", "c", "d"].flatMap((recording) => shots(12, recording));
  const kept = heldOut(classOf(recorded));
  for (const recording of ["a", "b", "c", "d"])
    assert.ok([0, 12].includes([...kept].filter((id) => id.startsWith(recording)).length), recording);
  assert.equal(kept.size, 12);
  assert.equal(heldOut(classOf(shots(30, "only"))).size, 0);
  const copies = heldOut(classOf([...shots(8), ...shots(8).map((one) => ({ ...one, id: `${one.id} again` }))]));
  assert.equal(copies.size % 2, 0);
  for (const id of copies) assert.ok(id.endsWith("again") || copies.has(`${id} again`));
});

test("classes and pictures are counted, moved, and brought back", () => {
  const project = new Project();
  const [one, two] = project.state.value.classes;
  assert.match(lacking(project.state.value), /class 1/);
  project.add(one.id, shots(30));
  project.add(two.id, shots(12, "r"));
  assert.equal(lacking(project.state.value), "");
  assert.match(unbalanced(project.state.value), /class 1.*30.*class 2.*12/);
  project.move("null0", two.id);
  assert.deepEqual(
    project.state.value.classes.map((each) => each.shots.length),
    [29, 13],
  );
  project.undo();
  assert.equal(project.state.value.classes[0].shots.length, 30);
  assert.throws(() => project.rename(one.id, "class 2"), /another class/);
  assert.throws(() => project.rename(one.id, "  "), /needs a name/);
  assert.throws(() => project.removeClass(one.id), /two classes/);
  assert.throws(() => project.add(one.id, shots(MOST_PICTURES)), /room/);
  assert.equal(project.count.value, MOST_PICTURES);
  while (project.state.value.classes.length < MOST_CLASSES) project.addClass();
  assert.throws(() => project.addClass(), /20 classes/);
  project.choose("photographs");
  assert.equal(project.state.value.kind, "drawings");
});

test("what is learned from and what is kept back share nothing", () => {
  const project = new Project();
  const [one, two] = project.state.value.classes;
  project.add(one.id, shots(10));
  project.add(two.id, shots(10, null, 100));
  const { learned, kept } = examples(project.state.value.classes, project.kept.value);
  assert.equal(learned.length + kept.length, 20);
  assert.equal(new Set([...learned, ...kept].map((each) => each.shot.id)).size, 20);
  const rows = rowsOf(kept);
  assert.deepEqual(
    [rows.count, rows.pixels.length, [...(rows.targets as Uint8Array)]],
    [4, 4 * 784, kept.map(({ label }) => label)],
  );
});

test("every preset can be built, and what cannot is refused in words", () => {
  for (const kind of ["drawings", "photographs"] as const)
    for (const size of ["small", "medium"] as const) {
      const lines = described(preset(kind, size), 20, SHAPES[kind]);
      assert.equal(refusal(lines), "");
      assert.deepEqual(lines[lines.length - 1].shape, [20]);
    }
  assert.equal(parametersOf(described(preset("drawings", "small"), 3, SHAPES.drawings)), 2451);
  const large = described([{ kind: "Flatten" }, { kind: "Dense", units: 512 }, { kind: "Dense", units: 512 }], 2, [64, 64, 3]); // prettier-ignore
  assert.match(refusal(large), /more than the page trains/);
  assert.match(refusal(described([], 2, SHAPES.drawings)), /Flatten/);
});

test("the usual distance is the 95th of 100 distances to the nearest neighbour", () => {
  const line = Array.from({ length: 100 }, (_, at) => Float32Array.of(at < 95 ? at : 95 + 100 * (at - 94)));
  assert.equal(usualDistance(line), 1);
  assert.equal(usualDistance(line, 1), 100);
  assert.equal(distance(Float32Array.of(0, 3), Float32Array.of(4, 0)), 5);
});

test("a table names each pixel by its place, and quotes what a class is called", () => {
  const text = tableOf({ kind: "photographs", classes: [{ id: "1", name: 'a "b", c', shots: [{ ...shot("x"), pixels: new Uint8Array(64 * 64 * 3) }] }] }); // prettier-ignore
  const [header, row] = text.split("\n");
  assert.ok(header.startsWith("label,pixel_0_0_r,pixel_0_0_g,pixel_0_0_b,pixel_0_1_r"));
  assert.ok(row.startsWith('"a ""b"", c",0,0'));
});
