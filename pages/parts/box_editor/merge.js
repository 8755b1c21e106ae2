// Two versions of a label made one: where both have a box of the same field at the same place, a person chooses; all else is kept.

import { html } from "./dom.js"
import { extent } from "./geometry.js"
import { asBoxes, isAlike } from "./label.js"

const SAME_PLACE = 0.5 // IoU from which two boxes mean the same thing, as detections are judged by too

function iou(one, other) {
  const [low, high] = [[0, 1], [2, 3]].map((sides, end) => sides.map((side) => [Math.max, Math.min][end](one.xyxy[side], other.xyxy[side])))
  const common = Math.max(0, high[0] - low[0]) * Math.max(0, high[1] - low[1])
  return common / (extent(one) + extent(other) - common)
}

export class Merge {
  // `redraw()` is called when what is chosen or pointed at is another.
  constructor(theirs, mine, redraw) {
    const isIn = (boxes) => (box) => (boxes ?? []).some((other) => isAlike(other, box))
    const all = asBoxes(theirs ?? []), added = (mine ?? []).filter((box) => !isIn(theirs)(box)) // what both have is taken once
    this.pairs = pairsOf(all.filter((box) => !isIn(mine)(box)), added)
    const isAsked = (box) => this.pairs.some((pair) => pair.theirs === box || pair.mine === box)
    this.theirs = all.filter((box) => !isAsked(box))
    this.mine = added.filter((box) => !isAsked(box))
    Object.assign(this, { redraw, pointed: null })
  }

  // The boxes as they would be saved.
  get boxes() {
    return [...this.theirs, ...this.pairs.map((pair) => pair[pair.chosen]), ...this.mine]
  }

  // What lies over the page, as [boxes, kind]: the pair pointed at with both its boxes, of the others what was chosen.
  get overlaid() {
    const shown = (side) => this.pairs.filter((pair) => pair.chosen === side && pair !== this.pointed).map((pair) => pair[side])
    const pointed = this.pointed ? [[[this.pointed.theirs], "theirs asked"], [[this.pointed.mine], "mine asked"]] : []
    return [[[...this.theirs, ...shown("theirs")], "theirs"], [[...this.mine, ...shown("mine")], "mine"], ...pointed]
  }

  // A question for each pair, to be answered by mouse or with the arrow keys.
  questions(texts, look) {
    return this.pairs.map((pair, place) => {
      const point = () => this.point(pair)
      const answer = (side, text) => html("label", {},
        html("input", { type: "radio", name: `pair-${place}`, checked: pair.chosen === side, onfocus: point, onchange: () => this.choose(pair, side) }),
        html("span", { class: side }, text))
      return html("fieldset", { class: "pair", onpointerenter: point },
        html("legend", {}, look(pair.theirs.field).name), answer("theirs", texts.theirBox), answer("mine", texts.myBox))
    })
  }

  choose(pair, side) {
    pair.chosen = side
    this.redraw()
  }

  point(pair) {
    this.pointed = pair
    this.redraw()
  }
}

// Boxes of one field that overlap so far, those that overlap most first; each box is in one pair at most.
function pairsOf(theirs, mine) {
  const near = theirs.flatMap((one) => mine.filter((other) => other.field === one.field).map((other) => ({ theirs: one, mine: other, overlap: iou(one, other) })))
  const used = new Set(), found = []
  for (const pair of near.filter(({ overlap }) => overlap >= SAME_PLACE).sort((one, other) => other.overlap - one.overlap)) {
    if (used.has(pair.theirs) || used.has(pair.mine)) continue
    used.add(pair.theirs).add(pair.mine)
    found.push({ ...pair, chosen: "mine" })
  }
  return found
}
