// Without this script every page can still be read: tabs stand below each other and the menu is open.
(() => {
  const root = document.documentElement;
  root.classList.add("scripted");

  for (const button of document.querySelectorAll("button.toggle")) {
    button.addEventListener("click", () => {
      const open = button.getAttribute("aria-expanded") === "true";
      button.setAttribute("aria-expanded", String(!open));
    });
  }

  // what can be remembered: a page read from disk may have no memory
  const memory = {
    get: (key) => { try { return localStorage.getItem(key); } catch { return null; } },
    set: (key, value) => { try { localStorage.setItem(key, value); } catch { /* forgotten */ } },
  };

  const theme = document.querySelector("button.theme");
  const isDark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const showTheme = () => theme.setAttribute("aria-pressed", String(isDark()));
  theme.hidden = false;
  showTheme();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", showTheme);
  theme.addEventListener("click", () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    memory.set("theme", root.dataset.theme);
    showTheme();
  });

  // the other language opens at the section that is being read: named sections have one name in both
  for (const link of document.querySelectorAll(".switch a")) {
    link.addEventListener("click", () => {
      const above = [...document.querySelectorAll("main [id^='sec-']")].filter((part) => part.getBoundingClientRect().top < innerHeight / 3);
      link.hash = above.length && scrollY > 0 ? above.at(-1).id : "";
    });
  }

  // tabs of one group change together, on every page
  const groups = new Map();
  for (const set of document.querySelectorAll(".tabset")) {
    const group = set.dataset.group;
    const list = set.querySelector("[role=tablist]");
    const tabs = [...list.querySelectorAll("[role=tab]")];
    const show = (chosen, focus) => {
      for (const tab of tabs) {
        const on = tab === chosen;
        tab.setAttribute("aria-selected", String(on));
        tab.tabIndex = on ? 0 : -1;
        document.getElementById(tab.getAttribute("aria-controls")).hidden = !on;
      }
      if (focus) chosen.focus();
    };
    const choose = (chosen, focus) => {
      show(chosen, focus);
      if (!group) return;
      const name = chosen.textContent;
      memory.set(`tabs-${group}`, name);
      for (const other of groups.get(group)) if (other !== follow) other(name);
    };
    const follow = (name) => {
      const same = tabs.find((tab) => tab.textContent === name);
      if (same) show(same, false);
    };
    list.hidden = false;
    show(tabs[0], false);
    if (group) {
      groups.set(group, [...(groups.get(group) || []), follow]);
      follow(memory.get(`tabs-${group}`));
    }
    for (const tab of tabs) tab.addEventListener("click", () => choose(tab, false));
    list.addEventListener("keydown", (event) => {
      const at = tabs.indexOf(document.activeElement);
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
      if (at < 0 || to === undefined) return;
      event.preventDefault();
      choose(tabs[(to + tabs.length) % tabs.length], true);
    });
  }

  // a link into something folded opens it
  const reveal = () => {
    const target = location.hash && document.getElementById(decodeURIComponent(location.hash.slice(1)));
    for (let el = target; el; el = el.parentElement) {
      if (el.tagName === "DETAILS") el.open = true;
      if (el.role === "tabpanel" && el.hidden) document.getElementById(el.getAttribute("aria-labelledby")).click();
    }
    if (target) target.scrollIntoView();
  };
  addEventListener("hashchange", reveal);
  if (location.hash) reveal();

  // on a small screen the contents of the page start folded
  const toc = document.querySelector(".toc details");
  if (toc && matchMedia("(max-width: 75rem)").matches) toc.open = false;

  // everything that is folded is printed
  const folded = [];
  addEventListener("beforeprint", () => {
    for (const el of document.querySelectorAll("main details:not([open])")) { folded.push(el); el.open = true; }
  });
  addEventListener("afterprint", () => { while (folded.length) folded.pop().open = false; });

  // searching: every word must begin a word of the section; accents and case make no difference
  const search = document.querySelector(".search");
  if (search) {
    const input = search.querySelector("input"), results = search.querySelector("ul"), status = search.querySelector("[role=status]");
    const base = search.dataset.base;
    const folded = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
    let rows = null, chosen = -1;
    const load = () => {
      if (rows) return Promise.resolve();
      return new Promise((done) => {
        const script = document.createElement("script");
        script.src = `${base}search.js`;
        script.onload = () => {
          rows = window.searchIndex.map(([address, page, id, heading, text]) =>
            ({ address, page, id, heading, text, words: ` ${folded(`${page} ${heading} ${text}`)}`, title: ` ${folded(id ? heading : page)}` }));
          done();
        };
        document.head.append(script);
      });
    };
    const begins = (text, word) => new RegExp(`[^\\p{L}\\p{N}]${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u").test(text);
    const find = (query) => {
      const words = folded(query).split(/\s+/).filter(Boolean);
      if (!words.length) return [];
      return rows.map((row) => ({ row, score: words.filter((word) => begins(row.title, word)).length }))
        .filter(({ row }) => words.every((word) => begins(row.words, word)))
        .filter(({ row, score }) => row.id || row.text || score === words.length)
        .sort((a, b) => b.score - a.score).slice(0, 12).map(({ row }) => row);
    };
    // the letters of the text that a folded position means: accents are separate letters there
    const excerpt = (row, word) => {
      const letters = [...row.text.normalize("NFC")].map((letter) => [letter, folded(letter)]);
      const at = folded(row.text.normalize("NFC")).search(new RegExp(`(?<![\\p{L}\\p{N}])${word.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}`, "u"));
      let start = 0;
      for (let passed = 0; start < letters.length && passed < at; start += 1) passed += letters[start][1].length;
      const text = (from, to) => letters.slice(from, to).map(([letter]) => letter).join("");
      if (at < 0) return [text(0, 120), "", ""];
      const first = Math.max(0, start - 50);
      return [(first ? "…" : "") + text(first, start), text(start, start + word.length), text(start + word.length, start + 90)];
    };
    const close = () => {
      results.hidden = true;
      chosen = -1;
      input.setAttribute("aria-expanded", "false");
      input.removeAttribute("aria-activedescendant");
    };
    const mark = (to) => {
      const options = [...results.children];
      chosen = (to + options.length) % options.length;
      options.forEach((option, k) => option.setAttribute("aria-selected", String(k === chosen)));
      options[chosen].scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-activedescendant", options[chosen].id);
    };
    const option = (row, k, word) => {
      const item = document.createElement("li"), name = document.createElement("strong"), text = document.createElement("small");
      item.role = "option";
      item.id = `search-result-${k}`;
      item.setAttribute("aria-selected", "false");
      name.textContent = row.heading ? `${row.page} › ${row.heading}` : row.page;
      const [before, hit, after] = excerpt(row, word), strong = document.createElement("mark");
      strong.textContent = hit;
      text.append(before, strong, after);
      item.append(name, text);
      item.addEventListener("mousedown", (event) => event.preventDefault());
      item.addEventListener("click", () => { close(); location.href = `${base}${row.address}${row.id ? `#${encodeURIComponent(row.id)}` : ""}`; });
      return item;
    };
    const show = async () => {
      await load();
      const word = folded(input.value).split(/\s+/).filter(Boolean)[0];
      const found = find(input.value);
      close();
      results.replaceChildren(...found.map((row, k) => option(row, k, word)));
      results.hidden = !found.length;
      input.setAttribute("aria-expanded", String(found.length > 0));
      status.textContent = !word ? "" : found.length ? `${search.dataset.count} ${found.length}` : search.dataset.none;
      status.classList.toggle("visually-hidden", !word || found.length > 0);
    };
    search.hidden = false;
    input.addEventListener("focus", load);
    input.addEventListener("input", show);
    input.addEventListener("blur", close);
    input.addEventListener("keydown", (event) => {
      const open = !results.hidden;
      if (event.key === "Escape") { if (open) event.preventDefault(); close(); }
      else if (event.key === "ArrowDown" && !open) show();
      else if (event.key === "ArrowDown") mark(chosen + 1);
      else if (event.key === "ArrowUp" && open) mark(chosen < 0 ? -1 : chosen - 1);
      else if (event.key === "Enter" && open) results.children[Math.max(chosen, 0)].click();
      else return;
      if (event.key.startsWith("Arrow") || event.key === "Enter") event.preventDefault();
    });
  }
})();
