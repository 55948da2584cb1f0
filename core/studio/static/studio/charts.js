(() => {
  const drawn = [];

  function draw(place) {
    const style = getComputedStyle(document.body);
    const ink = style.getPropertyValue("--tblr-secondary") || style.color;
    const line = style.getPropertyValue("--tblr-primary");
    const grid = { stroke: style.getPropertyValue("--tblr-border-color"), width: 1 };
    const axis = { stroke: ink, grid, ticks: grid };
    const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", timeZone: "UTC" });
    const days = { ...axis, values: (_, splits) => splits.map((seconds) => day.format(seconds * 1e3)) };
    const bars = uPlot.paths.bars({ size: [0.7, 40] });
    return new uPlot(
      {
        width: place.clientWidth,
        height: 200,
        legend: { show: false },
        cursor: { show: false },
        padding: [8, 16, 0, 0],
        tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1e3), "Etc/UTC"),
        scales: { x: { range: (_, first, last) => [first - 43200, last + 43200] }, y: { range: (_, __, most) => [0, Math.max(most * 1.1, 4)] } },
        axes: [days, { ...axis, size: 60, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6] }],
        series: [{}, { label: place.dataset.label, fill: line, stroke: line, paths: bars, points: { show: false } }],
      },
      JSON.parse(place.dataset.chart),
      place,
    );
  }

  function drawAll() {
    drawn.splice(0).forEach((chart) => chart.destroy());
    document.querySelectorAll("[data-chart]").forEach((place) => drawn.push(draw(place)));
  }

  drawAll();
  addEventListener("resize", drawAll);
  document.addEventListener("studio:theme", drawAll);
})();
