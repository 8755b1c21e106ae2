// A page with boxes, the list of what is on it, and the bars of classes.

const MANY = 40 // boxes on a page, from where on only the one pointed at is named

const percent = (part, whole) => `${(100 * part) / whole}%`

const swatch = (colour) => {
  const element = make("i", "swatch")
  element.style.background = colour
  return element
}

const boxOf = ({ field, score, text, xyxy: [left, top, right, bottom] }, page, { fields, numbers }) => {
  const element = make("div", "box", make("span", "", `${fields[field].name} ${numbers.format(score)}`))
  element.style.cssText = `left: ${percent(left, page.width)}; top: ${percent(top, page.height)}; --field: ${fields[field].colour};
    width: ${percent(right - left, page.width)}; height: ${percent(bottom - top, page.height)}`
  // A name above a box at the page's very top would be cut off.
  element.classList.toggle("below", top < page.height * 0.03)
  if (text) element.title = text
  return element
}

// Marks the box and the line of one finding together, whichever is pointed at.
const link = (box, line) => {
  const mark = (on) => () => [box, line].forEach((each) => each.classList.toggle("on", on))
  for (const each of [box, line]) Object.assign(each, { onmouseenter: mark(true), onmouseleave: mark(false), onfocus: mark(true), onblur: mark(false) })
}

const table = (rows, { texts, fields, numbers }) => {
  const isRead = rows.some(({ text }) => text !== null) // by some models nothing is
  const titles = [texts.field, texts.score, ...(isRead ? [texts.read] : []), texts.place]
  const head = make("tr", "", ...titles.map((title) => make("th", "", title)))
  if (isRead) head.children[2].title = texts.read_hint
  const lines = rows.map(({ field, score, xyxy, text, read }) => {
    const [left, top, right, bottom] = xyxy.map(Math.round)
    const name = make("td", "", swatch(fields[field].colour), fields[field].name), sure = make("td", "number", numbers.format(score))
    sure.title = filled(texts.from, { score: numbers.format(fields[field].least ?? 1) })
    if (text) name.append(make("div", "value", text))
    const reading = isRead ? [make("td", "number", read === null ? "–" : numbers.format(read))] : []
    const line = make("tr", "", name, sure, ...reading, make("td", "number place", `${left}, ${top} – ${right}, ${bottom}`))
    line.tabIndex = 0
    return line
  })
  return [make("table", "found", make("thead", "", head), make("tbody", "", ...lines)), lines]
}

const bars = (page, data, choice) => {
  const { fields, numbers } = data
  return (page.found ?? []).map(parsed).map(({ field, score }, place) => {
    const least = choice.own ? fields[field].least : choice.least, bar = make("div", "bar", make("div", "part")), tick = make("i", "tick")
    bar.firstChild.style.cssText = `width: ${percent(score, 1)}; background: ${fields[field].colour}`
    tick.style.left = percent(Math.min(1, least ?? 1), 1)
    tick.title = filled(data.texts.from, { score: numbers.format(least ?? 1) })
    bar.append(tick)
    return make("div", place ? "class" : "class best", make("span", "name", swatch(fields[field].colour), fields[field].name), bar,
      make("span", "number", numbers.format(score)))
  })
}

// The one class of a page, or why there is none.
const verdict = (page, data, choice) => {
  const { fields, numbers, texts } = data, best = page.found?.length ? parsed(page.found[0]) : null
  if (!best) return make("div", "verdict", "")
  const { name, colour, least } = fields[best.field]
  if (chosen(page, data, choice).length) return make("div", "verdict", swatch(colour), `${name} ${numbers.format(best.score)}`)
  const asked = choice.own ? (least ?? 1) : choice.least
  return make("div", "verdict none", filled(texts.unsure, { name, score: numbers.format(best.score), least: numbers.format(asked) }))
}
