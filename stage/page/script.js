"use strict";
// What the pages can do beyond being read: search as you type, copy commands, and name the host that
// they were loaded from. Texts are set as text, never as markup.
(() => {
  const byId = (id) => document.getElementById(id);
  const say = (text) => { byId("said").textContent = text; };

  // Where no host was said, it is most likely this one.
  if (/^https?:$/.test(location.protocol))
    for (const place of document.querySelectorAll(".host")) place.textContent = location.host;

  const list = byId("list");
  const field = byId("search");

  const readySearch = () => {
    const found = byId("found");
    let rows = null; // [element, its text], made when something is typed first

    const search = () => {
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;

      rows ||= Array.from(list.children, (row) => [row, row.textContent.toLowerCase()]);
      for (const [row, text] of rows) {
        const hidden = !words.every((word) => text.includes(word));

        shown += hidden ? 0 : 1;
        if (row.hidden !== hidden) row.hidden = hidden;
      }
      found.textContent = words.length ? `${shown} of ${rows.length}` : "";
    };

    field.parentElement.hidden = false;
    field.addEventListener("input", search);
    field.addEventListener("keydown", (event) => {
      const first = list.querySelector("li:not([hidden]) a");

      if (event.key === "Escape" && field.value) {
        field.value = "";
        search();
        event.preventDefault();
      } else if (event.key === "ArrowDown" && first) {
        first.focus();
        event.preventDefault();
      } else if (event.key === "Enter" && first) {
        first.click();
      }
    });
    list.addEventListener("keydown", (event) => {
      const step = { ArrowDown: "nextElementSibling", ArrowUp: "previousElementSibling" }[event.key];
      let row = step && event.target.closest("li");

      if (!row) return;
      do row = row[step]; while (row && row.hidden);
      (row ? row.querySelector("a") : field).focus();
      event.preventDefault();
    });
    document.addEventListener("keydown", (event) => {
      const typing = /^(INPUT|TEXTAREA|SELECT)$/.test(event.target.tagName);

      if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
      field.focus();
      event.preventDefault();
    });
    // What the browser kept from the last visit.
    if (field.value) search();
  };

  // Without TLS there is no navigator.clipboard: then the text is selected and copied as by hand.
  const copy = async (code) => {
    try {
      await navigator.clipboard.writeText(code.textContent);
      return true;
    } catch {
      const selection = getSelection();

      selection.selectAllChildren(code);
      const copied = document.execCommand("copy");
      if (copied) selection.removeAllRanges();
      return copied;
    }
  };

  const addButton = (line) => {
    const code = line.querySelector("code");
    const button = document.createElement("button");

    button.type = "button";
    button.textContent = "Copy";
    button.setAttribute("aria-label", `Copy: ${code.textContent}`);
    button.addEventListener("click", async () => {
      const copied = await copy(code);

      button.textContent = copied ? "Copied" : "Selected";
      say(copied ? `Copied: ${code.textContent}` : "Selected: copy it with the keyboard");
      setTimeout(() => { button.textContent = "Copy"; }, 2000);
    });
    line.append(button);
  };

  if (list && field) readySearch();
  for (const line of document.querySelectorAll(".cmd")) addButton(line);
})();
