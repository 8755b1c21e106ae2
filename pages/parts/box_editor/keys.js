// Which keys do what. By the key's place and not its letter, so that they work under every keyboard layout.

// [command, how the key is called, its chords], by what the project's images get
const BOX_KEYS = {
  boxes: [
    ["draw", "D", "KeyD"],
    ["select", "V", "KeyV"],
    ["nextBox", "Tab", "Tab"],
    ["previousBox", "Shift+Tab", "Shift+Tab"],
    ["remove", "Del", "Delete", "Backspace"],
    ["editText", "F2", "F2", "Enter", "NumpadEnter"],
    ["snap", "S", "KeyS"],
    ["lock", "L", "KeyL"],
    ["hide", "H", "KeyH"],
    ["undo", "Ctrl+Z", "Ctrl+KeyZ"],
    ["redo", "Ctrl+Shift+Z", "Ctrl+Shift+KeyZ", "Ctrl+KeyY"],
    ["escape", "Esc", "Escape"],
  ],
  images: [
    ["confirm", "Ctrl+Enter", "Ctrl+Enter", "Ctrl+NumpadEnter"],
    ["next", "Shift+F", "Shift+KeyF"],
    ["previous", "Shift+D", "Shift+KeyD"],
    ["nextUnlabelled", "U", "KeyU"],
    ["none", "N", "KeyN"],
    ["copy", "C", "KeyC"],
    ["clear", "Shift+Del", "Shift+Delete", "Shift+Backspace"],
    ["history", "Shift+H", "Shift+KeyH"],
    ["save", "Ctrl+S", "Ctrl+KeyS"],
  ],
  view: [
    ["zoomIn", "+", "Equal", "Shift+Equal", "NumpadAdd"],
    ["zoomOut", "−", "Minus", "NumpadSubtract"],
    ["zoomFull", "0", "Digit0", "Numpad0"],
    ["fit", "F", "KeyF"],
    ["zoom", "Z", "KeyZ"],
    ["rotate", "R", "KeyR"],
    ["toggleBoxes", "B", "KeyB"],
    ["help", "F1", "F1", "Shift+Slash"],
  ],
}
// One hand on the digits, the other on what walks: no key needs another one held.
const CLASS_KEYS = {
  classes: [
    ["clear", "Del", "Delete", "Backspace", "Shift+Delete", "Shift+Backspace"], // and 0, as a digit
    ["search", "/", "Slash", "NumpadDivide"],
    ["undo", "Ctrl+Z", "Ctrl+KeyZ"],
    ["redo", "Ctrl+Shift+Z", "Ctrl+Shift+KeyZ", "Ctrl+KeyY"],
    ["escape", "Esc", "Escape"],
  ],
  images: [
    ["confirm", "Enter", "Enter", "NumpadEnter", "Ctrl+Enter", "Ctrl+NumpadEnter"],
    ["next", "F", "KeyF", "ArrowRight", "Shift+KeyF"],
    ["previous", "D", "KeyD", "ArrowLeft", "Shift+KeyD"],
    ["nextUnlabelled", "Tab", "Tab", "KeyU"],
    ["history", "Shift+H", "Shift+KeyH"],
    ["save", "Ctrl+S", "Ctrl+KeyS"],
  ],
  view: [
    ["zoomIn", "+", "Equal", "Shift+Equal", "NumpadAdd"],
    ["zoomOut", "−", "Minus", "NumpadSubtract"],
    ["zoomFull", "Shift+0", "Shift+Digit0"],
    ["fit", "W", "KeyW"],
    ["zoom", "Z", "KeyZ"],
    ["rotate", "R", "KeyR"],
    ["help", "F1", "F1", "Shift+Slash"],
  ],
}

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }
const REPEATED = new Set(["next", "previous", "undo", "redo", "zoomIn", "zoomOut", "nextBox", "previousBox"])
const HELD_MS = 350 // longer, and the key was held down in order to look

// The keys of a task, both ways: which command a chord is, and what its key is called.
export class Hotkeys {
  constructor(task) {
    this.groups = task === "classes" ? CLASS_KEYS : BOX_KEYS
    this.all = Object.values(this.groups).flat()
    this.commands = new Map(this.all.flatMap(([command, , ...chords]) => chords.map((chord) => [chord, command])))
  }

  command = (chord) => this.commands.get(chord)
  of = (command) => this.all.find(([name]) => name === command)?.[1] ?? ""
}

export class Keys {
  constructor(editor) {
    this.editor = editor
    this.down = (event) => this.pressed(event)
    this.up = (event) => this.released(event)
    this.left = () => editor.holdSpace(false)
    // On the window and first of all: nobody has to click into the editor, and Streamlit has keys of its own (R runs the page anew).
    window.addEventListener("keydown", this.down, true)
    window.addEventListener("keyup", this.up, true)
    window.addEventListener("blur", this.left) // a key let go elsewhere is not heard of here
  }

  stop() {
    window.removeEventListener("keydown", this.down, true)
    window.removeEventListener("keyup", this.up, true)
    window.removeEventListener("blur", this.left)
  }

  pressed(event) {
    if (event.altKey || event.isComposing || isElsewhere(event) || !this.handle(event)) return
    event.preventDefault()
    event.stopImmediatePropagation()
  }

  // True if the key is one of ours.
  handle(event) {
    const { editor } = this
    const control = event.ctrlKey || event.metaKey
    const at = event.composedPath()[0]
    if (at.closest?.("button, a, summary") && ["Space", "Enter", "Tab"].includes(event.code) && !control) return false
    // Where versions are chosen between, these keys choose.
    if (at.closest?.(".panel") && (["Space", "Tab"].includes(event.code) || (event.code in ARROWS && at.matches("input")))) return false
    if (event.code === "Space") return editor.holdSpace(true)
    const command = editor.hotkeys.command(`${control ? "Ctrl+" : ""}${event.shiftKey ? "Shift+" : ""}${event.code}`)
    const arrow = ARROWS[event.code]
    if (arrow && !control && !command) return editor.nudge(...arrow, event.shiftKey ? 10 : 1)
    // Digits of the number block are arrows while NumLock is off.
    const digit = /^(Digit|Numpad)\d$/.test(event.code) && /^\d$/.test(event.key) ? event.key : event.code.match(/^Digit(\d)$/)?.[1]
    // Held down it would choose for one image after the other.
    if (!control && !event.shiftKey && digit && (event.repeat || editor.chooseByKey(digit))) return true
    if (event.key === "?" || command === "help") return editor.run("help")
    if (!command || (command.endsWith("Box") && !editor.shownBoxes.length)) return false
    if (command === "toggleBoxes" && !event.repeat) this.since = event.timeStamp
    return event.repeat && !REPEATED.has(command) ? true : editor.run(command)
  }

  released(event) {
    if (event.code === "Space") this.editor.holdSpace(false)
    if (event.code !== "KeyB" || this.since === undefined) return
    if (event.timeStamp - this.since > HELD_MS) this.editor.run("toggleBoxes")
    this.since = undefined
  }
}

// Somebody is writing, choosing from a list or answering a question.
const WRITING = "input:not([type=radio]), textarea, select, dialog, [contenteditable=true], [role=combobox], [role=listbox]"
const isElsewhere = (event) =>
  document.querySelector("[role=dialog]") !== null || event.composedPath()[0].closest?.(WRITING) != null
