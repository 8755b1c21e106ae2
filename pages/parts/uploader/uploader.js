// The drop zone, the progress and the outcome of a queue of uploads; uploads.js, which stands before it, has the queues.

const filled = (text, values) =>
  text.replace(/\{(\w+)(!r)?(?::[^}]*)?\}/g, (hole, name, quoted) => (name in values ? (quoted ? `“${values[name]}”` : values[name]) : hole))

const filesUnder = async (entry) => {
  if (entry.isFile) return [await new Promise((done, failed) => entry.file(done, failed))]
  const reader = entry.createReader(), found = []
  // A call gives at most 100 entries, and none when it is through.
  for (;;) {
    const some = await new Promise((done, failed) => reader.readEntries(done, failed))
    if (!some.length) return found
    for (const each of some) found.push(...(await filesUnder(each)))
  }
}

const dropped = async (transfer) => {
  // Both lists are emptied after the first await.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry()), files = [...transfer.files]
  if (!entries.some((entry) => entry?.isDirectory)) return files
  return (await Promise.all(entries.filter(Boolean).map(filesUnder))).flat()
}

const connect = (root, queue) => {
  const zone = root.querySelector(".zone"), input = root.querySelector("input")
  root.querySelector(".choose").onclick = () => input.click()
  input.onchange = () => {
    add(queue, [...input.files])
    input.value = "" // so that the same files can be chosen again
  }
  zone.ondragover = (event) => { event.preventDefault(); zone.classList.add("over") }
  zone.ondragleave = (event) => { if (!zone.contains(event.relatedTarget)) zone.classList.remove("over") }
  zone.ondrop = async (event) => {
    event.preventDefault()
    zone.classList.remove("over")
    add(queue, await dropped(event.dataTransfer))
  }
  root.querySelector(".cancel").onclick = () => cancel(queue)
  root.querySelector(".retry").onclick = () => retry(queue)
  root.querySelector(".forget").onclick = () => forget(queue)
}

const draw = (root, queue, { texts, messages, language }) => {
  const say = (part, text) => { root.querySelector(part).textContent = text }
  const show = (part, shown) => { root.querySelector(part).hidden = !shown }
  const counts = countsOf(queue), active = isActive(queue)
  const number = (value) => value.toLocaleString(language)
  const done = counts.added + counts.refused
  const current = queue.items.findLast((item) => item.state === "sending")
  show(".progress", active)
  show(".cancel", !queue.halted)
  root.querySelector(".done").style.width = `${counts.bytes ? (100 * counts.sent) / counts.bytes : 0}%`
  say(".count", filled(texts.progress, { done: number(done), total: number(counts.total) }))
  say(".now", current?.now ?? current?.file.name ?? "")
  show(".left", !active && counts.left)
  const why = filled(texts[queue.halted] ?? texts.left, { count: number(counts.left) })
  say(".why", queue.halted?.error ? `${why} ${sentence(queue.halted, texts, messages)}` : why)
  show(".outcome", !active && done)
  say(".outcome", filled(counts.refused ? texts.outcome : texts.added, { added: number(counts.added), refused: number(counts.refused) }))
  drawRefusals(root.querySelector("ul"), queue.items.flatMap((item) => item.refusals), { texts, messages, language })
}

const sentence = ({ error, template, values }, texts, messages) =>
  filled(template === "unreadable" ? texts.unreadable : (messages[template] ?? template ?? error), values ?? {})

const drawRefusals = (list, refusals, { texts, messages, language }) => {
  list.hidden = !refusals.length
  const drawn = `${refusals.length} ${language}`
  if (list.dataset.drawn === drawn) return // thousands may be listed, and progress comes often
  list.dataset.drawn = drawn
  list.replaceChildren(
    ...refusals.map((refusal) => {
      const line = document.createElement("li")
      line.textContent = sentence(refusal, texts, messages)
      return line
    })
  )
}

export default function ({ parentElement, data, setStateValue }) {
  const root = parentElement.querySelector(".uploader"), queue = queueOf(data.project)
  for (const [part, text] of Object.entries(data.labels)) root.querySelector(part).textContent = text
  connect(root, queue)
  let frame = null
  const own = () => {
    // Once a frame is enough, however often progress comes.
    frame ??= requestAnimationFrame(() => { frame = null; draw(root, queue, data) })
  }
  queue.draw = own
  queue.tell = (added) => setStateValue("added", added)
  draw(root, queue, data)
  return () => {
    // Only its own: a newer element may show the queue by now.
    if (queue.draw === own) Object.assign(queue, { draw() {}, tell: null })
  }
}
