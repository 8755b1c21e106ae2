// Sliders for the least scores; counts are made here, so that they follow while a slider is dragged.

const make = (tag, className, text = "") => {
  const element = document.createElement(tag)
  element.className = className
  element.textContent = text // never markup: names are people's
  return element
}

const shown = new WeakMap() // element → the data it shows, as text

const slider = (field, data) => {
  const row = make("label", "row"), input = make("input", "slider"), name = make("span", "name", field.name)
  const swatch = make("i", "swatch")
  swatch.style.background = field.colour
  name.prepend(swatch)
  Object.assign(input, { type: "range", min: data.first, max: 100, step: 1, value: field.position })
  input.setAttribute("aria-label", field.name)
  const score = make("output", "score"), boxes = make("output", "boxes")
  row.append(name, input, score, boxes)
  return { field, input, score, boxes, row }
}

const total = (list, text) => {
  const line = make("div", "total"), value = make("output", "value")
  line.append(make("span", "", text), value)
  list.append(line)
  return value
}

// A field passes on an image if its level there, the number of positions that its best score reaches, is above the position.
const passing = (levels, places) => {
  let images = 0
  for (let at = 0; at < levels.length; at += places.length)
    if (places.some((place, column) => levels[at + column] > place)) images++
  return images
}

const draw = (element, data, setStateValue) => {
  const { texts, free } = data, levels = Uint8Array.from(atob(data.levels), (byte) => byte.charCodeAt(0))
  const head = make("div", "row head"), totals = make("div", "totals"), reset = make("button", "reset", texts.reset)
  head.append(make("span", "title", texts.score), make("span", "boxes", texts.boxes))
  const rows = data.fields.map((field) => slider(field, data))
  const images = total(totals, texts.images), all = texts.all && total(totals, texts.all)
  const right = texts.right && total(totals, texts.right), empty = total(totals, texts.empty)
  const whole = new Intl.NumberFormat(data.language), hundredths = new Intl.NumberFormat(data.language, { minimumFractionDigits: 2 })
  const percent = new Intl.NumberFormat(data.language, { style: "percent" })
  if (right) right.parentElement.title = texts.why
  const moved = () => rows.filter(({ field, input }) => Number(input.value) !== field.start)
  const count = () => {
    const places = rows.map(({ input }) => input.value - data.first)
    rows.forEach(({ field, input, score, boxes }, at) => {
      score.textContent = hundredths.format(input.value / 100)
      boxes.textContent = whole.format(field.boxes[places[at]])
    })
    const receiving = passing(levels, places)
    images.textContent = texts.of.replace("{done}", whole.format(receiving)).replace("{total}", whole.format(free))
    const sum = (counts) => rows.reduce((added, { field }, at) => added + field[counts][places[at]], 0)
    if (all) all.textContent = whole.format(sum("boxes"))
    if (right) right.textContent = sum("boxes") ? percent.format(sum("right") / sum("boxes")) : "–"
    empty.textContent = whole.format(free - receiving)
    reset.disabled = !moved().length
  }
  const send = () => setStateValue("positions", Object.fromEntries(moved().map(({ field, input }) => [field.id, Number(input.value)])))
  for (const { input } of rows) {
    input.oninput = count
    input.onchange = send // when it is let go of: the pictures and the button follow
  }
  reset.type = "button"
  reset.onclick = () => {
    for (const { field, input } of rows) input.value = field.start
    count()
    send()
  }
  count()
  element.replaceChildren(head, ...rows.map(({ row }) => row), reset, totals)
}

export default function ({ parentElement, data, setStateValue }) {
  const element = parentElement.querySelector(".thresholds")
  // Positions come back with the run that they asked for: drawn again, a slider would jump while it is dragged on.
  const now = JSON.stringify(data, (key, value) => (key === "position" ? undefined : value))
  if (shown.get(element) === now) return
  shown.set(element, now)
  draw(element, data, setStateValue)
}
