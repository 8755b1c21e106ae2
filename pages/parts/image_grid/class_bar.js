// The bar that gives all chosen images a class, by button or by number key. The script of the grid follows this one.

const AT_ONCE = 500 // images that the route takes in one request
const PATIENCE_MS = 60000

// Somebody is writing, choosing from a list or answering a question.
const ELSEWHERE = "input:not([type=radio]), textarea, select, dialog, [contenteditable=true], [role=combobox]"

class ClassBar {
  // `chosen()` gives the items of the grid that are chosen, `done(outcome)` tells the page.
  constructor(element, chosen, done) {
    Object.assign(this, { element, chosen, done, data: null, running: "", trouble: "" })
    this.pressed = (event) => this.key(event)
    // On the window: after buttons of the page were pressed the focus is not in the grid.
    window.addEventListener("keydown", this.pressed)
  }

  stop = () => window.removeEventListener("keydown", this.pressed)

  // Of the whole list if all of it is chosen, also what stands on other pages.
  get count() {
    return this.data.everything ? this.data.total : this.chosen().length
  }

  key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey || event.repeat || !this.data?.may) return
    if (document.querySelector("[role=dialog]") || event.composedPath()[0].closest?.(ELSEWHERE)) return
    // By its place; digits of the number block are arrows while NumLock is off.
    const digit = event.code.match(/^Digit(\d)$/)?.[1] ?? (event.code.startsWith("Numpad") && /^\d$/.test(event.key) ? event.key : null)
    const known = this.data.classes.find(({ key }) => key === digit)
    if (digit === "0") this.assign(null)
    else if (known && digit) this.assign(known.id)
  }

  // ---- on the screen ----

  render() {
    const { element, data } = this
    element.hidden = !data
    if (!data) return
    const { classes, texts } = data, disabled = !data.may || !this.count || Boolean(this.running)
    const keyed = classes.filter(({ key }) => key), others = classes.filter(({ key }) => !key)
    const buttons = [...keyed, { id: null, key: "0", name: texts.clear }].map((known) => this.button(known, disabled))
    if (others.length) buttons.splice(-1, 0, this.list(others, disabled))
    const said = this.running || this.trouble
    element.title = data.may ? "" : texts.forbidden
    element.replaceChildren(part("span", "title", texts.title), ...buttons, part("span", this.trouble ? "said bad" : "said", said))
  }

  button({ id, name, key, colour }, disabled) {
    const button = part("button", "assign", ""), swatch = part("i", "swatch", "")
    button.type = "button"
    button.disabled = disabled
    button.dataset.class = id ?? ""
    if (colour) swatch.style.background = colour
    button.append(part("kbd", "", key), ...(colour ? [swatch] : []), part("span", "", name))
    button.onclick = () => this.assign(id)
    return button
  }

  list(others, disabled) {
    const select = part("select", "assign", "")
    select.disabled = disabled
    select.setAttribute("aria-label", this.data.texts.others)
    select.append(new Option(this.data.texts.others, ""), ...others.map(({ id, name }) => new Option(name, id)))
    select.onchange = () => { if (select.value) this.assign(select.value) }
    return select
  }

  say(running, trouble = "") {
    Object.assign(this, { running, trouble })
    this.render()
  }

  // ---- saving ----

  async assign(id) {
    const { data } = this
    if (this.running || !data.may || !this.count) return
    this.say(data.texts.running)
    const outcome = { class: id, saved: [], stale: [], failed: [], error: null }
    try {
      await this.send(id, data.everything ? await this.all() : this.chosen(), outcome)
      this.say("")
    } catch (error) {
      // What went in before is told all the same: it can be undone.
      outcome.error = error.refusal ?? null
      this.say("", error.refusal ? "" : data.texts.noAnswer)
    }
    if (outcome.error || outcome.saved.length + outcome.stale.length + outcome.failed.length) this.done(outcome)
  }

  async send(id, items, outcome) {
    const total = items.length, number = (value) => value.toLocaleString(this.data.language)
    for (let at = 0; at < total; at += AT_ONCE) {
      const some = items.slice(at, at + AT_ONCE), before = new Map(some.map((item) => [item.image, item.class]))
      const images = some.map(({ image, base }) => ({ image, base }))
      const { saved, stale, failed } = await this.ask("images/classes", { class: id, images })
      outcome.saved.push(...saved.map(({ image, rev }) => ({ image, rev, before: before.get(image) })))
      outcome.stale.push(...stale.map(({ image }) => image))
      outcome.failed.push(...failed)
      if (total > AT_ONCE) this.say(`${number(at + some.length)} / ${number(total)}`)
    }
  }

  // Every image that the filter passes, with the revision it has now.
  async all() {
    const found = []
    for (let total = 1; found.length < total; ) {
      const query = new URLSearchParams({ ...this.data.everything, limit: AT_ONCE, offset: found.length })
      const page = await this.ask(`images?${query}`)
      if (!page.images.length) break // some left the list meanwhile
      total = page.total
      found.push(...page.images.map((row) => ({ image: row.image, base: row.label_rev, class: row.class })))
    }
    return found
  }

  async ask(path, body) {
    const sent = body && { method: "POST", body: JSON.stringify(body), headers: { "content-type": "application/json" } }
    const answer = await fetch(`/api/projects/${this.data.project}/${path}`, { ...sent, signal: AbortSignal.timeout(PATIENCE_MS) })
    const answered = await answer.json()
    if (!answer.ok) throw Object.assign(new Error(), { refusal: answered })
    return answered
  }
}

const part = (name, kind, text) => {
  const made = document.createElement(name)
  if (kind) made.className = kind
  made.textContent = text
  return made
}
