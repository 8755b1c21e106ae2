// Elements and sentences; stands before all other scripts here.

const make = (tag, className, ...children) => {
  const element = document.createElement(tag)
  element.className = className
  element.append(...children) // texts become text nodes, so names cannot become markup
  return element
}

const button = (className, text, pressed) => {
  const element = make("button", className, text)
  element.type = "button"
  element.onclick = pressed
  return element
}

// `text` with {name} and {name!r} put in; what has no value stays as it is.
const filled = (text, values) =>
  text.replace(/\{(\w+)(!r)?(?::[^}]*)?\}/g, (hole, name, quoted) => (name in values ? (quoted ? `“${values[name]}”` : values[name]) : hole))
