/* The page of a class: train, bring a table, see one's own trainings. Text goes in as text, never as markup. */
const at = (id) => document.getElementById(id);
const RUNNING_MS = 2500;
const IDLE_MS = 20000;
let timer = 0;
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
    fill(at("jobs"), mine.jobs, (job) => {
      const name = `${job.model} on ${job.name}`;
      const waits = job.state === "queued" || job.state === "running";
      active ||= waits;
      const end = () => ask(`api/jobs/${job.id}`, { method: "DELETE" });
      const actions = job.state === "done" ? [link("Open", name, `jobs/${job.id}/`)] : waits ? [button("Cancel", name, end)] : [];
      row(at("jobs"), `${name} · ${state(job)}`, ...actions);
    });
    fill(at("uploads"), mine.uploads, (one) => {
      const drop = () => ask(`api/uploads/${one.id}`, { method: "DELETE" }).then(offer);
      row(at("uploads"), `${one.name} · ${size(one.bytes)}`, button("Delete", one.name, drop));
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
    await ask(`api/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file });
    tell(`${file.name} is there. Choose it above as the table.`);
    event.target.reset();
    await offer();
  } catch (error) {
    tell(error.message);
  }
  show();
});

offer().catch((error) => tell(error.message));
show();
