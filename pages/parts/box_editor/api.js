// The server's routes around images and labels, and what can come back from them.

import { fill } from "./dom.js"
import { typed } from "./values.js"

const PATIENCE_MS = 15000

// kind: "offline" (no answer: try again), "conflict" (somebody was faster: `body.head`) or "refused" (the text says why).
export class Failure extends Error {
  constructor(kind, text, body = {}) {
    super(text)
    this.kind = kind
    this.body = body
  }
}

export class Api {
  // `messages`: templates of the store's refusals, with their translations.
  constructor(project, task, messages) {
    Object.assign(this, { project, task, messages })
  }

  picture = (image) => `/app/static/images/${this.project}/${image}`
  thumb = (image, turn) => `/app/static/thumbs/${this.project}/${image}?turn=${turn}`
  images = (query) => this.ask(`images?${new URLSearchParams(query)}`)
  words = (image) => this.ask(`images/${image}/words`)
  readAgain = (image) => this.ask(`images/${image}/words`, {})
  label = (image) => this.askLabel(`images/${image}/label`)
  get presencePath() {
    return `/api/projects/${this.project}/presence`
  }

  presence = (said) => this.ask("presence", said)
  accept = (image, base) => this.askLabel(`images/${image}/accept`, { base })
  save = (image, base, boxes) => this.askLabel(`images/${image}/label`, { base, ...this.content(boxes) })

  async history(image) {
    const { revisions } = await this.ask(`images/${image}/history`)
    return revisions.map((revision) => this.shown(revision))
  }

  async askLabel(path, body) {
    try {
      return this.shown(await this.ask(path, body))
    } catch (failure) {
      if (failure.kind === "conflict") failure.body.head = this.shown(failure.body.head)
      throw failure
    }
  }

  // In here the class of an image is a box without a place: it is edited, saved and compared in the same way.
  shown(revision) {
    if (this.task !== "classes") return revision
    const { class_id: field, origin, score } = revision
    return { ...revision, boxes: field ? [{ field, xyxy: [], origin, score }] : null }
  }

  content(boxes) {
    if (this.task === "classes") return { class: boxes?.[0]?.field ?? null }
    return { boxes: boxes && boxes.map((box) => ({ field: box.field, xyxy: box.xyxy, text: typed(box) })) }
  }

  isAlive = () => fetch("/api/health").then((answer) => answer.ok, () => false)

  async ask(path, body) {
    const text = body && JSON.stringify(body)
    // A save outlives the page that sent it, where the browser allows it (64 KB in all).
    const sent = body && { method: "POST", body: text, headers: { "content-type": "application/json" }, keepalive: new Blob([text]).size < 50000 }
    let answer, answered
    try {
      answer = await fetch(`/api/projects/${this.project}/${path}`, { ...sent, signal: AbortSignal.timeout(PATIENCE_MS) })
      answered = await answer.json()
    } catch (error) {
      // Also where a proxy answers in HTML for a server that is away.
      throw new Failure("offline", String(error))
    }
    if (answer.ok) return answered
    throw new Failure(answer.status === 409 && answered.head ? "conflict" : "refused", this.translated(answered, answer.status), answered)
  }

  translated({ error, template, values }, status) {
    return template ? fill(this.messages[template] ?? template, values) : error ?? `HTTP ${status}`
  }
}
