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

function row(text, label, path) {
  const item = document.createElement("li");
  const words = document.createElement("span");
  words.textContent = text;
  const button = Object.assign(document.createElement("button"), { type: "button", textContent: "Remove" });
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => {
    const sure = confirm(`${label}? Their trainings and tables are deleted.`);
    if (sure) ask(path, "DELETE").then(show).catch((error) => tell(error.message));
  });
  item.append(words, button);
  return item;
}

const learner_row = (one) => row(words(one), `Remove learner ${one.number}`, `learners/${one.number}`);

function address_row([address, count]) {
  const from = address || "an unknown address";
  const path = `learners?address=${encodeURIComponent(address)}`;
  return row(`${counted(count, "learner")} from ${from}`, `Remove all who came from ${from}`, path);
}

function fill(list, rows) {
  const chosen = list.contains(document.activeElement) && document.activeElement.getAttribute("aria-label");
  list.replaceChildren(...rows);
  if (!rows.length) list.append(Object.assign(document.createElement("li"), { textContent: "Nobody yet." }));
  if (chosen) [...list.querySelectorAll("button")].find((one) => one.getAttribute("aria-label") === chosen)?.focus();
}

function show(found) {
  isOpen = found.open;
  at("link").textContent = found.link;
  at("door").textContent = isOpen ? "Close the door" : "Open the door";
  at("rule").textContent = isOpen
    ? "Whoever opens the link gets a place. A link that went too far is changed; those who are in stay in."
    : "The door is closed: nobody new gets in. Those who are in stay in.";
  at("count").textContent = counted(found.learners.length, "learner");
  fill(at("learners"), found.learners.map(learner_row));
  const counts = new Map();
  for (const { address } of found.learners) counts.set(address, (counts.get(address) ?? 0) + 1);
  fill(at("addresses"), [...counts].sort((one, other) => other[1] - one[1]).map(address_row));
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
