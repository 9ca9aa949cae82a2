/** Files as they are chosen, pasted or dropped: each with the folder that it lies in, which may name a class. */
import { t, tn } from "../language/catalogue";
import { fromFile } from "./pictures";
import { MOST_CLASSES, MOST_PICTURES, newId, noRoom, type Project, type Shot } from "./project";

export interface Found {
  file: File;
  /** The name of the folder that it lies in; empty where there is none. */
  folder: string;
}

const isPicture = ({ type, name }: File): boolean => type.startsWith("image/") || /\.(png|jpe?g|webp|bmp)$/i.test(name);

/** The files of an input; one that takes folders says where each file lies. */
export const chosen = (files: Iterable<File> | null): Found[] =>
  [...(files ?? [])].map((file) => ({ file, folder: file.webkitRelativePath.split("/").at(-2) ?? "" }));

/** What was dropped, folders with all that is in them. */
export async function dropped(items: DataTransferItemList): Promise<Found[]> {
  // the list is void as soon as this event is over
  const entries = [...items].map((item) => item.webkitGetAsEntry()).filter((entry) => entry !== null);
  const found: Found[] = [];
  const visit = async (entry: FileSystemEntry, folder: string): Promise<void> => {
    if (found.length > MOST_PICTURES) return;
    if (entry.isFile) {
      const file = await new Promise<File>((done, fail) => (entry as FileSystemFileEntry).file(done, fail));
      found.push({ file, folder });
      return;
    }
    const reader = (entry as FileSystemDirectoryEntry).createReader();
    for (;;) {
      const some = await new Promise<FileSystemEntry[]>((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return;
      for (const one of some) await visit(one, entry.name);
    }
  };
  for (const entry of entries) await visit(entry, "");
  return found;
}

/** Add files to a class, or without one each to the class of its folder's name; gives what could not be added, in words. */
export async function take(project: Project, found: readonly Found[], id: string | null): Promise<string> {
  const { kind } = project.state.value;
  const byClass = new Map<string, Shot[]>();
  const problems: string[] = [];
  const pictures = found.filter((one) => isPicture(one.file));
  const room = Math.max(0, MOST_PICTURES - project.count.peek());
  if (pictures.length > room) problems.push(noRoom());
  for (const { file, folder } of pictures.slice(0, room)) {
    const to = id ?? folder;
    try {
      const shot = { id: newId(), pixels: await fromFile(file, kind), recording: null };
      byClass.set(to, [...(byClass.get(to) ?? []), shot]);
    } catch (error) {
      problems.push(t("{file}: {why}", { file: file.name, why: (error as Error).message }));
    }
  }
  if (!byClass.size && !problems.length) return t("There are no pictures among these files.");
  try {
    for (const [to, shots] of byClass) project.add(id ?? classFor(project, to), shots);
  } catch (error) {
    problems.unshift((error as Error).message);
  }
  const [first] = problems;
  if (problems.length < 2) return first ?? "";
  return `${first} ${tn("{n} more was left out.", "{n} more were left out.", problems.length - 1)}`;
}

/** The class of a folder: the one of its name, an empty one that has no name yet, or a new one. */
function classFor(project: Project, folder: string): string {
  const { classes } = project.state.value;
  const same = classes.find(({ name }) => name === folder);
  if (same) return same.id;
  if (!folder) return classes[0].id;
  const free = classes.find(({ shots, name }) => !shots.length && /\d$/.test(name));
  if (!free && classes.length >= MOST_CLASSES)
    throw new Error(t("There are {n} classes already, and more do not fit.", { n: MOST_CLASSES }));
  if (!free) return project.addClass(folder).id;
  project.rename(free.id, folder);
  return free.id;
}
