// A field in which one of many meanings is chosen by typing: a combobox over one list for all fields
// (ARIA 1.2). Closed, Enter and the arrows go to the next field or the one before.

const MOST = 12;
const fold = (text) => text.normalize("NFKD").replace(/[\u0300-\u036f]/g, "").toLowerCase();

export class Targets {
  // options: a <datalist> whose options carry data-target, -group, -meaning and -words. move: called
  // with a field and 1 or -1 to go on from it.
  constructor(options, move) {
    this.all = [...options.children].map((option) => ({
      target: option.dataset.target,
      group: option.dataset.group,
      meaning: option.dataset.meaning,
      shown: option.value,
      folded: fold(option.value),
      words: fold(`${option.dataset.words} ${option.dataset.group}`).split(" "),
    }));
    this.byText = new Map(this.all.map((target) => [target.folded, target]));
    for (const target of this.all) {
      const name = target.target.toLowerCase();
      if (!this.byText.has(name)) this.byText.set(name, target);
    }
    this.move = move;
    this.list = document.createElement("ul");
    this.list.id = "targets-found";
    this.list.className = "found";
    this.list.setAttribute("role", "listbox");
    this.list.hidden = true;
    this.field = null;
    this.at = -1;
  }

  named(text) {
    return this.byText.get(fold(text.trim()));
  }

  serve(field) {
    field.removeAttribute("list");
    field.setAttribute("role", "combobox");
    field.setAttribute("aria-autocomplete", "list");
    field.setAttribute("aria-expanded", "false");
    field.setAttribute("aria-controls", this.list.id);
    field.addEventListener("focus", () => field.select());
    field.addEventListener("input", () => this.open(field));
    field.addEventListener("keydown", (event) => this.key(event, field));
    field.addEventListener("blur", () => this.leave(field));
  }

  // The targets that a text may mean: its label first, then another word for it, then its meaning.
  find(text) {
    const wanted = fold(text.trim());
    if (!wanted) return this.all;
    const rank = (target) => {
      if (target.folded.startsWith(wanted)) return 0;
      if (target.folded.split(/[ :/(]+/).some((word) => word.startsWith(wanted))) return 1;
      const solid = wanted.replace(/[^\p{L}\p{N}]/gu, "");
      if (solid && target.words.some((word) => word.startsWith(solid))) return 2;
      return fold(target.meaning ?? "").includes(wanted) && wanted.length > 2 ? 3 : 9;
    };
    const ranked = this.all.map((target) => [rank(target), target]).filter(([value]) => value < 9);
    return ranked.sort((one, other) => one[0] - other[0]).map(([, target]) => target);
  }

  open(field, all = false) {
    this.field = field;
    field.before(this.list);
    const found = this.find(all ? "" : field.value);
    const most = all ? found.length : MOST;
    this.list.replaceChildren(...found.slice(0, most).map((target, at) => this.option(target, at)));
    this.list.hidden = !found.length || (!field.value.trim() && !all);
    field.setAttribute("aria-expanded", String(!this.list.hidden));
    this.mark(this.list.hidden ? -1 : 0);
  }

  option(target, at) {
    const item = document.createElement("li");
    item.id = `target-${at}`;
    item.setAttribute("role", "option");
    item.dataset.shown = target.shown;
    const name = document.createElement("b");
    name.textContent = target.shown;
    const told = document.createElement("span");
    told.textContent = target.meaning || target.group;
    item.append(name, told);
    item.addEventListener("mousedown", (event) => {
      event.preventDefault();
      this.take(target.shown);
    });
    return item;
  }

  mark(at) {
    this.list.children[this.at]?.removeAttribute("aria-selected");
    this.at = at;
    const item = this.list.children[at];
    item?.setAttribute("aria-selected", "true");
    item?.scrollIntoView({ block: "nearest" });
    if (item) this.field.setAttribute("aria-activedescendant", item.id);
    else this.field?.removeAttribute("aria-activedescendant");
  }

  take(text) {
    this.field.value = text;
    this.close();
    this.field.dispatchEvent(new Event("change", { bubbles: true }));
  }

  close() {
    this.list.hidden = true;
    this.field?.setAttribute("aria-expanded", "false");
    this.mark(-1);
  }

  // What is left half typed becomes the meaning it is the beginning of, if there is one alone.
  leave(field) {
    if (!this.list.hidden) this.close();
    const text = field.value.trim();
    if (!text || this.named(text)) return;
    const found = this.find(text).filter((target) => target.folded.startsWith(fold(text)));
    if (found.length === 1) {
      field.value = found[0].shown;
      field.dispatchEvent(new Event("change", { bubbles: true }));
    }
  }

  key(event, field) {
    if (event.isComposing || event.ctrlKey || event.metaKey) return;
    const isOpen = !this.list.hidden && this.field === field;
    const act = isOpen ? this.whileOpen(event) : this.whileClosed(event, field);
    if (!act) return;
    event.preventDefault();
    act();
  }

  whileOpen(event) {
    const last = this.list.children.length - 1;
    const chosen = this.list.children[this.at];
    return {
      ArrowDown: () => this.mark(this.at < last ? this.at + 1 : 0),
      ArrowUp: () => this.mark(this.at > 0 ? this.at - 1 : last),
      Enter: () => {
        const { field } = this;
        if (chosen) this.take(chosen.dataset.shown);
        this.move(field, 1);
      },
      Escape: () => this.close(),
    }[event.key];
  }

  whileClosed(event, field) {
    const one = event.altKey && event.key === "ArrowDown";
    if (one) return () => this.open(field, true);
    return {
      Enter: () => this.move(field, 1),
      ArrowDown: () => this.move(field, 1),
      ArrowUp: () => this.move(field, -1),
    }[event.key];
  }
}
