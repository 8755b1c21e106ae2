// What is shown, as JSON and CSV: to look at, to copy and to download.

const rounded = (xyxy) => xyxy.map((side) => Math.round(side * 10) / 10)

const asField = (field, { score, xyxy, text, read }) => ({ field, text, score, read, xyxy: rounded(xyxy) })

const asJson = (data, choice) => {
  const name = ({ field }) => data.fields[field].name
  const pages = data.pages.map((page) => {
    const rows = chosen(page, data, choice), about = { page: page.name, width: page.width, height: page.height }
    if (page.problem) return { ...about, error: page.problem }
    if (data.task === "fields") return { ...about, fields: rows.map((row) => asField(name(row), row)) }
    const scores = Object.fromEntries((page.found ?? []).map(parsed).map((row) => [name(row), row.score]))
    return { ...about, class: rows.length ? name(rows[0]) : null, scores }
  })
  return JSON.stringify({ ...data.about, threshold: choice.own ? "model" : choice.least, pages }, null, 2)
}

// As exports of labels have it: nothing that a page says may run in a spreadsheet.
const harmless = (value) => (typeof value === "string" && /^[=+\-@\t\r\n]/.test(value) ? `'${value}` : value)
const quoted = (value) => (/[",\r\n]/.test(value) ? `"${String(value).replaceAll('"', '""')}"` : value)

const asCsv = (data, choice) => {
  const head = data.task === "fields" ? ["page", "field", "score", "left", "top", "right", "bottom", "text", "read"] : ["page", "class", "score"]
  const lines = data.pages.flatMap((page) =>
    chosen(page, data, choice).map(({ field, score, xyxy, text, read }) => [
      page.name, data.fields[field].name, score, ...(xyxy ? [...rounded(xyxy), text ?? "", read ?? ""] : []),
    ])
  )
  return [head, ...lines].map((line) => line.map(harmless).map(quoted).join(",")).join("\n") + "\n"
}

const FORMATS = { json: { title: "JSON", type: "application/json", write: asJson }, csv: { title: "CSV", type: "text/csv", write: asCsv } }

const copy = async (area) => {
  // Only pages that came over HTTPS or from this host have a clipboard.
  if (navigator.clipboard) return navigator.clipboard.writeText(area.value)
  area.select()
  document.execCommand("copy")
}

const save = (text, type, name) => {
  const link = make("a", "")
  // With the mark by which spreadsheets know UTF-8.
  link.href = URL.createObjectURL(new Blob([type === "text/csv" ? "\ufeff" : "", text], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}

// The panel with both formats; `choice.format` is the one that is open, `choose` changes it.
const outcome = (data, choice, choose) => {
  const { texts } = data, format = FORMATS[choice.format], area = make("textarea", "text", format.write(data, choice))
  Object.assign(area, { readOnly: true, rows: 8, spellcheck: false, ariaLabel: format.title })
  const tabs = Object.entries(FORMATS).map(([name, { title }]) => {
    const tab = button("plain", title, () => choose({ format: name }))
    tab.ariaPressed = String(name === choice.format)
    return tab
  })
  const copying = button("plain", texts.copy, async () => {
    await copy(area)
    copying.textContent = texts.copied
  })
  const saving = button("plain", texts.download, () => save(area.value, format.type, `${data.about.model}.${choice.format}`))
  return [make("div", "row", ...tabs, make("span", "gap"), copying, saving), area]
}
