/*
 * Copyright (c) 2026, Mondoo platform collection contributors
 * GNU General Public License v3.0+ (see LICENSES/GPL-3.0-or-later.txt or https://www.gnu.org/licenses/gpl-3.0.txt)
 * SPDX-License-Identifier: GPL-3.0-or-later
 *
 * Filters, sorts and renders the tokens of an audit from the data in the page. Without it, the page is a plain document.
 * The filters are in the address, so a view can be shared: #severity=high&scope=spaces/alpha&token=MRN
 */
(function () {
  "use strict";

  const SEVERITIES = ["high", "medium", "low"];
  const BLOCK = 50; // rows that are rendered and removed together
  const AHEAD = 1200; // pixels beyond the window in which rows are rendered
  const ON_PAPER = 2000; // rows that are printed
  const FIRST_USE_IS_KNOWN = 1;
  const IS_OWN = 2;
  // Invisible characters, and those that change the direction of text: shown by number.
  const INVISIBLE = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u00ad\u061c\u180e\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

  const data = JSON.parse(document.getElementById("data").textContent);
  const scopes = data.scopes.map(([kind, id, name, mrn, tokens, endpoint]) => {
    // Regions may have scopes with the same MRN.
    const at = endpoint ? " at " + endpoint : "";
    const label = name && name.toLowerCase() !== id.toLowerCase() ? name + " (" + id + ")" : name || id;
    return { kind, id, mrn, tokens, key: kind + "s/" + id + at, text: kind + " \"" + id + "\"" + at, label: label + at };
  });
  const rules = data.rules.map(([name, severity]) => ({ name, severity, text: name.replaceAll("_", " ") }));
  const tokens = data.tokens.map(read);
  const number = new Intl.NumberFormat("en");
  const collator = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

  // Reading

  function read(row, place) {
    const [name, head, last, description, scope, creator, permissions, created, used, age, idle, flags, score, parts, findings] = row;
    return {
      place, name, description, created, used, age, idle, score, parts,
      mrn: data.texts[head] ? data.texts[head] + "/" + last : last,
      scope: scopes[scope],
      creator: data.texts[creator],
      permissions: data.texts[permissions] ? data.texts[permissions].split(",") : [],
      useIsKnown: Boolean(flags & FIRST_USE_IS_KNOWN),
      own: Boolean(flags & IS_OWN),
      ageKey: step(age, "unknown"),
      useKey: step(idle, flags & FIRST_USE_IS_KNOWN ? "never" : "unknown"),
      findings: findings.map(([rule, message, isNew, reason, until, by]) => ({
        rule: rules[rule],
        severity: reason === undefined ? rules[rule].severity : "accepted",
        message: data.texts[message],
        isNew: isNew === 1,
        acceptance: reason === undefined ? null : { reason: data.texts[reason], until: data.texts[until], by: data.texts[by] },
      })),
    };
  }

  function step(days, otherwise) {
    if (days === null) { return otherwise; }
    return String(data.steps.filter((start) => days >= start).pop() ?? data.steps[0]);
  }

  function haystack(token) {
    token.text ??= [
      token.name, token.description, token.mrn, token.creator, token.scope.label, token.scope.key, token.permissions.join(" "),
      ...token.findings.map((finding) => finding.rule.name + " " + finding.rule.text + " " + finding.message),
    ].join("\n").toLowerCase();
    return token.text;
  }

  // Elements

  function el(tag, properties, ...children) {
    const element = document.createElement(tag);
    for (const [key, value] of Object.entries(properties || {})) {
      if (key in element && key !== "role") { element[key] = value; } else { element.setAttribute(key, value); }
    }
    element.append(...children.filter((child) => child !== null && child !== ""));
    return element;
  }

  /** Text with invisible characters shown by number. */
  function visible(text) {
    const parts = [];
    let start = 0;
    for (const match of text.matchAll(INVISIBLE)) {
      parts.push(text.slice(start, match.index), el("span", { className: "ctl" }, codePoint(match[0])));
      start = match.index + match[0].length;
    }
    parts.push(text.slice(start));
    return parts.filter(Boolean);
  }

  function codePoint(character) {
    return "U+" + character.codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
  }

  function nameOf(text) {
    return el("bdi", null, ...(text.trim() ? visible(text) : ["(no name)"]));
  }

  /** For places that can contain only text. */
  function plain(text) {
    return text.replace(INVISIBLE, codePoint).replace(/\s+/g, " ");
  }

  function svg(tag, attributes, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [key, value] of Object.entries(attributes)) { element.setAttribute(key, value); }
    element.append(...children);
    return element;
  }

  function ring(score) {
    const level = score >= 60 ? "high" : score >= 35 ? "medium" : "low";
    return svg("svg", { class: "ring " + level, viewBox: "0 0 36 36", role: "img", "aria-label": "Score " + score + " of 100" },
      svg("circle", { class: "track", cx: 18, cy: 18, r: 15.9 }),
      svg("circle", { class: "value", cx: 18, cy: 18, r: 15.9, "stroke-dasharray": score + " 100", transform: "rotate(-90 18 18)" }),
      svg("text", { x: 18, y: 22.2, "text-anchor": "middle" }, String(score)));
  }

  function tag(className, text) { return el("span", { className: "tag " + className }, text); }

  function key(text) { return el("span", { className: "k" }, text + " "); }

  function days(count) { return number.format(count) + (count === 1 ? " day" : " days"); }

  function date(seconds) { return new Date(seconds * 1000).toISOString(); }

  function span(count, seconds, otherwise) {
    if (seconds === null) { return [otherwise]; }
    const text = date(seconds);
    return [days(count), el("small", null, el("time", { dateTime: text }, text.slice(0, 10)))];
  }

  // The state: filters, order, and the selected token

  const SETS = ["severity", "rule", "age", "use", "show"];
  const VALUES = ["scope", "creator", "q", "sort", "token"];
  const SORTS = {
    danger: ["Most dangerous", (token) => token.place],
    name: ["Name", null, (one, other) => collator.compare(one.name, other.name)],
    scope: ["Scope", null, (one, other) => collator.compare(one.scope.label, other.scope.label)],
    oldest: ["Oldest", (token) => token.created ?? Infinity],
    newest: ["Newest", (token) => (token.created === null ? Infinity : -token.created)],
    idle: ["Longest without use", (token) => (token.used !== null ? token.used : token.useIsKnown ? -1 : Infinity)],
    findings: ["Most findings", (token) => -token.findings.filter((finding) => !finding.acceptance).length],
  };
  let state = fromAddress();

  function fromAddress() {
    const parameters = new URLSearchParams(location.hash.slice(1));
    const found = {};
    for (const name of SETS) { found[name] = new Set((parameters.get(name) || "").split(",").filter(Boolean)); }
    for (const name of VALUES) { found[name] = parameters.get(name) || ""; }
    if (!(found.sort in SORTS)) { found.sort = ""; }
    return found;
  }

  function toAddress() {
    const parameters = new URLSearchParams();
    for (const name of SETS) { if (state[name].size) { parameters.set(name, [...state[name]].join(",")); } }
    for (const name of VALUES) { if (state[name]) { parameters.set(name, state[name]); } }
    // Slashes and commas need no escaping there, and are easier to read without it.
    return parameters.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  }

  function isFiltered() {
    return SETS.some((name) => state[name].size) || Boolean(state.scope || state.creator || state.q);
  }

  // Which tokens are shown

  const TESTS = {
    scope: (token) => !state.scope || token.scope.key === state.scope,
    creator: (token) => !state.creator || token.creator === state.creator,
    age: (token) => !state.age.size || state.age.has(token.ageKey),
    use: (token) => !state.use.size || state.use.has(token.useKey),
    show: (token) => [...state.show].every((what) => (SHOWN[what] || (() => true))(token)),
    finding: (token) => {
      if (!state.severity.size && !state.rule.size) { return true; }
      const accepted = state.show.has("accepted");
      const onlyNew = state.show.has("new");
      return token.findings.some((finding) =>
        (!state.severity.size || state.severity.has(accepted ? finding.rule.severity : finding.severity)) &&
        (!state.rule.size || state.rule.has(finding.rule.name)) &&
        (!accepted || finding.acceptance) && (accepted || !finding.acceptance) && (!onlyNew || finding.isNew));
    },
    q: null, // set for each search
  };
  const SHOWN = {
    clean: (token) => token.findings.every((finding) => finding.acceptance),
    accepted: (token) => token.findings.some((finding) => finding.acceptance),
    new: (token) => token.findings.some((finding) => finding.isNew),
    own: (token) => token.own,
  };

  function search() {
    const words = state.q.toLowerCase().split(/\s+/).filter(Boolean);
    TESTS.q = words.length ? (token) => words.every((word) => haystack(token).includes(word)) : () => true;
  }

  /** The tokens that pass all filters; and, for the bars of each facet, those that pass all others. */
  function filtered() {
    search();
    const names = Object.keys(TESTS);
    const facets = { age: new Map(), use: new Map(), rule: new Map() };
    const passing = [];
    for (const token of tokens) {
      let failed = "";
      let count = 0;
      for (const name of names) {
        if (!TESTS[name](token)) {
          failed = name;
          count += 1;
          if (count > 1) { break; }
        }
      }
      if (count === 0) { passing.push(token); }
      if (count > 1) { continue; }
      if (!failed || failed === "age") { add(facets.age, token.ageKey); }
      if (!failed || failed === "use") { add(facets.use, token.useKey); }
      if (!failed || (failed === "finding" && state.rule.size)) {
        for (const finding of token.findings) {
          if (!finding.acceptance && (!state.severity.size || state.severity.has(finding.severity))) { add(facets.rule, finding.rule.name); }
        }
      }
    }
    return { passing, facets };
  }

  function add(counts, name) { counts.set(name, (counts.get(name) || 0) + 1); }

  function sorted(list) {
    const [, value, compare] = SORTS[state.sort || "danger"];
    if (!state.sort || state.sort === "danger") { return list; }
    if (compare) { return [...list].sort((one, other) => compare(one, other) || one.place - other.place); }
    return [...list].sort((one, other) => {
      const left = value(one);
      const right = value(other);
      return left === right ? one.place - other.place : left < right ? -1 : 1;
    });
  }

  // The list: blocks of rows, each rendered when it comes near the window

  const live = document.querySelector(".live");
  const opened = new Set();
  let rows = [];
  let blocks = [];
  let height = 96; // of a row, until one has been measured
  const watcher = new IntersectionObserver((entries) => {
    for (const entry of entries) { if (entry.isIntersecting) { fill(entry.target); } else { empty(entry.target); } }
  }, { rootMargin: AHEAD + "px 0px" });

  function draw(list) {
    watcher.disconnect();
    rows = list;
    blocks = [];
    const fragment = document.createDocumentFragment();
    for (let start = 0; start < rows.length; start += BLOCK) {
      const block = el("div", { role: "none", className: "block" });
      block.start = start;
      block.style.height = Math.min(BLOCK, rows.length - start) * height + "px";
      blocks.push(block);
      fragment.append(block);
    }
    live.replaceChildren(fragment);
    if (blocks.length) { fill(blocks[0]); }
    blocks.forEach((block) => watcher.observe(block));
  }

  function fill(block) {
    if (block.childElementCount) { return; }
    block.append(...rows.slice(block.start, block.start + BLOCK).map((token, place) => row(token, block.start + place)));
    block.style.height = "";
    if (block.start === 0) { height = Math.max(block.offsetHeight / block.childElementCount, 40); }
  }

  function empty(block) {
    // The focused element must not vanish; and the list must have a beginning for users who do not scroll.
    if (!block.childElementCount || block.start === 0 || block.contains(document.activeElement)) { return; }
    block.style.height = block.offsetHeight + "px";
    block.replaceChildren();
  }

  function row(token, place) {
    const isOpen = opened.has(token.place);
    const button = el("button", { type: "button", className: "toggle", "aria-expanded": String(isOpen) }, nameOf(token.name));
    const counted = token.findings.filter((finding) => !finding.acceptance);
    const item = el("div", { role: "listitem", className: "token" + (counted.length ? "" : " calm"), "aria-setsize": rows.length, "aria-posinset": place + 1 },
      el("div", { className: "row" },
        el("div", { className: "score" }, ring(token.score)),
        el("div", { className: "who" }, el("h3", null, button), token.own ? tag("own", "this audit's own") : "",
          token.description ? el("p", { className: "soft" }, ...visible(token.description)) : ""),
        el("div", { className: "where" }, key("Scope"), token.scope.label, token.scope.kind === "organization" ? " " : "", token.scope.kind === "organization" ? tag("", "organization") : "", el("small", null, "by ", el("bdi", null, ...visible(token.creator || "unknown")))),
        el("div", { className: "perms" }, key("Permissions"), token.permissions.length ? token.permissions.map(plain).join(", ") : "none"),
        el("div", { className: "num" }, key("Age"), ...span(token.age, token.created, "unknown")),
        el("div", { className: "num" }, key("Last use"), ...span(token.idle, token.used, token.useIsKnown ? "never" : "unknown")),
        el("div", { className: "tags" }, ...chips(token))));
    item.token = token;
    if (isOpen) { item.append(details(token)); }
    return item;
  }

  function chips(token) {
    if (!token.findings.length) { return [tag("good", "no findings")]; }
    return token.findings.flatMap((finding) => [tag(finding.severity + (finding.isNew ? " isnew" : ""), finding.rule.text + (finding.isNew ? " · new" : "")), " "]);
  }

  function details(token) {
    const copy = el("button", { type: "button", className: "copy" }, "Copy MRN");
    copy.addEventListener("click", () => copyText(token.mrn, copy));
    return el("div", { className: "details" },
      token.findings.length ? el("ul", { className: "findings" }, ...token.findings.map(findingItem)) : "",
      el("dl", { className: "facts" },
        fact("MRN", el("code", null, ...visible(token.mrn)), copy),
        fact("Scope", el("code", null, token.scope.mrn)),
        fact("Created", token.created === null ? "unknown" : date(token.created).replace("T", " ").replace(".000Z", " UTC"), token.creator ? " by " : "", token.creator ? el("bdi", null, ...visible(token.creator)) : ""),
        fact("Last used", token.used === null ? (token.useIsKnown ? "never" : "unknown") : date(token.used).replace("T", " ").replace(".000Z", " UTC")),
        fact("Score", ...score(token))),
      el("p", { className: "soft" }, el("a", { href: "#token=" + encodeURIComponent(token.mrn).replaceAll("%2F", "/") }, "Link to this token")));
  }

  function score(token) {
    const texts = [];
    for (let place = 0; place < token.parts.length; place += 2) { texts.push(token.parts[place] + " (" + plain(data.texts[token.parts[place + 1]]) + ")"); }
    return [token.score + (texts.length ? " = " + texts.join(" + ") : "")];
  }

  function fact(name, ...values) { return el("div", null, el("dt", null, name), el("dd", null, ...values)); }

  function findingItem(finding) {
    const acceptance = finding.acceptance;
    const more = acceptance
      ? [" ", el("i", null, ...visible(acceptance.reason), acceptance.until ? " (until " + plain(acceptance.until) + (acceptance.by ? ", " + plain(acceptance.by) : "") + ")" : acceptance.by ? " (" + plain(acceptance.by) + ")" : "")]
      : [];
    return el("li", null, tag(finding.severity, finding.severity), " ", el("b", null, finding.rule.text), " ",
      finding.isNew ? tag("new", "new") : "", finding.isNew ? " " : "", ...visible(finding.message), ...more);
  }

  async function copyText(text, button) {
    let isDone = true;
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      // If the page has no access to the clipboard.
      const area = el("textarea", { value: text, className: "vh", "aria-label": "MRN" });
      document.body.append(area);
      area.select();
      isDone = document.execCommand("copy");
      area.remove();
      button.focus();
    }
    button.textContent = isDone ? "Copied" : "Not copied: select it";
    say(isDone ? "MRN copied" : "The MRN could not be copied");
    setTimeout(() => { button.textContent = "Copy MRN"; }, 2000);
  }

  function toggle(item, wanted) {
    const button = item.querySelector(".toggle");
    const isOpen = wanted ?? button.getAttribute("aria-expanded") !== "true";
    button.setAttribute("aria-expanded", String(isOpen));
    item.querySelector(".details")?.remove();
    if (isOpen) { opened.add(item.token.place); item.append(details(item.token)); } else { opened.delete(item.token.place); }
  }

  live.addEventListener("click", (event) => {
    const item = event.target.closest(".token");
    const isControl = event.target.closest("a, button:not(.toggle), .details");
    if (item && !isControl && !String(getSelection())) { toggle(item); }
  });
  live.addEventListener("keydown", (event) => {
    const moves = { ArrowDown: 1, ArrowUp: -1 };
    if (!event.target.matches(".toggle") || !(event.key in moves)) { return; }
    const all = [...live.querySelectorAll(".toggle")];
    const next = all[all.indexOf(event.target) + moves[event.key]];
    if (next) { event.preventDefault(); next.focus(); }
  });

  /** Shows one token: rendered, open, in view and focused. */
  function show(mrn) {
    const place = rows.findIndex((token) => token.mrn === mrn);
    if (place < 0) { return false; }
    opened.add(rows[place].place);
    const block = blocks[Math.floor(place / BLOCK)];
    fill(block);
    const item = block.children[place % BLOCK];
    toggle(item, true);
    item.scrollIntoView({ block: "center", behavior: "instant" });
    item.querySelector(".toggle").focus({ preventScroll: true });
    return true;
  }

  // The controls

  const tools = document.querySelector(".tools");
  const status = el("p", { className: "status", role: "status" });
  const controls = {
    q: el("input", { type: "search", autocomplete: "off", placeholder: "Name, MRN, creator, text of a finding …" }),
    severity: select([["", "Any"], ...SEVERITIES.map((severity) => [severity, severity])]),
    rule: select([["", "Any"], ...rules.filter((rule) => rule.severity !== "ignore").map((rule) => [rule.name, rule.text])]),
    scope: select([["", "All"], ...[...scopes].filter((scope) => scope.tokens).sort((one, other) => collator.compare(one.label, other.label)).map((scope) => [scope.key, scope.kind + " " + plain(scope.label)])]),
    creator: select([["", "Anybody"], ...[...new Set(tokens.map((token) => token.creator))].filter(Boolean).sort(collator.compare).map((creator) => [creator, plain(creator)])]),
    sort: select(Object.entries(SORTS).map(([name, [text]]) => [name === "danger" ? "" : name, text])),
  };
  const nothing = el("p", { className: "panel empty", hidden: true }, tokens.length ? "No token matches these filters." : "There are no tokens.");
  const heads = el("div", { className: "row heads", role: "group", "aria-label": "Sort by" },
    ...[["Score", "danger"], ["Token", "name"], ["Scope", "scope"], ["Permissions"], ["Age", "oldest", "newest"], ["Last use", "idle"], ["Findings", "findings"]].map(head));
  const active = el("ul", { className: "active", "aria-label": "Filters in use" });

  /** The head of a column: sorts by it, and reverses the order if there are two. */
  function head([text, ...sorts]) {
    if (!sorts.length) { return el("div", null, text); }
    const button = el("button", { type: "button" }, text);
    button.sorts = sorts;
    button.addEventListener("click", () => change(() => {
      const next = sorts[(sorts.indexOf(state.sort || "danger") + 1) % sorts.length];
      state.sort = next === "danger" ? "" : next;
    }));
    return el("div", null, button);
  }

  function select(options) {
    return el("select", null, ...options.map(([value, text]) => el("option", { value }, text)));
  }

  function label(text, control, className) { return el("label", { className: className || "" }, el("span", null, text), control); }

  tools.append(
    label("Search", controls.q, "wide"), label("Severity", controls.severity), label("Rule", controls.rule), label("Scope", controls.scope),
    label("Created by", controls.creator), label("Sort by", controls.sort), status, active, heads);

  let waiting = 0;
  controls.q.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => change(() => { state.q = controls.q.value.trim(); }), 120);
  });
  for (const name of ["scope", "creator", "sort"]) {
    controls[name].addEventListener("change", () => change(() => { state[name] = controls[name].value; }));
  }
  for (const name of ["severity", "rule"]) {
    controls[name].addEventListener("change", () => change(() => { state[name] = new Set(controls[name].value ? [controls[name].value] : []); }));
  }

  /** Turns a tile or a bar into a button. */
  for (const item of document.querySelectorAll("[data-filter]")) {
    const button = el("button", { type: "button", className: "filter" });
    const what = [...item.childNodes].filter((node) => !node.classList?.contains("what"));
    button.append(...what);
    item.prepend(button);
    button.addEventListener("click", () => {
      const { filter, key: value } = item.dataset;
      change(() => {
        if (!value) { state = fromNothing(state); return; }
        if (!state[filter].delete(value)) { state[filter].add(value); }
      });
    });
  }
  for (const element of document.querySelectorAll("[data-scope]")) {
    const scope = scopes.find((entry) => entry.text === element.dataset.scope);
    if (!scope || !scope.tokens) { continue; }
    const link = el("a", { href: "#scope=" + encodeURIComponent(scope.key).replaceAll("%2F", "/") }, ...element.childNodes);
    link.addEventListener("click", () => { document.getElementById("list").scrollIntoView({ behavior: "instant" }); });
    element.append(link);
  }
  for (const element of document.querySelectorAll("[data-mrn]")) {
    element.append(el("a", { href: "#token=" + encodeURIComponent(element.dataset.mrn).replaceAll("%2F", "/") }, ...element.childNodes));
  }

  function fromNothing(before) {
    const cleared = { sort: before ? before.sort : "", token: "", scope: "", creator: "", q: "" };
    for (const name of SETS) { cleared[name] = new Set(); }
    return cleared;
  }

  function change(how) {
    how();
    state.token = "";
    const address = toAddress();
    history.replaceState(null, "", address ? "#" + address : location.pathname + location.search);
    refresh();
  }

  const TITLES = { severity: "severity", rule: "rule", age: "age", use: "last use", show: "", scope: "scope", creator: "created by", q: "text" };

  function chip(name, value, text) {
    const button = el("button", { type: "button", "aria-label": "Remove the filter " + text }, text, el("span", { "aria-hidden": "true" }, " ×"));
    button.addEventListener("click", () => change(() => { if (SETS.includes(name)) { state[name].delete(value); } else { state[name] = ""; } }));
    return el("li", null, button);
  }

  function labelOf(name, value) {
    const bar = document.querySelector(`[data-filter="${name}"][data-key="${CSS.escape(value)}"] .label`);
    if (name === "age" || name === "use") { return bar ? bar.textContent : value; }
    if (name === "scope") { return scopes.find((scope) => scope.key === value)?.label ?? value; }
    return value.replaceAll("_", " ");
  }

  function refresh() {
    const { passing, facets } = filtered();
    const list = sorted(passing);
    controls.q.value = controls.q === document.activeElement ? controls.q.value : state.q;
    for (const name of ["scope", "creator", "sort"]) { controls[name].value = state[name]; }
    for (const name of ["severity", "rule"]) { several(controls[name], state[name]); }
    for (const item of document.querySelectorAll("[data-filter]")) {
      const isOn = item.dataset.key ? state[item.dataset.filter].has(item.dataset.key) : !isFiltered();
      item.classList.toggle("on", isOn);
      item.querySelector(".filter").setAttribute("aria-pressed", String(isOn));
      const part = item.querySelector("rect.part");
      if (part) {
        const count = facets[item.dataset.filter].get(item.dataset.key) || 0;
        item.total ??= item.querySelector(".count").textContent;
        part.setAttribute("width", (count * 100) / Number(part.dataset.most));
        item.querySelector(".count").textContent = isFiltered() && number.format(count) !== item.total ? number.format(count) + " of " + item.total : item.total;
      }
    }
    const chipsInUse = SETS.flatMap((name) => [...state[name]].map((value) => chip(name, value, [TITLES[name], labelOf(name, value)].filter(Boolean).join(": "))))
      .concat(["scope", "creator", "q"].filter((name) => state[name]).map((name) => chip(name, state[name], TITLES[name] + ": " + plain(labelOf(name, state[name])))));
    if (chipsInUse.length) {
      const clear = el("button", { type: "button", className: "clear" }, "Clear all");
      clear.addEventListener("click", () => { change(() => { state = fromNothing(state); }); controls.q.focus(); });
      chipsInUse.push(el("li", null, clear));
    }
    active.replaceChildren(...chipsInUse);
    for (const button of heads.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(button.sorts.includes(state.sort || "danger")));
      button.classList.toggle("turned", button.sorts.indexOf(state.sort || "danger") === 1);
    }
    draw(list);
    say(number.format(list.length) + " of " + number.format(tokens.length) + (tokens.length === 1 ? " token" : " tokens"));
    live.hidden = !list.length;
    nothing.hidden = Boolean(list.length);
  }

  /** A single-choice control cannot show several values. */
  function several(control, values) {
    control.querySelector("[data-several]")?.remove();
    if (values.size > 1) { control.append(el("option", { value: "*", "data-several": "", hidden: true }, values.size + " chosen")); }
    control.value = values.size > 1 ? "*" : [...values][0] || "";
  }

  function say(text) { status.textContent = text; }

  function follow() {
    // Sections of the page have addresses too.
    if (location.hash.length > 1 && !location.hash.includes("=") && rows.length) { return; }
    state = fromAddress();
    refresh();
    if (state.token && !show(state.token)) {
      // A link leads to its token, whatever the filters.
      const wanted = state.token;
      state = fromNothing(state);
      refresh();
      if (!show(wanted)) { say("The token of this link is not in this report."); }
    }
  }

  // Printing has no viewport.
  let isPrinting = false;
  function beforePrint() {
    if (isPrinting) { return; }
    isPrinting = true;
    watcher.disconnect();
    const printed = rows.slice(0, ON_PAPER);
    live.replaceChildren(...printed.map((token, place) => { const item = row(token, place); if (!opened.has(token.place)) { item.append(details(token)); } return item; }));
    if (rows.length > printed.length) {
      live.append(el("p", { className: "soft" }, "The first " + number.format(printed.length) + " of " + number.format(rows.length) + " tokens; the reports in CSV and JSON have all."));
    }
  }
  function afterPrint() {
    if (!isPrinting) { return; }
    isPrinting = false;
    draw(rows);
  }
  addEventListener("beforeprint", beforePrint);
  addEventListener("afterprint", afterPrint);
  matchMedia("print").addEventListener("change", (event) => { if (event.matches) { beforePrint(); } else { afterPrint(); } });

  document.querySelector(".tokens.plain").remove();
  document.querySelector(".plain-note").remove();
  live.setAttribute("role", "list");
  live.setAttribute("aria-labelledby", "tokens");
  live.after(nothing);
  tools.hidden = false;
  document.documentElement.classList.add("js");
  addEventListener("hashchange", follow);
  document.addEventListener("click", (event) => {
    // Setting the same address again is not a change.
    if (event.target.closest?.("a[href^='#token=']")?.getAttribute("href") === location.hash) { follow(); }
  });
  follow();
})();
