/* A page of figures: filters, drill-down, tooltips. It adds up the rows that the page brings, in
   whole ten-thousandths (BigInt), those of converted amounts in finer parts until the end, and asks
   nobody for anything. Without a filter the tables are as recon wrote them. */
"use strict";
(() => {
  const holder = document.getElementById("figures-data");
  if (!holder) return;
  const data = JSON.parse(holder.textContent);
  const BLANK = "(none)";
  const STEPS = { percent: 1n, days: 1000n, times: 100n, count: 100n, quantity: 1n };
  const FINE = BigInt(data.fine);
  const UNIT = 10000n * FINE;
  const parts = {};
  for (const part of data.parts) parts[part.fact] = part;
  const dimensions = data.dimensions;
  const sections = new Map();
  for (const section of document.querySelectorAll("section[data-table]")) {
    sections.set(section.dataset.table, { section, written: [...section.childNodes] });
  }

  /* --- the address: #region=North&period=2024-11 */
  function asked() {
    const found = { period: 0, only: new Map(), unknown: [] };
    for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
      const folded = value.toLowerCase();
      const code = name === "period" ? data.periods.findIndex((each) => each.name === value)
        : value === BLANK ? -1
          : dimensions[name]?.values.findIndex((each) => each.toLowerCase() === folded) ?? -1;
      if (code < 0 && !(value === BLANK && dimensions[name])) found.unknown.push(`${name}=${value}`);
      else if (name === "period") found.period = code;
      else found.only.set(name, [...(found.only.get(name) || []), code]);
    }
    return found;
  }

  function address(state) {
    const found = new URLSearchParams();
    if (state.period) found.append("period", data.periods[state.period].name);
    for (const [name, codes] of state.only) {
      for (const code of codes) found.append(name, code < 0 ? BLANK : dimensions[name].values[code]);
    }
    return "#" + found.toString();
  }

  function go(state) {
    const next = address(state);
    if (next !== "#" || location.hash) location.hash = next;
  }

  const label = (name, code) => (code < 0 ? BLANK : dimensions[name].labels[code]);
  const columns = (part) => part.dimensions;

  /* --- rows: those of a part that a filter keeps, by window and key */
  function kept(part, only) {
    const wanted = [...only].map(([name, codes]) => [columns(part)[name], new Set(codes)]);
    const found = [];
    for (let row = 0; row < part.days.length; row++) {
      if (wanted.every(([codes, values]) => values.has(codes[row]))) found.push(row);
    }
    return found;
  }

  const constant = (part, name) => typeof columns(part)[name] === "number";
  for (const part of data.parts) {
    for (const name of Object.keys(part.dimensions)) {
      if (constant(part, name)) {
        part.dimensions[name] = new Array(part.days.length).fill(part.dimensions[name]);
      }
    }
    for (const number of Object.values(part.numbers)) {
      if (!Array.isArray(number.values)) {
        number.values = new Array(part.days.length).fill(number.values);
      }
      number.by = BigInt(number.by);
    }
  }

  function numbers(part, name, row) {
    const value = part.numbers[name].values[row];
    return value === null ? null : BigInt(value) * part.numbers[name].by;
  }

  /* Rows of windows, remembered for one drawing. */
  class Rows {
    constructor(only) {
      this.only = only;
      this.kept = {};
      this.found = new Map();
    }

    of(fact, window, dims, all = false) {
      const name = [fact, window, dims, all].join("|");
      if (!this.found.has(name)) this.found.set(name, this.read(parts[fact], window, dims, all));
      return this.found.get(name);
    }

    read(part, [first, last], dims, all) {
      const which = `${part.fact}|${all}`;
      this.kept[which] ||= kept(part, all ? new Map() : this.only);
      const begin = part.fact === "stock" ? last : first;
      const groups = new Map();
      for (const row of this.kept[which]) {
        const day = part.days[row];
        if (day < begin) continue;
        if (day > last) break;
        const key = dims.map((each) => columns(part)[each][row]).join(",");
        if (!groups.has(key)) groups.set(key, []);
        groups.get(key).push(row);
      }
      return groups;
    }
  }

  /* --- measures */
  function names(tree) {
    if (typeof tree === "string") return [tree];
    return tree[0] === "number" ? [] : tree.slice(1).flatMap(names);
  }

  function bases(name) {
    if (name === "days") return [];
    const measure = data.measures[name];
    if (measure.fact) return [name];
    return [...names(measure.above), ...(measure.below ? names(measure.below) : [])].flatMap(bases);
  }

  /* Why a measure cannot be shown: a dimension that its rows lack, "grain", or "". */
  function obstacle(name, wanted) {
    if (data.measures[name].here === false) return "grain";
    for (const base of bases(name)) {
      const measure = data.measures[base];
      const lacking = wanted.find((each) => !measure.dimensions.includes(each));
      if (lacking) return lacking;
      const part = parts[measure.part];
      const keys = [...wanted, ...(measure.keys || [])];
      if (!part || !measure.here || keys.some((each) => !columns(part)[each])) return "grain";
    }
    return "";
  }

  const WINDOW = { previous: 1, year: 2 };
  const windowOf = (measure, windows) => windows[WINDOW[measure.window] || 0];

  function rowsOf(name, rows, windows, dims) {
    const measure = data.measures[name];
    return rows.of(measure.part, windowOf(measure, windows), dims);
  }

  const isBuyer = (part, row) => part.numbers.active.values[row] > 0;
  const order = (part, row) => `${columns(part).feed[row]}|${columns(part).sale[row]}`;

  const KEYED = {
    orders: (part, found) => new Set(found.map((row) => order(part, row))).size,
    products_sold: (part, found) => new Set(found.map((row) => columns(part).product[row])).size,
    active: (part, found) => buyers(part, found).size,
    active_before: (part, found) => buyers(part, found).size,
    new: (part, found, [[first, last]]) => [...buyers(part, found)].filter((each) => (
      data.firsts[each] >= first && data.firsts[each] <= last)).length,
    repeating: (part, found) => {
      const of = new Map();
      for (const row of found) {
        if (!isBuyer(part, row)) continue;
        const customer = columns(part).customer[row];
        if (!of.has(customer)) of.set(customer, new Set());
        of.get(customer).add(order(part, row));
      }
      return [...of.values()].filter((each) => each.size > 1).length;
    },
    churned: (part, found, windows, rows) => {
      const stayed = buyers(part, [...rows.of("sales", windows[0], [], true).values()].flat());
      return [...buyers(part, found)].filter((each) => !stayed.has(each)).length;
    },
  };

  function buyers(part, found) {
    const customers = new Set();
    for (const row of found) if (isBuyer(part, row)) customers.add(columns(part).customer[row]);
    return customers;
  }

  function sum(part, name, found) {
    let total = 0n;
    for (const row of found) {
      const value = numbers(part, name, row);
      if (value === null) return null;
      total += value;
    }
    return total;
  }

  function topFifth(part, found) {
    const of = new Map();
    for (const row of found) {
      const product = columns(part).product[row];
      of.set(product, (of.get(product) || 0n) + numbers(part, "revenue", row));
    }
    const ranked = [...of.values()].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
    return ranked.slice(0, Math.ceil(ranked.length / 5)).reduce((a, b) => a + b, 0n);
  }

  function base(name, rows, windows, dims, key) {
    const measure = data.measures[name];
    const part = parts[measure.part];
    if (measure.window && (data.reach === null || data.reach > windowOf(measure, windows)[0])) {
      return null;
    }
    const found = rowsOf(name, rows, windows, dims).get(key) || [];
    if (!found.length) return measure.blank ? null : 0n;
    if (name === "top_products_revenue") return topFifth(part, found);
    if (KEYED[name]) return UNIT * BigInt(KEYED[name](part, found, windows, rows));
    return sum(part, measure.column, found);
  }

  const size = (number) => (number < 0n ? -number : number);

  function ratio(above, below, step) {
    if (above === null || below === null || below === 0n) return null;
    const units = (20000n * size(above) + size(below) * step) / (2n * size(below) * step);
    return (above < 0n) === (below < 0n) ? step * units : -step * units;
  }

  function rounded(value, step) {
    const units = (2n * size(value) + step) / (2n * step);
    return value < 0n ? -units : units;
  }

  /* A measure in ten-thousandths; a converted amount in the minor unit of its currency. */
  function evaluate(name, rows, windows, dims, key, currency) {
    const measure = data.measures[name];
    const step = measure.unit === "amount" ? BigInt(data.steps[currency] || 100) : STEPS[measure.unit];
    const value = fine(name, rows, windows, dims, key, step);
    if (value === null || measure.below || FINE === 1n) return value;
    return measure.unit === "amount" ? step * rounded(value, step * FINE) : value / FINE;
  }

  function fine(name, rows, windows, dims, key, step) {
    const measure = data.measures[name];
    if (measure.fact) return base(name, rows, windows, dims, key);
    const walk = (tree) => {
      if (tree === "days") return BigInt(windows[0][1] - windows[0][0] + 1) * UNIT;
      if (typeof tree === "string") return fine(tree, rows, windows, dims, key, step);
      if (tree[0] === "number") return BigInt(tree[1]) * FINE;
      const [left, right] = tree.slice(1).map(walk);
      if (left === null || right === null) return null;
      if (tree[0] === "-") return right === undefined ? -left : left - right;
      return left + right;
    };
    const above = walk(measure.above);
    if (!measure.below) return above;
    return ratio(above, walk(measure.below), step);
  }

  function change(now, before, isPercent) {
    if (now === null || before === null) return null;
    if (isPercent) return now - before;
    if (before === 0n) return null;
    const units = (20000n * size(now - before) + size(before)) / (2n * size(before));
    return now >= before ? units : -units;
  }

  /* --- numbers as people read them */
  const grouped = (whole) => whole.toString().replace(/\B(?=(\d{3})+(?!\d))/g, ",");

  function decimals(value, places) {
    const unit = 10n ** BigInt(4 - places);
    const rest = (value % 10000n) / unit;
    return grouped(value / 10000n) + (places ? "." + rest.toString().padStart(places, "0") : "");
  }

  function written(value, unit, currency) {
    if (unit === "amount") {
      const step = BigInt(data.steps[currency] || 100);
      const places = value % step ? 4 : 5 - step.toString().length;
      return decimals(value, places);
    }
    if (unit === "percent" || unit === "points") {
      const rest = (value % 100n).toString().padStart(2, "0");
      return `${grouped(value / 100n)}.${rest}${unit === "percent" ? "%" : " pt"}`;
    }
    if (unit === "days") return decimals(value, 1);
    if (unit === "times") return decimals(value, 2);
    const rest = (value % 10000n).toString().padStart(4, "0").replace(/0+$/, "");
    return grouped(value / 10000n) + (rest ? "." + rest : "");
  }

  function shown(value, unit, currency, isChange) {
    if (value === null) return "n/a";
    const sign = isChange && value > 0n ? "+" : value < 0n ? "-" : "";
    return sign + written(size(value), unit, currency);
  }

  /* --- elements */
  const SVG = "http://www.w3.org/2000/svg";
  function make(tag, attributes = {}, ...children) {
    const made = ["svg", "rect", "line", "polyline"].includes(tag)
      ? document.createElementNS(SVG, tag) : document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) {
      if (value !== undefined && value !== null && value !== false) made.setAttribute(name, value);
    }
    made.append(...children.filter((each) => each !== null && each !== undefined));
    return made;
  }

  const place = (low, high, point) => (
    high > low ? Number((1000n * (point - low) * 2n + (high - low)) / (2n * (high - low))) : 0);

  function bar(low, high, value) {
    const [left, right] = [0n, value].sort((a, b) => (a < b ? -1 : 1)).map((each) => place(low, high, each));
    const width = value ? Math.max(right - left, 3) : 0;
    const zero = place(low, high, 0n);
    return make("svg", { viewBox: "0 0 1000 16", preserveAspectRatio: "none", "aria-hidden": "true" },
      make("line", { x1: zero, x2: zero, y1: 0, y2: 16, class: "zero" }),
      width ? make("rect", { x: Math.min(left, 1000 - width), y: 2, width, height: 12,
        class: value < 0n ? "under" : "over" }) : null);
  }

  const limits = (values) => values.reduce(
    ([low, high], each) => [each < low ? each : low, each > high ? each : high], [0n, 0n]);

  function spark(values) {
    const known = values.filter((each) => each !== null);
    const [low, high] = limits(known);
    if (known.length < 2) return make("span");
    const points = values.map((each, at) => (each === null ? null
      : `${Math.round((1000 * at) / (values.length - 1))},${1000 - place(low, high, each)}`));
    return make("svg", { class: "spark", viewBox: "-20 -60 1040 1120", preserveAspectRatio: "none",
      "aria-hidden": "true" },
      make("polyline", { points: points.filter(Boolean).join(" ") }));
  }

  function chart(points, unit, currency, title) {
    const [low, high] = limits(points.map((each) => each.value ?? 0n));
    const wide = 1000 / points.length;
    const zero = 1000 - place(low, high, 0n);
    const svg = make("svg", { class: "chart", viewBox: "0 0 1000 1000", preserveAspectRatio: "none",
      "aria-hidden": "true" });
    points.forEach((each, at) => {
      const top = 1000 - place(low, high, each.value ?? 0n);
      const tip = `${each.name}: ${shown(each.value, unit, currency)} ${currency}`.trim();
      const x = at * wide + wide * 0.08;
      const width = wide * 0.84;
      svg.append(
        make("rect", { class: (each.value ?? 0n) < 0n ? "under" : "over", x, width,
          y: Math.min(top, zero), height: Math.max(Math.abs(top - zero), 4) }),
        make("rect", { class: "hit", x: at * wide, width: wide, y: 0, height: 1000,
          "data-tip": tip, "data-point": each.name }),
      );
    });
    svg.append(make("line", { x1: 0, x2: 1000, y1: zero, y2: zero, class: "zero" }));
    const often = points.length > 16 ? 5 : 1;
    const ticks = points.map((each, at) => make("li", {}, at % often ? "" : short(each.name)));
    return make("figure", {},
      make("figcaption", {}, `${title}${currency ? ` ${currency}` : ""}, most ${
        shown(high, unit, currency)}`),
      svg, make("ol", { class: "ticks", "aria-hidden": "true" }, ...ticks));
  }

  const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");
  function short(name) {
    if (/^\d{4}-\d\d$/.test(name)) return MONTHS[Number(name.slice(5)) - 1];
    return /^\d{4}-\d\d-\d\d$/.test(name) ? String(Number(name.slice(8))) : name.slice(0, 8);
  }

  /* --- tables */
  const day = (ordinal) => {
    const date = new Date(Date.UTC(1970, 0, 1) + (ordinal - 719163) * 86400000);
    return date.toISOString().slice(0, 10);
  };

  function yearBefore(ordinal) {
    const [year, month, of] = day(ordinal).split("-").map(Number);
    const longest = new Date(Date.UTC(year - 1, month, 0)).getUTCDate();
    return Date.UTC(year - 1, month - 1, Math.min(of, longest)) / 86400000 + 719163;
  }

  function daysOf([first, last]) {
    const found = [];
    for (let at = first; at <= last; at++) {
      found.push({ name: day(at), now: [[at, at], [at - 1, at - 1], [yearBefore(at), yearBefore(at)]] });
    }
    return found;
  }

  /* The dimensions of a table below what is filtered to one value. */
  function drilled(by, only, fact) {
    return by.map((name) => {
      let found = name;
      for (let next = name; next && only.get(next)?.length === 1;) {
        next = dimensions[next].below;
        while (next && !(dimensions[next]?.values.length && columns(parts[fact])[next])) {
          next = dimensions[next]?.below || data.below[next];
        }
        if (next) found = next;
      }
      return found;
    });
  }

  function keysOf(table, measures, rows, windows, dims) {
    const keys = new Set();
    for (const name of measures) {
      for (const each of bases(name)) {
        const part = parts[data.measures[each].part];
        for (const [key, found] of rowsOf(each, rows, windows, dims)) {
          if (data.measures[each].buyers && !found.some((row) => isBuyer(part, row))) continue;
          keys.add(key);
        }
      }
    }
    return keys;
  }

  function emptyValue(name) {
    const reachesBack = bases(name).some((each) => data.measures[each].window);
    return data.measures[name].kind === "additive" && !reachesBack ? 0n : null;
  }

  /* The rows of a table: keys as codes, currency, values with their changes. */
  function answer(table, measures, rows, windows, buckets, dims) {
    const grouping = table.money ? [...dims, "money"] : dims;
    const isSpine = !dims.length;
    const found = [];
    const shifts = ["now", ...table.compare];
    const spots = buckets || [windows];
    const spine = (shift) => new Set(table.money ? spots.flatMap(
      (spot) => [...keysOf(table, measures, rows, spot[shift], grouping)]) : [""]);
    const spines = isSpine ? shifts.map(spine) : [];
    spots.forEach((spot, at) => {
      const present = shifts.map((shift, which) => (isSpine ? spines[which]
        : keysOf(table, measures, rows, spot[shift], grouping)));
      for (const key of new Set(present.flatMap((each) => [...each]))) {
        const codes = key === "" && !grouping.length ? [] : key.split(",").map(Number);
        const currency = table.money ? label("money", codes[codes.length - 1]) : "";
        const money = currency === BLANK ? "" : currency;
        const values = measures.map((name) => shifts.map((shift, which) => (present[which].has(key)
          ? evaluate(name, rows, spot[shift], grouping, key, money) : emptyValue(name))));
        found.push({ at, spot, codes, currency: money, values });
      }
    });
    return found;
  }

  function sorted(found, byTime, grouping) {
    const text = (row) => row.codes.map((code, at) => (
      grouping[at] ? (code < 0 ? "" : dimensions[grouping[at]].values[code]) : "")).join("\u0000");
    const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
    return found.sort((a, b) => compare(a.currency, b.currency)
      || (byTime ? a.at - b.at : 0)
      || compare(b.values[0][0] ?? 0n, a.values[0][0] ?? 0n)
      || compare(text(a), text(b)) || a.at - b.at);
  }

  const WORDS = { previous: ["before", "change"], year: ["year before", "on year"] };

  function cells(row, measures, table) {
    const made = [];
    measures.forEach((name, at) => {
      const measure = data.measures[name];
      const [now, ...befores] = row.values[at];
      made.push(cell(shown(now, measure.unit, row.currency), measure.title));
      befores.forEach((before, which) => {
        const [word, changed] = WORDS[table.compare[which]];
        const isPercent = measure.unit === "percent";
        const moved = change(now, before, isPercent);
        made.push(cell(shown(before, measure.unit, row.currency), word, "number less"));
        const beside = cell(shown(moved, isPercent ? "points" : "percent", "", true), changed);
        if (moved) beside.classList.add((moved > 0n) === (measure.better > 0) ? "good" : "high");
        made.push(beside);
      });
    });
    return made;
  }

  const cell = (text, title, kind = "number") => make("td", { class: kind, "data-label": title }, text);

  function head(titles) {
    return make("thead", {}, make("tr", {}, ...titles.map(([text, kind]) => (
      make("th", { class: kind || null, scope: "col" }, text)))));
  }

  function heads(measures, table) {
    return measures.flatMap((name) => [[data.measures[name].title, "number"],
      ...table.compare.flatMap((shift) => WORDS[shift].map((word, at) => (
        at ? [word, "number"] : [`${data.measures[name].title}, ${word}`, "number less"])))]);
  }

  const wide = (table) => make("div", { class: "wide" }, table);

  function keyButton(dimension, code, name) {
    const text = name ?? label(dimension, code);
    return make("button", { type: "button", class: "key", "data-dimension": dimension,
      "data-code": code ?? "", "data-name": name ?? null }, text);
  }

  function drawCards(table, measures, state, rows, windows) {
    const found = sorted(answer(table, measures, rows, windows, null, []), false, []);
    const body = [];
    for (const row of found) {
      if (table.money) {
        body.push(make("tr", {}, make("td", { class: "group", colspan: 3 + 2 * table.compare.length },
          row.currency || "without currency")));
      }
      measures.forEach((name, at) => {
        const one = { ...row, values: [row.values[at]] };
        const key = row.codes.join(",");
        const trend = data.months.map((month) => evaluate(name, rows, month.now,
          table.money ? ["money"] : [], key, row.currency));
        body.push(make("tr", {}, make("td", { class: "name" }, data.measures[name].title),
          ...cells(one, [name], table), make("td", { class: "bar less" }, spark(trend))));
      });
    }
    const titles = [["", ""], ["now", "number"],
      ...table.compare.flatMap((shift) => (
        WORDS[shift].map((word, at) => [word, at ? "number" : "number less"]))),
      [`${data.months.length} months`, "bar less"]];
    return [wide(make("table", { class: "figures" }, head(titles), make("tbody", {}, ...body)))];
  }

  function drawTable(table, measures, state, rows, windows, buckets, by) {
    const dims = by.filter((each) => !data.times.includes(each));
    const byTime = data.times.includes(by[0]);
    const grouping = table.money ? [...dims, "money"] : dims;
    const found = sorted(answer(table, measures, rows, windows, buckets, dims), byTime, grouping);
    const taken = new Map();
    const few = found.filter((row) => {
      taken.set(row.currency, (taken.get(row.currency) || 0) + 1);
      return !table.top || taken.get(row.currency) <= table.top;
    });
    const totals = sorted(answer(table, measures, rows, windows, null, []), false, []);
    const many = new Set(found.map((row) => row.currency)).size > 1 || table.money;
    const of = new Map();
    for (const row of few) {
      of.set(row.currency, [...(of.get(row.currency) || []), row.values[0][0] ?? 0n]);
    }
    const lines = few.map((row) => {
      const names = by.map((name) => {
        const isTime = data.times.includes(name);
        const isChoice = data.periods.some((each) => each.name === row.spot.name);
        const made = isTime ? (isChoice ? keyButton("period", null, row.spot.name) : row.spot.name)
          : keyButton(name, row.codes[grouping.indexOf(name)]);
        return make("td", { class: "name" }, made);
      });
      const [low, high] = limits(of.get(row.currency));
      const [first, ...rest] = cells(row, measures, table);
      return make("tr", {}, ...names, many ? make("td", { class: "money" }, row.currency) : null, first,
        make("td", { class: "bar" }, bar(low, high, row.values[0][0] ?? 0n)), ...rest);
    });
    const ends = totals.map((row) => {
      const [first, ...rest] = cells(row, measures, table);
      return make("tr", { class: "sum" }, make("td", { colspan: by.length }, "total"),
        many ? make("td", { class: "money" }, row.currency) : null, first, make("td", { class: "bar" }), ...rest);
    });
    const [first, ...others] = heads(measures, table);
    const titles = [...by.map((name) => [name.replace(/_/g, " "), "name"]), ...(many ? [["", ""]] : []),
      first, ["", "bar"], ...others];
    const left = found.length - few.length;
    const charts = byTime && by.length === 1
      ? [...new Set(found.map((row) => row.currency))].map((currency) => chart(
        found.filter((row) => row.currency === currency)
          .map((row) => ({ name: row.spot.name, value: row.values[0][0] })),
        data.measures[measures[0]].unit, currency, data.measures[measures[0]].title)) : [];
    return [
      charts.length ? make("div", { class: "charts" }, ...charts) : null,
      found.length ? wide(make("table", { class: "figures" }, head(titles),
        make("tbody", {}, ...lines, ...ends))) : make("p", { class: "soft" }, "No rows."),
      left ? make("p", { class: "soft" },
        `${grouped(BigInt(few.length))} of ${grouped(BigInt(found.length))} rows; the total has all.`) : null,
    ];
  }

  function command(state) {
    const value = (name, code) => (code < 0 ? BLANK : dimensions[name].values[code].replace(/,/g, "\\,"));
    const where = [...state.only].map(([name, codes]) => (
      `--where "${name}=${codes.map((code) => value(name, code)).join(",")}"`));
    return ["recon kpi", data.view, `--period ${data.periods[state.period].name}`, ...where].join(" ");
  }

  /* What a table shows under a filter: its title, if it is another one, and its nodes. */
  function drawn(name, state) {
    const table = data.tables[name];
    const instead = (...texts) => ({ nodes: texts.map((text) => make("p", { class: "soft" }, text)) });
    if (!table) return instead(`Not filtered on this page: ${command(state)} has it.`);
    const rows = new Rows(state.only);
    const wanted = [...state.only.keys()];
    const fact = table.measures.map((each) => bases(each)[0]).map((each) => data.measures[each].part)
      .find((each) => parts[each]);
    if (!fact) return instead(`Not on this page under a filter: ${command(state)} has it.`);
    const isTime = table.buckets && table.by.length === 1 && parts[fact].by_day;
    const by = isTime && state.period ? ["day"] : drilled(table.by, state.only, fact);
    const plain = by.filter((each) => !data.times.includes(each));
    const needed = [...new Set([...wanted, ...plain, ...(table.money ? ["money"] : [])])];
    const whys = table.measures.map((each) => obstacle(each, needed));
    const measures = table.measures.filter((_, at) => !whys[at]);
    const notes = [];
    const titles = (test) => table.measures.filter((_, at) => test(whys[at]))
      .map((each) => data.measures[each].title).join(", ");
    const lacks = [...new Set(whys.filter((why) => why && why !== "grain"))];
    if (lacks.length) {
      notes.push(`Left out, since their rows have no ${lacks.join(" or ").replace(/_/g, " ")}: ${
        titles((why) => why && why !== "grain")}.`);
    }
    if (whys.includes("grain")) {
      notes.push(`Not on this page under a filter: ${titles((why) => why === "grain")}; ${
        command(state)} has it.`);
    }
    if (!measures.length) return instead(...notes);
    const windows = table.buckets && !state.period && table.whole ? table.whole : data.periods[state.period];
    let buckets = table.buckets;
    if (isTime && state.period) buckets = daysOf(windows.now[0]);
    const made = table.cards ? drawCards(table, measures, state, rows, windows)
      : drawTable(table, measures, state, rows, windows, buckets, by);
    const said = notes.map((text) => make("p", { class: "soft" }, text));
    const isDrilled = by.some((each, at) => each !== table.by[at]);
    const title = isDrilled ? `By ${by.join(", ").replace(/_/g, " ")}` : null;
    return { title, nodes: [...made.filter(Boolean), ...said] };
  }

  /* --- the page */
  const bar_ = document.getElementById("filters");
  const only = document.getElementById("only");
  const tip = make("div", { id: "tip", role: "status", hidden: "" });
  document.body.append(tip);

  function option(value, text, chosen) {
    const made = make("option", { value }, text);
    made.selected = chosen;
    return made;
  }

  function drawFilters(state) {
    const focused = document.activeElement?.id;
    const made = [];
    if (data.periods.length > 1) {
      made.push(make("label", {}, "period", withChange(make("select", { id: "filter-period" },
        ...data.periods.map((each, at) => option(at, each.name, at === state.period))),
      (value) => go({ ...state, period: Number(value) }))));
    }
    for (const [name, of] of Object.entries(dimensions)) {
      const chosen = state.only.get(name) || [];
      if (!of.filter && !chosen.length) continue;
      const codes = of.values.map((_, code) => code).sort((a, b) => (
        of.labels[a] < of.labels[b] ? -1 : of.labels[a] > of.labels[b] ? 1 : 0));
      const listed = of.filter ? [...(of.blank ? [-1] : []), ...codes] : chosen;
      const select = make("select", { id: `filter-${name}` }, option("all", "all", !chosen.length),
        chosen.length > 1 ? option("several", chosen.map((code) => label(name, code)).join(", "), true) : null,
        ...listed.map((code) => option(code, label(name, code), chosen.length === 1 && chosen[0] === code)));
      made.push(make("label", {}, name.replace(/_/g, " "), withChange(select, (value) => {
        const next = new Map(state.only);
        if (value === "several") return;
        if (value === "all") next.delete(name); else next.set(name, [Number(value)]);
        go({ ...state, only: next });
      })));
    }
    bar_.replaceChildren(...made);
    if (focused) document.getElementById(focused)?.focus();
  }

  function withChange(select, then) {
    select.addEventListener("change", () => then(select.value));
    return select;
  }

  function drawOnly(state) {
    const chips = [];
    if (state.period) chips.push(chip("period", `period ${data.periods[state.period].name}`, { ...state, period: 0 }));
    for (const [name, codes] of state.only) {
      const next = new Map(state.only);
      next.delete(name);
      chips.push(chip(name, `${name.replace(/_/g, " ")} ${codes.map((code) => label(name, code)).join(", ")}`,
        { ...state, only: next }));
    }
    if (chips.length > 1) chips.push(chip("all", "all filters", { period: 0, only: new Map() }));
    const unknown = state.unknown.length
      ? [make("span", { class: "high" }, `This page has no ${state.unknown.join(" and no ")}. `)] : [];
    only.replaceChildren(...unknown, ...(chips.length ? ["Only ", ...chips] : []));
    only.hidden = !chips.length && !unknown.length;
  }

  function chip(name, text, next) {
    const made = make("button", { type: "button", class: "chip", id: `only-${name}`,
      "aria-label": `Remove ${text}` }, text, make("span", { "aria-hidden": "true" }, " ×"));
    made.addEventListener("click", () => { go(next); bar_.querySelector("select")?.focus(); });
    return made;
  }

  /* Names in a table as it was written become buttons, where they mean one value. */
  function decorate(name, section) {
    const table = data.tables[name];
    if (!table || table.cards) return;
    for (const td of section.querySelectorAll("td[data-key]")) {
      const dimension = td.dataset.key;
      const text = td.textContent;
      if (data.times.includes(dimension)) {
        if (data.periods.some((each) => each.name === text)) td.replaceChildren(keyButton("period", null, text));
        continue;
      }
      const of = dimensions[dimension];
      const codes = of ? of.labels.flatMap((each, code) => (each === text ? [code] : [])) : [];
      if (text === BLANK && of?.blank) codes.push(-1);
      if (codes.length === 1) td.replaceChildren(keyButton(dimension, codes[0]));
    }
  }

  /* The section whose heading has the focus after the next drawing: the name that was pressed
     is gone then. */
  let next = null;

  function draw() {
    const state = asked();
    const isPlain = !state.period && !state.only.size;
    for (const [name, { section, written: before }] of sections) {
      if (isPlain) {
        section.replaceChildren(...before);
        continue;
      }
      const { title, nodes } = drawn(name, state);
      const heading = before.find((each) => each.nodeName === "H2").cloneNode(true);
      if (title) heading.textContent = title;
      section.replaceChildren(heading, ...nodes);
    }
    drawFilters(state);
    drawOnly(state);
    document.body.classList.toggle("filtered", !isPlain);
    const heading = next && sections.get(next)?.section.querySelector("h2");
    next = null;
    if (!heading) return;
    heading.tabIndex = -1;
    heading.focus({ preventScroll: true });
  }

  function chosen(target) {
    const state = asked();
    const point = target.closest("[data-point]");
    const key = target.closest("button.key");
    const name = point ? point.dataset.point : key?.dataset.name;
    if (name) {
      const period = data.periods.findIndex((each) => each.name === name);
      return period < 0 ? null : { ...state, period };
    }
    if (!key) return null;
    const next = new Map(state.only);
    next.set(key.dataset.dimension, [Number(key.dataset.code)]);
    return { ...state, only: next };
  }

  document.addEventListener("click", (event) => {
    const state = chosen(event.target);
    if (!state) return;
    next = event.target.closest("section")?.dataset.table;
    go(state);
  });

  function showTip(target, x, y) {
    const found = target?.closest?.("[data-tip]");
    tip.hidden = !found;
    if (!found) return;
    tip.textContent = found.dataset.tip;
    const most = document.documentElement.clientWidth - tip.offsetWidth - 8;
    tip.style.left = `${Math.max(8, Math.min(x + 12, most))}px`;
    tip.style.top = `${Math.max(8, y - tip.offsetHeight - 12)}px`;
  }
  document.addEventListener("pointermove", (event) => showTip(event.target, event.clientX, event.clientY));
  document.addEventListener("focusin", (event) => {
    const { left, top } = event.target.getBoundingClientRect?.() || { left: 0, top: 0 };
    showTip(event.target, left, top);
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") tip.hidden = true; });

  for (const [name, { section }] of sections) decorate(name, section);
  bar_.hidden = false;
  addEventListener("hashchange", draw);
  draw();
})();
