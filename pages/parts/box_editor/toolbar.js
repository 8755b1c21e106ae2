// The row of buttons above the page, and the sheet of all keys.

import { html, iconButton } from "./dom.js"

// Commands in groups; those that need a label that may be changed are disabled otherwise.
const BOX_GROUPS = [
  ["draw", "select", "zoom"],
  ["undo", "redo"],
  ["zoomOut", "zoomFull", "zoomIn", "fitPage", "fitWidth", "rotate"],
  ["toggleBoxes", "copy", "clear"],
]
const CLASS_GROUPS = [["undo", "redo"], ["zoom", "zoomOut", "zoomFull", "zoomIn", "fitPage", "fitWidth", "rotate"], ["clear"]]
const CHANGES = ["draw", "copy", "clear"]
const ICON = { zoom: "zoomArea", toggleBoxes: "visible" }

export class Toolbar {
  constructor(editor, element) {
    this.editor = editor
    this.buttons = new Map()
    const { texts } = editor
    const shown = editor.task === "classes" ? CLASS_GROUPS : BOX_GROUPS
    const groups = shown.map((group) => html("div", { class: "group" }, ...group.map((command) => this.button(command))))
    const end = html("div", { class: "group end" }, this.button("history"), this.button("help"))
    element.setAttribute("aria-label", texts.tools)
    element.replaceChildren(...groups, end)
  }

  button(command) {
    const { editor } = this, label = editor.texts[command]
    const press = () => { editor.run(command); editor.focus() }
    const key = editor.hotkeys.of(command === "fitPage" ? "fit" : command)
    const made = iconButton(ICON[command] ?? command, label, key, press, command === "zoomFull" ? { class: "tool percent" } : {})
    this.buttons.set(command, made)
    return made
  }

  render() {
    const { editor } = this, { label, commands } = editor
    for (const command of CHANGES) this.disable(command, !editor.mayEdit)
    this.disable("undo", !commands.mayStep("past"))
    this.disable("redo", !commands.mayStep("future"))
    this.disable("clear", !editor.mayEdit || label.boxes === null)
    this.disable("history", !label)
    for (const tool of ["draw", "select", "zoom"]) this.buttons.get(tool)?.setAttribute("aria-pressed", editor.tool === tool)
    this.buttons.get("toggleBoxes")?.setAttribute("aria-pressed", editor.hidesBoxes)
    this.zoomed()
  }

  disable(command, disabled) {
    const button = this.buttons.get(command)
    if (button) button.disabled = disabled
  }

  zoomed() {
    this.buttons.get("zoomFull").textContent = `${Math.round(this.editor.canvas.zoom * 100)} %`
  }
}

// A dialog of the browser's own: Esc closes it, and the keyboard stays in it while it is open.
export function helpSheet(editor) {
  const { texts, hotkeys } = editor
  const keys = (shown) => (shown === "+" ? [shown] : shown.split("+")).flatMap((key, place) => [place ? "+" : "", html("kbd", {}, key)])
  const row = (shown, text) => html("tr", {}, html("td", {}, ...keys(shown)), html("td", {}, text))
  const more = {
    boxes: [["1 … 9", texts.helpDigits], ["← ↑ ↓ →", texts.helpArrows], ["Shift", texts.helpShift]],
    classes: [["1 … 9", texts.helpDigits]],
    images: editor.task === "classes" ? [["← →", texts.helpWalk]] : [],
    view: [["Ctrl + ⚙", texts.helpWheel], ["Space", texts.helpSpace]],
  }
  const table = (group) =>
    html("section", {}, html("h3", {}, texts[`help_${group}`]), html("table", {},
      ...more[group].map(([shown, text]) => row(shown, text)), ...hotkeys.groups[group].map(([command, shown]) => row(shown, texts[command]))))
  const sheet = html("dialog", { class: "help", "aria-label": texts.help },
    html("header", {}, html("h2", {}, texts.help), iconButton("close", texts.close, "Esc", () => sheet.close())),
    html("div", { class: "columns" }, ...Object.keys(hotkeys.groups).map(table)),
    html("p", {}, texts.helpText))
  sheet.onclick = (event) => { if (event.target === sheet) sheet.close() } // beside it
  return sheet
}
