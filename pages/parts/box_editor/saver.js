// Saves labels: at once, one request at a time for an image, the newest boxes last. Nobody waits for it.

import { asBoxes, Label, signature } from "./label.js"

const DELAYS_MS = [500, 1000, 2000, 4000, 5000]
const pause = (ms) => new Promise((done) => setTimeout(done, ms))

export class Saver {
  // `changed(label)` is called whenever something about saving it is different, `saved(label)` when the server has it.
  constructor(api, drafts, changed, saved) {
    Object.assign(this, { api, drafts, changed, saved })
  }

  // The label as the server has it, with edits put back that it never acknowledged.
  async load(image) {
    const label = new Label(await this.api.label(image))
    const draft = this.drafts.of(image)
    if (!draft) return label
    if (signature(draft.boxes) === signature(label.boxes)) this.drafts.forget(image)
    else if (draft.base === label.head.rev) {
      label.change(asBoxes(draft.boxes))
      this.edited(label)
    } else {
      label.conflict = label.head
      label.boxes = asBoxes(draft.boxes)
      label.unsaved = true
    }
    return label
  }

  edited(label) {
    label.refusal = ""
    label.accepting = false
    label.unsaved = label.sending || signature(label.boxes) !== signature(label.head.boxes)
    if (label.unsaved) this.drafts.keep(label)
    else this.drafts.drop(label) // undone before it was sent
    this.push(label)
  }

  accept(label) {
    label.accepting = true
    this.push(label)
  }

  // Save what is on the screen on top of what somebody else saved: theirs stays in the history.
  settle(label, boxes) {
    const theirs = label.conflict
    label.conflict = null
    this.drafts.forget(label.image)
    label.head = theirs
    label.tried = []
    label.change(asBoxes(theirs.boxes)) // where undoing leads
    label.change(boxes)
    this.edited(label)
  }

  // Take what somebody else saved; ours can be had back by undoing.
  giveWay(label) {
    const mine = label.boxes
    label.show(label.conflict)
    label.past.push(mine)
    label.conflict = null
    label.unsaved = false
    this.drafts.forget(label.image)
    this.saved(label)
  }

  async push(label) {
    this.changed(label)
    if (label.sending) return
    label.sending = true
    for (let tries = 0; this.isOpen(label); tries = label.offline ? tries + 1 : 0) {
      if (label.offline) await pause(DELAYS_MS[Math.min(tries, DELAYS_MS.length) - 1] ?? DELAYS_MS[0])
      await this.once(label)
      this.changed(label)
    }
    label.sending = false
    this.changed(label)
  }

  isOpen = (label) => (label.unsaved || label.accepting) && !label.conflict && !label.refusal

  async once(label) {
    const { boxes, head } = label
    const accepts = label.accepting && !label.unsaved
    label.tried.push(signature(boxes))
    try {
      const saved = accepts ? await this.api.accept(label.image, head.rev) : await this.api.save(label.image, head.rev, boxes)
      label.offline = false
      this.acknowledge(label, boxes, saved)
    } catch (failure) {
      if (!failure.kind) throw failure // not the server's: a mistake of ours
      label.offline = failure.kind === "offline"
      if (failure.kind === "conflict") this.collide(label, failure.body.head, accepts)
      else if (failure.kind === "refused") label.refusal = failure.message
    }
  }

  acknowledge(label, boxes, head) {
    this.drafts.drop(label) // before the head changes, which is part of its key
    label.accepting = false
    // Asked by identity first: a server that stores a number otherwise must not make us save for ever.
    label.unsaved = label.boxes !== boxes && signature(label.boxes) !== signature(head.boxes)
    label.acknowledge(head)
    if (label.unsaved) this.drafts.keep(label)
    this.saved(label)
  }

  // The head is another than the one the edit began from.
  collide(label, theirs, accepts) {
    if (label.tried.includes(signature(theirs.boxes)) && !accepts) return this.acknowledge(label, [], theirs) // ours: its answer was lost
    label.accepting = false
    if (label.unsaved) label.conflict = theirs
    else label.show(theirs) // nothing of ours is at stake
  }
}
