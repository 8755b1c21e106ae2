// Builds HTML and SVG elements, and fills texts. What people wrote goes in as text, never as markup.

const SVG = "http://www.w3.org/2000/svg"

export const set = (element, attributes) => {
  for (const [name, value] of Object.entries(attributes))
    if (name.startsWith("on")) element[name] = value
    else if (value === true) element.setAttribute(name, "")
    else if (value !== false && value != null) element.setAttribute(name, value)
  return element
}

export const html = (tag, attributes = {}, ...children) => {
  const element = set(document.createElement(tag), attributes)
  element.append(...children)
  return element
}

export const svg = (tag, attributes = {}, ...children) => {
  const element = set(document.createElementNS(SVG, tag), attributes)
  element.append(...children)
  return element
}

// Make `children` those of `parent`, in this order. Those that are there already stay, and with them how far it is scrolled: to read that
// before a replacement would have the browser lay out the page at once, which costs more than the rows.
export const arrange = (parent, children) => {
  const kept = new Set(children)
  for (const child of [...parent.children]) if (!kept.has(child)) child.remove()
  children.forEach((child, place) => { if (parent.children[place] !== child) parent.insertBefore(child, parent.children[place] ?? null) })
}

// Drawn on a grid of 24 with a line of 2: legible at 18 pixels in both themes.
const ICONS = {
  select: "M5 3l6 17 2.5-6.5L20 11z",
  draw: "M4 8V4h4M16 4h4v4M20 16v4h-4M8 20H4v-4M12 8v8M8 12h8",
  zoomArea: "M10 17a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM15.5 15.5L21 21M7.5 10h5M10 7.5v5",
  zoomIn: "M12 5v14M5 12h14",
  zoomOut: "M5 12h14",
  fitPage: "M7 3h10v18H7zM3 8v8M21 8v8",
  fitWidth: "M3 4v16M21 4v16M6 12h12M9 9l-3 3 3 3M15 9l3 3-3 3",
  rotate: "M20 12a8 8 0 1 1-2.5-5.8M20 3v5h-5",
  undo: "M9 5L4 10l5 5M4 10h10a5 5 0 0 1 0 10h-4",
  redo: "M15 5l5 5-5 5M20 10H10a5 5 0 0 0 0 10h4",
  visible: "M2 12s4-7 10-7 10 7 10 7-4 7-10 7S2 12 2 12zM12 15a3 3 0 1 0 0-6 3 3 0 0 0 0 6z",
  hidden: "M4 4l16 16M9.5 5.4A9.6 9.6 0 0 1 12 5c6 0 10 7 10 7a17 17 0 0 1-3 3.7M6 7.2A16 16 0 0 0 2 12s4 7 10 7a9.6 9.6 0 0 0 4-.9",
  copy: "M9 9h11v11H9zM5 15H4V4h11v1",
  none: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM5.6 5.6l12.8 12.8",
  clear: "M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5",
  history: "M3 12a9 9 0 1 0 3-6.7M3 4v5h5M12 7v5l3 3",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM9.5 9.5a2.5 2.5 0 1 1 3.5 2.3c-.7.3-1 .8-1 1.7M12 17v.01",
  previous: "M15 5l-7 7 7 7",
  next: "M9 5l7 7-7 7",
  nextUnlabelled: "M5 5l7 7-7 7M13 5l7 7-7 7",
  lock: "M6 11h12v9H6zM8 11V8a4 4 0 0 1 8 0v3",
  unlock: "M6 11h12v9H6zM8 11V7a4 4 0 0 1 7.5-2",
  person: "M12 11a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4 21c0-4 3.5-7 8-7s8 3 8 7",
  auto: "M12 3l2 6 6 2-6 2-2 6-2-6-6-2 6-2zM19 16v5M16.5 18.5h5",
  close: "M6 6l12 12M18 6L6 18",
  check: "M5 12l5 5L20 7",
}

export const icon = (name) =>
  svg("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, svg("path", { d: ICONS[name] }))

// A button that shows an icon; its name is for screen readers and tests, the tooltip adds the key.
export const iconButton = (name, label, key, onclick, more = {}) => {
  const title = key ? `${label} · ${key}` : label
  return html("button", { type: "button", class: "tool", "aria-label": label, title, onclick, ...more }, icon(name))
}

// "{name}" and "{name!r}" as Python's templates have them; what is not known stays as it is.
export const fill = (template, values = {}) =>
  template.replace(/\{(\w+)(![rs])?(:[^}]*)?\}/g, (whole, name, quoted) =>
    !(name in values) ? whole : quoted === "!r" ? `“${values[name]}”` : String(values[name]))
