using System.Buffers;
using System.Text.Json;
using ChunkUpload.Api.Access;
using ChunkUpload.Api.Errors;
using ChunkUpload.Api.Swagger;
using ChunkUpload.Api.Tree.Archives;
using ChunkUpload.Core.Access;
using ChunkUpload.Core.Tree;

namespace ChunkUpload.Api.Tree;

/// <summary>
/// POST /api/tree/check: returns which of many files already exist. 1. the lines; 2. two queries for all of them; 3. a line for each.
/// </summary>
internal static class CheckEntries
{
    public const string MediaType = "application/x-ndjson";

    private const int MaxLines = 10_000;
    private const int MaxLineBytes = 32 << 10;
    private const long MaxBytes = 16 << 20;

    public static void Map(IEndpointRouteBuilder routes) =>
        TreeRoutes.Map("tree/check", at => routes.MapPost(at, HandleAsync), AccessPolicy.Look, Doc);

    private static async Task<IResult> HandleAsync(HttpContext context, FileTree tree, ITreeLedger ledger, TarReceiver receiver)
    {
        // A folder may be called "check". Unpacking writes, so it needs more than the right to read.
        if (UnpackTar.IsAskedFor(context))
        {
            return context.Caller().Scopes.HasFlag(Scopes.Upload)
                ? await receiver.ReceiveAsync(context)
                : Refusal.Of(RequestError.NotPermitted, "This call needs the right to upload.");
        }
        // 1. The lines.
        var (address, refusal) = await TreeAddress.ReadAsync(context, tree, change: false);
        if (address is null)
            return refusal!;
        var (lines, refused) = await ReadAsync(context);
        if (refused is not null)
            return refused;

        // 2. Two queries for all of them.
        var valid = lines!.Where(line => line.Fault is null).ToList();
        var found = valid.Count == 0
            ? []
            : await ledger.FindManyAsync(address.Space, [.. valid.Select(line => line.Path!)], context.RequestAborted);
        UploadId[] contents = [.. found.Select(entry => entry?.Upload).OfType<UploadId>()];
        var unreadable = contents.Length == 0
            ? new HashSet<UploadId>()
            : await ledger.UnreadableAsync(contents, context.RequestAborted);

        // 3. A line for each.
        var next = 0;
        return new Lines(lines!.ConvertAll(line => line.Fault is null ? Compare(line, found[next++], unreadable) : Invalid(line)));
    }

    /// <summary>Returns the lines with the fault of each path, or the refusal of an invalid body.</summary>
    internal static async Task<(List<Line>? Lines, Refusal? Refusal)> ReadAsync(HttpContext context)
    {
        var services = context.RequestServices;
        var patience = services.GetRequiredService<UploadOptions>().BodyIdleTimeout;
        using var idle = new CancellationTokenSource(patience, services.GetRequiredService<TimeProvider>());
        using var either = CancellationTokenSource.CreateLinkedTokenSource(idle.Token, context.RequestAborted);
        var lines = new List<Line>();
        var reader = context.Request.BodyReader;
        long bytes = 0;
        var number = 0;
        try
        {
            while (true)
            {
                var read = await reader.ReadAsync(either.Token);
                idle.CancelAfter(patience);
                var buffer = read.Buffer;
                while (TryTakeLine(ref buffer, read.IsCompleted, out var text))
                {
                    number++;
                    if ((bytes += text.Length + 1) > MaxBytes || text.Length > MaxLineBytes || lines.Count == MaxLines)
                        return (null, TooLarge(reader, read.Buffer.End));
                    if (text.AsSpan().Trim(" \t\r\n"u8).IsEmpty)
                        continue;
                    if (Parse(text, out var line) is { } fault)
                    {
                        reader.AdvanceTo(read.Buffer.End);
                        return (null, Refusal.Of(RequestError.MalformedJson, $"Line {number}: {fault}"));
                    }

                    lines.Add(line!);
                }

                if (buffer.Length > MaxLineBytes)
                    return (null, TooLarge(reader, read.Buffer.End));
                reader.AdvanceTo(buffer.Start, read.Buffer.End);
                if (read.IsCompleted)
                    return (lines, null);
            }
        }
        catch (OperationCanceledException) when (idle.IsCancellationRequested && !context.RequestAborted.IsCancellationRequested)
        {
            return (null, Refusal.Of(RequestError.RequestTimeout, "The body came too slowly."));
        }
    }

    private static Refusal TooLarge(System.IO.Pipelines.PipeReader reader, SequencePosition end)
    {
        reader.AdvanceTo(end);
        return Refusal.Of(
            RequestError.BodyTooLarge, $"Send at most {MaxLines} lines of {MaxLineBytes} bytes, and {MaxBytes} bytes at a time.");
    }

    private static bool TryTakeLine(ref ReadOnlySequence<byte> buffer, bool last, out byte[] line)
    {
        line = [];
        if (buffer.PositionOf((byte)'\n') is { } end)
        {
            line = buffer.Slice(0, end).ToArray();
            buffer = buffer.Slice(buffer.GetPosition(1, end));
            return true;
        }

        if (!last || buffer.IsEmpty)
            return false;
        line = buffer.ToArray();
        buffer = buffer.Slice(buffer.End);
        return true;
    }

    /// <returns>The fault of the line, or null.</returns>
    private static string? Parse(byte[] text, out Line? line)
    {
        line = null;
        if (JsonSyntax.Fault(text, ApiJson.In.CheckLine.Options.MaxDepth) is { } broken)
            return broken;
        CheckLine? body;
        try
        {
            body = JsonSerializer.Deserialize(text, ApiJson.In.CheckLine);
        }
        catch (JsonException)
        {
            return "It must be an object with path, and may have size, modifiedAt and sha256.";
        }

        if (body?.Path is not { } path)
            return "It needs a path.";
        if (body.Size < 0)
            return "size must not be negative.";
        NanoTime? modified = null;
        if (body.ModifiedAt is not null)
        {
            if (!NanoTime.TryParse(body.ModifiedAt, out var parsed))
                return "modifiedAt must be a time such as 2026-01-30T09:30:00.25Z.";
            modified = parsed;
        }

        Sha256Digest? digest = null;
        if (body.Sha256 is not null)
        {
            if (!Sha256Digest.TryParseHex(body.Sha256, out var parsed))
                return "sha256 must have 64 hexadecimal digits.";
            digest = parsed;
        }

        var names = TreePath.Parse(path, out var fault);
        if (names is { Count: 0 })
            fault = "The path is that of the root folder.";
        line = new Line(path, names, fault, body.Size, modified, digest);
        return null;
    }

    private static CheckedLine Invalid(Line line) => new() { Path = line.Text, State = "invalid", Detail = line.Fault };

    private static CheckedLine Compare(Line line, Entry? entry, IReadOnlySet<UploadId> unreadable)
    {
        if (entry is null)
            return new CheckedLine { Path = line.Text, State = "missing" };
        List<string> why = [];
        if (entry.Kind != EntryKind.File)
        {
            why.Add("kind");
        }
        else
        {
            if (line.Size is { } size && size != entry.Size)
                why.Add("size");
            if (line.Modified is { } modified && modified != entry.Modified)
                why.Add("time");
            if ((line.Sha256 is { } digest && digest != entry.Sha256)
                || (entry.Upload is { } content && unreadable.Contains(content)))
                why.Add("content");
        }

        return why.Count == 0
            ? new CheckedLine { Path = line.Text, State = "equal", Id = entry.Id.ToString() }
            : new CheckedLine { Path = line.Text, State = "differs", Why = why, Id = entry.Id.ToString() };
    }

    private static EndpointDoc Doc => new(
        "Tree", nameof(CheckEntries), "Check which files are stored already",
        """
        Each line of the body describes a file: `path`, and at will `size`, `modifiedAt` and `sha256`. Each line of the answer says, in the
        same order, whether it is `equal` in all that was given, `differs` (in `size`, `time`, `content`, or its `kind`), or is `missing`; a
        path that no file can have is `invalid`. A content whose digest is not computed yet differs, and so does one that cannot be served:
        send its bytes again. Blank lines are left out.

            curl -H "Authorization: Bearer $KEY" --data-binary @files.ndjson -H "Content-Type: application/x-ndjson" \
              http://127.0.0.1:8080/api/tree/check
        """)
    {
        Bytes = $"At most {MaxLines} lines of JSON, each like {Examples.CheckLine}",
        BytesType = MediaType,
        Answers = [new(200, "A line for each line of the body.", typeof(CheckedLine), Examples.CheckedLine) { MediaType = MediaType }],
        Errors = [UploadError.NoEntry, RequestError.MalformedJson, RequestError.BodyTooLarge, RequestError.RequestTimeout],
    };

    internal sealed record Line(
        string Text, IReadOnlyList<string>? Path, string? Fault, long? Size, NanoTime? Modified, Sha256Digest? Sha256);

    private sealed class Lines(List<CheckedLine> lines) : IResult
    {
        public async Task ExecuteAsync(HttpContext httpContext)
        {
            var response = httpContext.Response;
            response.ContentType = MediaType;
            var output = response.BodyWriter;
            using var json = new Utf8JsonWriter(output, new JsonWriterOptions { Encoder = ApiJson.Out.CheckedLine.Options.Encoder });
            foreach (var line in lines)
            {
                JsonSerializer.Serialize(json, line, ApiJson.Out.CheckedLine);
                json.Flush();
                json.Reset();
                output.GetSpan(1)[0] = (byte)'\n';
                output.Advance(1);
                if (output.UnflushedBytes > 64 << 10)
                    _ = await output.FlushAsync(httpContext.RequestAborted);
            }
        }
    }
}
