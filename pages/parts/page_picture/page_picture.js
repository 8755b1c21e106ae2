// A page with boxes drawn on it: small in its place, and large in a dialog over everything.

const make = (tag, className, ...children) => {
  const element = document.createElement(tag)
  element.className = className
  element.append(...children) // texts become text nodes, so names cannot become markup
  return element
}

const percent = (part, whole) => `${(100 * part) / whole}%`

const box = ({ xyxy: [left, top, right, bottom], colour, text, found }, { width, height }) => {
  const element = make("div", found ? "box found" : "box", make("span", "", text))
  element.style.cssText = `left: ${percent(left, width)}; top: ${percent(top, height)}; --field: ${colour};
    width: ${percent(right - left, width)}; height: ${percent(bottom - top, height)}`
  return element
}

// The picture of `address` turned by `turn` degrees, with the boxes of data over it.
const paper = (data, address, turn) => {
  const image = make("img", "")
  const across = turn % 180 ? [data.height, data.width] : [data.width, data.height] // size before it is turned
  image.style.cssText = `width: ${percent(across[0], data.width)}; height: ${percent(across[1], data.height)};
    transform: translate(-50%, -50%) rotate(${turn}deg)`
  image.src = address
  image.alt = data.name
  const element = make("div", "paper", image, ...data.boxes.map((each) => box(each, data)))
  element.style.aspectRatio = `${data.width} / ${data.height}`
  return element
}

const button = (text, pressed) => {
  const element = make("button", "plain", text)
  element.type = "button"
  element.onclick = pressed
  return element
}

const enlarged = (data) => {
  const page = paper(data, data.picture, data.turn), { texts } = data
  const fitted = `min(88vw, calc(78vh * ${data.width / data.height}))`
  page.style.width = fitted
  const zoom = () => { page.style.width = page.style.width === "88vw" ? fitted : "88vw" }
  page.onclick = zoom
  const lines = [make("i", "line"), texts.labelled, make("i", "line found"), texts.found]
  const legend = make("span", "legend", ...(data.boxes.length ? lines : []))
  const head = make("header", "", make("b", "", data.name), legend, button(texts.zoom, zoom), button(texts.close, () => dialog.close()))
  const dialog = make("dialog", "", head, make("div", "scroll", page))
  dialog.ariaLabel = data.name
  dialog.onclick = (event) => { if (event.target === dialog) dialog.close() } // beside it, on the backdrop
  dialog.onclose = () => dialog.remove()
  return dialog
}

// What each element shows, so that a tick that brings nothing new leaves an open dialog alone.
const shown = new WeakMap()

export default function ({ parentElement, data }) {
  const element = parentElement.querySelector(".page-picture"), now = JSON.stringify(data)
  if (shown.get(element) === now) return
  shown.set(element, now)
  const card = make("button", "card", paper(data, data.thumb, 0))
  card.type = "button"
  card.title = data.texts.enlarge
  card.onclick = () => {
    const dialog = enlarged(data)
    element.append(dialog)
    dialog.showModal()
  }
  card.style.height = `${data.room + 14}px` // the same for all, so that what stands below lines up
  card.firstChild.style.width = `min(100%, calc(${data.room}px * ${data.width / data.height}))`
  element.replaceChildren(card)
}
