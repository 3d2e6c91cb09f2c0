using System.IO.Compression;
using System.Security;
using System.Text;
using System.Text.Json.Nodes;

namespace ChunkUpload.Emulators.Drive;

/// <summary>Documents in the formats into which Drive converts its own. The same version gives the same bytes.</summary>
internal static class ExportedDocuments
{
    private const string Docx = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";
    private const string Xlsx = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    private const string Pptx = "application/vnd.openxmlformats-officedocument.presentationml.presentation";
    private const string Pdf = "application/pdf";
    private const string Xml = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";
    private const string Office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    private const string Relations = "http://schemas.openxmlformats.org/package/2006/relationships";

    private static readonly Dictionary<string, IReadOnlyList<string>> Formats = new()
    {
        ["application/vnd.google-apps.document"] = [Docx, Pdf, "text/plain", "text/html", "text/markdown"],
        ["application/vnd.google-apps.spreadsheet"] = [Xlsx, Pdf, "text/csv"],
        ["application/vnd.google-apps.presentation"] = [Pptx, Pdf, "text/plain"],
        ["application/vnd.google-apps.drawing"] = ["image/svg+xml", Pdf],
    };

    public static IReadOnlyList<string> FormatsOf(string mimeType) => Formats.GetValueOrDefault(mimeType, []);

    public static JsonObject All()
    {
        var all = new JsonObject();
        foreach (var (mimeType, formats) in Formats)
            all[mimeType] = new JsonArray([.. formats.Select(format => (JsonNode)format)]);
        return all;
    }

    public static byte[] Make(DriveFile file, string format)
    {
        var text = file.Description ?? file.Name;
        var safe = SecurityElement.Escape(text);
        return format switch
        {
            Docx => WordDocument(safe),
            Xlsx => Spreadsheet(safe),
            Pptx => Presentation(safe),
            Pdf => PdfPage(text),
            "text/html" => Encoding.UTF8.GetBytes($"<html><body><p>{safe}</p></body></html>"),
            "text/csv" => Encoding.UTF8.GetBytes($"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\",1\r\n"),
            "image/svg+xml" => Encoding.UTF8.GetBytes(
                $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"320\" height=\"80\"><text x=\"10\" y=\"45\">{safe}</text></svg>"),
            // Google's plain text begins with a byte order mark.
            _ => [0xEF, 0xBB, 0xBF, .. Encoding.UTF8.GetBytes(text + "\r\n")],
        };
    }

    private static byte[] WordDocument(string text) => Package(
        "word/document.xml",
        Docx + ".main+xml",
        "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p><w:r><w:t>"
        + text + "</w:t></w:r></w:p></w:body></w:document>");

    private static byte[] Spreadsheet(string text)
    {
        const string main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
        return Package(
            "xl/workbook.xml",
            Xlsx + ".main+xml",
            $"<workbook xmlns=\"{main}\" xmlns:r=\"{Office}\">"
            + "<sheets><sheet name=\"Sheet1\" sheetId=\"1\" r:id=\"rId1\"/></sheets></workbook>",
            ("xl/_rels/workbook.xml.rels", null,
                $"<Relationships xmlns=\"{Relations}\">"
                + $"<Relationship Id=\"rId1\" Type=\"{Office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
                + "</Relationships>"),
            ("xl/worksheets/sheet1.xml", "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml",
                $"<worksheet xmlns=\"{main}\">"
                + $"<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>{text}</t></is></c></row></sheetData>"
                + "</worksheet>"));
    }

    private static byte[] Presentation(string text) => Package(
        "ppt/presentation.xml",
        Pptx + ".main+xml",
        "<p:presentation xmlns:p=\"http://schemas.openxmlformats.org/presentationml/2006/main\"><p:sldSz cx=\"9144000\" cy=\"6858000\"/>"
        + $"<p:notesSz cx=\"6858000\" cy=\"9144000\"/><!-- {text.Replace("--", "- -", StringComparison.Ordinal)} --></p:presentation>");

    /// <summary>An Open Packaging file: types, relations, the main part and others.</summary>
    private static byte[] Package(string main, string type, string content, params (string Name, string? Type, string Content)[] more)
    {
        var types = new StringBuilder(Xml)
            .Append("<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">")
            .Append("<Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/>")
            .Append($"<Override PartName=\"/{main}\" ContentType=\"{type}\"/>");
        foreach (var part in more.Where(part => part.Type is not null))
            types.Append($"<Override PartName=\"/{part.Name}\" ContentType=\"{part.Type}\"/>");
        using var bytes = new MemoryStream();
        using (var zip = new ZipArchive(bytes, ZipArchiveMode.Create, leaveOpen: true))
        {
            Add(zip, "[Content_Types].xml", types.Append("</Types>").ToString());
            Add(zip, "_rels/.rels",
                $"{Xml}<Relationships xmlns=\"{Relations}\"><Relationship Id=\"rId1\" Type=\"{Office}/officeDocument\" Target=\"{main}\"/>"
                + "</Relationships>");
            Add(zip, main, Xml + content);
            foreach (var part in more)
                Add(zip, part.Name, Xml + part.Content);
        }

        return bytes.ToArray();
    }

    private static void Add(ZipArchive zip, string name, string content)
    {
        var entry = zip.CreateEntry(name);
        entry.LastWriteTime = new DateTimeOffset(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);
        using var stream = entry.Open();
        stream.Write(Encoding.UTF8.GetBytes(content));
    }

    private static byte[] PdfPage(string text)
    {
        bool IsPlain(char letter) => char.IsAscii(letter) && !char.IsControl(letter) && letter is not ('(' or ')' or '\\');
        var ascii = new string([.. text.Select(letter => IsPlain(letter) ? letter : '?')]);
        var drawing = $"BT /F1 14 Tf 50 780 Td ({ascii}) Tj ET";
        string[] objects =
        [
            "<< /Type /Catalog /Pages 2 0 R >>",
            "<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>",
            $"<< /Length {drawing.Length} >>\nstream\n{drawing}\nendstream",
            "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
        ];
        var pdf = new StringBuilder("%PDF-1.4\n");
        var offsets = new List<int>();
        for (var number = 1; number <= objects.Length; number++)
        {
            offsets.Add(pdf.Length);
            pdf.Append($"{number} 0 obj\n{objects[number - 1]}\nendobj\n");
        }

        var table = pdf.Length;
        pdf.Append($"xref\n0 {objects.Length + 1}\n0000000000 65535 f \n");
        foreach (var offset in offsets)
            pdf.Append($"{offset:D10} 00000 n \n");
        pdf.Append($"trailer << /Size {objects.Length + 1} /Root 1 0 R >>\nstartxref\n{table}\n%%EOF\n");
        return Encoding.ASCII.GetBytes(pdf.ToString());
    }
}
