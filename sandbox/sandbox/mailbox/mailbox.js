// New mail appears by itself; what is being read stays.
const list = document.getElementById("list");
setInterval(async () => {
  if (document.hidden) return;
  const answer = await fetch("/mailbox/list/" + location.search).catch(() => null);
  if (!answer || !answer.ok) return;
  const known = new Set([...list.querySelectorAll("a")].map((a) => a.search));
  const first = !known.size;
  list.innerHTML = await answer.text();
  for (const a of list.querySelectorAll("a")) if (!known.has(a.search)) a.classList.add("new");
  if (first && list.querySelector("a")) location.reload();
}, 3000);
