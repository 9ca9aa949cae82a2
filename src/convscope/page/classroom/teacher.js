/* The teacher's page: who is there, removing a learner, another link, and the door. Text goes in as text, never as markup. */
const at = (id) => document.getElementById(id);
const AGAIN_MS = 5000;
const PRESENT_S = 60;
let timer = 0;
let isOpen = true;

async function ask(path, method = "GET", body) {
  const response = await fetch(`api/${path}`, { method, body: body && JSON.stringify(body) }).catch(() => {
    throw new Error("The class does not answer. It is asked again by itself.");
  });
  const found = await response.json().catch(() => ({}));
  if (response.ok) return found;
  throw new Error([found.error || `The server answers ${response.status}`, found.repair].filter(Boolean).join(": "));
}

const tell = (text) => { at("told").textContent = text; };

function ago(seconds) {
  if (seconds < 90) return `${seconds} s ago`;
  return seconds < 5400 ? `${Math.round(seconds / 60)} min ago` : `${Math.round(seconds / 3600)} h ago`;
}

const counted = (count, one) => `${count} ${one}${count === 1 ? "" : "s"}`;

function words(learner) {
  const seen = learner.seen_s < PRESENT_S ? "here now" : `last seen ${ago(learner.seen_s)}`;
  const waiting = learner.waiting ? ` (${learner.waiting} waiting)` : "";
  const has = `${counted(learner.trainings, "training")}${waiting}, ${counted(learner.tables, "table")}`;
  return `Learner ${learner.number} · ${seen} · ${has} · joined ${ago(learner.joined_s)} from ${learner.address || "an unknown address"}`;
}

function button(text, label, question, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", label);
  made.addEventListener("click", () => confirm(question) && act().then(show).catch((error) => tell(error.message)));
  return made;
}

function row(learner, near) {
  const item = document.createElement("li");
  const text = document.createElement("span");
  text.textContent = words(learner);
  const lost = "Their trainings and tables are deleted.";
  const one = `Remove learner ${learner.number}`;
  item.append(text, button("Remove", one, `${one}? ${lost}`, () => ask(`learners/${learner.number}`, "DELETE")));
  if (near > 1 && learner.address) {
    const all = `Remove all ${near} learners from ${learner.address}`;
    const place = `learners?address=${encodeURIComponent(learner.address)}`;
    item.append(button(`Remove all ${near} from there`, all, `${all}? ${lost}`, () => ask(place, "DELETE")));
  }
  return item;
}

function show(found) {
  isOpen = found.open;
  at("link").textContent = found.link;
  at("door").textContent = isOpen ? "Close the door" : "Open the door";
  at("rule").textContent = isOpen
    ? "Whoever opens the link gets a place. A link that went too far is changed; those who are in stay in."
    : "The door is closed: nobody new gets in. Those who are in stay in.";
  at("count").textContent = counted(found.learners.length, "learner");
  const near = (one) => found.learners.filter((other) => other.address === one.address).length;
  const rows = found.learners.map((one) => row(one, near(one)));
  const asked = document.activeElement?.getAttribute("aria-label");
  at("learners").replaceChildren(...rows);
  if (!rows.length) at("learners").append(Object.assign(document.createElement("li"), { textContent: "Nobody yet." }));
  [...at("learners").querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === asked)?.focus();
}

async function look() {
  clearTimeout(timer);
  await ask("class").then(show, (error) => tell(error.message));
  timer = setTimeout(look, AGAIN_MS);
}

at("door").addEventListener("click", () => ask("door", "PUT", { open: !isOpen }).then(show, (error) => tell(error.message)));
at("change").addEventListener("click", () => {
  if (!confirm("Change the link? The old one lets nobody in any more. Those who are in stay in.")) return;
  ask("link", "POST").then((found) => { show(found); tell("The link is changed. Give the new one to the class."); }, (error) => tell(error.message));
});
look();
