// What is shown of what was found: by the model's own rule, or everything from one score up.

const NEVER = 2 // above every score

// One row found: which field, how sure, where (a class has no place), what is written there and how sure the reader is.
const parsed = ([field, score, xyxy = null, text = null, read = null]) => ({ field, score, xyxy, text, read })

// The rows of a page that a choice { own, least } shows, best first; `found` comes in that order.
const chosen = (page, { fields, task }, { own, least }) => {
  const rows = (page.found ?? []).map(parsed)
  if (task === "classes") return rows.slice(0, 1).filter(({ field, score }) => score >= (own ? (fields[field].least ?? NEVER) : least))
  if (!own) return rows.filter(({ score }) => score >= least)
  const counts = new Map()
  return rows.filter(({ field, score }) => {
    const before = counts.get(field) ?? 0
    // The limit takes the best whether they reach the threshold or not, as in an apply.
    counts.set(field, before + 1)
    return before < (fields[field].most ?? Infinity) && score >= (fields[field].least ?? NEVER)
  })
}
