// The editor of boxes or classes: puts its parts together and holds what they share. Walking and saving happen here in the browser;
// Python is told which image is looked at and that something was saved, and nothing waits for it.

import { Api } from "./api.js"
import { Canvas } from "./canvas.js"
import { ClassCommands } from "./class_commands.js"
import { Commands, fitMode } from "./commands.js"
import { fill, html } from "./dom.js"
import { Drafts } from "./drafts.js"
import { Images } from "./images.js"
import { Hotkeys, Keys } from "./keys.js"
import { asBox } from "./label.js"
import { Labels } from "./labels.js"
import { Notices } from "./notices.js"
import { PageWords } from "./page_words.js"
import { Pointer } from "./pointer.js"
import { Presence } from "./presence.js"
import { Saver } from "./saver.js"
import { Side } from "./side.js"
import { Strip } from "./strip.js"
import { helpSheet, Toolbar } from "./toolbar.js"
import { Versions } from "./versions.js"
import { Walker } from "./walker.js"

const TELL_MS = 500, RETRY_MS = 2000
const LEAST_HEIGHT = 460, BELOW = 14

class Editor {
  constructor(host, data) {
    const { task, fields, language, mode, people, readOnly, states, texts } = data
    Object.assign(this, { host, task, fields, language, mode, people, readOnly, states, texts })
    Object.assign(this, { counts: {}, classCounts: {}, timers: {}, saves: 0 })
    this.numbers = new Intl.NumberFormat(language)
    Object.assign(this, { image: null, label: null, isShown: false, trouble: "" }) // what is looked at; kept by the walker
    Object.assign(this, { selected: null, lastDrawn: null, hidesBoxes: false, isFitted: true })
    this.field = fields[0]?.id
    this.tool = task === "classes" || mode === "review" || readOnly ? "select" : "draw"
    this.hotkeys = new Hotkeys(task)
    this.api = new Api(data.project, task, data.messages)
    this.drafts = new Drafts(data.project)
    this.saver = new Saver(this.api, this.drafts, (label) => this.savingChanged(label), (label) => this.savedOne(label))
    this.labels = new Labels(this.api, this.drafts, this.saver)
    this.build()
    this.labels.sendDrafts().then(() => this.render())
  }

  build() {
    const part = (name, tag = "div") => (this[`${name}Part`] = html(tag, { class: name }))
    const stage = part("stage"), banner = part("banner")
    const column = html("div", { class: "column" }, stage, part("strip"))
    const side = html("aside", { class: "aside" }, part("side"), part("panel"))
    this.panelPart.tabIndex = -1 // may be given the focus
    this.sheet = helpSheet(this)
    this.host.replaceChildren(part("toolbar"), html("div", { class: "body" }, column, side), this.sheet)
    this.toolbarPart.setAttribute("role", "toolbar")
    this.commands = this.task === "classes" ? new ClassCommands(this) : new Commands(this)
    this.canvas = new Canvas(stage, () => { this.isFitted = false; this.toolbar.zoomed() })
    this.canvas.looks = new Map(this.fields.map((field) => [field.id, field]))
    this.canvas.unknown = { name: this.texts.deletedField, colour: "#868e96" }
    this.pointer = new Pointer(this, this.canvas)
    this.toolbar = new Toolbar(this, this.toolbarPart)
    this.side = new Side(this, this.sidePart)
    this.strip = new Strip(this, this.stripPart)
    this.versions = new Versions(this, this.panelPart)
    this.notices = new Notices(this, stage, banner)
    this.walker = new Walker(this)
    this.presence = new Presence(this, () => this.render())
    this.words = new PageWords(this)
    this.keys = new Keys(this)
    this.sized = new ResizeObserver(() => (this.isFitted ? this.fit() : this.canvas.move()))
    this.sized.observe(stage)
    this.layout = () => this.fill()
    window.addEventListener("resize", this.layout)
  }

  destroy() {
    this.gone = true
    this.keys.stop()
    this.presence.stop()
    this.words.stop()
    this.sized.disconnect()
    this.notices.alarms.disconnect()
    window.removeEventListener("resize", this.layout)
    Object.values(this.timers).forEach(clearTimeout)
  }

  // As high as the window allows, so that the page itself never scrolls.
  fill() {
    const scroller = this.host.getRootNode().host?.closest("[data-testid=stMain]")
    const top = this.host.getBoundingClientRect().top + (scroller?.scrollTop ?? 0)
    this.host.style.height = `${Math.max(LEAST_HEIGHT, window.innerHeight - top - BELOW)}px`
  }

  // What Python passes on every run; only another list is news to us.
  async update({ data, setStateValue }) {
    this.tell = (name, value) => !this.gone && setStateValue(name, value)
    this.counts = { ...data.counts }
    this.classCounts = { ...data.classCounts }
    this.fill()
    this.strip.renderCounts()
    if (this.images) this.side.list.render()
    const query = JSON.stringify(data.query)
    if (query === this.query) return this.walker.address()
    this.query = query
    const images = new Images(this.api, data.query), wanted = this.image ?? this.wanted ?? data.image
    await this.answered(images.open(wanted), true)
    if (this.query !== query) return
    this.images = images
    this.strip.render()
    this.focus() // back from the list that the filter was chosen from
    this.go(await this.entry(wanted))
  }

  // Where to begin: at the image that was asked for; another list goes on with the same image if it has it.
  async entry(wanted) {
    const { images, counts } = this
    if (wanted && (images.item(wanted) || !this.image)) return wanted
    const first = images.items[0]?.image ?? wanted
    if (this.mode === "review" || !counts.unlabelled || images.query.state !== "all") return first
    await this.presence.tell() // what others have open already, so that two who come at once begin apart
    return (await this.answered(images.nextUnlabelled(null, (known) => this.presence.taken.has(known)))) ?? first
  }

  // The answer, or undefined: what went wrong is said, and with `patient` tried again until there is an answer.
  async answered(promise, patient = false) {
    try {
      return await promise
    } catch (failure) {
      if (!failure.kind) throw failure
      this.say(failure.kind === "offline" ? this.texts.noAnswer : failure.message)
      if (patient && !this.gone) this.timers.again = setTimeout(() => { this.query = null; this.rerun() }, RETRY_MS)
    }
  }

  go = (image) => this.walker.go(image)

  // ---- editing ----

  get mayEdit() {
    return Boolean(this.label && this.isShown && !this.readOnly && !this.label.conflict && !this.versions.panel)
  }

  // The box that keys act on: the selected one, else the one just drawn.
  get target() {
    return this.label?.box(this.selected) ?? this.label?.box(this.lastDrawn)
  }

  mayMove = (box) => this.mayEdit && !this.label.locked.has(box.id) && !this.hidesBoxes

  get shownBoxes() {
    return this.label?.conflict || this.task === "classes" ? [] : this.label?.boxes ?? []
  }

  // The class of the image, where images have one.
  get chosen() {
    return this.label?.boxes?.[0] ?? null
  }

  // Still as a model left it.
  get isUntouched() {
    return this.label?.head.state === "auto" && !this.label.unsaved && !this.label.accepting
  }

  look = (field) => this.canvas.looks.get(field) ?? this.canvas.unknown
  colour = (field) => this.look(field).colour

  draw(xyxy) {
    const box = asBox({ field: this.field, xyxy })
    this.label.add([box])
    this.selected = null // so that the next key chooses the next box's field
    this.lastDrawn = box.id
    this.hidesBoxes = false
    this.edited()
  }

  reshape(id, xyxy) {
    this.label.move(id, xyxy)
    this.edited()
  }

  chooseByKey(digit) {
    if (this.task === "classes" && digit === "0") return this.run("clear")
    const field = this.fields.find((known) => known.key === digit)
    if (field) this.chooseField(field.id)
    return Boolean(field)
  }

  // The image is of this class; or the selected box becomes it, and so does the next one drawn.
  chooseField(field) {
    if (this.task === "classes") return this.commands.assign(field)
    const box = this.label?.box(this.selected)
    this.field = field
    this.lastDrawn = null
    if (box && this.mayMove(box) && box.field !== field) {
      this.label.replace(box.id, { field })
      return this.edited()
    }
    if (!box && !this.readOnly) this.tool = "draw"
    this.render()
  }

  nudge(dx, dy, pixels) {
    const box = this.target
    if (!box || !this.mayMove(box)) this.canvas.panBy(-dx * 60, -dy * 60)
    else {
      const [across, down] = this.canvas.along(dx * pixels, dy * pixels)
      this.reshape(box.id, this.pointer.shifted(box.xyxy, across, down))
    }
    return true
  }

  edited() {
    this.commands.note()
    this.saver.edited(this.label)
    this.render()
  }

  select(id) {
    this.selected = id
    if (id) this.lastDrawn = null
    this.render()
  }

  useTool(tool) {
    if (tool === "zoom" && this.tool !== "zoom") this.before = this.tool
    this.tool = tool
    this.render()
  }

  leaveZoom = () => this.useTool(this.before)

  holdSpace(held) {
    this.pointer.holdsSpace = held
    this.pointer.hover()
    return true
  }

  fit() {
    this.canvas.fit(fitMode())
    this.isFitted = true
    this.toolbar.zoomed()
  }

  run(command) {
    if (this.images) this.commands[command]()
    return true
  }

  focus = () => this.host.focus({ preventScroll: true })

  // ---- saving ----

  savingChanged(label) {
    if (label === this.label) this.render()
    else this.notices.renderBanner()
  }

  savedOne(label) {
    const item = this.images?.item(label.image), { state, rev, boxes } = label.head
    if (item) {
      const found = this.task === "classes" ? boxes?.[0].field ?? null : null
      moveOne(this.counts, item.state, state)
      moveOne(this.classCounts, item.class, found)
      Object.assign(item, { state, label_rev: rev, boxes: boxes?.length ?? 0, class: found })
      this.strip.renderCounts()
      this.strip.cell(item)
    }
    if (label === this.label) this.render()
    this.later("saved", TELL_MS, () => this.tell("saved", ++this.saves))
  }

  // ---- on the screen ----

  get mayChange() {
    return Boolean(this.label && !this.readOnly && !this.label.conflict)
  }

  get position() {
    const at = this.images?.index(this.image) ?? -1
    const position = at < 0 ? "–" : this.number(this.images.offset + at + 1)
    return fill(this.texts.position, { position, total: this.number(this.images?.total ?? 0) })
  }

  get confirmText() {
    const goes = this.mode === "review" ? "Next" : "NextUnlabelled"
    return (this.isUntouched && !this.readOnly ? "accept" : "go") + goes
  }

  render() {
    if (this.gone || !this.images) return
    const { label, host } = this
    this.side.list.interrupted?.() // before both versions are shown; classes have no texts
    this.versions.render()
    host.classList.toggle("blank", this.hidesBoxes)
    const saved = label && !label.isBusy ? "yes" : "no"
    Object.assign(host.dataset, { tool: this.tool, rev: label?.head.rev ?? 0, count: label?.boxes?.length ?? 0, saved })
    this.toolbar.render()
    this.side.render()
    this.paint()
    this.notices.render()
    this.pointer.hover()
  }

  paint() {
    const { label, target } = this, versions = this.versions.overlaid
    const isGripped = target && this.mayMove(target) && label.isShown(target)
    const look = (box) => ({
      selected: box.id === this.selected, hidden: label.hidden.has(box.id), locked: label.locked.has(box.id),
      auto: box.origin === "auto" && label.head.state === "auto", text: box === target ? this.words.textOf(box).text : null,
    })
    this.canvas.paint(versions.length ? [] : this.shownBoxes, look, isGripped ? target.id : null)
    this.canvas.haunt(versions)
  }

  say = (text) => this.notices.say(text)
  time = (at) => this.notices.time(at)
  number = (value) => this.numbers.format(value)
  person = (account) => this.people[account] ?? account ?? ""

  later(name, ms, work) {
    clearTimeout(this.timers[name])
    this.timers[name] = setTimeout(work, ms)
  }
}

// One image less is counted under `from` and one more under `to`; null is counted nowhere.
const moveOne = (counts, from, to) => {
  if (from === to) return
  if (from != null) counts[from] = (counts[from] ?? 1) - 1
  if (to != null) counts[to] = (counts[to] ?? 0) + 1
}

// The export below runs again on every run of the page: what belongs to an element is kept here.
const editors = new WeakMap()

export default function (component) {
  const { parentElement, data } = component
  const host = parentElement.querySelector(".box-editor")
  const setup = JSON.stringify([data.project, data.mode, data.readOnly, data.language, data.task, data.fields])
  let editor = editors.get(parentElement)
  if (editor?.setup !== setup) {
    const image = editor?.api.project === data.project ? editor.image : null
    editor?.destroy()
    editor = new Editor(host, data)
    Object.assign(editor, { setup, wanted: image })
    editors.set(parentElement, editor)
  }
  editor.rerun = () => editor.update(component)
  editor.update(component)
  return () => {
    editor.destroy()
    editors.delete(parentElement)
  }
}
