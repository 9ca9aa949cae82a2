/** A button that chooses settings that work for the points at hand, and says why they do. */
import { formatNumber } from "../../numbers/digits";
import { recipeFor } from "../../playground/recipes";
import type { Session } from "../../playground/session";
import { SETTING_NAMES, wordOf, type Settings } from "../../playground/settings";

export function RecipeButton({ session }: { session: Session }) {
  const settings = session.settings.value;
  const recipe = recipeFor(settings);
  if (!recipe) return null;
  const chosen = recipe.settings as Settings;
  const stands = SETTING_NAMES.every((name) => wordOf(settings, name) === wordOf(chosen, name));
  return (
    <div class="recipe">
      <button type="button" disabled={stands} onClick={() => void choose(session, chosen)}>
        Settings that work, and why
      </button>
      {stands && (
        <p class="caption" role="status">
          {recipe.why} Press Run: after {recipe.passes} passes the test loss is at most {formatNumber(recipe.loss)}.
        </p>
      )}
    </div>
  );
}

async function choose(session: Session, settings: Settings): Promise<void> {
  session.pause();
  session.choose(settings);
  await session.reset();
}
