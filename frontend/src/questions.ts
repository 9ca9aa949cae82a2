// Written by tools/questions.py from src/convscope/page/questions; `make page` writes it again.

/** The words of every question, by its name. */
export interface Words {
  film: { since: number };
  four: object;
  playground: object;
  points: { name: string };
  row: { row: number };
  strongest: { layer: number; channel: number };
  train_four: { rows: number };
  training: { order: "pause" | "go_on" | "stop" };
  values: object;
}

export type Question = { [Q in keyof Words]: { ask: Q } & Words[Q] }[keyof Words];

/** Where a server answers, below its api/. */
export const QUESTIONS: Readonly<Record<keyof Words, { path: string; method: string }>> = {
  film: { path: "film/{since}", method: "GET" },
  four: { path: "four", method: "GET" },
  playground: { path: "playground", method: "POST" },
  points: { path: "points/{name}", method: "GET" },
  row: { path: "rows/{row}", method: "GET" },
  strongest: { path: "strongest/{layer}/{channel}", method: "GET" },
  train_four: { path: "four/{rows}", method: "POST" },
  training: { path: "training/{order}", method: "POST" },
  values: { path: "values", method: "POST" },
};
