/// How a page looks: light or dark as the reader's system, one column on a phone.
enum PageStyle {
  static let text = variables + rules

  private static var variables: String {
    let light = colors(Look.colors)
    let dark = colors(Look.darkColors)
    return """
      :root{color-scheme:light dark;--page:#f5f6f8;--card:#fff;--ink:#14171c;--soft:#4a515c;\
      --line:#d9dde3;--grid:#e4e7ec;--axis:#8b929d;--guide:#5c636e;--good:#00694b;--fair:#8a4b00;\
      --bad:#b3141f;--wash:#eef1f5;\(light)}
      @media (prefers-color-scheme:dark){:root{--page:#101216;--card:#1a1d23;--ink:#eceef2;\
      --soft:#b4bac5;--line:#343a44;--grid:#2c313a;--axis:#78808d;--guide:#a3aab6;--good:#58d6ab;\
      --fair:#f2b35c;--bad:#ff8a8a;--wash:#242830;\(dark)}}

      """
  }

  private static func colors(_ colors: [(Int, Int, Int)]) -> String {
    colors.enumerated().map { "--s\($0.offset):\(GnuplotScript.hex($0.element))" }
      .joined(separator: ";")
  }

  private static let rules = """
    *{box-sizing:border-box}
    html{-webkit-text-size-adjust:100%}
    body{margin:0;background:var(--page);color:var(--ink);\
    font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif}
    main{max-width:1280px;margin:0 auto;padding:28px 20px 56px}
    .marks{position:absolute}
    h1{font-size:1.75rem;line-height:1.2;margin:.1em 0 .2em;overflow-wrap:anywhere}
    h2{font-size:1.2rem;margin:2.2em 0 .5em;padding-top:.9em;border-top:1px solid var(--line)}
    h3{font-size:.98rem;line-height:1.35;margin:0 0 .35em;font-weight:600}
    p{margin:.4em 0}
    .kicker,.lead,figcaption,.note{color:var(--soft)}
    .kicker{font-size:.85rem;letter-spacing:.02em}
    .lead,.note{font-size:.92rem;max-width:75ch}
    .lead{margin-bottom:.8em}
    .verdict{border-left:5px solid var(--tone);background:var(--card);padding:.7em 1em;\
    margin:1em 0;border-radius:4px}
    .verdict strong{color:var(--tone);letter-spacing:.03em}
    .good{--tone:var(--good)}.fair{--tone:var(--fair)}.bad{--tone:var(--bad)}
    .warnings{margin:.8em 0;padding:0;list-style:none}
    .warnings li{background:var(--card);border-left:5px solid var(--fair);padding:.45em 1em;\
    margin:.35em 0;border-radius:4px;font-size:.94rem;overflow-wrap:anywhere}
    .cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(118px,1fr));gap:10px;\
    margin:1em 0;padding:0;list-style:none}
    .cards li{background:var(--card);border:1px solid var(--line);border-radius:8px;\
    padding:.6em .8em}
    .cards b{display:block;font-size:1.3rem;line-height:1.25;font-variant-numeric:tabular-nums}
    .cards b small{display:inline-block;line-height:1.2;font-size:.8rem;font-weight:400;\
    color:var(--soft)}
    .cards span{font-size:.82rem;color:var(--soft);line-height:1.3;display:block;margin-top:.15em}
    .grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,350px),1fr));gap:14px}
    figure{margin:0;background:var(--card);border:1px solid var(--line);border-radius:8px;\
    padding:14px 14px 12px;min-width:0;max-width:640px}
    figure>svg{display:block;width:100%;height:auto;font-family:inherit;font-size:14px}
    figcaption{font-size:.84rem;margin-top:.4em;line-height:1.4}
    .empty{color:var(--soft);padding:1.2em .2em;font-style:italic}
    .legend{list-style:none;display:flex;flex-wrap:wrap;gap:2px 16px;margin:.3em 0 0;padding:0;\
    font-size:.86rem}
    .legend li{display:flex;align-items:center;gap:7px;overflow-wrap:anywhere}
    .sample{width:34px;height:12px;flex:none;overflow:visible}
    .scroll{overflow-x:auto;background:var(--card);border:1px solid var(--line);\
    border-radius:8px;margin:.6em 0}
    table{border-collapse:collapse;width:100%;font-size:.88rem}
    caption{text-align:left;font-weight:600;padding:.6em .9em .2em}
    th,td{text-align:left;vertical-align:top;padding:.36em .9em;\
    border-bottom:1px solid var(--line);font-weight:400}
    thead th{font-weight:600;background:var(--wash);white-space:nowrap}
    tbody tr:last-child>*{border-bottom:0}
    .n{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
    tbody th{white-space:nowrap}
    td{white-space:nowrap}
    .wide td:last-child{min-width:20em;white-space:normal}
    .side{min-width:0;align-self:start}
    .side .scroll{margin:0}
    .side th,.side td{padding:.34em .5em;font-size:.82rem}
    details{background:var(--card);border:1px solid var(--line);border-radius:8px;margin:.6em 0}
    summary{cursor:pointer;padding:.6em .9em;font-weight:600}
    summary:focus-visible,.scroll:focus-visible{outline:2px solid var(--s0);outline-offset:1px}
    details>.scroll{border:0;border-top:1px solid var(--line);border-radius:0 0 8px 8px;margin:0}
    pre{margin:0;padding:.8em 1em;overflow-x:auto;font:.82rem/1.45 ui-monospace,Menlo,Consolas,\
    "DejaVu Sans Mono",monospace;border-top:1px solid var(--line)}
    code{font:.9em ui-monospace,Menlo,Consolas,"DejaVu Sans Mono",monospace;overflow-wrap:anywhere}
    @media (max-width:600px){main{padding:16px 12px 40px}h1{font-size:1.4rem}\
    figure{padding:10px 8px}.cards{grid-template-columns:repeat(2,1fr)}}
    @media print{body{background:#fff}figure,.scroll{break-inside:avoid}}
    """
}
