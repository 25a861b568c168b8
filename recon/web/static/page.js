// Uploads with progress, and pages that follow what is under way. Every page works without it.
"use strict";

const secret = () => document.querySelector("input[name=csrf]").value;

function line(list, text) {
  const item = document.createElement("li");
  const words = document.createElement("span");
  const bar = document.createElement("progress");
  words.textContent = text;
  bar.max = 100;
  bar.value = 0;
  bar.setAttribute("aria-label", text);
  item.append(words, document.createElement("br"), bar);
  list.append(item);
  return { item, words, bar };
}

function send(file, feed, shown) {
  return new Promise((done) => {
    const request = new XMLHttpRequest();
    const place = "/api/v1/uploads?" + new URLSearchParams({ feed, name: file.name });
    request.open("POST", place);
    request.setRequestHeader("X-CSRF-Token", secret());
    request.setRequestHeader("Content-Type", "application/octet-stream");
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) shown.bar.value = (100 * event.loaded) / event.total;
    });
    request.addEventListener("loadend", () => {
      let answer = {};
      try { answer = JSON.parse(request.responseText); } catch { /* not ours */ }
      done({ status: request.status, answer });
    });
    request.send(file);
  });
}

async function follow(id, shown) {
  for (let pause = 300; ; pause = Math.min(pause * 1.3, 5000)) {
    await new Promise((next) => setTimeout(next, pause));
    const answer = await fetch("/api/v1/uploads/" + id);
    if (!answer.ok) return show(shown, "Its outcome cannot be asked for; load the page again.", "high");
    const upload = await answer.json();
    if (upload.final) {
      shown.bar.remove();
      shown.item.className = { loaded: "good", known: "soft" }[upload.state] || "high";
      shown.words.textContent = upload.name + ": ";
      const link = document.createElement("a");
      link.href = "/uploads/" + id;
      link.textContent = upload.sentence;
      shown.words.append(link);
      return;
    }
    shown.bar.removeAttribute("value");
    shown.words.textContent = upload.name + ": " + upload.sentence;
  }
}

function show(shown, text, kind) {
  shown.bar.remove();
  shown.words.textContent = text;
  shown.item.className = kind;
}

async function sendAll(form, files) {
  const list = document.getElementById("sent");
  const feed = form.elements.feed.value;
  const following = [];
  const most = Number(form.dataset.most);
  for (const file of files) {
    const shown = line(list, file.name);
    if (file.size > most) {
      show(shown, `${file.name}: It is larger than ${most.toLocaleString("en")} bytes, the most that is ` +
        "taken here; send it in parts, or packed as .zip or .gz.", "high");
      continue;
    }
    const { status, answer } = await send(file, feed, shown);
    if (status === 202) following.push(follow(answer.id, shown));
    else show(shown, file.name + ": " + (answer.detail || "It could not be sent; try again."), "high");
  }
  await Promise.all(following);
}

function uploads(form) {
  const input = form.querySelector("input[type=file]");
  const drop = form.querySelector(".drop");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (!input.files.length) return;
    const button = form.querySelector("button");
    button.disabled = true;
    sendAll(form, [...input.files]).finally(() => { button.disabled = false; form.reset(); });
  });
  for (const name of ["dragover", "dragenter"]) {
    drop.addEventListener(name, (event) => { event.preventDefault(); drop.classList.add("over"); });
  }
  for (const name of ["dragleave", "drop"]) drop.addEventListener(name, () => drop.classList.remove("over"));
  drop.addEventListener("drop", (event) => {
    event.preventDefault();
    sendAll(form, [...event.dataTransfer.files]);
  });
}

document.querySelectorAll("form[data-uploads]").forEach(uploads);
document.querySelectorAll("[data-refresh]").forEach((mark) => {
  setTimeout(() => location.reload(), 1000 * Number(mark.dataset.refresh));
});
document.querySelectorAll("form[data-ask]").forEach((form) => {
  form.addEventListener("submit", (event) => { if (!confirm(form.dataset.ask)) event.preventDefault(); });
});

// What is exported is what is seen: the filters behind the # of the address go along.
function exported(link) {
  const place = new URL(link.href);
  const only = new Map();
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    if (name === "period") place.searchParams.set("period", value);
    else only.set(name, [...(only.get(name) || []), value]);
  }
  for (const [name, values] of only) place.searchParams.append("where", name + "=" + values.join(","));
  return place.href;
}

document.querySelectorAll("a[data-export]").forEach((link) => {
  const plain = link.href;
  link.addEventListener("click", () => { link.href = plain; link.href = exported(link); });
});

// The rows that the filters of a page of figures work on come after the page is there.
async function filters(mark) {
  const answer = await fetch(mark.dataset.rows);
  if (!answer.ok) return;
  const rows = document.createElement("script");
  rows.type = "application/json";
  rows.id = "figures-data";
  rows.textContent = await answer.text();
  const script = document.createElement("script");
  script.src = mark.dataset.script;
  document.body.append(rows, script);
}

document.querySelectorAll("[data-rows]").forEach(filters);
