// The zone that documents are dropped on: sends them as one form and tells Python of the job that came of it.

const ACCEPTED = ".pdf,.jpg,.jpeg,.png,.tif,.tiff,.bmp,.webp"

// What belongs to an element: the state of the last upload, which a rerun of the page must not forget.
const drops = new WeakMap()

const dropOf = (root) => {
  // share: of the bytes sent, null while nothing is; notes: sentences about the last upload
  if (!drops.has(root)) drops.set(root, { share: null, notes: [], data: null, tell: null })
  return drops.get(root)
}

const sentence = ({ error, template, values }, { messages }) => filled(messages[template] ?? template ?? error, values ?? {})

const send = (root, drop, files) => {
  const { data } = drop, { most, texts } = data, taken = files.slice(0, most.files)
  if (!taken.length || data.obstacle || drop.share !== null) return
  drop.notes = files.length > taken.length ? [filled(texts.files_left_out, { count: files.length - taken.length })] : []
  // Said here: a server that refuses in the middle of a body looks like a connection that was lost.
  if (taken.reduce((sum, file) => sum + file.size, 0) > most.bytes) {
    drop.notes.push(filled(texts.large, { most: most.bytes / 1e6 }))
    return draw(root, drop)
  }
  const form = new FormData()
  for (const file of taken) form.append("file", file)
  // Not fetch, which does not say how much is sent.
  const request = new XMLHttpRequest(), wanted = new URLSearchParams({ model: data.model })
  if (data.machine) wanted.set("machine", data.machine)
  request.open("POST", `/api/jobs/try?${wanted}`)
  request.upload.onprogress = (event) => { drop.share = event.loaded / (event.total || 1); draw(root, drop) }
  request.onload = () => finish(root, drop, request)
  request.onerror = () => { drop.notes.push(drop.data.texts.lost); finish(root, drop, null) }
  drop.share = 0
  request.send(form)
  draw(root, drop)
}

const finish = (root, drop, request) => {
  drop.share = null
  const answer = request && answerOf(request)
  if (answer) {
    const refused = answer.refused ?? []
    drop.notes.push(...(refused.length ? refused : answer.error ? [answer] : []).map((each) => sentence(each, drop.data)))
    if (answer.left_out) drop.notes.push(filled(drop.data.texts.left_out, { count: answer.left_out.toLocaleString(drop.data.language) }))
    if (answer.job) drop.tell(answer.job)
  }
  draw(root, drop)
}

const answerOf = (request) => {
  try {
    return JSON.parse(request.responseText)
  } catch {
    return { error: `${request.status} ${request.statusText}` }
  }
}

const progress = ({ share, data: { texts } }) => {
  const done = make("div", "done"), text = share < 1 ? filled(texts.sending, { share: Math.floor(100 * share) }) : texts.reading
  done.style.width = `${100 * share}%`
  return make("div", share < 1 ? "progress" : "progress reading", make("div", "bar", done), make("span", "", text))
}

const draw = (root, drop) => {
  const { texts, obstacle } = drop.data, input = make("input", "")
  Object.assign(input, { type: "file", multiple: true, hidden: true, accept: ACCEPTED })
  input.onchange = () => send(root, drop, [...input.files])
  const choose = button("choose", texts.choose, () => input.click())
  choose.disabled = Boolean(obstacle) || drop.share !== null
  choose.title = obstacle ?? ""
  const zone = make("div", "zone", choose, make("span", "", texts.drop), make("span", "hint", texts.hint), input)
  zone.ondragover = (event) => { event.preventDefault(); zone.classList.toggle("over", !choose.disabled) }
  zone.ondragleave = (event) => { if (!zone.contains(event.relatedTarget)) zone.classList.remove("over") }
  zone.ondrop = (event) => {
    event.preventDefault()
    zone.classList.remove("over")
    send(root, drop, [...event.dataTransfer.files])
  }
  const notes = drop.notes.map((note) => make("li", "", note)), list = make("ul", "notes", ...notes)
  list.role = "alert"
  root.replaceChildren(zone, ...(drop.share === null ? [] : [progress(drop)]), ...(notes.length ? [list] : []))
}

export default function ({ parentElement, data, setTriggerValue }) {
  const root = parentElement.querySelector(".drop"), drop = dropOf(root)
  drop.data = data
  drop.tell = (job) => setTriggerValue("asked", job)
  draw(root, drop)
}
