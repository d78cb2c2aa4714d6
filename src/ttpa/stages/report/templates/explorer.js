// The page's only script. It draws the turns out of the page's own data; all text goes through textContent.
"use strict";
const cards = JSON.parse(document.getElementById("turns-data").textContent);
const list = document.getElementById("turn-list");
const view = document.getElementById("turn-view");
const search = document.getElementById("turn-search");
const tally = document.getElementById("turn-tally");
const allForks = document.getElementById("turn-all");
const filters = [...document.querySelectorAll("#explorer select")];
const TONES = { right: "✓ right", wrong: "✗ wrong", unscored: "? not scored" };

function make(tag, className, text, ...children) {
  const element = document.createElement(tag);
  if (className) element.className = className;
  if (text !== undefined && text !== null) element.textContent = text;
  element.append(...children.filter(Boolean));
  return element;
}

// ---- a turn, token by token

function chip(text, odds, heat, fork) {
  const element = make(fork ? "button" : "span", `chip h${heat}${fork ? " forked" : ""}`, text);
  element.title = odds;
  if (!fork) return element;
  element.type = "button";
  element.setAttribute("aria-expanded", "false");
  element.setAttribute("aria-label", `fork ${fork.number} at ${text}, ${odds}`);
  element.append(make("sup", "mark", fork.number));
  return element;
}

function turn(found) {
  const line = make("div", "runs");
  const forks = new Map(found.forks.map((fork) => [fork.at, fork]));
  let at = 0;
  for (const run of found.runs) {
    const chips = make("span", "chips");
    const below = make("span", "slot", run.label);
    const holder = make("span", `run ${run.kind}`, null, chips, below);
    line.append(holder);
    run.texts.forEach((text, index) => {
      const fork = forks.get(at);
      forks.delete(at++);
      const token = chip(text, run.odds[index], run.heats[index], fork);
      chips.append(token);
      if (fork) opens(token, fork, line, holder);
    });
  }
  for (const fork of forks.values()) {  // those at tokens that are not drawn
    const token = chip("…", fork.odds, 4, fork);
    const holder = make("span", "run", null, token);
    line.append(holder);
    opens(token, fork, line, holder);
  }
  if (found.hidden) line.append(make("p", "note", found.hidden));
  return line;
}

function opens(token, fork, line, holder) {
  let panel = null;
  token.addEventListener("click", () => {
    const open = token.getAttribute("aria-expanded") !== "true";
    token.setAttribute("aria-expanded", String(open));
    if (open && !panel) {
      panel = forked(fork);
      let after = holder;  // panels of one run stand in the order of its forks
      while (after.nextElementSibling && after.nextElementSibling.classList.contains("fork") &&
        Number(after.nextElementSibling.dataset.number) < fork.number) after = after.nextElementSibling;
      after.after(panel);
    }
    if (panel) panel.hidden = !open;
  });
}

function forked(fork) {
  const head = make("p", "fork-head", null, make("span", "mark", fork.number),
    ` ${fork.wavers}: this turn takes `, make("code", "", fork.own), ` with ${fork.odds}; forced in its place:`);
  const branches = make("ul", "branches");
  for (const branch of fork.branches) {
    branches.append(make("li", branch.verdict.tone, null, turn(branch), ...verdict(branch.verdict)));
  }
  if (!fork.branches.length) branches.append(make("li", "unscored", "No branch was kept."));
  const panel = make("div", "fork", null, head, branches);
  panel.dataset.number = fork.number;
  return panel;
}

function verdict(found) {
  const line = make("div", `verdict ${found.tone}`, null, make("span", "tone", TONES[found.tone]));
  if (found.tone !== "unscored") line.append(make("span", "", "score ", make("b", "", found.score)));
  line.append(make("span", "", "whole turn ", make("b", "", found.odds)));
  for (const role of found.roles) line.append(make("span", `role ${role}`, `${role} in a pair`));
  if (found.cut) line.append(make("span", "role", "cut off by the token limit"));
  const mistakes = make("ul", "mistakes");
  for (const mistake of found.mistakes) {
    const item = make("li", "", null, make("b", "", mistake.kind));
    if (mistake.place) item.append(make("span", "", mistake.place));
    if (mistake.expected) item.append(make("span", "", "expected ", make("code", "", mistake.expected)));
    if (mistake.got) item.append(make("span", "", "got ", make("code", "", mistake.got)));
    mistakes.append(item);
  }
  return found.mistakes.length ? [line, mistakes] : [line];
}

// ---- one card

const rows = [];
let chosen = null;

function choose(row) {
  if (chosen) chosen.removeAttribute("aria-selected");
  if (row) row.setAttribute("aria-selected", "true");
  chosen = row;
}

function show(index) {
  const card = cards[index];
  choose(rows[index]);
  view.replaceChildren(
    make("h3", "", card.question || card.name),
    make("p", "note", `${card.name} · ${card.split} · ${card.facts}`),
    make("div", "reference", null, make("span", "", "Reference"), make("pre", "", card.reference)),
    ...card.trunks.map((trunk) => make("div", `trunk ${trunk.verdict.tone}`, null, turn(trunk),
      make("div", `foot ${trunk.verdict.tone}`, null, make("b", "", trunk.title), ...verdict(trunk.verdict)))));
  view.scrollTop = 0;
  const first = view.querySelector(".forked");
  if (allForks.getAttribute("aria-pressed") === "true") toggle(true);
  else if (first) first.click();
}

function toggle(open) {
  const closed = () => [...view.querySelectorAll(`.forked[aria-expanded=${!open}]`)];
  for (let found = closed(); found.length; found = closed()) found.forEach((token) => token.click());
}

// ---- the list and its filters

const haystacks = cards.map((card) => [card.name, card.question, card.reference, ...card.tools].join("\n").toLowerCase());
cards.forEach((card, index) => {
  const row = make("li", "", null, make("span", "asked", card.question || card.name),
    make("small", "", null, make("span", "good", `${card.right} right`), make("span", "bad", `${card.wrong} wrong`),
      make("span", "", card.slots.length ? `forks: ${card.slots.join(", ")}` : "no fork")));
  row.setAttribute("role", "option");
  row.id = `turn-${index}`;
  row.dataset.index = index;
  rows.push(row);
});
list.append(...rows);

function narrow() {
  const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
  const wanted = filters.filter((filter) => filter.value);
  let shown = 0;
  cards.forEach((card, index) => {
    const fits = wanted.every((filter) => held(card, filter.dataset.key).includes(filter.value)) &&
      words.every((word) => haystacks[index].includes(word));
    if (rows[index].hidden === fits) rows[index].hidden = !fits;
    shown += fits;
  });
  tally.textContent = `${shown.toLocaleString("en")} of ${cards.length.toLocaleString("en")} turns`;
  if (!chosen || chosen.hidden) step(0);
}

function held(card, key) {
  if (key !== "verdict") return card[key];
  if (card.right && card.wrong) return ["both"];
  return card.right ? ["right"] : ["wrong"];
}

function step(by) {
  const listed = rows.filter((row) => !row.hidden);
  if (!listed.length) {
    view.replaceChildren(make("p", "empty", "No turn fits; take a filter away."));
    choose(null);
    return;
  }
  const now = listed.indexOf(chosen);
  const row = listed[now < 0 ? 0 : Math.min(Math.max(now + by, 0), listed.length - 1)];
  show(Number(row.dataset.index));
  const top = row.offsetTop - list.offsetTop;
  if (top < list.scrollTop || top + row.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - 40;
  list.setAttribute("aria-activedescendant", row.id);
}

list.addEventListener("click", (event) => {
  const row = event.target.closest("li");
  if (row) show(Number(row.dataset.index));
});
list.addEventListener("keydown", (event) => {
  const by = { ArrowDown: 1, ArrowUp: -1, PageDown: 10, PageUp: -10, Home: -Infinity, End: Infinity }[event.key];
  if (by !== undefined) step(by);
  else if (event.key === "Enter") (view.querySelector(".forked") || view).focus();
  else return;
  event.preventDefault();
});
search.addEventListener("input", narrow);
filters.forEach((filter) => filter.addEventListener("change", narrow));
document.getElementById("turn-clear").addEventListener("click", () => {
  search.value = "";
  filters.forEach((filter) => { filter.value = ""; });
  narrow();
});
allForks.addEventListener("click", () => {
  const open = allForks.getAttribute("aria-pressed") !== "true";
  allForks.setAttribute("aria-pressed", String(open));
  toggle(open);
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.matches("input, select")) return;
  if (event.key === "/") search.focus();
  else if (event.key === "j") step(1);
  else if (event.key === "k") step(-1);
  else return;
  event.preventDefault();
});
narrow();
