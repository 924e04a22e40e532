// Writes the .escpos files beside it anew:  npm ci && node make.mjs
// The tests read those files, so they need neither npm nor a network.
import { writeFileSync } from "node:fs";
import receiptline from "receiptline";

export const receipts = {
  ticket: [
    "^^^A012", "", "示例市住房公积金服务大厅", "业务：提取（租房）|", "您前面还有3人|3 people ahead",
    "{code:http://hall.example:8080/t/0123456789abcdef; option:qrcode,4,m}", "", "谢谢，祝您办事顺利",
  ].join("\n"),
  columns: ["{width:10,*,6}", "|窗口|业务|人数|", "|3号|提取|12|", "|6号|贷款|4|", "{width:auto}"].join("\n"),
  styles: ["_下划线_", '"加重"', "`反白`", "^双宽^", "^^双倍^^"].join("\n"),
};

for (const [name, text] of Object.entries(receipts)) {
  for (const cpl of [48, 32]) {
    const bytes = receiptline.transform(text, {
      cpl, encoding: "gb18030", command: "escpos", cutting: true, spacing: false,
    });
    writeFileSync(new URL(`${name}-${cpl}.escpos`, import.meta.url), Buffer.from(bytes, "binary"));
  }
}
