// Written by collect.mjs from the files in views/; `npm run collect` writes it again.
import type { Screen } from "./screen";
import { screen as article } from "./views/article/screen";
import { screen as channel } from "./views/channel/screen";
import { screen as four } from "./views/four/screen";
import { screen as kernel } from "./views/kernel";
import { screen as mistakes } from "./views/mistakes/screen";
import { screen as model } from "./views/model";
import { screen as network } from "./views/network/screen";
import { screen as pixel } from "./views/pixel/screen";
import { screen as playground } from "./views/playground/screen";
import { screen as sizes } from "./views/sizes";
import { screen as start } from "./views/start/screen";
import { screen as table } from "./views/table";
import { screen as teach } from "./views/teach/screen";
import { screen as training } from "./views/training/screen";

export type ScreenName =
  | "article"
  | "channel"
  | "four"
  | "kernel"
  | "mistakes"
  | "model"
  | "network"
  | "pixel"
  | "playground"
  | "sizes"
  | "start"
  | "table"
  | "teach"
  | "training";

export const SCREENS: Readonly<Record<ScreenName, Screen>> = {
  article,
  channel,
  four,
  kernel,
  mistakes,
  model,
  network,
  pixel,
  playground,
  sizes,
  start,
  table,
  teach,
  training,
};
