"use strict";
(() => {
  const root = document.documentElement;
  root.classList.add("js");

  // The theme: the system's, until somebody chooses another. What is stored stays in the browser.
  const THEMES = ["system", "light", "dark"];
  const KEY = "gradcheck-theme";
  let theme = "system";
  try {
    theme = localStorage.getItem(KEY) ?? "system";
  } catch {} // pages without an origin have no storage
  const paint = () => {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
  };
  paint();

  const start = () => {
    const form = document.querySelector("form.filter");
    const fields = [...form.elements].filter((field) => field.name);
    const chosen = fields.filter((field) => field.tagName === "SELECT");
    const counted = form.dataset.counted;
    const output = form.querySelector("output");
    const nothing = document.querySelector(".nothing");
    const sections = [...document.querySelectorAll("section.filtered")];
    const rows = [...document.querySelectorAll("tr[data-claim], article[data-family]")]; // of an audit, or of a catalogue
    const claims = new Map(rows.map((row) => [row.dataset.claim, { data: { ...row.dataset }, elements: [], shown: true, text: null }]));
    for (const element of document.querySelectorAll("[data-claim]")) claims.get(element.dataset.claim).elements.push(element);
    const within = sections.map((section) => [section, [...section.querySelectorAll("[data-claim]")].map((element) => claims.get(element.dataset.claim))]);

    const textOf = (claim) => {
      claim.text ??= claim.elements.map((element) => element.dataset.words ?? element.textContent).join("\n").toLowerCase();
      return claim.text;
    };
    let linked = null; // the claim that the fragment names is shown whatever the filter says

    const apply = () => {
      const wanted = chosen.map((field) => [field.name, field.value]).filter(([, value]) => value);
      const words = form.elements.search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let matching = 0;
      for (const [anchor, claim] of claims) {
        const matches = wanted.every(([name, value]) => claim.data[name] === value) && words.every((word) => textOf(claim).includes(word));
        if (matches) matching += 1;
        const shown = matches || anchor === linked;
        if (shown === claim.shown) continue;
        claim.shown = shown;
        for (const element of claim.elements) element.hidden = !shown;
      }
      for (const [section, inside] of within) section.hidden = !inside.some((claim) => claim.shown);
      const filtered = wanted.length > 0 || words.length > 0;
      nothing.hidden = !filtered || matching > 0;
      output.textContent = filtered ? `${matching} of ${claims.size} ${counted}` : "";
    };

    // Sorting: the buttons are made here, so that without this script nothing looks as if it could be pressed.
    const collator = new Intl.Collator("en", { numeric: true });
    const sort = (header, order) => {
      const table = header.closest("table");
      for (const other of table.querySelectorAll("th[aria-sort]")) other.removeAttribute("aria-sort");
      header.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const numeric = header.dataset.type === "number";
      const keyed = [...table.tBodies[0].rows].map((row, place) => {
        const cell = row.cells[header.cellIndex];
        const text = cell.dataset.sort ?? cell.textContent.trim();
        return { row, place, key: numeric ? Number.parseFloat(text) : text };
      });
      const missing = (key) => key === "" || Number.isNaN(key);
      keyed.sort((one, two) => {
        if (missing(one.key) !== missing(two.key)) return missing(one.key) ? 1 : -1; // at the end, whichever the order
        if (missing(one.key)) return one.place - two.place;
        const by = numeric ? one.key - two.key : collator.compare(one.key, two.key);
        return sign * by || one.place - two.place;
      });
      table.tBodies[0].append(...keyed.map(({ row }) => row));
    };
    const headers = [];
    for (const header of document.querySelectorAll("table.sortable thead th")) {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...header.childNodes);
      header.append(button);
      button.addEventListener("click", () => {
        sort(header, header.getAttribute("aria-sort") === "ascending" ? "descending" : "ascending");
        remember();
      });
      if (header.closest("#all")) headers.push(header);
    }
    const named = (header) => header.textContent.trim();

    // The state is in the address, so that it can be shared; where the browser forbids that, the page works all the same.
    // Saving an address lays the page out, so what was asked for is painted first.
    const remember = () => requestAnimationFrame(() => setTimeout(save));
    const save = () => {
      const address = new URL(location.href);
      const query = new URLSearchParams();
      for (const field of fields) if (field.value.trim()) query.set(field.name, field.value.trim());
      const sorted = headers.find((header) => header.hasAttribute("aria-sort"));
      if (sorted) query.set("sort", (sorted.getAttribute("aria-sort") === "descending" ? "-" : "") + named(sorted));
      address.search = query.toString();
      try {
        history.replaceState(null, "", address);
      } catch {}
    };
    const recall = () => {
      const query = new URLSearchParams(location.search);
      for (const field of fields) {
        const value = query.get(field.name) ?? "";
        if (field.tagName !== "SELECT" || [...field.options].some((option) => option.value === value)) field.value = value;
      }
      const sorted = query.get("sort") ?? "";
      const header = headers.find((one) => named(one) === sorted.replace(/^-/, ""));
      if (header) sort(header, sorted.startsWith("-") ? "descending" : "ascending");
    };

    const reveal = () => {
      let target = null;
      try {
        target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
      } catch {} // a percent sign that encodes nothing
      linked = target?.closest("[data-claim]")?.dataset.claim ?? null;
      apply();
      if (linked === null) return;
      for (let details = target.closest("details"); details; details = details.parentElement.closest("details")) details.open = true;
      target.scrollIntoView();
      requestAnimationFrame(() => target.scrollIntoView()); // what was skipped above it has its true height only now
    };

    let waiting = 0;
    form.addEventListener("submit", (event) => event.preventDefault());
    form.addEventListener("input", (event) => {
      clearTimeout(waiting);
      const update = () => {
        apply();
        remember();
      };
      if (event.target.type === "search") waiting = setTimeout(update, 120);
      else update();
    });
    form.addEventListener("reset", () => {
      setTimeout(() => {
        apply();
        remember();
      });
    });
    addEventListener("hashchange", reveal);

    const toggle = document.querySelector("button.theme");
    const label = () => {
      toggle.textContent = `Theme: ${theme}`;
    };
    label();
    toggle.addEventListener("click", () => {
      theme = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length];
      paint();
      label();
      try {
        localStorage.setItem(KEY, theme);
      } catch {}
    });

    document.addEventListener("click", async (event) => {
      const button = event.target.closest("button.copy");
      if (!button) return;
      const code = button.closest("[data-copied]").querySelector("code");
      const before = button.textContent;
      try {
        await navigator.clipboard.writeText(code.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(code); // no clipboard is allowed here: it is selected instead
        button.textContent = "Selected: copy it with the keyboard";
      }
      setTimeout(() => {
        button.textContent = before;
      }, 1500);
    });

    // On paper everything is open.
    let opened = [];
    addEventListener("beforeprint", () => {
      opened = [...document.querySelectorAll("details:not([open])")];
      for (const details of opened) details.open = true;
    });
    addEventListener("afterprint", () => {
      for (const details of opened) details.open = false;
    });

    // What scrolls sideways can be reached with the keyboard, and only that. Only what is in sight is measured: measuring
    // lays out, and what is out of sight has not been laid out.
    const measure = (part) => {
      for (const element of part.querySelectorAll(".scroll, .formula")) {
        if (element.scrollWidth > element.clientWidth) element.tabIndex = 0;
        else element.removeAttribute("tabindex");
      }
    };
    const seen = new IntersectionObserver((entries) => {
      for (const { target, isIntersecting } of entries) if (isIntersecting) measure(target);
    });
    for (const part of document.querySelectorAll(".card, #summary")) seen.observe(part);
    document.addEventListener("toggle", (event) => measure(event.target), true);

    recall();
    reveal();
    // The text that is searched is gathered while nothing else is to be done, so that the first search is as fast as others.
    const idle = window.requestIdleCallback ?? ((run) => setTimeout(() => run({ timeRemaining: () => 10 }), 50));
    const waitingClaims = claims.values();
    const gather = (deadline) => {
      let next = waitingClaims.next();
      while (!next.done) {
        textOf(next.value);
        if (deadline.timeRemaining() < 2) break;
        next = waitingClaims.next();
      }
      if (!next.done) idle(gather);
    };
    idle(gather);
  };
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", start, { once: true });
  else start();
})();
