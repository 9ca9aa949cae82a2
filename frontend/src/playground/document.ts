/** A trained network as one JSON object: what Python needs to make a run of it. */
import { FEATURES } from "./features";
import type { Session } from "./session";

export function modelDocument(session: Session): object {
  const data = session.data.value;
  const { network } = session.frame.value!;
  const points = ({ points }: typeof data.train): number[][] => points.map(({ x, y, label }) => [x, y, label]);
  return {
    schema: "convscope.playground/1",
    settings: session.settings.value,
    title: data.title,
    class_names: data.classNames,
    columns: data.columns,
    feature_labels: session.settings.value.features.map((name) => FEATURES[name].label),
    train: points(data.train),
    test: points(data.test),
    layers: network.map(({ units, activation, kernel, bias }) => ({
      units,
      activation,
      kernel: Array.from(kernel),
      bias: Array.from(bias),
    })),
    moments: session.moments.value,
  };
}
