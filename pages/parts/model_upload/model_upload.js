// Sends a model's ZIP and shows how far it is, or why it was refused.

// The export below runs again on every change of data or theme: what belongs to a form is kept here.
const states = new WeakMap()

const filled = (text, values) =>
  text.replace(/\{(\w+)(!r)?(?::[^}]*)?\}/g, (hole, name, quoted) => (name in values ? (quoted ? `“${values[name]}”` : values[name]) : hole))

// A name that the store allows, of whatever the file is called: browsers add " (1)" to a second download.
const nameOf = (file) =>
  file.name.replace(/\.zip$/i, "").replace(/\s*\(\d+\)$/, "").replace(/[^\p{L}\p{N}\p{M}._-]+/gu, "-").replace(/^[-.]+|[-.]+$/g, "")

const draw = (form, state, { texts, language }) => {
  const part = (name) => form.querySelector(name)
  const sending = state.request !== null
  part(".chosen").textContent = state.file?.name ?? texts.none
  part(".progress").hidden = !sending
  part(".done").style.width = `${100 * state.sent}%`
  const size = state.file ? (state.file.size / 1e6).toLocaleString(language, { maximumFractionDigits: 1 }) : ""
  part(".state").textContent = state.sent < 1 ? filled(texts.sending, { percent: Math.floor(100 * state.sent), size }) : texts.checking
  part(".refusal").hidden = !state.refusal
  part(".refusal").textContent = state.refusal
  part(".send").disabled = sending || !state.file || !part(".name").value.trim()
  part(".choose").disabled = part(".name").disabled = sending
  form.dataset.state = sending ? "sending" : state.refusal ? "refused" : "ready"
}

const choose = (form, state, data, file) => {
  if (!file || state.request) return
  Object.assign(state, { file, refusal: "" })
  const name = form.querySelector(".name")
  if (!state.named) name.value = nameOf(file)
  draw(form, state, data)
  name.focus()
}

const refusalOf = (request, { texts, messages }) => {
  try {
    const said = JSON.parse(request.responseText)
    return said.template ? filled(messages[said.template] ?? said.template, said.values) : said.error
  } catch {
    return request.status ? `${request.status} ${request.statusText}` : texts.lost
  }
}

const send = (form, state, data, setTriggerValue) => {
  const request = new XMLHttpRequest() // not fetch, which does not say how much is sent
  const name = form.querySelector(".name").value.trim()
  const end = (refusal) => { Object.assign(state, { request: null, sent: 0, refusal }); draw(form, state, data) }
  request.open("POST", `/api/models?base=${data.base ? 1 : 0}&name=${encodeURIComponent(name)}`)
  request.upload.onprogress = (event) => { state.sent = event.loaded / (event.total || 1); draw(form, state, data) }
  request.onload = () => {
    if (request.status >= 300) return end(refusalOf(request, data))
    end("")
    setTriggerValue("uploaded", JSON.parse(request.responseText))
  }
  request.onerror = () => end(data.texts.lost)
  request.onabort = () => end("")
  Object.assign(state, { request, sent: 0, refusal: "" })
  request.send(state.file)
  draw(form, state, data)
}

export default function ({ parentElement, data, setTriggerValue }) {
  const form = parentElement.querySelector(".model-upload"), file = form.querySelector(".file"), zone = form.querySelector(".zone")
  if (!states.has(form)) states.set(form, { file: null, request: null, sent: 0, refusal: "", named: false })
  const state = states.get(form)
  for (const [part, text] of Object.entries(data.labels)) form.querySelector(part).textContent = text
  form.querySelector(".choose").onclick = () => file.click()
  file.onchange = () => { choose(form, state, data, file.files[0]); file.value = "" } // so that the same file can be chosen again
  zone.ondragover = (event) => { event.preventDefault(); zone.classList.add("over") }
  zone.ondragleave = (event) => { if (!zone.contains(event.relatedTarget)) zone.classList.remove("over") }
  zone.ondrop = (event) => {
    event.preventDefault()
    zone.classList.remove("over")
    choose(form, state, data, event.dataTransfer.files[0])
  }
  form.querySelector(".name").oninput = () => { state.named = true; draw(form, state, data) }
  form.querySelector(".cancel").onclick = () => state.request?.abort()
  form.onsubmit = (event) => {
    event.preventDefault()
    if (!form.querySelector(".send").disabled) send(form, state, data, setTriggerValue)
  }
  draw(form, state, data)
}
