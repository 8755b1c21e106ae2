// Draws a Plotly figure with the theme's colours and updates it in place.

let library
const load = (address) =>
  (library ??= new Promise((done, failed) => {
    if (window.Plotly) return done(window.Plotly)
    const script = document.createElement("script")
    script.src = address
    script.onload = () => done(window.Plotly)
    script.onerror = () => { library = undefined; failed(new Error(`${address} cannot be loaded`)) }
    document.head.append(script)
  }))

// The figure with the theme's colours; a colour in it may be a name of the theme's, such as var(--st-blue-color).
const themed = (json, element) => {
  const style = getComputedStyle(element), colour = (name) => style.getPropertyValue(name)
  const { data, layout } = JSON.parse(json.replace(/var\((--st-[a-z-]+)\)/g, (whole, name) => colour(name)))
  const text = colour("--st-text-color"), grid = colour("--st-border-color")
  for (const name of Object.keys(layout))
    if (/^[xy]axis/.test(name)) layout[name] = { gridcolor: grid, zerolinecolor: grid, linecolor: grid, ...layout[name] }
  // What a heat map writes into its cells would else be black or white for a white page.
  for (const trace of data) trace.textfont = { color: text, ...trace.textfont }
  return {
    data,
    layout: {
      ...layout, width: undefined, autosize: true, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { color: text, family: colour("--st-font"), ...layout.font },
      hoverlabel: { bgcolor: colour("--st-background-color"), bordercolor: grid, font: { color: text } },
    },
  }
}

// The export below runs again on every change of data or theme: what belongs to an element is kept here.
const jobs = new WeakMap()

export default function ({ parentElement, data }) {
  const element = parentElement.querySelector(".live-chart")
  element.style.height = `${data.height}px` // before the library is there, so that the page does not jump
  element.style.maxWidth = data.width ? `${data.width}px` : "" // the most, where the figure names one; it fills what is narrower
  // One after the other: two updates at once would mix their figures.
  const job = (jobs.get(element) ?? Promise.resolve()).then(async () => {
    const Plotly = await load(data.library), figure = themed(data.figure, element)
    const options = { displaylogo: false, responsive: true, modeBarButtonsToRemove: ["select2d", "lasso2d"] }
    await Plotly.react(element, figure.data, figure.layout, options)
    element.dataset.points = data.points // drawn now; what a test waits for
  }).catch((error) => { element.textContent = String(error) })
  jobs.set(element, job)
  return () => window.Plotly?.purge(element)
}
