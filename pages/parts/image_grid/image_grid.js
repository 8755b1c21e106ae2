// Tiles of images to choose from, with mouse and keyboard as in a file manager; class_bar.js, which stands before this, gives them classes.

const REPORT_MS = 150 // of quiet before the page hears of a choice: arrow keys come fast, and each run of it takes time

// The export at the end runs again on every change of data or theme: what belongs to an element is kept here.
const grids = new WeakMap()

const element = (name, kind, parent) => {
  const made = document.createElement(name)
  made.className = kind
  parent.append(made)
  return made
}

const createTile = () => {
  const tile = document.createElement("div")
  tile.className = "tile"
  tile.setAttribute("role", "option")
  const sheet = element("div", "sheet", tile), image = element("img", "", sheet)
  image.loading = "lazy"
  image.draggable = false
  image.alt = ""
  image.onerror = () => tile.classList.add("broken")
  image.onload = () => tile.classList.remove("broken")
  element("span", "check", sheet)
  element("span", "class", sheet)
  element("div", "name", tile)
  const line = element("div", "line", tile)
  const kind = element("span", "kind", line) // one piece, or the dot would stand alone where the line breaks
  element("span", "dot", kind)
  element("span", "state", kind)
  element("span", "more", line)
  return tile
}

const fillTile = (tile, item) => {
  const part = (kind) => tile.querySelector(kind)
  tile.dataset.image = item.image
  tile.title = item.title
  // Set only when it differs, or the picture would blink on every run of the page.
  if (part("img").getAttribute("src") !== item.thumb) part("img").src = item.thumb
  part(".name").textContent = item.name
  part(".dot").style.background = item.colour
  part(".state").textContent = item.state
  part(".more").textContent = item.more
  const { name = "", colour = "" } = item.class ?? {}
  part(".class").textContent = name
  part(".class").style.background = colour
}

const create = (box, bar) => {
  const grid = { box, tiles: new Map(), items: [], ids: [], chosen: new Set(), anchor: 0, focus: 0, round: null, timer: null, report() {}, open() {} }
  const items = () => grid.items.filter(({ image }) => grid.chosen.has(image)).map(({ image, base, class: known }) => ({ image, base, class: known?.id ?? null }))
  grid.bar = new ClassBar(bar, items, (outcome) => {
    clearTimeout(grid.timer) // a choice reported after this would run the page once more for nothing
    grid.assigned(outcome)
  })
  box.onclick = (event) => clicked(grid, event)
  box.ondblclick = (event) => {
    const at = placeOf(grid, event)
    if (at >= 0 && !event.target.closest(".check")) openAt(grid, at)
  }
  box.onkeydown = (event) => pressed(grid, event)
  return grid
}

const placeOf = (grid, event) => grid.ids.indexOf(event.target.closest(".tile")?.dataset.image)

const clicked = (grid, event) => {
  const at = placeOf(grid, event)
  if (at < 0) return
  if (event.shiftKey) chooseTo(grid, at)
  else if (event.ctrlKey || event.metaKey || event.target.closest(".check")) toggle(grid, at)
  else choose(grid, [grid.ids[at]], at)
}

const pressed = (grid, event) => {
  const last = grid.ids.length - 1, control = event.ctrlKey || event.metaKey
  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(grid), ArrowDown: columns(grid), Home: -last, End: last }
  if (event.code in moves) moveTo(grid, Math.min(last, Math.max(0, grid.focus + moves[event.code])), event)
  // By the key's place: on a Russian keyboard its letter is another.
  else if (control && event.code === "KeyA") choose(grid, grid.ids, grid.focus)
  else if (event.code === "Space") toggle(grid, grid.focus)
  else if (event.code === "Enter") openAt(grid, grid.focus)
  else if (event.code === "Escape" && grid.chosen.size) choose(grid, [], grid.focus)
  else return
  event.preventDefault()
  event.stopPropagation()
}

const openAt = (grid, at) => {
  clearTimeout(grid.timer) // a choice reported now would run the page that is being left
  grid.open(grid.ids[at])
}

const columns = (grid) => {
  const tops = grid.ids.map((id) => grid.tiles.get(id).offsetTop)
  return tops.filter((top) => top === tops[0]).length
}

const moveTo = (grid, at, event) => {
  if (event.shiftKey) chooseTo(grid, at)
  else if (event.ctrlKey || event.metaKey) { grid.focus = at; paint(grid) }
  else choose(grid, [grid.ids[at]], at)
  const tile = grid.tiles.get(grid.ids[at])
  tile.focus({ preventScroll: true })
  tile.scrollIntoView({ block: "nearest" })
}

const chooseTo = (grid, at) => {
  const from = Math.min(grid.anchor, grid.ids.length - 1)
  choose(grid, grid.ids.slice(Math.min(from, at), Math.max(from, at) + 1), at, from)
}

const toggle = (grid, at) => {
  const chosen = new Set(grid.chosen), id = grid.ids[at]
  if (!chosen.delete(id)) chosen.add(id)
  choose(grid, [...chosen], at)
}

const choose = (grid, ids, at, anchor = at) => {
  grid.chosen = new Set(ids)
  grid.focus = at
  grid.anchor = anchor
  paint(grid)
  clearTimeout(grid.timer)
  grid.timer = setTimeout(() => grid.report([...grid.chosen]), REPORT_MS)
}

const paint = (grid) => {
  grid.ids.forEach((id, at) => {
    const tile = grid.tiles.get(id)
    tile.setAttribute("aria-selected", grid.chosen.has(id))
    tile.tabIndex = at === grid.focus ? 0 : -1 // one stop for Tab; arrows go on from there
  })
  grid.bar.render()
}

const show = (grid, { items, chosen, round, classes }) => {
  Object.assign(grid, { items })
  grid.ids = items.map((item) => item.image)
  const known = grid.tiles
  grid.tiles = new Map(items.map((item) => [item.image, known.get(item.image) ?? createTile()]))
  items.forEach((item) => fillTile(grid.tiles.get(item.image), item))
  // Only where something came or went: a tile that is moved loses the keyboard's focus.
  const tiles = [...grid.tiles.values()]
  if (tiles.length !== grid.box.children.length || tiles.some((tile, at) => tile !== grid.box.children[at])) grid.box.replaceChildren(...tiles)
  grid.focus = Math.min(grid.focus, Math.max(0, items.length - 1))
  // The page's own choice counts when it made one; otherwise this here is newer than what it knows.
  if (grid.round !== round) grid.chosen = new Set(chosen)
  grid.chosen = new Set(grid.ids.filter((id) => grid.chosen.has(id)))
  grid.round = round
  grid.bar.data = classes
  paint(grid)
}

export default function ({ parentElement, data, setTriggerValue }) {
  const box = parentElement.querySelector(".grid")
  if (!grids.has(box)) grids.set(box, create(box, parentElement.querySelector(".bar")))
  const grid = grids.get(box)
  box.setAttribute("aria-label", data.label)
  // Not a state, whose equal value would not be heard after the page itself chose others in between.
  grid.report = (images) => setTriggerValue("chosen", images)
  grid.open = (image) => setTriggerValue("opened", image)
  grid.assigned = (outcome) => setTriggerValue("assigned", outcome)
  show(grid, data)
  return () => {
    clearTimeout(grid.timer)
    grid.bar.stop()
    grids.delete(box)
  }
}
