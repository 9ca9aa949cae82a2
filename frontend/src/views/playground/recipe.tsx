/** A button that chooses settings that work for the points at hand, and says why they do. */
import { t } from "../../language/catalogue";
import { numberText } from "../../numbers/digits";
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
        {t("Settings that work, and why")}
      </button>
      {stands && (
        <p class="caption" role="status">
          {t(recipe.why)}{" "}
          {t("Press Run: after {passes} passes the test loss is at most {loss}.", {
            passes: recipe.passes,
            loss: numberText(recipe.loss),
          })}
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
