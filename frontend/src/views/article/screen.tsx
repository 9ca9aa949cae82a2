/** The article: how a network sees, each claim with a link to the place of this page that shows it. */
import { msg, t } from "../../language/catalogue";
import { useEffect, useRef } from "preact/hooks";
import source from "../../article/how-a-cnn-sees.md";
import { readArticle, type Piece } from "../../article/markdown";
import type { Screen } from "../../screen";
import type { ScreenName } from "../../screens";
import { useStore, type Store } from "../../store";
import "./article.css";

export const screen: Screen = {
  title: msg("How a CNN sees"),
  up: "start",
  View: ArticleScreen,
};

function ArticleScreen() {
  const store = useStore();
  const { title, sections } = readArticle(source, t as (text: string) => string);
  const section = store.remember("section", "");
  const article = useRef<HTMLElement>(null);
  const wanted = section.value;
  useEffect(() => {
    if (wanted) headingOf(article.current, Number(wanted))?.scrollIntoView();
  }, [wanted]);
  const go = (index: number): void => {
    section.value = String(index);
    const heading = headingOf(article.current, index);
    heading?.scrollIntoView();
    heading?.focus({ preventScroll: true });
  };
  return (
    <div class="article">
      <nav class="contents" aria-label={t("Contents")}>
        <ol>
          {sections.slice(1).map((one, index) => (
            <li key={index}>
              <button type="button" class="plain" onClick={() => go(index + 1)}>
                {one.title}
              </button>
            </li>
          ))}
        </ol>
      </nav>
      <article ref={article}>
        <h1>{title}</h1>
        {sections.map((one, index) => (
          <section key={index}>
            {one.title && (
              <h2 data-section={index} tabIndex={-1}>
                {one.title}
              </h2>
            )}
            {one.paragraphs.map((pieces, place) => (
              <p key={place}>
                {pieces.map((piece, at) => (
                  <PieceView key={at} piece={piece} />
                ))}
              </p>
            ))}
          </section>
        ))}
      </article>
    </div>
  );
}

const headingOf = (article: HTMLElement | null, index: number): HTMLElement | null | undefined =>
  article?.querySelector<HTMLElement>(`[data-section="${index}"]`);

/** A link leads nowhere where this network has nothing to show there, and is plain text then. */
function PieceView({ piece: { text, place } }: { piece: Piece }) {
  const store = useStore();
  if (!place || !leadsSomewhere(store, place)) return <>{text}</>;
  return (
    <a
      href={`#${place}`}
      onClick={(event) => {
        event.preventDefault();
        store.screen.value = place as ScreenName;
      }}
    >
      {text}
    </a>
  );
}

function leadsSomewhere(store: Store, place: string): boolean {
  const found = store.screens[place as ScreenName];
  return found !== undefined && (found.isShown?.(store) ?? true);
}
