"use strict";
// Draws the rows of the page from the columns in #data. Everything is written as text: no value becomes markup.
(async () => {
  const byId = (id) => document.getElementById(id);
  const settings = JSON.parse(byId("settings").textContent);
  const text = (key, values = {}) => {
    const name = values.n === 1 && settings.language === "en" && settings.texts[`${key}_one`] ? `${key}_one` : key;
    return settings.texts[name].replace(/\{(\w+)\}/g, (whole, each) => typeof values[each] === "number" ? number(values[each]) : values[each] ?? whole);
  };
  const number = (value) => value.toLocaleString("en");
  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  const ROOT = "<root_account>";

  function bytesOf(base64) {
    const characters = atob(base64);
    const bytes = new Uint8Array(characters.length);
    for (let i = 0; i < bytes.length; i++) bytes[i] = characters.charCodeAt(i);
    return bytes;
  }
  async function unpack(base64) {
    return JSON.parse(await new Response(new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("gzip"))).text());
  }
  const data = await unpack(byId("data").textContent);
  const { accounts, controls, scores, credentials, ous, users, reasons, outcomes, days, exceptions } = data;
  // The rows: the findings, and after them what is excepted.
  const findings = Object.fromEntries(Object.keys(data.excepted).filter((name) => name !== "id").map((name) => [name, data.findings[name].concat(data.excepted[name])]));
  const count = data.findings.control.length;
  const all = data.findings.control.map((_, row) => row), excepted = data.excepted.control.map((_, row) => count + row);
  const ids = [data.findings, data.excepted].map((rows) => bytesOf(rows.id));
  const bytesOfId = (row) => row < count ? ids[0].subarray(row * 16, row * 16 + 16) : ids[1].subarray((row - count) * 16, (row - count) * 16 + 16);
  const idOf = (row) => Array.from(bytesOfId(row), (byte) => byte.toString(16).padStart(2, "0")).join("");
  const starts = findings.since.map((since, row) => since === null ? null : since + [0, findings.created[row], findings.used[row]][findings.since_from[row]]);
  const isNew = new Set(data.findings.new);
  const severityNames = Object.keys(settings.severities);
  const rank = controls.map((control) => severityNames.indexOf(control.severity));

  // ---- Small parts of the page ----

  function element(tag, properties = {}, ...children) {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name === "class") made.className = value; else if (name in made && name !== "role") made[name] = value; else made.setAttribute(name, value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  }
  function shape(tag, attributes, ...children) {
    const made = document.createElementNS("http://www.w3.org/2000/svg", tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  }
  function severity(name) {
    const mark = shape("svg", { class: `mark ${name}`, "aria-hidden": "true" }, shape("use", { href: `#mark-${name}` }));
    return element("span", { class: "severity" }, mark, settings.severities[name]);
  }
  function day(seconds) {
    const date = new Date(seconds * 1000);
    return settings.language === "ja"
      ? `${date.getUTCFullYear()}年${date.getUTCMonth() + 1}月${date.getUTCDate()}日`
      : `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()]} ${date.getUTCFullYear()}`;
  }
  function rate(pass, fail) {
    if (!(pass + fail)) return "–";
    const share = pass / (pass + fail), shown = Math.min(Math.max(Math.round(share * 1000) / 10, share > 0 ? 0.1 : 0), share < 1 ? 99.9 : 100);
    return `${shown.toFixed(1)}${settings.language === "ja" ? "" : "\u00a0"}%`;
  }
  const exceptionOf = (row) => findings.exception[row] === null ? null : exceptions[findings.exception[row]];
  const age = (days) => days > 0 ? text("days", { n: days }) : text("today");
  const accountName = (account) => accounts.name[account] ?? accounts.id[account];
  const userName = (row) => findings.user[row] === null ? null : users[findings.user[row]];
  const isAboutRoot = (row) => userName(row) === ROOT || controls[findings.control[row]].id.startsWith("root-");
  const shownUser = (row) => isAboutRoot(row) ? text("root") : userName(row) ?? text("account_itself");
  const address = (kind, ...parts) => `#${kind}=${parts.map(encodeURIComponent).join("/")}`;
  function since(row) {
    const start = starts[row], report = accounts.report[findings.account[row]];
    if (start === null || report === null) return "";
    return element("span", { title: text("since", { day: day(start) }) }, age(Math.floor((report - start) / 86400)),
      element("span", { class: "on-paper" }, ` (${day(start)})`));
  }
  function credential(row) {
    const type = findings.type[row];
    if (type === null) return null;
    return findings.created[row] === null ? text(type) : text("created", { what: text(type), day: day(findings.created[row]) });
  }
  function consoleLink(account, user) {
    const base = settings.consoles[accounts.partition[account]];
    if (!base) return null;
    const name = user === null || user === ROOT ? "home" : `users/details/${encodeURIComponent(user)}`;
    let href = `${base}/iam/home#/${name}`;
    if (settings.portal) {
      const [portal, role] = settings.portal.split("?");
      href = `${portal.replace(/\/+$/, "")}/#/console?account_id=${accounts.id[account]}${role ? `&${role}` : ""}&destination=${encodeURIComponent(href)}`;
    }
    return element("a", { href, target: "_blank", rel: "noopener noreferrer" }, text("open_console"),
      element("span", { class: "hidden" }, `: ${user ?? ""} ${accounts.id[account]}`));
  }
  const cell = (...children) => element("td", {}, element("div", {}, ...children));
  function where(account) {
    return element("span", { class: "where" }, `${accountName(account)} `, element("span", { class: "id" }, accounts.id[account]), ` · ${ous[accounts.ou[account]]}${accounts.owner[account] ? ` · ${accounts.owner[account]}` : ""}`);
  }

  // ---- A table whose rows are drawn as they are scrolled to ----

  function scrolled(box, table, draw) {
    const body = table.tBodies[0];
    let items = [], from = -1, to = -1, height = 0;
    table.classList.add("drawn");
    const space = (rows) => element("tr", { class: "space", "aria-hidden": "true" }, element("td", { colSpan: 6 }));
    function show(first, last) {
      const rows = [];
      for (let place = first; place < last; place++) {
        const row = draw(items[place]);
        row.setAttribute("aria-rowindex", place + 2);
        rows.push(row);
      }
      const above = space(), below = space();
      above.firstChild.style.height = `${first * height}px`;
      below.firstChild.style.height = `${(items.length - last) * height}px`;
      body.replaceChildren(...(first ? [above] : []), ...rows, ...(last < items.length ? [below] : []));
      [from, to] = [first, last];
    }
    function update(force = false) {
      if (!height || force) {
        show(0, Math.min(items.length, 1));
        height = body.rows[0]?.getBoundingClientRect().height ?? 0;
      }
      if (!height) return;
      const first = Math.floor(box.scrollTop / height), shown = Math.ceil(box.clientHeight / height) || 20;
      if (force || first < from || Math.min(first + shown, items.length) > to) show(Math.max(first - 20, 0), Math.min(first + shown + 20, items.length));
    }
    box.addEventListener("scroll", () => update(), { passive: true });
    addEventListener("resize", () => update(true));
    addEventListener("beforeprint", () => show(0, items.length));
    addEventListener("afterprint", () => update(true));
    return {
      set(next) { items = next; table.setAttribute("aria-rowcount", items.length + 1); box.scrollTop = 0; update(true); },
      scrollTo(item) {
        const place = items.indexOf(item);
        if (place < 0) return;
        box.scrollTop = place * height - box.clientHeight / 3;
        update(true);
        body.querySelector(`[aria-rowindex="${place + 2}"]`)?.classList.add("target");
      },
    };
  }

  // ---- The worklist ----

  const form = byId("filters"), fields = form.elements;
  const list = scrolled(byId("findings-box"), byId("findings"), (item) => item.rows ? groupRow(item) : findingRow(item));
  let order = "rank", shown = [];

  function tag(row) {
    const name = row >= count ? "excepted" : isNew.has(row) ? "new" : exceptionOf(row) !== null ? "ended" : null;
    return name && element("span", { class: "tag" }, text(name));
  }
  function findingRow(row) {
    const control = controls[findings.control[row]], account = findings.account[row];
    return element("tr", {},
      cell(severity(control.severity), tag(row)),
      cell(element("a", { href: address("finding", idOf(row)) }, control.title)),
      cell(element("span", {}, shownUser(row)), credential(row) ? element("span", { class: "note" }, ` · ${credential(row)}`) : null, where(account)),
      cell(since(row)),
      cell(element("span", { title: reasons[findings.reason[row]] }, reasons[findings.reason[row]])),
      cell(consoleLink(account, userName(row))));
  }
  function groupRow({ by, rows }) {
    const first = rows[0], account = findings.account[first], control = controls[findings.control[first]];
    const worst = severityNames[Math.min(...rows.map((row) => rank[findings.control[row]]))];
    const oldest = rows.filter((row) => starts[row] !== null).sort((a, b) => starts[a] - starts[b])[0];
    const titles = [...new Set(rows.map((row) => controls[findings.control[row]].title))];
    const inAccounts = new Set(rows.map((row) => findings.account[row])).size;
    const href = by === "control" ? address("control", control.id) : by === "account" ? address("account", accounts.id[account]) : by === "owner" ? address("owner", accounts.owner[account] ?? "") : address("user", accounts.id[account], userName(first) ?? "");
    const name = by === "control" ? control.title : by === "account" ? accountName(account) : by === "owner" ? accounts.owner[account] ?? text("no_owner") : shownUser(first);
    return element("tr", {},
      cell(severity(worst)),
      cell(element("a", { href }, text("findings", { n: rows.length }), element("span", { class: "hidden" }, `: ${name}`))),
      by === "owner" ? cell(name, element("span", { class: "note" }, ` · ${text("in_accounts", { n: inAccounts })}`)) : by === "control" ? cell(text("in_accounts", { n: inAccounts })) : cell(by === "user" ? element("span", {}, shownUser(first)) : null, where(account)),
      cell(oldest === undefined ? "" : since(oldest)),
      cell(titles.join("; ")),
      cell(by === "control" || by === "owner" ? null : consoleLink(account, by === "user" ? userName(first) : null)));
  }

  // Each word has to occur in a row; texts that recur are searched once each.
  function matching(words) {
    const hits = words.map((word) => {
      const found = (texts) => texts.map((each) => (each ?? "").toLowerCase().includes(word));
      return [found(reasons), found(users), found(accounts.name.map((name, i) => `${name ?? ""} ${accounts.id[i]} ${ous[accounts.ou[i]]} ${accounts.owner[i] ?? ""}`)), found(controls.map((control) => `${control.id} ${control.title}`)), word];
    });
    return (row) => hits.every(([inReason, inUser, inAccount, inControl, word]) =>
      inReason[findings.reason[row]] || (findings.user[row] !== null && inUser[findings.user[row]]) || inAccount[findings.account[row]] || inControl[findings.control[row]] || word.length === 32 && idOf(row) === word);
  }
  const isWithin = (path, ou) => path === ou || path.startsWith(`${ou}/`);

  function filter() {
    const value = (name) => fields[name]?.value ?? "";
    const matches = matching(value("search").toLowerCase().split(/\s+/).filter(Boolean));
    const inOu = ous.map((path) => !value("ou") || isWithin(path, value("ou")));
    const rows = value("status") === "excepted" ? excepted : all;
    shown = rows.filter((row) => {
      const control = controls[findings.control[row]], account = findings.account[row];
      return (!value("severity") || control.severity === value("severity"))
        && (!value("control") || control.id === value("control"))
        && (!value("account") || accounts.id[account] === value("account"))
        && (!value("owner") || accounts.owner[account] === value("owner"))
        && inOu[accounts.ou[account]]
        && (value("status") !== "new" || isNew.has(row))
        && (value("status") !== "ended" || exceptionOf(row) !== null)
        && (!value("exception") || exceptionOf(row) === value("exception"))
        && matches(row);
    });
    const keys = { control: (row) => controls[findings.control[row]].title, who: (row) => `${accountName(findings.account[row])} ${userName(row) ?? ""}` };
    if (order === "since") shown.sort((a, b) => (starts[a] ?? Infinity) - (starts[b] ?? Infinity) || a - b);
    else if (order !== "rank") {
      const key = keys[order], cached = new Map(shown.map((row) => [row, key(row)]));
      shown.sort((a, b) => cached.get(a) < cached.get(b) ? -1 : cached.get(a) > cached.get(b) ? 1 : a - b);
    }
    const by = value("group");
    const items = by ? grouped(by) : shown;
    list.set(items);
    const counts = { shown: shown.length, all: rows.length, groups: items.length };
    byId("count").textContent = shown.length ? text(`${by ? "groups" : "count"}${rows === excepted ? "_excepted" : ""}`, counts) : text("no_findings");
    byId("printed").textContent = "";
  }
  function grouped(by) {
    const groups = new Map();
    for (const row of shown) {
      const key = by === "control" ? findings.control[row] : by === "account" ? findings.account[row] : by === "owner" ? accounts.owner[findings.account[row]] : `${findings.account[row]}/${findings.user[row]}`;
      if (!groups.has(key)) groups.set(key, { by, rows: [] });
      groups.get(key).rows.push(row);
    }
    return [...groups.values()];
  }
  function choose(values) {
    form.reset();
    for (const [name, value] of Object.entries(values)) fields[name].value = value;
    form.querySelector("details").open = true;
    filter();
    byId("worklist").scrollIntoView();
  }
  const options = (select, values) => select.append(...values.map(([value, label]) => element("option", { value }, label)));
  const withFindings = [...new Set(findings.account)].sort((a, b) => accountName(a) < accountName(b) ? -1 : 1);
  const everyOu = [...new Set(ous.flatMap((path) => path.split("/").map((_, i, parts) => parts.slice(0, i + 1).join("/"))))].sort();
  options(fields.control, controls.map((control) => [control.id, control.title]));
  options(fields.ou, everyOu.map((path) => [path, path]));
  if (fields.owner) options(fields.owner, [...new Set(accounts.owner)].filter(Boolean).sort().map((owner) => [owner, owner]));
  if (fields.exception) options(fields.exception, [...exceptions].sort().map((name) => [name, name]));
  options(fields.account, withFindings.map((account) => [accounts.id[account], `${accountName(account)} ${accounts.id[account]}`]));
  form.querySelector("details").open = matchMedia("(min-width: 44rem)").matches;
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("input", filter);
  form.addEventListener("reset", () => setTimeout(filter));
  for (const head of byId("findings").querySelectorAll("th[data-sort]")) {
    const button = element("button", { type: "button" }, head.textContent);
    head.replaceChildren(button, element("span", { class: "on-paper" }, head.textContent));
    button.addEventListener("click", () => {
      order = head.dataset.sort;
      for (const each of byId("findings").querySelectorAll("th[data-sort]")) each === head ? each.setAttribute("aria-sort", "ascending") : each.removeAttribute("aria-sort");
      filter();
    });
  }

  // ---- Accounts ----

  const scoresOf = accounts.id.map(() => []);
  scores.account.forEach((account, place) => scoresOf[account].push(place));
  const sum = (places, column) => places.reduce((total, place) => total + scores[column][place], 0);
  const index = scrolled(byId("accounts-box"), byId("accounts-table"), (account) => element("tr", {},
    cell(element("a", { href: address("account", accounts.id[account]) }, accountName(account)), " ", element("span", { class: "id" }, accounts.id[account])),
    cell(element("a", { href: address("ou", ous[accounts.ou[account]]) }, ous[accounts.ou[account]])),
    cell(settings.outcomes[outcomes[accounts.outcome[account]]]),
    numeric(accounts.users[account]), numeric(scoresOf[account].length ? sum(scoresOf[account], "fail") : null), numeric(scoresOf[account].length ? sum(scoresOf[account], "unknown") : null)));
  const numeric = (value) => element("td", { class: "number" }, value === null ? "–" : number(value));
  function searchAccounts() {
    const words = byId("accounts-search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = accounts.id.map((_, account) => account).filter((account) => words.every((word) => `${accountName(account)} ${accounts.id[account]} ${ous[accounts.ou[account]]}`.toLowerCase().includes(word)));
    found.sort((a, b) => sum(scoresOf[b], "fail") - sum(scoresOf[a], "fail") || (accountName(a) < accountName(b) ? -1 : 1));
    index.set(found);
    byId("accounts-count").textContent = text("accounts", { shown: found.length, all: accounts.id.length });
  }
  byId("accounts-search").addEventListener("input", searchAccounts);

  // ---- One finding, user, account or OU, in a dialog ----

  const dialog = byId("detail");
  function open(title, ...content) {
    const close = element("button", { type: "button", class: "close" }, text("close"));
    close.addEventListener("click", () => dialog.close());
    byId("detail-content").replaceChildren(element("h2", { id: "detail-title" }, title), close, ...content.filter(Boolean));
    if (!dialog.open) dialog.showModal();
    dialog.scrollTop = 0;
  }
  dialog.addEventListener("close", () => history.replaceState(null, "", location.pathname + location.search));
  const heading = (label) => element("h3", {}, label);
  const paragraph = (content) => element("p", {}, content);
  // The columns from `first` on hold numbers.
  function table(heads, rows, first = heads.length) {
    const kind = (place) => place < first ? {} : { class: "number" };
    const head = element("tr", {}, ...heads.map((each, i) => element("th", { scope: "col", ...kind(i) }, each)));
    return element("table", {}, element("thead", {}, head), element("tbody", {}, ...rows.map((row) => element("tr", {}, ...row.map((each, i) => element("td", kind(i), each))))));
  }
  function findingsList(rows, all, label = "findings") {
    if (!rows.length) return null;
    const items = rows.slice(0, 100).map((row) => element("li", {}, severity(controls[findings.control[row]].severity), " ",
      element("a", { href: address("finding", idOf(row)) }, controls[findings.control[row]].title), ` – ${shownUser(row)}: ${reasons[findings.reason[row]]}`));
    const link = element("a", { href: "#worklist" }, text("all_findings"));
    link.addEventListener("click", (event) => { event.preventDefault(); dialog.close(); choose(all); });
    return element("section", {}, heading(text(label, { n: rows.length })), element("ul", {}, ...items), rows.length > 100 ? paragraph(text("more", { n: rows.length - 100 })) : null, element("p", {}, link));
  }
  const exceptedList = (is, chosen) => findingsList(excepted.filter(is), { ...chosen, status: "excepted" }, "excepted_results");
  // Unknown is counted in accounts where there are several.
  function numbers(places, isOfAccounts = false) {
    const rows = controls.map((control, place) => {
      const own = places.filter((each) => scores.control[each] === place);
      const unknown = isOfAccounts ? own.filter((each) => scores.unknown[each]).length : sum(own, "unknown");
      return [severity(control.severity), control.title, rate(sum(own, "pass"), sum(own, "fail")), number(sum(own, "pass")), number(sum(own, "fail")), number(sum(own, "excepted")), number(unknown)];
    });
    return places.length ? element("section", {}, heading(text("numbers")), table([text("severity"), text("control"), text("rate"), text("pass"), text("fail"), text("excepted"), text(isOfAccounts ? "accounts_unknown" : "unknown")], rows, 2)) : null;
  }
  function past(account) {
    const values = accounts.history[account];
    const known = values.filter((value) => value !== null);
    if (known.length < 2) return null;
    const top = Math.max(...known, 1), step = 114 / (values.length - 1);
    const points = values.map((value, i) => value === null ? null : `${3 + i * step},${29 - 26 * value / top}`).filter(Boolean).join(" ");
    const label = values.map((value, i) => `${days[i]}: ${value ?? "–"}`).join(", ");
    return element("section", {}, heading(text("history")), shape("svg", { class: "spark", viewBox: "0 0 120 32", role: "img", "aria-label": label }, shape("polyline", { points })), element("p", { class: "note" }, label));
  }
  function people(account) {
    if (accounts.users[account] === null) return element("section", {}, heading(text("users")), paragraph(text("no_users")));
    if (!credentials) return element("section", {}, heading(text("users")), paragraph(text("users_left_out")), element("code", {}, `credlake query --lake ${settings.lake} "select * from credentials where account_id = '${accounts.id[account]}'"`));
    const yes = (value) => value === null ? text("unknown") : text(value ? "yes" : "no");
    const rows = [];
    credentials.account.forEach((owner, i) => {
      if (owner !== account) return;
      const user = users[credentials.user[i]];
      const state = credentials.active[i] === null ? "unknown" : credentials.active[i] ? "active" : "inactive";
      rows.push([user === ROOT ? text("root") : element("a", { href: address("user", accounts.id[account], user) }, user), text(credentials.type[i]), text(state), credentials.age[i] === null ? "–" : age(credentials.age[i]),
        credentials.never[i] ? text("never") : credentials.idle[i] === null ? "–" : age(credentials.idle[i]), yes(credentials.mfa[i])]);
    });
    return rows.length ? element("section", {}, heading(text("users")), table([text("user"), text("credential"), text("state"), text("age"), text("idle"), text("mfa")], rows)) : null;
  }
  const show = {
    finding(id) {
      const row = [...all, ...excepted].find((each) => idOf(each) === id);
      if (row === undefined) { open(text("not_here")); return; }
      if (!shown.includes(row)) {
        form.reset();
        if (row >= count) fields.status.value = "excepted";
        filter();
      }
      const control = controls[findings.control[row]], account = findings.account[row];
      const used = findings.used[row] === null ? text("no_use") : day(findings.used[row]);
      open(control.title, element("p", {}, severity(control.severity), tag(row)),
        element("p", {}, element("strong", {}, shownUser(row)), credential(row) ? ` · ${credential(row)}` : "", element("br"), element("a", { href: address("account", accounts.id[account]) }, where(account))),
        heading(text("reason")), paragraph(reasons[findings.reason[row]]), element("p", {}, since(row)),
        findings.type[row] ? paragraph(`${text("last_used")}: ${used}`) : null,
        heading(text("remediation")), paragraph(control.remediation), element("p", {}, consoleLink(account, userName(row)) ?? ""),
        heading(text("why_it_matters")), paragraph(control.why),
        heading(text("benchmarks")), element("ul", {}, ...control.requirements.map((each) => element("li", {}, each))),
        element("p", {}, element("a", { href: address("finding", id) }, text("link"))));
      list.scrollTo(row);
    },
    user(accountId, name) {
      const account = accounts.id.indexOf(accountId);
      if (account < 0) return;
      const rows = all.filter((row) => findings.account[row] === account && (userName(row) ?? "") === name);
      open(name || accountName(account), element("p", {}, element("a", { href: address("account", accountId) }, where(account))), element("p", {}, consoleLink(account, name || null) ?? ""), findingsList(rows, { account: accountId, search: name }), exceptedList((row) => findings.account[row] === account && (userName(row) ?? "") === name, { account: accountId, search: name }));
    },
    account(id) {
      const account = accounts.id.indexOf(id);
      if (account < 0) return;
      open(accountName(account), element("p", {}, element("code", {}, id), " · ", element("a", { href: address("ou", ous[accounts.ou[account]]) }, ous[accounts.ou[account]]), ` · ${settings.outcomes[outcomes[accounts.outcome[account]]]}`),
        element("p", {}, consoleLink(account, null) ?? ""), numbers(scoresOf[account]), findingsList(all.filter((row) => findings.account[row] === account), { account: id }), exceptedList((row) => findings.account[row] === account, { account: id }), people(account), past(account));
    },
    ou(path) {
      const inside = accounts.id.map((_, account) => account).filter((account) => isWithin(ous[accounts.ou[account]], path));
      const items = inside.map((account) => element("li", {}, element("a", { href: address("account", accounts.id[account]) }, accountName(account)), " ", element("span", { class: "id" }, accounts.id[account])));
      const places = inside.flatMap((account) => scoresOf[account]), within = new Set(inside);
      open(path, numbers(places, true), heading(text("in_accounts", { n: inside.length })), element("ul", {}, ...items), findingsList(all.filter((row) => within.has(findings.account[row])), { ou: path }), exceptedList((row) => within.has(findings.account[row]), { ou: path }));
    },
    exception(id) { if (fields.exception) choose({ status: "excepted", exception: id }); },
    ended(id) { if (fields.exception) choose({ status: "ended", exception: id }); },
    control(id) { choose({ control: id }); },
    owner(name) { choose(name ? { owner: name } : { group: "owner" }); },
  };
  function follow() {
    const [, kind, rest] = /^#(finding|user|account|ou|owner|control|exception|ended)=(.*)$/.exec(location.hash) ?? [];
    let parts = [];
    try { parts = kind ? rest.split("/").map(decodeURIComponent) : []; } catch { /* A link that was cut off. */ }
    if (parts.length) show[kind](...parts);
    else if (dialog.open && location.hash) dialog.close();
  }

  // ---- Start ----

  for (const each of document.querySelectorAll(".static")) each.hidden = true;
  form.hidden = byId("accounts-index").hidden = false;
  filter();
  searchAccounts();
  addEventListener("hashchange", follow);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.target.closest("input, select, dialog") || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    fields.search.focus();
  });
  addEventListener("beforeprint", () => {
    const closed = [...document.querySelectorAll("main details:not([open])")];
    for (const each of closed) each.open = true;
    addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }), { once: true });
    byId("printed").textContent = text("printed", { n: byId("findings").tBodies[0].rows.length });
  });
  follow();
  document.documentElement.dataset.ready = "yes";
})();
