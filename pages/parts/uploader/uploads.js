// Queues of files on their way to a project: what was sent, what was refused, what is left.

const LANES = 3 // files on their way at once
const TELL_MS = 2000 // between two notices that images were added; each makes the page run again
const CLUTTER = /^(\.|Thumbs\.db$|desktop\.ini$)/ // what file managers put beside a person's files

// By project, and not with the element: a rerun or a reconnect makes a new element, and the uploads go on.
const queues = new Map()

const queueOf = (project) => {
  if (!queues.has(project)) {
    // halted: "lost", "cancelled" or the refusal that holds for all files; told: how many added images the page knows of;
    // draw and tell: of whoever shows it
    queues.set(project, { project, items: [], halted: null, told: 0, added: 0, timer: null, draw() {}, tell: null })
  }
  return queues.get(project)
}

const isArchive = (file) => /\.zip$/i.test(file.name)

const add = (queue, files) => {
  const wanted = files.filter((file) => !CLUTTER.test(file.name))
  if (!wanted.length) return
  // What the last upload came to is shown until the next one begins.
  if (!isActive(queue) && !countsOf(queue).left) queue.items = []
  queue.items.push(...wanted.map((file) => ({ file, state: "waiting", sent: 0, total: 1, added: 0, refusals: [], tried: false, again: false })))
  queue.halted = null
  queue.tell?.(queue.added) // from now on the page knows that the zone is in use, also one of a dashboard started anew
  pump(queue)
}

const isActive = (queue) => queue.items.some((item) => item.state === "sending" || (item.state === "waiting" && !queue.halted))

const countsOf = (queue) => {
  const counts = { total: 0, added: 0, refused: 0, left: 0, bytes: 0, sent: 0 }
  for (const item of queue.items) {
    counts.total += item.total
    counts.added += item.added
    counts.refused += item.refusals.length
    counts.left += item.state === "left" || (item.state === "waiting" && queue.halted) ? 1 : 0
    counts.bytes += item.file.size
    counts.sent += item.file.size * item.sent
  }
  return counts
}

const pump = (queue) => {
  let free = LANES - queue.items.filter((item) => item.state === "sending").length
  for (const item of queue.items) {
    if (!free || queue.halted) break
    if (item.state !== "waiting") continue
    free--
    send(queue, item)
  }
  changed(queue)
}

const send = async (queue, item) => {
  item.state = "sending"
  // Its answer may have been lost the last time, not the file: then the project has it already, and that is no error.
  item.again = item.tried
  item.tried = true
  try {
    await (isArchive(item.file) ? sendArchive(queue, item) : sendImage(queue, item))
    item.state = "done"
    item.sent = 1
  } catch (error) {
    await failed(queue, item, error.cause)
  }
  pump(queue)
}

const failed = async (queue, item, cause) => {
  item.sent = 0
  if (!(await isReadable(item.file))) {
    item.state = "done"
    item.refusals.push({ template: "unreadable", values: { name: item.file.name } })
    return
  }
  // With the server there, it was this file's connection alone, and the others go on.
  const reason = cause ?? ((await isServerThere()) ? null : "lost")
  item.state = "left"
  queue.halted ??= reason
  // To the end, so that one file that always fails keeps no other from being sent again.
  queue.items.push(...queue.items.splice(queue.items.indexOf(item), 1))
}

const isReadable = (file) => file.slice(0, 1).arrayBuffer().then(() => true, () => false)
const isServerThere = () => fetch("/api/health", { cache: "no-store" }).then((answer) => answer.ok, () => false)

const sendImage = async (queue, item) => {
  const address = `/api/projects/${queue.project}/uploads?name=${encodeURIComponent(item.file.name)}`
  const request = await post(address, item, (sent) => { item.sent = sent; changed(queue) })
  note(queue, item, request.status < 300 ? {} : refusalOf(request, item))
}

const sendArchive = async (queue, item) => {
  const address = `/api/projects/${queue.project}/archives?name=${encodeURIComponent(item.file.name)}`
  let read = 0, done = 0, last = null
  const take = (text) => {
    const end = text.lastIndexOf("\n") + 1
    for (const line of text.slice(read, end).split("\n").filter(Boolean)) {
      const said = JSON.parse(line)
      if ("total" in said) item.total = said.total
      else if ("refused" in said) last = said
      else {
        // The first half of its way is sending, the second unpacking.
        item.sent = 0.5 + (0.5 * ++done) / item.total
        note(queue, item, said)
      }
    }
    read = Math.max(read, end)
  }
  Object.assign(item, { total: 1, added: 0, refusals: [] })
  const request = await post(address, item, (sent) => { item.sent = sent / 2; changed(queue) }, take)
  if (request.status >= 300) return note(queue, item, refusalOf(request, item))
  take(request.responseText)
  if (!last || last.error) throw new Error("stopped before its end", { cause: last })
}

// Not fetch, which does not say how much of a file is sent.
const post = (address, item, onSent, onText) =>
  new Promise((done, lost) => {
    const request = new XMLHttpRequest()
    item.request = request
    request.open("POST", address)
    request.upload.onprogress = (event) => onSent(event.loaded / (event.total || 1))
    if (onText) request.onprogress = () => { if (request.status < 300) onText(request.responseText) }
    request.onload = () => {
      // What the server cannot do, its disk being full say, it cannot do for the next file either.
      if (request.status >= 500) lost(new Error(request.statusText, { cause: refusalOf(request, item) }))
      else done(request)
    }
    request.onerror = request.onabort = () => lost(new Error("not sent"))
    request.send(item.file)
  })

const refusalOf = (request, item) => {
  try {
    return { name: item.file.name, ...JSON.parse(request.responseText) }
  } catch {
    return { name: item.file.name, error: `${item.file.name}: ${request.status} ${request.statusText}` }
  }
}

const note = (queue, item, said) => {
  // "known" is the name under which the project has the same bytes.
  const wasAddedBefore = item.again && said.values?.known !== undefined
  if (said.error === undefined || wasAddedBefore) {
    item.added++
    queue.added++
  } else item.refusals.push(said)
  item.now = said.name
  changed(queue)
}

const cancel = (queue) => {
  queue.halted = "cancelled"
  for (const item of queue.items) if (item.state === "sending") item.request.abort()
  changed(queue)
}

const retry = (queue) => {
  queue.halted = null
  for (const item of queue.items) if (item.state === "left") item.state = "waiting"
  pump(queue)
}

const forget = (queue) => {
  queue.items = queue.items.filter((item) => item.state === "done")
  queue.halted = null
  changed(queue)
}

const warn = (event) => event.preventDefault() // the browser asks whether to leave

const changed = (queue) => {
  const unfinished = [...queues.values()].some((each) => each.items.some((item) => item.state !== "done"))
  window[unfinished ? "addEventListener" : "removeEventListener"]("beforeunload", warn)
  if (isActive(queue)) queue.timer ??= setTimeout(() => tell(queue), TELL_MS)
  else tell(queue)
  queue.draw()
}

const tell = (queue) => {
  clearTimeout(queue.timer)
  queue.timer = null
  // Without a server nobody would hear it; the page is told when the rest is sent, or left out.
  if (queue.added === queue.told || !queue.tell || queue.halted === "lost") return
  queue.told = queue.added
  queue.tell(queue.added)
}
