/** No font, picture or script comes from elsewhere; what a colour says, a word or a pattern says too. */
export const styles = `
:root{--ink:#16202c;--soft:#5a6775;--line:#d9e0e7;--paper:#fff;--page:#f3f5f8;--good:#1a7f4b;--bad:#b42318;--odd:#8a5a00;--fault:#b42318;--act:#2757a6;--calm:#b9c4cf;--d1:#6b7a8c;--d2:#8f6fb3;--d3:#2757a6;--d4:#1a7f4b}
@media (prefers-color-scheme:dark){:root{--ink:#e8edf2;--soft:#9aa8b6;--line:#2c3744;--paper:#151c25;--page:#0d1218;--good:#4cc38a;--bad:#ff8f82;--odd:#e5b567;--fault:#ff8f82;--act:#7fb0ff;--calm:#4a5766;--d1:#8b9aac;--d2:#b79be0;--d3:#7fb0ff;--d4:#4cc38a}}
*{box-sizing:border-box}
body{margin:0;background:var(--page);color:var(--ink);font:15px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif;-webkit-text-size-adjust:100%}
main{max-width:1080px;margin:0 auto;padding:32px 20px 48px}
section,header{background:var(--paper);border:1px solid var(--line);border-radius:10px;padding:22px 26px;margin:0 0 16px}
header{border-top:6px solid var(--good)}
header.fail{border-top-color:var(--bad)}
h1{font-size:27px;line-height:1.25;margin:6px 0 10px;letter-spacing:-.01em;overflow-wrap:anywhere}
h2{font-size:13px;letter-spacing:.06em;text-transform:uppercase;color:var(--soft);margin:0 0 14px;font-weight:600}
p{margin:0 0 10px;max-width:74ch}
.verdict{display:inline-block;font-weight:700;font-size:15px;letter-spacing:.05em;color:var(--good)}
.fail .verdict{color:var(--bad)}
.soft{color:var(--soft)}
.meta{display:flex;flex-wrap:wrap;gap:4px 22px;color:var(--soft);font-size:14px}
.figures{display:grid;grid-template-columns:repeat(auto-fit,minmax(210px,1fr));gap:16px}
.figure{border-left:4px solid var(--good);padding:2px 0 2px 14px}
.figure.missed{border-color:var(--bad)}.figure.unknown{border-color:var(--odd)}
.figure b{display:block;font-size:28px;line-height:1.2;font-weight:650;font-variant-numeric:tabular-nums}
table{width:100%;border-collapse:collapse;font-size:14px}
.scroll{overflow-x:auto}
th{text-align:left;font-weight:600;color:var(--soft);font-size:13px;white-space:nowrap}
th,td{padding:7px 14px 7px 0;border-bottom:1px solid var(--line);vertical-align:top;overflow-wrap:break-word}
td:first-child,td code{white-space:nowrap}
tr:last-child td{border-bottom:0}
td.n{font-variant-numeric:tabular-nums;white-space:nowrap}
code{font:13px/1.5 ui-monospace,SFMono-Regular,Menlo,Consolas,monospace;overflow-wrap:anywhere}
.good{color:var(--good)}.bad{color:var(--bad)}.odd{color:var(--odd)}
svg{display:block;width:100%;height:auto}
svg text{fill:var(--ink);font:12px system-ui,-apple-system,"Segoe UI",Roboto,Arial,sans-serif}
svg .soft{fill:var(--soft)}
ul{margin:0;padding-left:20px}
.byhand{border-color:var(--bad)}
.wide{min-width:640px}
@media (max-width:560px){table{min-width:520px}main{padding:14px 10px 28px}section,header{padding:16px}h1{font-size:22px}}
@media print{@page{margin:14mm}body{background:#fff;font-size:12px}main{max-width:none;padding:0}section,header{border-radius:0;break-inside:avoid}.scroll{overflow:visible}td:first-child,td code{white-space:normal;overflow-wrap:anywhere}:root{--ink:#16202c;--soft:#4a5663;--line:#cfd6dd;--paper:#fff;--good:#1a7f4b;--bad:#b42318;--odd:#8a5a00;--fault:#b42318;--act:#2757a6;--calm:#b9c4cf;--d1:#6b7a8c;--d2:#8f6fb3;--d3:#2757a6;--d4:#1a7f4b}}
`
