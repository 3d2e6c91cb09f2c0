using System.Text;
using ChunkUpload.Api.Lists;
using ChunkUpload.Api.Resumable.Wire;
using ChunkUpload.Api.Tus.Wire;
using ChunkUpload.Api.Wire;
using ChunkUpload.Core.Tree;
using ChunkUpload.FaultLab.Run;

namespace ChunkUpload.FaultLab.Tests;

/// <summary>Fuzzes every header parser in this process: a parser must return and must not throw, whatever its input.</summary>
internal sealed class ParserTest : IFaultTest
{
    private static readonly (string Name, Action<string> Read)[] Parsers =
    [
        ("Upload-Metadata", text => MetadataField.Read(text, out _, out _)),
        ("Upload-Concat", text =>
        {
            if (ConcatField.Read(text, out _, out var urls) == FieldStatus.Found)
            {
                foreach (var url in ConcatField.Split(urls))
                    _ = UploadUrl.TryRead(url, "/files", out _);
            }
        }),
        ("Upload-Checksum", text => ChecksumField.Read(text, out _)),
        ("Range", text => RangeField.Read(text, 1000, out _)),
        ("Content-Range", text => ContentRangeField.Read(text, out _)),
        ("Content-Disposition", text => DispositionField.FileName(text)),
        ("Content-Disposition, written", text => ContentDisposition.Attachment(text)),
        ("Repr-Digest", text => DigestField.Read(text, out _)),
        ("Content-Digest", text => BodyDigestField.Read(text, out _)),
        ("X-Chunk-SHA256", text => HexDigestField.Read(text, out _)),
        ("item", text => StructuredDictionary.TryReadItem(text, out _, out _)),
        ("integer", text => ItemField.Integer(text)),
        ("boolean", text => ItemField.Boolean(text)),
        ("Want-Repr-Digest", text => WantDigestField.WantsSha256(text)),
        ("Content-Encoding", text => CodingField.TryRead(text, out _)),
        ("interop version", text => ReadVersion(text)),
        ("raw name", text => RawName.TryRead("/api/files/" + text, "/api/files/", out _)),
        ("dot segment", text => RawName.HasDotSegment(text)),
        ("cursor", text => Cursor.Read(text, "createdAt", CursorParts.Time | CursorParts.Id)),
        ("numbered cursor", text => Cursor.Read(text, "missing", CursorParts.Number)),
        ("whole number", text => WholeNumber.TryParse(text, out _)),
        ("file name", text => FileNameRule.Fault(text)),
    ];

    private static readonly string[] Seeds =
    [
        "filename d29ybGQ=,is_confidential", "final;/files/0123456789abcdef0123456789abcdef /files/a", "sha1 qZk+NkcGgWq6PiVxeFDCbJzQ2J0=",
            "bytes=0-5,-7,9-", "bytes 0-9/100",
        "attachment; filename=\"a\\\"b\"; filename*=UTF-8''%e2%82%ac%20x",
            "sha-256=:ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=:, sha-512=:AA==:;a=1", "?1", "123456789012345",
        "sha-256=5, unixsum=0", "gzip, identity", "a%2Fb%00%zz", "../..", "bm90IGEgY3Vyc29y", new('9', 40), "(a b);q=1.5, c=:aa:",
            "\"\\\\\"",
    ];

    public string Name => "parsers";

    public string Number => "T14";

    public string Question => "Does any parser of a header throw?";

    public Task RunAsync(LabRun run, CancellationToken cancellationToken)
    {
        var count = run.Count(ci: 2_000_000, soak: 100_000_000);
        _ = Parallel.For(0, 2, new ParallelOptions { CancellationToken = cancellationToken }, part =>
        {
            var random = new Random((run.Seed * 10) + part);
            var text = new StringBuilder();
            for (var input = 0; input < count / 2 && run.Violations.Count < 20; input++)
            {
                var value = Mutate(random, text);
                var (name, read) = Parsers[random.Next(Parsers.Length)];
                try
                {
                    read(value);
                }
                catch (Exception e)
                {
                    run.Violate(
                        $"{name} threw {e.GetType().Name} for {Convert.ToBase64String(Encoding.Unicode.GetBytes(value))}: {e.StackTrace}");
                }
            }
        });
        run.Injected = count;
        run.Figures.Add($"{Parsers.Length} parsers");
        return Task.CompletedTask;
    }

    private static void ReadVersion(string text) => Api.Resumable.Wire.VersionField.Read(text, out _);

    private static string Mutate(Random random, StringBuilder text)
    {
        _ = text.Clear().Append(Seeds[random.Next(Seeds.Length)]);
        for (var changes = random.Next(0, 6); changes > 0; changes--)
        {
            var at = random.Next(text.Length + 1);
            switch (random.Next(5))
            {
                case 0:
                    _ = text.Insert(at, (char)random.Next(random.Next(3) == 0 ? char.MaxValue : 128));
                    break;
                case 1 when at < text.Length:
                    text[at] = (char)random.Next(random.Next(3) == 0 ? char.MaxValue : 128);
                    break;
                case 2 when at < text.Length:
                    _ = text.Remove(at, random.Next(1, text.Length - at + 1));
                    break;
                case 3:
                    _ = text.Insert(at, Seeds[random.Next(Seeds.Length)]);
                    break;
                default:
                    _ = text.Insert(at, text.ToString(0, Math.Min(text.Length, random.Next(64))));
                    break;
            }
        }

        return text.ToString();
    }
}
