using System.Text;
using ChunkUpload.Core.Limits;

namespace ChunkUpload.Tests.Unit.Limits;

public sealed class FileSignaturesTests
{
    private const string Png = "\u0089PNG\r\n\u001a\n";
    private const string Zip = "PK\u0003\u0004";
    private const string Film = "\0\0\0\u0018ftypmp42";
    private const string Program =
        "MZ\u0090\0\u0003\0\0\0\u0004\0\0\0ÿÿ\0\0"
            + "¸\0\0\0\0\0\0\0@\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\u0080\0\0\0";

    [Theory]
    [InlineData("image/png", Png)]
    [InlineData("IMAGE/PNG; charset=x", Png)]
    [InlineData("image/jpeg", "ÿØÿà")]
    [InlineData("image/gif", "GIF89a")]
    [InlineData("image/webp", "RIFF\0\0\0\0WEBPVP8 ")]
    [InlineData("application/pdf", "%PDF-1.7")]
    [InlineData("application/zip", Zip)]
    [InlineData("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Zip)]
    [InlineData("application/vnd.custom", Zip)]
    [InlineData("video/mp4", Film)]
    [InlineData("image/avif", Film)]
    [InlineData("video/quicktime", "\0\0\0\bwide\0\0\0\0mdat")]
    [InlineData("audio/mpeg", "ID3\u0003")]
    [InlineData("audio/mpeg", "ÿû\u0090")]
    [InlineData("application/gzip", "\u001f\u008b\b")]
    [InlineData("application/x-7z-compressed", "7z¼¯'\u001c")]
    [InlineData("application/vnd.rar", "Rar!\u001a\a\u0001")]
    [InlineData("application/x-elf", "\u007fELF")]
    [InlineData("application/octet-stream", Program)]
    [InlineData("text/plain", "<html>")]
    [InlineData("text/x-shellscript", "#!/bin/sh")]
    [InlineData("image/svg+xml", "<svg xmlns=")]
    [InlineData("text/plain", "MZ is a short word")]
    [InlineData("image/png", "")]
    [InlineData("application/x-unknown", "anything")]
    public void A_file_that_begins_like_its_type_has_no_fault(string type, string head) =>
        Assert.Null(FileSignatures.Fault(type, Encoding.Latin1.GetBytes(head)));

    [Theory]
    [InlineData("image/png", "ÿØÿà", "a PNG image")]
    [InlineData("image/png", "<html>", "a PNG image")]
    [InlineData("image/png", "\u0089PN", "a PNG image")]
    [InlineData("image/jpeg", Program, "a JPEG image")]
    [InlineData("application/pdf", "%!PS", "a PDF document")]
    [InlineData("video/mp4", "\u001aEß£", "an MP4 or QuickTime video")]
    [InlineData("application/vnd.openxmlformats-officedocument.wordprocessingml.document", Program, "a ZIP archive")]
    [InlineData("text/plain", Program, "a Windows program")]
    [InlineData("application/json", "\u007fELF", "a program")]
    [InlineData("image/x-unknown", "  <!DOCTYPE HTML>", "an HTML page")]
    [InlineData("image/svg+xml", "ï»¿<script>", "an HTML page")]
    [InlineData("video/x-unknown", Png, "a PNG image")]
    [InlineData("audio/x-unknown", "#!/bin/sh", "a script")]
    [InlineData("text/csv", Zip, "a ZIP archive")]
    public void A_file_that_begins_like_another_type_has_one(string type, string head, string named) =>
        Assert.Contains(named, FileSignatures.Fault(type, Encoding.Latin1.GetBytes(head)), StringComparison.Ordinal);
}
