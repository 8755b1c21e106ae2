// The row of buttons above the page, and the sheet of all keys.

import { html, iconButton } from "./dom.js"
import { HOTKEYS, keyOf } from "./keys.js"

// Commands in groups; those that need a label that may be changed are disabled otherwise.
const GROUPS = [
  ["draw", "select", "zoom"],
  ["undo", "redo"],
  ["zoomOut", "zoomFull", "zoomIn", "fitPage", "fitWidth", "rotate"],
  ["toggleBoxes", "copy", "clear"],
]
const CHANGES = new Set(["draw", "undo", "redo", "copy", "clear"])
const ICON = { zoom: "zoomArea", toggleBoxes: "visible" }

export class Toolbar {
  constructor(editor, element) {
    this.editor = editor
    this.buttons = new Map()
    const { texts } = editor
    const groups = GROUPS.map((group) => html("div", { class: "group" }, ...group.map((command) => this.button(command))))
    const end = html("div", { class: "group end" }, this.button("history"), this.button("help"))
    element.setAttribute("aria-label", texts.tools)
    element.replaceChildren(...groups, end)
  }

  button(command) {
    const { editor } = this, label = editor.texts[command]
    const press = () => { editor.run(command); editor.focus() }
    const key = keyOf(command === "fitPage" ? "fit" : command)
    const made = iconButton(ICON[command] ?? command, label, key, press, command === "zoomFull" ? { class: "tool percent" } : {})
    this.buttons.set(command, made)
    return made
  }

  render() {
    const { editor } = this, { label } = editor
    for (const command of CHANGES) this.buttons.get(command).disabled = !editor.mayEdit
    this.buttons.get("undo").disabled = !editor.mayEdit || !label.past.length
    this.buttons.get("redo").disabled = !editor.mayEdit || !label.future.length
    this.buttons.get("clear").disabled = !editor.mayEdit || label.boxes === null
    this.buttons.get("history").disabled = !label
    for (const tool of ["draw", "select", "zoom"]) this.buttons.get(tool).setAttribute("aria-pressed", editor.tool === tool)
    this.buttons.get("toggleBoxes").setAttribute("aria-pressed", editor.hidesBoxes)
    this.zoomed()
  }

  zoomed() {
    this.buttons.get("zoomFull").textContent = `${Math.round(this.editor.canvas.zoom * 100)} %`
  }
}

// A dialog of the browser's own: Esc closes it, and the keyboard stays in it while it is open.
export function helpSheet(editor) {
  const { texts } = editor
  const keys = (shown) => (shown === "+" ? [shown] : shown.split("+")).flatMap((key, place) => [place ? "+" : "", html("kbd", {}, key)])
  const row = (shown, text) => html("tr", {}, html("td", {}, ...keys(shown)), html("td", {}, text))
  const more = {
    boxes: [["1 … 9", texts.helpDigits], ["← ↑ ↓ →", texts.helpArrows]],
    images: [],
    view: [["Ctrl + ⚙", texts.helpWheel], ["Space", texts.helpSpace]],
  }
  const table = (group) =>
    html("section", {}, html("h3", {}, texts[`help_${group}`]), html("table", {},
      ...HOTKEYS[group].map(([command, shown]) => row(shown, texts[command])), ...more[group].map(([shown, text]) => row(shown, text))))
  const sheet = html("dialog", { class: "help", "aria-label": texts.help },
    html("header", {}, html("h2", {}, texts.help), iconButton("close", texts.close, "Esc", () => sheet.close())),
    html("div", { class: "columns" }, ...Object.keys(HOTKEYS).map(table)),
    html("p", {}, texts.helpText))
  sheet.onclick = (event) => { if (event.target === sheet) sheet.close() } // beside it
  return sheet
}
