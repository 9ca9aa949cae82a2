/** Teach a network of one's own; what it takes comes as a second module, when it is wanted. */
import type { FunctionComponent } from "preact";
import { useEffect, useState } from "preact/hooks";
import shared from "virtual:shared";
import { msg, t } from "../../language/catalogue";
import type { Screen } from "../../screen";
import { useStore } from "../../store";
import "./teach.css";

/** Where the two modules meet: the first puts `shared` here, the second its screen. */
interface Meeting {
  shared: typeof shared;
  Teach?: FunctionComponent;
}

export const screen: Screen = {
  title: msg("Teach"),
  tab: 8,
  keys: [["Space", msg("train, wait, go on")]],
  isShown: ({ host }) => host.teach !== null,
  View: TeachScreen,
};

const place = globalThis as { convscope?: Meeting };

function TeachScreen() {
  const { host } = useStore();
  const [Teach, setTeach] = useState<FunctionComponent | undefined>(() => place.convscope?.Teach);
  const [problem, setProblem] = useState("");
  useEffect(() => {
    if (Teach || !host.teach) return;
    place.convscope ??= { shared };
    host.teach().then(
      () => setTeach(() => place.convscope!.Teach),
      () => setProblem(t("The part of the page that trains cannot be had. Is convscope still running?")),
    );
  }, [Teach, host]);
  if (Teach) return <Teach />;
  const words = host.teach
    ? problem || t("Opening …")
    : t("Teaching is not part of this page. It is in the page that convscope explore opens.");
  return <p class="note">{words}</p>;
}
