/* The page of a class: train, bring a table, see one's own trainings. Text goes in as text, never as markup. */
const at = (id) => document.getElementById(id);
const RUNNING_MS = 2500;
const IDLE_MS = 20000;
const MOST_SHOWN = 24;
const WORDS = {
  read_as: "Read as", rows: "Rows", shape: "Shape", order: "Order of the pixels", label: "Labels from", labels: "Classes",
  split: "Parts", values: "Values", intensity: "Range of intensities", columns: "Other columns", sizes: "Sizes before",
};
const ORDERS = { names: "by the names of the columns", position: "as they stand, row by row" };
let timer = 0;
let looked = ""; // the table that the reader looks at
let shown_look = "";
const readings = new Map(); // how each table is to be read, as its last look was told
let most_bytes = Infinity;

async function ask(path, options) {
  const response = await fetch(path, options).catch(() => {
    throw new Error("The class does not answer. It tries again by itself.");
  });
  const found = await response.json().catch(() => ({}));
  if (response.ok) return found;
  const wait = response.headers.get("retry-after");
  const words = [found.error || `The server answers ${response.status}`, found.repair, wait && `ask again in ${wait} s`];
  throw new Error(words.filter(Boolean).join(": "));
}

const tell = (text) => { at("told").textContent = text; };

function row(list, text, ...actions) {
  const item = document.createElement("li");
  const words = document.createElement("span");
  words.textContent = text;
  item.append(words, ...actions);
  list.append(item);
}

const size = (bytes) => (bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`);

function button(text, label, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.textContent = text;
  made.setAttribute("aria-label", `${text}: ${label}`);
  made.addEventListener("click", () => act().then(show, (error) => tell(error.message)));
  return made;
}

function link(text, label, href) {
  const made = document.createElement("a");
  Object.assign(made, { textContent: text, href });
  made.setAttribute("aria-label", `${text}: ${label}`);
  return made;
}

/** A value of the account as text: counts, ranges, lists. */
function worded(value) {
  if (Array.isArray(value)) return value.map(worded).join(value.length === 2 && value.every(Number.isFinite) ? " to " : ", ");
  if (value && typeof value === "object") {
    const entries = Object.entries(value).map(([name, one]) => `${name}: ${worded(one)}`);
    return entries.slice(0, MOST_SHOWN).join(", ") + (entries.length > MOST_SHOWN ? ", …" : "");
  }
  return typeof value === "number" ? value.toLocaleString("en", { maximumFractionDigits: 4 }) : String(value);
}

/** What is in the fields, as a request has it. */
function reading_in(form) {
  const found = {};
  for (const name of ["label", "shape", "layout", "intensity", "resize", "missing", "group", "split"]) {
    const text = form[name].value.trim();
    if (text) found[name] = text;
  }
  const dropped = form.drop.value.split(",").map((one) => one.trim()).filter(Boolean);
  if (dropped.length) found.drop = dropped;
  if (form.clip.checked) found.clip = true;
  return found;
}

function put_reading(form, reading) {
  for (const field of form) if (field.name && field.type !== "checkbox") field.value = "";
  for (const [name, value] of Object.entries(reading)) if (name !== "clip") form[name].value = [value].flat().join(", ");
  form.clip.checked = reading.clip === true;
}

function look_at(id, name, reading) {
  looked = id;
  tell(`Reading ${name} …`);
  return ask("api/jobs", { method: "POST", body: JSON.stringify({ data: id, look: true, reading }) });
}

/** Show what was understood of a table, or why it was not, beside the fields that say how to read it. */
function show_look(job) {
  const form = at("look");
  form.hidden = false;
  form.querySelector("h2").textContent = job.name;
  at("seen-state").textContent =
    job.state === "done" ? "This is how the table was read." : job.state === "failed" ? job.message : state(job);
  if (job.state !== "done" && job.state !== "failed") return;
  if (shown_look === job.id) return;
  shown_look = job.id;
  tell("");
  const found = job.result || {};
  put_reading(form.elements, { ...job.reading, ...withoutEmpty(found.fields) });
  for (const field of form.elements) field.toggleAttribute("data-asked", field.name in (found.fields || {}));
  form.querySelector("[data-asked]")?.focus();
  at("seen").replaceChildren();
  const told = [...Object.entries(WORDS)].filter(([key]) => found[key] !== undefined && worded(found[key] ?? "") !== "");
  for (const [key, words] of told) fact(words, (ORDERS[found[key]] || worded(found[key])) + (key === "labels" && found.n_classes > MOST_SHOWN ? ` (${found.n_classes} in all)` : ""));
  if (job.state === "done" && !found.n_classes) fact("Classes", "none: it can be predicted, and not trained on");
  for (const note of found.notes || []) fact("Note", note);
  const image = at("sixteen");
  image.hidden = !found.drawn;
  if (found.drawn) {
    image.src = `jobs/${job.id}/sixteen.png`;
    image.alt = `Sixteen pictures of ${job.name}, with their classes`;
  }
}

const withoutEmpty = (fields = {}) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== ""));

function fact(name, text) {
  const [title, words] = [document.createElement("dt"), document.createElement("dd")];
  [title.textContent, words.textContent] = [name, text];
  at("seen").append(title, words);
}

function state(job) {
  if (job.place) return `waits: place ${job.place}, about ${job.wait_s} s`;
  if (job.state === "running") return `${job.phase || "begins"}, ${job.seconds} s so far`;
  if (job.state === "done") return `done: accuracy ${job.result.accuracy.toFixed(4)} on ${job.result.n_test} test rows`;
  return job.message ? `${job.state}: ${job.message}` : job.state;
}

function fill(list, found, show_one) {
  list.replaceChildren();
  found.forEach(show_one);
  if (!found.length) row(list, "None yet.");
}

async function show() {
  clearTimeout(timer);
  const mine = await ask("api/mine").catch((error) => tell(error.message));
  let active = !mine;
  if (mine) {
    const looks = mine.jobs.filter((job) => job.look);
    for (const job of looks) if (job.state === "done" && !readings.has(job.table)) readings.set(job.table, job.reading);
    active ||= looks.some((job) => job.state === "queued" || job.state === "running");
    const last = looks.find((job) => job.table === looked);
    if (last) show_look(last);
    fill(at("jobs"), mine.jobs.filter((job) => !job.look), (job) => {
      const name = `${job.model} on ${job.name}`;
      const waits = job.state === "queued" || job.state === "running";
      active ||= waits;
      const end = () => ask(`api/jobs/${job.id}`, { method: "DELETE" });
      const actions = job.state === "done" ? [link("Open", name, `jobs/${job.id}/`)] : waits ? [button("Cancel", name, end)] : [];
      row(at("jobs"), `${name} · ${state(job)}`, ...actions);
    });
    fill(at("uploads"), mine.uploads, (one) => {
      const drop = () => ask(`api/uploads/${one.id}`, { method: "DELETE" }).then(offer);
      const again = () => look_at(one.id, one.name, readings.get(one.id) || {});
      row(at("uploads"), `${one.name} · ${size(one.bytes)}`, button("Look", one.name, again), button("Delete", one.name, drop));
    });
  }
  timer = setTimeout(show, active ? RUNNING_MS : IDLE_MS);
}

function options(select, found) {
  const chosen = select.value;
  select.replaceChildren(...found.map(([value, text]) => new Option(text, value, false, value === chosen)));
}

async function offer() {
  const [about, mine] = await Promise.all([ask("api/class"), ask("api/mine")]);
  const form = at("train").elements;
  options(form.data, [...about.sets.map((name) => [name, name]), ...mine.uploads.map((one) => [one.id, one.name])]);
  options(form.model, about.models.map((name) => [name, name]));
  form.epochs.max = about.most_epochs;
  form.rows.max = about.most_rows;
  if (about.title) at("model").textContent = `Open the model of this class: ${about.title}`;
  most_bytes = about.most_bytes;
  at("learner").textContent = ` To your teacher you are learner ${about.learner}.`;
  at("rule").textContent =
    `CSV, Parquet or NPZ, up to ${about.most_bytes / 1e6} MB. Nobody else sees it, and it is deleted after ${about.hours} hours.`;
}

at("train").addEventListener("submit", async (event) => {
  event.preventDefault();
  const form = event.target.elements;
  const wanted = { data: form.data.value, model: form.model.value, epochs: +form.epochs.value, rows: +form.rows.value };
  if (readings.has(wanted.data)) wanted.reading = readings.get(wanted.data);
  try {
    const job = await ask("api/jobs", { method: "POST", body: JSON.stringify(wanted) });
    tell(job.place ? `Your training waits at place ${job.place}.` : "Your training begins.");
  } catch (error) {
    tell(error.message);
  }
  show();
});

at("upload").addEventListener("submit", async (event) => {
  event.preventDefault();
  const file = event.target.elements.file.files[0];
  if (file.size > most_bytes) {
    tell(`${file.name} has ${size(file.size)}, and a table may have ${size(most_bytes)} here. Upload a part of it.`);
    return;
  }
  tell(`Uploading ${file.name} …`);
  try {
    const one = await ask(`api/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
    event.target.reset();
    await offer();
    at("train").elements.data.value = one.id;
    await look_at(one.id, one.name, {});
  } catch (error) {
    tell(error.message);
  }
  show();
});

at("look").addEventListener("submit", (event) => {
  event.preventDefault();
  const name = event.target.querySelector("h2").textContent;
  readings.delete(looked);
  look_at(looked, name, reading_in(event.target.elements)).then(show, (error) => tell(error.message));
});

at("close").addEventListener("click", () => {
  looked = "";
  at("look").hidden = true;
});

offer().catch((error) => tell(error.message));
show();
